"""The kinds of problems, and who answers with them."""

from typing import Any

from oracle_api.exceptions import OracleApiError
from oracle_api.problems import KINDS, Kind
from reference.docstrings import summary_of
from reference.document import link, operations
from reference.markdown import heading, paragraphs, table


def problems() -> str:
    """Describe every kind of problem, by its status."""
    kinds = sorted(KINDS.items(), key=lambda item: item[1].status)
    return paragraphs(*(_one(raised, kind) for raised, kind in kinds))


def plain_statuses() -> str:
    """Describe the problems that are no more than their status."""
    found = {}
    for _, _, operation in operations():
        for status, answer in operation["responses"].items():
            if int(status) >= 400 and not slugs_of(answer):
                found[status] = answer["description"]
    rows = [(f"`{status}`", found[status]) for status in sorted(found)]
    return table(("status", "title"), rows)


def slugs_of(answer: dict[str, Any]) -> list[str]:
    """Give the kinds of problems that an answer may be; none where its status says it all."""
    [content] = answer["content"].values()
    return [slug for slug in content["examples"] if slug != "plain"]


def _one(raised: type[OracleApiError], kind: Kind) -> str:
    is_worth_a_try = kind.remedy.startswith(("Try again", "Wait"))
    retry = "`Retry-After` says when, in seconds." if is_worth_a_try else ""
    return paragraphs(
        heading(3, f"`{kind.slug}`", f"problem-{kind.slug}"),
        table(
            ("", ""),
            [
                ("type", f"`{kind.type}`"),
                ("status", f"{kind.status.value} {kind.status.phrase}"),
                ("title", kind.title),
                ("when", summary_of(raised)),
                ("what to do", f"{kind.remedy} {retry}".strip()),
                ("answered by", _answered_by(kind.slug)),
            ],
        ),
    )


def _answered_by(slug: str) -> str:
    guarded = [one for one in operations() if one[2]["security"]]
    found = [one for one in operations() if slug in _slugs_of_all(one[2])]
    if found == guarded:
        return "every route that needs a token"
    return ", ".join(link(*one) for one in found)


def _slugs_of_all(operation: dict[str, Any]) -> list[str]:
    return [
        slug
        for status, answer in operation["responses"].items()
        if int(status) >= 400
        for slug in slugs_of(answer)
    ]
