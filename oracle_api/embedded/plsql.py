"""Parser of anonymous PL/SQL blocks: calls, assignments and literals."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.formats import parse_datetime
from oracle_api.embedded.lexer import Kind, Token, tokenize


@dataclass(frozen=True)
class Literal:
    """A constant."""

    value: bool | str | Decimal | dt.datetime | None


@dataclass(frozen=True)
class BindRef:
    """A bind variable, by its index within the block."""

    index: int
    position: int


@dataclass(frozen=True)
class Argument:
    """An argument, named (``name => value``) or positional."""

    name: str | None
    value: Expression


@dataclass(frozen=True)
class Invocation:
    """A procedure or function with its arguments."""

    path: tuple[str, ...]
    arguments: tuple[Argument, ...]
    position: int


@dataclass(frozen=True)
class Negation:
    """An expression with a minus before it."""

    operand: Expression


@dataclass(frozen=True)
class Concatenation:
    """Expressions joined by ``||``."""

    operands: tuple[Expression, ...]


Expression = Literal | BindRef | Invocation | Negation | Concatenation


@dataclass(frozen=True)
class Assignment:
    """``:target := expression;``"""

    target: BindRef
    value: Expression
    position: int


@dataclass(frozen=True)
class TransactionControl:
    """``COMMIT;`` or ``ROLLBACK;``"""

    commit: bool


Statement = Invocation | Assignment | TransactionControl


@dataclass
class Block:
    """A parsed block: its statements, and its bind variables in the order of appearance."""

    text: str
    statements: list[Statement] = field(default_factory=list)
    binds: list[str] = field(default_factory=list)

    def line_column(self, position: int) -> tuple[int, int]:
        """Return line and column, both from 1, of an offset in the text."""
        line_start = self.text.rfind("\n", 0, position) + 1
        return self.text.count("\n", 0, position) + 1, position - line_start + 1


@lru_cache(maxsize=512)
def parse_block(text: str) -> Block:
    """Parse ``BEGIN … END;`` or ``CALL p(…)``.

    Raises:
        OracleError: ORA-06550 with PLS-00103 for anything that is not known.
    """
    return Parser(text).block()


class Parser:
    """A recursive descent parser over the tokens of a text."""

    def __init__(self, text: str) -> None:
        self._block = Block(text)
        self._tokens = tokenize(text)
        self._index = 0

    @property
    def token(self) -> Token:
        """The token to be read next."""
        return self._tokens[self._index]

    def advance(self) -> Token:
        """Return the next token and step over it."""
        token = self._tokens[self._index]
        if token.kind is not Kind.END:
            self._index += 1
        return token

    def accept(self, text: str) -> bool:
        """Step over an operator or keyword if it comes next."""
        if self.token.is_operator(text) or self.token.is_name(text):
            self._index += 1
            return True
        return False

    def expect(self, *texts: str) -> None:
        """Step over an operator or keyword that must come next."""
        if not any(self.accept(text) for text in texts):
            raise self.unexpected(*texts)

    def identifier(self) -> str:
        """Return the identifier that must come next."""
        if not self.token.is_identifier:
            raise self.unexpected("<an identifier>")
        return self.advance().text

    def unexpected(self, *expected: str) -> OracleError:
        """Return the error for a token that does not fit."""
        token = self.token
        line, column = self._block.line_column(token.position)
        symbol = "end-of-file" if token.kind is Kind.END else token.text
        message = f'PLS-00103: Encountered the symbol "{symbol}"'
        if expected:
            message += " when expecting one of the following:\n\n   " + " ".join(expected)
        return OracleError(6550, f"line {line}, column {column}:\n{message}")

    def block(self) -> Block:
        """Parse the whole text."""
        if self.accept("CALL"):
            self._call_statement()
            self.accept(";")
        else:
            self._nested_block()
        self.accept("/")
        if self.token.kind is not Kind.END:
            raise self.unexpected()
        return self._block

    def _call_statement(self) -> None:
        invocation = self._invocation()
        if self.accept("INTO"):
            target = self._bind()
            assignment = Assignment(target, invocation, invocation.position)
            self._block.statements.append(assignment)
        else:
            self._block.statements.append(invocation)

    def _nested_block(self) -> None:
        self.expect("BEGIN")
        while not self.accept("END"):
            self._statement()
        if self.token.is_identifier:
            self.advance()
        self.expect(";")

    def _statement(self) -> None:
        token = self.token
        if token.is_name("BEGIN"):
            self._nested_block()
            return
        if self.accept("NULL"):
            pass
        elif token.is_name("COMMIT", "ROLLBACK"):
            self.advance()
            self._block.statements.append(TransactionControl(token.text == "COMMIT"))
        elif token.kind is Kind.BIND:
            target = self._bind()
            self.expect(":=")
            assignment = Assignment(target, self.expression(), token.position)
            self._block.statements.append(assignment)
        elif token.is_identifier and not token.is_name(*_UNSUPPORTED):
            self._block.statements.append(self._invocation())
        else:
            raise self.unexpected("begin", "end", "null", "<an identifier>", "<a bind variable>")
        self.expect(";")

    def _bind(self) -> BindRef:
        token = self.token
        if token.kind is not Kind.BIND:
            raise self.unexpected("<a bind variable>")
        self.advance()
        names = self._block.binds
        if token.text not in names:
            names.append(token.text)
        return BindRef(names.index(token.text), token.position)

    def path(self) -> tuple[str, ...]:
        """Parse one to three identifiers joined by points."""
        parts = [self.identifier()]
        while self.accept("."):
            parts.append(self.identifier())
        return tuple(parts)

    def _invocation(self) -> Invocation:
        position = self.token.position
        path = self.path()
        arguments: list[Argument] = []
        if self.accept("(") and not self.accept(")"):
            arguments.append(self._argument())
            while self.accept(","):
                arguments.append(self._argument())
            self.expect(")", ",")
        return Invocation(path, tuple(arguments), position)

    def _argument(self) -> Argument:
        if self.token.is_identifier and self._tokens[self._index + 1].is_operator("=>"):
            name = self.advance().text
            self.advance()
            return Argument(name, self.expression())
        return Argument(None, self.expression())

    def expression(self) -> Expression:
        """Parse operands joined by ``||``."""
        operands = [self._operand()]
        while self.accept("||"):
            operands.append(self._operand())
        return operands[0] if len(operands) == 1 else Concatenation(tuple(operands))

    def _operand(self) -> Expression:
        token = self.token
        if token.kind is Kind.BIND:
            return self._bind()
        if token.kind is Kind.STRING:
            return Literal(self.advance().text or None)
        if token.kind is Kind.NUMBER:
            return Literal(Decimal(self.advance().text))
        if self.accept("-"):
            return Negation(self._operand())
        if self.accept("+"):
            return self._operand()
        if self.accept("("):
            inner = self.expression()
            self.expect(")")
            return inner
        if token.is_name("NULL", "TRUE", "FALSE"):
            self.advance()
            return Literal({"NULL": None, "TRUE": True, "FALSE": False}[token.text])
        if token.is_name("DATE", "TIMESTAMP") and self._next_is_string():
            self.advance()
            return Literal(datetime_literal(token.text, self.advance().text))
        if token.is_identifier:
            return self._invocation()
        raise self.unexpected("(", "-", "<an identifier>", "<a bind variable>", "<a constant>")

    def _next_is_string(self) -> bool:
        return self._tokens[self._index + 1].kind is Kind.STRING


_UNSUPPORTED = (
    "IF", "CASE", "LOOP", "FOR", "WHILE", "SELECT", "INSERT", "UPDATE", "DELETE", "MERGE",
    "DECLARE", "EXECUTE", "OPEN", "FETCH", "CLOSE", "RAISE", "RETURN", "GOTO", "EXCEPTION",
    "SAVEPOINT", "SET", "LOCK", "EXIT", "CONTINUE", "PRAGMA", "WITH", "END", "FORALL",
)  # fmt: skip


def datetime_literal(kind: str, text: str) -> dt.datetime:
    """Return the value of ``DATE 'text'`` or ``TIMESTAMP 'text'``.

    Raises:
        OracleError: ORA-01861 and its neighbours for a text that is not one.
    """
    if kind == "DATE":
        return parse_datetime(text, "YYYY-MM-DD")
    has_zone = text.rstrip()[-6:-5] in ("+", "-") and ":" in text[-6:]
    return parse_datetime(text, "YYYY-MM-DD HH24:MI:SSXFF" + (" TZH:TZM" if has_zone else ""))
