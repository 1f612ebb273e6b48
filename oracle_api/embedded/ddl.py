"""Translation of CREATE TABLE and the other statements that change the schema."""

from __future__ import annotations

import datetime as dt
import re

from oracle_api.embedded.conversions import Nls
from oracle_api.embedded.datatypes import DataType, TypeSpec, type_spec
from oracle_api.embedded.declared import declared_type
from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.functions import PREFIX
from oracle_api.embedded.lexer import Kind, Token
from oracle_api.embedded.plsql import Parser
from oracle_api.embedded.translate import Translator, literal, quote
from oracle_api.embedded.typenames import parse_numbers

_CHECKED = frozenset(
    {
        DataType.NUMBER, DataType.DATE, DataType.TIMESTAMP, DataType.TIMESTAMP_TZ,
        DataType.TIMESTAMP_LTZ, DataType.RAW, DataType.BLOB,
    }
)  # fmt: skip
_NOT_IN_SQL = frozenset(
    {
        DataType.BOOLEAN, DataType.CURSOR, DataType.BINARY_INTEGER, DataType.INTERVAL_DS,
        DataType.INTERVAL_YM, DataType.XMLTYPE, DataType.JSON,
    }
)  # fmt: skip


class DdlTranslator:
    """Translates one statement.

    ``table`` and ``columns`` are those of CREATE TABLE.

    Args:
        text: the statement.
        tokens: its tokens.
        schemas: known schemas, dropped as qualifiers.
    """

    def __init__(self, text: str, tokens: list[Token], schemas: set[str]) -> None:
        self._text = text
        self._tokens = tokens
        self._schemas = schemas
        self._parser = Parser(text)
        self.table = ""
        self.columns: list[tuple[str, TypeSpec]] = []

    def translate(self) -> list[str]:
        """Return the statements to execute instead.

        Raises:
            OracleError: for what is not supported.
        """
        parser = self._parser
        try:
            if parser.accept("CREATE"):
                return self._create()
            if parser.accept("DROP"):
                return self._drop()
            if parser.accept("TRUNCATE"):
                parser.expect("TABLE")
                return [f"DELETE FROM {quote(self._name())}"]  # noqa: S608 - quoted
        except OracleError as error:
            if error.code == 6550:
                raise OracleError(922, "missing or invalid option") from None
            raise
        raise OracleError(900, "invalid SQL statement")

    def _name(self) -> str:
        path = self._parser.path()
        if len(path) > 1 and path[0] not in self._schemas:
            raise OracleError(1918, f"user '{path[0]}' does not exist")
        return path[-1]

    def _drop(self) -> list[str]:
        for kind in ("TABLE", "INDEX", "VIEW"):
            if self._parser.accept(kind):
                name = self._name()
                for ignored in ("CASCADE", "CONSTRAINTS", "PURGE"):
                    self._parser.accept(ignored)
                self._end()
                return [f"DROP {kind} {quote(name)}"]
        raise OracleError(950, "invalid DROP option")

    def _end(self) -> None:
        if self._parser.token.kind is not Kind.END:
            raise self._parser.unexpected()

    def _create(self) -> list[str]:
        if self._parser.accept("TABLE"):
            return [self._create_table()]
        unique = "UNIQUE " if self._parser.accept("UNIQUE") else ""
        if self._parser.accept("INDEX"):
            name = quote(self._name())
            self._parser.expect("ON")
            return [f"CREATE {unique}INDEX {name} ON {quote(self._name())} {self._rest()}"]
        if self._parser.accept("VIEW"):
            return [f"CREATE VIEW {quote(self._name())} {self._rest()}"]
        raise OracleError(901, "invalid CREATE command")

    def _rest(self) -> str:
        """Translate all that follows."""
        start = self._parser.token.position
        rest = [token for token in self._tokens if token.position >= start]
        return Translator(rest, self._text, self._schemas, {}).translate_tokens()

    def _create_table(self) -> str:
        name = self.table = self._name()
        self._parser.expect("(")
        parts = [self._element()]
        while self._parser.accept(","):
            parts.append(self._element())
        self._parser.expect(")")
        self._end()
        return f"CREATE TABLE {quote(name)} ( {' , '.join(parts)} )"

    def _element(self) -> str:
        constraint = ""
        if self._parser.accept("CONSTRAINT"):
            constraint = f"CONSTRAINT {quote(self._parser.identifier())} "
        if self._parser.token.is_name("PRIMARY", "UNIQUE", "FOREIGN", "CHECK"):
            return constraint + self._translated(self._until_separator())
        column = self._parser.identifier()
        spec = self._type()
        self.columns.append((column, spec))
        parts = [quote(column), declared_type(spec)]
        while not (self._parser.token.is_operator(",", ")") or self._at_end()):
            parts.append(self._column_option())
        # At the end, as SQLite would give a constraint's name to an unnamed one after it.
        return " ".join(parts + _checks(column, spec))

    def _at_end(self) -> bool:
        return self._parser.token.kind is Kind.END

    def _type(self) -> TypeSpec:
        words = [self._parser.identifier()]
        numbers = parse_numbers(self._parser)
        for follower in ("RAW", "PRECISION", "WITH", "LOCAL", "TIME", "ZONE"):
            if self._parser.accept(follower):
                words.append(follower)
        name = " ".join(words)
        try:
            spec = type_spec("FLOAT" if name == "DOUBLE PRECISION" else name, numbers)
        except KeyError:
            raise OracleError(902, "invalid datatype") from None
        if spec.type in _NOT_IN_SQL:
            raise OracleError(902, "invalid datatype")
        if spec.type == DataType.VARCHAR2 and not spec.size:
            raise OracleError(906, "missing left parenthesis")
        return spec

    def _column_option(self) -> str:
        parser = self._parser
        if parser.accept("CONSTRAINT"):
            return f"CONSTRAINT {quote(parser.identifier())} " + self._column_option()
        if parser.accept("DEFAULT"):
            return f"DEFAULT ( {self._translated(self._default_tokens())} )"
        if parser.accept("NOT"):
            parser.expect("NULL")
            return "NOT NULL"
        if parser.accept("NULL"):
            return ""
        if parser.accept("PRIMARY"):
            parser.expect("KEY")
            return "NOT NULL PRIMARY KEY"
        if parser.accept("UNIQUE"):
            return "UNIQUE"
        if parser.token.is_name("REFERENCES", "CHECK"):
            return self._translated(self._until_separator())
        raise parser.unexpected()

    def _default_tokens(self) -> list[Token]:
        return self._until_separator("NOT", "NULL", "PRIMARY", "UNIQUE", "CONSTRAINT", "CHECK")

    def _until_separator(self, *stops: str) -> list[Token]:
        """Take the tokens up to the comma or parenthesis that ends the column."""
        taken: list[Token] = []
        depth = 0
        while not self._at_end():
            token = self._parser.token
            if depth == 0 and token.is_operator(",", ")"):
                break
            if depth == 0 and taken and token.is_name(*stops):
                break
            depth += token.is_operator("(") - token.is_operator(")")
            taken.append(self._parser.advance())
        return taken

    def _translated(self, tokens: list[Token]) -> str:
        end = Token(Kind.END, "", len(self._text))
        translator = Translator([*tokens, end], self._text, self._schemas, {})
        translator.keep_words("PRIMARY", "KEY", "UNIQUE", "FOREIGN", "CHECK", "REFERENCES")
        return translator.translate_tokens()


