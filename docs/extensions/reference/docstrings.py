"""What docstrings say of members."""

import re
from textwrap import dedent

_MEMBER = re.compile(r"^(\w+): (.+(?:\n +.+)*)", re.MULTILINE)


def members_of(documented: type) -> dict[str, str]:
    """Give what the ``Args`` section of a class says of each member, as Markdown.

    Args:
        documented: whose section comes last in its docstring.
    """
    section = dedent((documented.__doc__ or "").partition("Args:\n")[2])
    return {name: text.replace("``", "`") for name, text in _MEMBER.findall(section)}


def summary_of(documented: type) -> str:
    """Give the first part of a class's docstring as Markdown."""
    return " ".join((documented.__doc__ or "").partition("\n\n")[0].split()).replace("``", "`")
