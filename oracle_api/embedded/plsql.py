"""Parser of anonymous PL/SQL blocks: calls, assignments, conditions and queries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache

from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.formats import parse_datetime
from oracle_api.embedded.lexer import Kind, Token, tokenize
from oracle_api.embedded.syntax import (
    Argument,
    Assignment,
    BindRef,
    Block,
    Condition,
    Declaration,
    Expression,
    Handler,
    Invocation,
    Literal,
    NestedBlock,
    Operation,
    SelectInto,
    Statement,
    TransactionControl,
)
from oracle_api.embedded.typenames import parse_type_name

_Operand = Callable[[], Expression]
_COMPARISONS = ("=", "<>", "!=", "^=", "<", ">", "<=", ">=")
# Variables within a query are bind variables of it; no bind variable of a client has this prefix.
_VARIABLE_PREFIX = "V$"


@lru_cache(maxsize=512)
def parse_block(text: str) -> Block:
    """Parse ``[DECLARE …] BEGIN … END;`` or ``CALL p(…)``.

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
        self._variables: set[str] = set()

    @property
    def token(self) -> Token:
        """The token to be read next."""
        return self._tokens[self._index]

    @property
    def _following(self) -> Token:
        """The token after it."""
        return self._tokens[min(self._index + 1, len(self._tokens) - 1)]

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
            self._block.statements.append(self._nested_block())
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

    def _nested_block(self) -> NestedBlock:
        declarations: list[Declaration] = []
        if self.accept("DECLARE"):
            while not self.token.is_name("BEGIN"):
                declarations.append(self._declaration())
        self.expect("BEGIN")
        statements = self._statements("END", "EXCEPTION")
        handlers: list[Handler] = []
        if self.accept("EXCEPTION"):
            while not self.token.is_name("END"):
                handlers.append(self._handler())
        self.expect("END")
        if self.token.is_identifier:
            self.advance()
        self.expect(";")
        return NestedBlock(tuple(declarations), statements, tuple(handlers))

    def _declaration(self) -> Declaration:
        position = self.token.position
        name = self.identifier()
        type_name = parse_type_name(self)
        has_default = self.accept(":=") or self.accept("DEFAULT")
        default = self.expression() if has_default else None
        self.expect(";")
        self._variables.add(name)
        return Declaration(name, type_name, default, position)

    def _handler(self) -> Handler:
        position = self.token.position
        self.expect("WHEN")
        names = [self.identifier()]
        while self.accept("OR"):
            names.append(self.identifier())
        self.expect("THEN")
        return Handler(tuple(names), self._statements("WHEN", "END"), position)

    def _statements(self, *ends: str) -> tuple[Statement, ...]:
        """Parse statements up to one of these words."""
        statements: list[Statement] = []
        while not self.token.is_name(*ends):
            statement = self._statement()
            if statement is not None:
                statements.append(statement)
        return tuple(statements)

    def _statement(self) -> Statement | None:
        token = self.token
        if token.is_name("BEGIN", "DECLARE"):
            return self._nested_block()
        statement: Statement | None = None
        if self.accept("NULL"):
            pass
        elif self.accept("IF"):
            statement = self._condition(token.position)
        elif token.is_name("SELECT", "WITH"):
            statement = self._select_into()
        elif token.is_name("COMMIT", "ROLLBACK"):
            self.advance()
            statement = TransactionControl(token.text == "COMMIT")
        elif token.kind is Kind.BIND or self._following.is_operator(":="):
            target = self._target()
            self.expect(":=")
            statement = Assignment(target, self.expression(), token.position)
        elif token.is_identifier and not token.is_name(*_UNSUPPORTED):
            statement = self._invocation()
        else:
            raise self.unexpected("begin", "end", "null", "<an identifier>", "<a bind variable>")
        self.expect(";")
        return statement

    def _condition(self, position: int) -> Condition:
        branches: list[tuple[Expression | None, tuple[Statement, ...]]] = []
        while True:
            condition = self.expression()
            self.expect("THEN")
            branches.append((condition, self._statements("ELSIF", "ELSE", "END")))
            if not self.accept("ELSIF"):
                break
        if self.accept("ELSE"):
            branches.append((None, self._statements("END")))
        self.expect("END")
        self.expect("IF")
        return Condition(tuple(branches), position)

    def _select_into(self) -> SelectInto:
        """Take the text of a query apart: INTO and the targets, the binds, and the rest."""
        start = self.token.position
        inputs: dict[str, BindRef | Invocation] = {}
        targets: list[BindRef | Invocation] = []
        parts: list[str] = []
        while not self.token.is_operator(";") and self.token.kind is not Kind.END:
            token = self.token
            is_first = not self._tokens[self._index - 1].is_operator(".")
            if not targets and self.accept("INTO"):
                targets.append(self._target())
                while self.accept(","):
                    targets.append(self._target())
                continue
            if token.kind is Kind.BIND:
                inputs[token.text] = self._bind()
                parts.append(f":{token.text}")
            elif token.is_identifier and is_first and token.text in self._variables:
                inputs[_VARIABLE_PREFIX + token.text] = self._target()
                parts.append(f":{_VARIABLE_PREFIX}{token.text}")
            else:
                self.advance()
                parts.append(self._block.text[token.position : self.token.position])
        if not targets:
            raise self.unexpected("into")
        return SelectInto(" ".join(parts), tuple(targets), tuple(inputs.items()), start)

    def _target(self) -> BindRef | Invocation:
        """Parse a bind variable or the name of a variable."""
        if self.token.kind is Kind.BIND:
            return self._bind()
        position = self.token.position
        return Invocation((self.identifier(),), (), position)

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
        if self.token.is_identifier and self._following.is_operator("=>"):
            name = self.advance().text
            self.advance()
            return Argument(name, self.expression())
        return Argument(None, self.expression())

    def expression(self) -> Expression:
        """Parse an expression, at its lowest level conditions joined by OR."""
        return self._binary(("OR",), lambda: self._binary(("AND",), self._negated))

    def _binary(self, operators: tuple[str, ...], operand: _Operand) -> Expression:
        """Parse operands with operators of one level between them."""
        left = operand()
        while True:
            position = self.token.position
            operator = next((each for each in operators if self.accept(each)), None)
            if operator is None:
                return left
            left = Operation(operator, (left, operand()), position)

    def _negated(self) -> Expression:
        position = self.token.position
        if self.accept("NOT"):
            return Operation("NOT", (self._negated(),), position)
        left = self._sum()
        position = self.token.position
        if self.accept("IS"):
            negated = self.accept("NOT")
            self.expect("NULL")
            test = Operation("IS NULL", (left,), position)
            return Operation("NOT", (test,), position) if negated else test
        for operator in _COMPARISONS:
            if self.accept(operator):
                return Operation(operator, (left, self._sum()), position)
        return left

    def _sum(self) -> Expression:
        return self._binary(("||", "+", "-"), lambda: self._binary(("*", "/"), self._operand))

    def _operand(self) -> Expression:
        token = self.token
        if token.kind is Kind.BIND:
            return self._bind()
        if token.kind is Kind.STRING:
            return Literal(self.advance().text or None)
        if token.kind is Kind.NUMBER:
            return Literal(Decimal(self.advance().text))
        if self.accept("-"):
            return Operation("NEGATE", (self._operand(),), token.position)
        if self.accept("+"):
            return self._operand()
        if self.accept("("):
            inner = self.expression()
            self.expect(")")
            return inner
        if token.is_name("NULL", "TRUE", "FALSE"):
            self.advance()
            return Literal({"NULL": None, "TRUE": True, "FALSE": False}[token.text])
        if token.is_name("DATE", "TIMESTAMP") and self._following.kind is Kind.STRING:
            self.advance()
            return Literal(datetime_literal(token.text, self.advance().text))
        if token.is_identifier and not token.is_name("THEN", "AND", "OR", "IS"):
            return self._invocation()
        raise self.unexpected("(", "-", "<an identifier>", "<a bind variable>", "<a constant>")


_UNSUPPORTED = (
    "CASE", "LOOP", "FOR", "WHILE", "INSERT", "UPDATE", "DELETE", "MERGE", "EXECUTE", "OPEN",
    "FETCH", "CLOSE", "RAISE", "RETURN", "GOTO", "EXCEPTION", "SAVEPOINT", "SET", "LOCK", "EXIT",
    "CONTINUE", "PRAGMA", "END", "FORALL", "WHEN", "ELSE", "ELSIF", "THEN",
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
