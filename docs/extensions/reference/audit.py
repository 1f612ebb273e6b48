"""The members of the audit log's lines."""

from oracle_api.audit_log import AuditLine
from reference.docstrings import members_of
from reference.markdown import table


def audit_lines() -> str:
    """Describe what a line of the audit log holds."""
    said = members_of(AuditLine)
    return table(("member", ""), [(f"`{one}`", said[one]) for one in AuditLine.__struct_fields__])