def _checks(column: str, spec: TypeSpec) -> list[str]:
    """Return constraints that keep out what the column's type does not allow.

    Their names carry the error that a violation is: ``ORA:<number>:<message>``.
    """
    name = quote(column)
    if spec.type in (DataType.VARCHAR2, DataType.CHAR):
        error = quote(f"ORA:12899:value too large for column {column} (maximum: {spec.size})")
        return [f"CONSTRAINT {error} CHECK ( length ( {name} ) <= {spec.size} )"]
    if spec.type not in _CHECKED:
        return []
    error = _CHECK_ERRORS.get(spec.type, "ORA:1861:literal does not match format string")
    checks = [_fits(name, error, spec, 0 if spec.type == DataType.NUMBER else spec.size)]
    if spec.type == DataType.NUMBER and spec.precision:
        error = "ORA:1438:value larger than specified precision allowed for this column"
        checks.append(_fits(name, error, spec, spec.precision))
    return checks


def _fits(name: str, error: str, spec: TypeSpec, size: int) -> str:
    arguments = f"{name} , {literal(spec.name)} , {size} , {spec.scale}"
    return f"CONSTRAINT {quote(error)} CHECK ( {PREFIX}fits ( {arguments} ) )"


_CHECK_ERRORS = {
    DataType.NUMBER: "ORA:1722:invalid number",
    DataType.RAW: "ORA:932:inconsistent datatypes or value too large",
    DataType.BLOB: "ORA:932:inconsistent datatypes",
}


def alter_session(text: str, nls: Nls) -> str | None:
    """Carry out ALTER SESSION SET …; return the new current schema if it names one.

    Settings that have no effect here are accepted, as long as they are written correctly.

    Raises:
        OracleError: ORA-00922 for other statements, ORA-01882 for an unknown time zone.
    """
    body = re.fullmatch(r"\s*ALTER\s+SESSION\s+SET\s+(.*?)[\s;\0]*", text, re.I | re.S)
    if body is None:
        raise OracleError(922, "missing or invalid option")
    schema = None
    settings = re.findall(r"(\w+)\s*=\s*(?:'((?:[^']|'')*)'|\"?([\w$#.+-]+)\"?)", body[1])
    if not settings:
        raise OracleError(922, "missing or invalid option")
    for name, quoted, word in settings:
        value = quoted or word
        match name.upper():
            case "NLS_DATE_FORMAT":
                nls.date_format = value
            case "NLS_TIMESTAMP_FORMAT":
                nls.timestamp_format = value
            case "NLS_TIMESTAMP_TZ_FORMAT":
                nls.timestamp_tz_format = value
            case "TIME_ZONE":
                nls.time_zone = _time_zone(value)
            case "CURRENT_SCHEMA":
                schema = value.upper()
    return schema


def _time_zone(text: str) -> dt.tzinfo:
    match = re.fullmatch(r"([+-]?)(\d{1,2}):(\d{2})", text.strip())
    if match:
        minutes = int(match[2]) * 60 + int(match[3])
        return dt.timezone(dt.timedelta(minutes=-minutes if match[1] == "-" else minutes))
    if text.upper() in ("UTC", "GMT", "Z"):
        return dt.UTC
    if text.upper() in ("LOCAL", "DBTIMEZONE"):
        zone = dt.datetime.now().astimezone().tzinfo
        return zone if zone is not None else dt.UTC
    raise OracleError(1882, "timezone region not found")
