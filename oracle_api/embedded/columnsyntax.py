"""Columns and constraints as CREATE TABLE and ALTER TABLE write them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from oracle_api.embedded.datatypes import DataType, TypeSpec, type_spec
from oracle_api.embedded.definitions import (
    RESERVED,
    ColumnDefinition,
    Constraint,
    SequenceOptions,
)
from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.lexer import Kind, Token
from oracle_api.embedded.plsql import Parser
from oracle_api.embedded.translate import Translator
from oracle_api.embedded.typenames import parse_numbers

_NOT_IN_SQL = frozenset(
    {
        DataType.BOOLEAN, DataType.CURSOR, DataType.BINARY_INTEGER, DataType.INTERVAL_DS,
        DataType.INTERVAL_YM, DataType.XMLTYPE, DataType.JSON,
    }
)  # fmt: skip
_CONSTRAINTS = ("PRIMARY", "UNIQUE", "FOREIGN", "CHECK")
_ENDS_OF_DEFAULT = ("NOT", "NULL", "PRIMARY", "UNIQUE", "CONSTRAINT", "CHECK", "REFERENCES")


@dataclass
class ParsedColumn:
    """A column as it was written, with the constraints written along with it."""

    column: ColumnDefinition
    constraints: list[Constraint] = field(default_factory=list)
    identity: SequenceOptions | None = None
    is_always: bool = False
    has_default: bool = False
    has_nullability: bool = False


class ColumnSyntax:
    """Parses columns and constraints.

    Args:
        parser: at the place where they begin.
        text: the whole statement.
        schemas: known schemas, dropped as qualifiers.
    """

    def __init__(self, parser: Parser, text: str, schemas: set[str]) -> None:
        self._parser = parser
        self._text = text
        self._schemas = schemas

    def name(self) -> str:
        """Parse the name of a table or another object, without its schema.

        Raises:
            OracleError: ORA-01918 for an unknown schema, ORA-00903 for a reserved word.
        """
        if self._parser.token.is_name(*RESERVED):
            raise OracleError(903, "invalid table name", self._parser.token.position)
        path = self._parser.path()
        if len(path) > 1 and path[0] not in self._schemas:
            raise OracleError(1918, f"user '{path[0]}' does not exist")
        return path[-1]

    def column_name(self) -> str:
        """Parse the name of a column.

        Raises:
            OracleError: ORA-00904 for a reserved word.
        """
        if self._parser.token.is_name(*RESERVED):
            raise OracleError(904, "invalid identifier", self._parser.token.position)
        return self._parser.identifier()

    def column_names(self) -> tuple[str, ...]:
        """Parse names of columns in parentheses."""
        self._parser.expect("(")
        names = [self._parser.identifier()]
        while self._parser.accept(","):
            names.append(self._parser.identifier())
        self._parser.expect(")")
        return tuple(names)

    @property
    def at_constraint(self) -> bool:
        """Whether a constraint of the table comes next."""
        return self._parser.token.is_name("CONSTRAINT", *_CONSTRAINTS)

    def constraint(self) -> Constraint:
        """Parse a constraint of a table."""
        parser = self._parser
        name = parser.identifier() if parser.accept("CONSTRAINT") else ""
        if parser.accept("PRIMARY"):
            parser.expect("KEY")
            return Constraint(name, "P", self.column_names())
        if parser.accept("UNIQUE"):
            return Constraint(name, "U", self.column_names())
        if parser.accept("FOREIGN"):
            parser.expect("KEY")
            return self._reference(name, self.column_names())
        parser.expect("CHECK")
        return self._check(name, ())

    def _reference(self, name: str, columns: tuple[str, ...]) -> Constraint:
        parser = self._parser
        parser.expect("REFERENCES")
        parent = self.name()
        parent_columns = self.column_names() if parser.token.is_operator("(") else ()
        rule = "NO ACTION"
        if parser.accept("ON"):
            parser.expect("DELETE")
            if parser.accept("CASCADE"):
                rule = "CASCADE"
            else:
                parser.expect("SET")
                parser.expect("NULL")
                rule = "SET NULL"
        return Constraint(
            name, "R", columns, parent=parent, parent_columns=parent_columns, delete_rule=rule
        )

    def _check(self, name: str, columns: tuple[str, ...]) -> Constraint:
        self._parser.expect("(")
        tokens = self.until_separator(parentheses_only=True)
        condition = self.source(tokens)
        self._parser.expect(")")
        sql = self.translated(tokens)
        return Constraint(name, "C", columns, condition=condition, condition_sql=sql)

    def column(self) -> ParsedColumn:
        """Parse a column with all that belongs to it."""
        parsed = ParsedColumn(ColumnDefinition(self.column_name(), self.type()))
        self.options(parsed)
        return parsed

    def options(self, parsed: ParsedColumn) -> None:
        """Parse what follows the type of a column."""
        while not (self._parser.token.is_operator(",", ")") or self.at_end):
            self._option(parsed)

    @property
    def at_end(self) -> bool:
        """Whether nothing follows."""
        return self._parser.token.kind is Kind.END

    @property
    def at_type(self) -> bool:
        """Whether a column has a type here, as opposed to the options that follow one."""
        words = ("DEFAULT", "GENERATED", "REFERENCES", *_ENDS_OF_DEFAULT)
        return self._parser.token.is_identifier and not self._parser.token.is_name(*words)

    def type(self) -> TypeSpec:
        """Parse the type of a column.

        Raises:
            OracleError: ORA-00902 for one that a column cannot have.
        """
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

    def _option(self, parsed: ParsedColumn) -> None:
        parser, column = self._parser, parsed.column
        name = parser.identifier() if parser.accept("CONSTRAINT") else ""
        if parser.accept("DEFAULT"):
            self._default(parsed)
        elif parser.accept("GENERATED"):
            self._identity(parsed)
        elif parser.accept("NOT"):
            parser.expect("NULL")
            parsed.column, parsed.has_nullability = replace(column, nullable=False), True
        elif parser.accept("NULL"):
            parsed.column, parsed.has_nullability = replace(column, nullable=True), True
        elif parser.accept("PRIMARY"):
            parser.expect("KEY")
            parsed.constraints.append(Constraint(name, "P", (column.name,)))
        elif parser.accept("UNIQUE"):
            parsed.constraints.append(Constraint(name, "U", (column.name,)))
        elif parser.token.is_name("REFERENCES"):
            parsed.constraints.append(self._reference(name, (column.name,)))
        elif parser.accept("CHECK"):
            parsed.constraints.append(self._check(name, (column.name,)))
        else:
            raise parser.unexpected()

    def _default(self, parsed: ParsedColumn) -> None:
        if self._parser.token.is_name("ON"):
            raise OracleError(3001, "unimplemented feature")
        parsed.has_default = True
        tokens = self.until_separator(*_ENDS_OF_DEFAULT)
        parsed.column = replace(
            parsed.column, default=self.source(tokens), default_sql=self.translated(tokens)
        )

    def _identity(self, parsed: ParsedColumn) -> None:
        parser = self._parser
        parsed.is_always = not parser.accept("BY")
        if not parsed.is_always:
            parser.expect("DEFAULT")
        elif not parser.token.is_name("AS"):
            parser.expect("ALWAYS")
        if parser.token.is_name("ON"):
            raise OracleError(3001, "unimplemented feature")
        parser.expect("AS")
        if not parser.accept("IDENTITY"):
            raise OracleError(3001, "unimplemented feature")
        if parsed.column.spec.type != DataType.NUMBER or parsed.column.spec.scale > 0:
            raise OracleError(30675, "identity column must be a numeric type")
        parsed.column = replace(parsed.column, nullable=False)
        parsed.identity = SequenceOptions()
        if parser.accept("("):
            parsed.identity = self.sequence_options()
            parser.expect(")")

    def sequence_options(self) -> SequenceOptions:
        """Parse how a sequence counts."""
        parser, values = self._parser, dict[str, int]()
        cycles = ordered = False
        while not (self.at_end or parser.token.is_operator(")")):
            word = parser.identifier()
            match word:
                case "START" | "INCREMENT":
                    parser.expect("WITH" if word == "START" else "BY")
                    values[word.lower()] = self._integer()
                case "MINVALUE" | "MAXVALUE" | "CACHE":
                    values[word.lower()] = self._integer()
                case "NOCACHE":
                    values["cache"] = 0
                case "CYCLE" | "NOCYCLE":
                    cycles = word == "CYCLE"
                case "ORDER" | "NOORDER":
                    ordered = word == "ORDER"
                case "NOMINVALUE" | "NOMAXVALUE":
                    values.pop(word.removeprefix("NO").lower(), None)
                case _:
                    raise parser.unexpected()
        return _sequence(values, cycles, ordered)

    def _integer(self) -> int:
        sign = -1 if self._parser.accept("-") else 1
        if self._parser.token.kind is not Kind.NUMBER:
            raise OracleError(1722, "invalid number")
        return sign * int(self._parser.advance().text)

    def until_separator(self, *stops: str, parentheses_only: bool = False) -> list[Token]:
        """Take the tokens up to the comma or parenthesis that ends an expression."""
        taken: list[Token] = []
        depth = 0
        separators = (")",) if parentheses_only else (",", ")")
        while not self.at_end:
            token = self._parser.token
            if depth == 0 and token.is_operator(*separators):
                break
            if depth == 0 and taken and token.is_name(*stops):
                break
            depth += token.is_operator("(") - token.is_operator(")")
            taken.append(self._parser.advance())
        if not taken:
            raise OracleError(936, "missing expression")
        return taken

    def source(self, tokens: list[Token]) -> str:
        """Return the text of tokens that were just taken."""
        return self._text[tokens[0].position : self._parser.token.position].strip()

    def translated(self, tokens: list[Token]) -> str:
        """Translate an expression."""
        end = Token(Kind.END, "", len(self._text))
        return Translator([*tokens, end], self._text, self._schemas, {}).translate_tokens()


def _sequence(values: dict[str, int], cycles: bool, ordered: bool) -> SequenceOptions:
    increment = values.get("increment", 1)
    if increment == 0:
        raise OracleError(4002, "INCREMENT must be a nonzero integer")
    defaults = SequenceOptions()
    ascending = increment > 0
    least = values.get("minvalue", 1 if ascending else -defaults.greatest)
    greatest = values.get("maxvalue", defaults.greatest if ascending else -1)
    if least >= greatest:
        raise OracleError(4004, "MINVALUE must be less than MAXVALUE")
    start = values.get("start", least if ascending else greatest)
    if start < least:
        raise OracleError(4006, "START WITH cannot be less than MINVALUE")
    if start > greatest:
        raise OracleError(4008, "START WITH cannot be more than MAXVALUE")
    cache = values.get("cache", defaults.cache)
    return SequenceOptions(start, increment, least, greatest, cycles, cache, ordered)
