"""The members of the audit log's lines."""

import re
from textwrap import dedent

from oracle_api.audit_log import AuditLine
from reference.markdown import table

_MEMBER = re.compile(r"^(\w+): (.+(?:\n +.+)*)", re.MULTILINE)


def audit_lines() -> str:
    """Describe what a line of the audit log holds, from the docstring of its class."""
    described = dedent((AuditLine.__doc__ or "").partition("Args:\n")[2])
    said = {name: text.replace("``", "`") for name, text in _MEMBER.findall(described)}
    return table(
        ("member", ""), [(f"`{name}`", said[name]) for name in AuditLine.__struct_fields__]
    )
