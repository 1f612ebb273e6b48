"""The statements that control transactions: COMMIT, SAVEPOINT, SET TRANSACTION and so on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.lexer import Kind, tokenize
from oracle_api.embedded.rowlocks import parse_lock_table

if TYPE_CHECKING:
    from oracle_api.embedded.database import SqlSession


def control(text: str, sql: SqlSession) -> None:
    """Carry out a statement.

    Args:
        text: the statement.
        sql: the session's SQL.

    Raises:
        OracleError: ORA-00900 for a statement that is none of these, and what those raise.
    """
    tokens = tokenize(text.replace("\0", " "))
    match [token.text for token in tokens if token.kind is not Kind.END]:
        case ["COMMIT"] | ["COMMIT", "WORK"]:
            sql.commit()
        case ["ROLLBACK"] | ["ROLLBACK", "WORK"]:
            sql.rollback()
        case ["SAVEPOINT", name] if tokens[1].is_identifier:
            sql.transaction.savepoint(name)
        case (
            ["ROLLBACK", "TO", name]
            | ["ROLLBACK", "TO", "SAVEPOINT", name]
            | ["ROLLBACK", "WORK", "TO", name]
            | ["ROLLBACK", "WORK", "TO", "SAVEPOINT", name]
        ):
            sql.rollback_to(name)
        case ["SET", "TRANSACTION", *characteristics]:
            _set_transaction(characteristics, sql)
        case ["LOCK", *_]:
            tables, lock = parse_lock_table(tokens)
            sql.lock_tables(tables, lock)
        case _:
            raise OracleError(900, "invalid SQL statement")


def _set_transaction(characteristics: list[str], sql: SqlSession) -> None:
    if characteristics[-2:-1] == ["NAME"]:
        characteristics = characteristics[:-2]
    match characteristics:
        case ["READ", "ONLY"]:
            sql.transaction.choose(read_only=True)
        case ["ISOLATION", "LEVEL", "SERIALIZABLE"]:
            sql.transaction.choose(serializable=True)
        case [] | ["READ", "WRITE"] | ["ISOLATION", "LEVEL", "READ", "COMMITTED"]:
            sql.transaction.choose()
        case _:
            raise OracleError(
                900 if not characteristics else 2179,
                "valid options: ISOLATION LEVEL { SERIALIZABLE | READ COMMITTED }",
            )
