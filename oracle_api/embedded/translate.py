"""Translation of Oracle's SQL into that of SQLite, token by token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from oracle_api.embedded.definitions import RESERVED
from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.functions import (
    AGGREGATES,
    CURRENT_VALUE,
    FUNCTIONS,
    NATIVE,
    NEXT_VALUE,
    PREFIX,
    WITHOUT_PARENTHESES,
)
from oracle_api.embedded.lexer import Kind, StatementKind, Token, returning_into, statement_kind
from oracle_api.embedded.plsql import datetime_literal
from oracle_api.embedded.rowlocks import RowLock, split_for_update
from oracle_api.embedded.selectlist import column_names
from oracle_api.embedded.setoperations import multiset_text, split_multiset
from oracle_api.embedded.statementchecks import check_returning, check_single_row, insert_target
from oracle_api.embedded.storage import Stored, to_storage

_KEYWORDS = (
    "SELECT DISTINCT ALL FROM WHERE AND OR NOT IN EXISTS BETWEEN LIKE ESCAPE IS NULL AS ON "
    "JOIN INNER LEFT RIGHT FULL OUTER CROSS NATURAL USING GROUP BY HAVING ORDER ASC DESC UNION "
    "INTERSECT EXCEPT CASE WHEN THEN ELSE END WITH INSERT INTO VALUES UPDATE SET DELETE RETURNING "
    "OVER PARTITION DEFAULT"
)
KEYWORDS = frozenset(_KEYWORDS.split())
_RENAMED = {"MINUS": "EXCEPT"}
_OPERATORS = {"^=": "<>", "!=": "<>"}
_SEQUENCE_VALUES = {"NEXTVAL": NEXT_VALUE, "CURRVAL": CURRENT_VALUE}
# What a condition may follow.
_BEFORE_CONDITIONS = ("WHERE", "AND", "OR", "WHEN", "ON", "HAVING", "CHECK")
#: Clauses that are not supported but would be taken for names.
_NOT_ENDED = (933, "SQL command not properly ended")
_REJECTED = {
    "CONNECT": _NOT_ENDED,
    "START": _NOT_ENDED,
    "PIVOT": _NOT_ENDED,
    "MODEL": _NOT_ENDED,
    "ROWNUM": (904, '"ROWNUM": invalid identifier'),
    "MERGE": (900, "invalid SQL statement"),
}


@dataclass
class Translation:
    """A statement in SQLite's terms.

    ``names`` are the column names of a query, None if SQLite's own are right. ``views`` are
    the dictionary views that it reads. ``return_binds`` is the number of binds after
    RETURNING … INTO, which come last. ``describing_text`` is the query without binds;
    ``branch_text`` is the same with one branch in the place of each CASE, "" if it has none.
    ``lock`` is that of FOR UPDATE. ``target`` is the table of an INSERT, ``target_columns`` are
    the columns that it names, None if it names none.
    """

    text: str
    kind: StatementKind
    is_update: bool = False
    names: list[str] | None = None
    views: frozenset[str] = frozenset()
    binds: list[str] = field(default_factory=list)
    return_binds: int = 0
    describing_text: str = ""
    branch_text: str = ""
    lock: RowLock | None = None
    target: str = ""
    target_columns: frozenset[str] | None = None


def quote(name: str) -> str:
    """Quote an identifier so that SQLite never takes it for a string or keyword."""
    return "`" + name.replace("`", "``") + "`"


def literal(stored: Stored) -> str:
    """Return a constant as SQLite writes it."""
    if stored is None:
        return "NULL"
    if isinstance(stored, bytes):
        return f"x'{stored.hex()}'"
    if isinstance(stored, str):
        # A NUL would end the statement's text; Oracle does not allow one in a literal either.
        return "'" + stored.replace("'", "''") + "'"
    return repr(stored)


class Translator:
    """Translates queries and DML.

    Args:
        tokens: the tokens of the statement.
        source: its text.
        schemas: known schemas; as qualifiers they are dropped, there is one set of tables.
        views: names of the dictionary views, each with the name of its table.
    """

    def __init__(
        self, tokens: list[Token], source: str, schemas: set[str], views: dict[str, str]
    ) -> None:
        self._tokens = tokens
        self._source = source
        self._schemas = schemas
        self._views = views
        self._index = 0
        self._output: list[str] = []
        self._binds: list[str] = []
        self._used_views: set[str] = set()
        self._depth = 0
        self._orders: list[_OrderBy] = []
        self._casts: list[int] = []
        self._keywords = KEYWORDS
        self._takes_branches = False

    def keep_words(self, *words: str) -> None:
        """Take further words for keywords, as in the constraints of a table."""
        self._keywords = KEYWORDS | set(words)

    def translate(self) -> Translation:
        """Return the translation.

        Raises:
            OracleError: for what is known not to be supported.
        """
        kind = statement_kind(self._source)
        into = returning_into(self._tokens) if kind is StatementKind.DML else None
        return_binds: list[str] = []
        if into is not None:
            check_returning(self._tokens[:into])
            return_binds = [each.text for each in self._tokens[into:] if each.kind is Kind.BIND]
            self._tokens = [*self._tokens[:into], self._tokens[-1]]
        if self._tokens[0].is_name("DELETE") and not self._tokens[1].is_name("FROM"):
            self._tokens.insert(1, Token(Kind.NAME, "FROM", self._tokens[1].position))
        made = Translation("", kind, self._tokens[0].is_name("UPDATE"))
        if kind is StatementKind.QUERY:
            self._tokens, made.lock = split_for_update(self._tokens)
            made.names = column_names(self._tokens, self._source)
        elif self._tokens[0].is_name("INSERT"):
            check_single_row(self._tokens)
            made.target, made.target_columns = insert_target(self._tokens)
        made.text = self.translate_tokens()
        made.views = frozenset(self._used_views)
        made.binds, made.return_binds = self._binds + return_binds, len(return_binds)
        made.describing_text = self._without_binds(made.text)
        if kind is StatementKind.QUERY and any(each.is_name("CASE") for each in self._tokens):
            made.branch_text = self._without_binds(self._with_branches())
        return made

    def _without_binds(self, text: str) -> str:
        for number in range(len(self._binds), 0, -1):
            text = text.replace(f"?{number}", "NULL")
        return text

    def _with_branches(self) -> str:
        """Translate anew, with a branch in the place of each CASE."""
        other = Translator(self._tokens, self._source, self._schemas, self._views)
        other._takes_branches = True
        return other.translate_tokens()

    def translate_tokens(self) -> str:
        """Translate all tokens and return the text."""
        operation = split_multiset(self._tokens)
        if operation is not None:
            names = column_names(operation.left, self._source)
            left, right = map(self._translate_part, (operation.left, operation.right))
            return multiset_text(operation.name, left, right, names)
        while self._tokens[self._index].kind is not Kind.END:
            self._step()
        self._end_order_by()
        return " ".join(self._output)

    def _translate_part(self, tokens: list[Token]) -> str:
        """Translate a query of its own, whose binds come after those that were translated."""
        self._tokens, self._index, self._output = tokens, 0, []
        return self.translate_tokens()

    def _peek(self, distance: int = 0) -> Token:
        return self._tokens[min(self._index + distance, len(self._tokens) - 1)]

    def _emit(self, *texts: str) -> None:
        self._output.extend(texts)

    def _step(self) -> None:
        """Translate a clause, a keyword, or an expression."""
        token, following = self._peek(), self._peek(1)
        if token.kind is Kind.NAME:
            if self._clause(token, following):
                return
            is_keyword = token.text in self._keywords or token.text in _RENAMED
            if is_keyword and not (token.text in ("CASE", "NULL") or following.is_operator(".")):
                self._single()
                return
        if token.kind is not Kind.OPERATOR or token.text in ("(", "+", "-"):
            self._expression()
        else:
            self._single()

    def _expression(self) -> None:
        """Translate operands with their operators into calls of exact functions.

        SQLite's own operators know neither dates nor more than 15 digits, and divide whole
        numbers without a remainder.
        """
        self._chain({"+": "add", "-": "subtract", "||": "concat"}, self._term)

    def _term(self) -> None:
        self._chain({"*": "multiply", "/": "divide"}, self._factor)

    def _chain(self, operators: dict[str, str], operand: Callable[[], None]) -> None:
        """Translate operands of one precedence, from left to right."""
        left = self._captured(operand)
        while self._peek().is_operator(*operators):
            function = operators[self._peek().text]
            self._index += 1
            left = f"{PREFIX}{function} ( {left} , {self._captured(operand)} )"
        self._emit(left)

    def _captured(self, translate: Callable[[], None]) -> str:
        """Return what a method would emit."""
        start = len(self._output)
        translate()
        text = " ".join(self._output[start:])
        del self._output[start:]
        return text

    def _factor(self) -> None:
        if not self._peek().is_operator("+", "-"):
            self._primary()
            return
        is_negative = self._peek().text == "-"
        self._index += 1
        operand = self._captured(self._factor)
        self._emit(f"{PREFIX}subtract ( 0 , {operand} )" if is_negative else operand)

    def _primary(self) -> None:
        token = self._peek()
        if token.is_operator("("):
            self._group()
        elif token.is_name("CASE"):
            self._case()
        else:
            self._single()
            while self._peek().is_operator("."):
                self._single()
                self._single()

    def _group(self) -> None:
        """Translate all between a parenthesis and its counterpart."""
        self._index += 1
        self._depth += 1
        self._emit("(")
        while not self._peek().is_operator(")"):
            if self._peek().kind is Kind.END:
                raise OracleError(907, "missing right parenthesis")
            self._step()
        self._single()

    def _case(self) -> None:
        start, branch = len(self._output), ""
        self._single()
        while not self._peek().is_name("END"):
            if self._peek().kind is Kind.END:
                raise OracleError(905, "missing keyword")
            is_before_branch = self._peek().is_name("THEN", "ELSE")
            self._step()
            if is_before_branch:
                is_typed = self._peek().is_identifier and not self._peek().is_name("NULL")
                text = self._captured(self._step)
                branch = branch or (text if is_typed else "")
                self._emit(text)
        self._single()
        if self._takes_branches and branch:
            self._output[start:] = [f"( {branch} )"]

    def _single(self) -> None:
        """Translate one token, or a function with its arguments."""
        token = self._peek()
        if token.kind is Kind.END:
            raise OracleError(936, "missing expression")
        self._index += 1
        if token.kind is Kind.NAME:
            self._name(token)
        elif token.kind is Kind.QUOTED:
            self._identifier(token.text)
        elif token.kind is Kind.STRING:
            self._emit(literal(token.text or None))
        elif token.kind is Kind.NUMBER:
            self._emit(literal(to_storage(Decimal(token.text))))
        elif token.kind is Kind.BIND:
            self._bind(token)
        else:
            self._operator(token)

    def _bind(self, token: Token) -> None:
        is_quoted = self._source[token.position + 1 :].lstrip().startswith('"')
        if token.text in RESERVED and not is_quoted:
            raise OracleError(1745, "invalid host/bind variable name", token.position)
        self._binds.append(token.text)
        self._emit(f"?{len(self._binds)}")

    def _operator(self, token: Token) -> None:
        if token.text == ")":
            self._end_order_by()
            self._depth -= 1
            if self._casts and self._casts[-1] > self._depth:
                self._casts.pop()
        elif token.text == ";":
            raise OracleError(911, "invalid character", token.position)
        elif token.text == "," and self._orders and self._orders[-1].depth == self._depth:
            self._emit(self._orders[-1].nulls())
            self._orders[-1] = _OrderBy(self._depth)
        self._emit(_OPERATORS.get(token.text, token.text))

    def _name(self, token: Token) -> None:
        following = self._peek()
        is_member = self._output[-1:] == ["."]
        if token.text in ("DATE", "TIMESTAMP") and following.kind is Kind.STRING:
            self._index += 1
            self._emit(literal(to_storage(datetime_literal(token.text, following.text))))
        elif following.is_operator(".") and self._peek(1).is_name(*_SEQUENCE_VALUES):
            self._emit(f"{_SEQUENCE_VALUES[self._peek(1).text]} ( {literal(token.text)} )")
            self._index += 2
        elif is_member or following.is_operator("."):
            self._identifier(token.text)
        elif token.text in _RENAMED:
            self._emit(_RENAMED[token.text])
        elif token.text in self._keywords:
            self._keyword(token)
        elif token.text in WITHOUT_PARENTHESES and not following.is_operator("("):
            self._emit(f"{PREFIX}{token.text.lower()} ( )")
        elif following.is_operator("(") and not self._names_a_table():
            self._function(token)
        else:
            self._identifier(token.text)

    def _names_a_table(self) -> bool:
        """Whether the name before a parenthesis is a table's: INSERT INTO t (…), WITH t (…)."""
        return self._output[-1:] in (["INTO"], ["WITH"])

    def _clause(self, token: Token, following: Token) -> bool:
        """Translate what takes more than one token; return whether it was such a thing."""
        if token.text == "ORDER" and following.is_name("BY"):
            self._index += 2
            self._emit("ORDER BY")
            self._orders.append(_OrderBy(self._depth))
            return True
        if token.text == "NULLS" and following.is_name("FIRST", "LAST") and self._orders:
            self._index += 2
            self._orders[-1].placement = following.text
            return True
        is_limit = token.text == "FETCH" and following.is_name("FIRST", "NEXT")
        if is_limit or (token.text == "OFFSET" and following.kind in (Kind.NUMBER, Kind.BIND)):
            self._end_order_by()
            self._row_limit()
            return True
        self._reject(token, following)
        return False

    def _reject(self, token: Token, following: Token) -> None:
        """Refuse clauses that would otherwise be taken for names."""
        if token.text not in _REJECTED or following.is_operator("."):
            return
        if token.text in ("CONNECT", "START") and not following.is_name("BY", "WITH"):
            return
        code, message = _REJECTED[token.text]
        raise OracleError(code, message, token.position)

    def _keyword(self, token: Token) -> None:
        if token.text == "AS" and self._casts and self._casts[-1] == self._depth:
            self._cast_type()
            return
        if token.text == "EXISTS":
            self._check_condition(token)
        if token.text == "IN" and self._is_list_of_rows():
            self._list_of_rows()
            return
        if self._orders and self._orders[-1].depth == self._depth and token.text in ("ASC", "DESC"):
            self._orders[-1].descending = token.text == "DESC"
        self._emit(token.text)

    def _check_condition(self, token: Token) -> None:
        """Refuse a condition where a value is expected.

        Raises:
            OracleError: ORA-00936.
        """
        before = self._index - 2
        while self._tokens[before].is_operator("(") or self._tokens[before].is_name("NOT"):
            before -= 1
        if not self._tokens[before].is_name(*_BEFORE_CONDITIONS):
            raise OracleError(936, "missing expression", token.position)

    def _is_list_of_rows(self) -> bool:
        """Whether IN is followed by rows: ((1, 2), (3, 4))."""
        if not (self._peek().is_operator("(") and self._peek(1).is_operator("(")):
            return False
        if self._peek(2).is_name("SELECT", "WITH"):
            return False
        depth = 0
        for token in self._tokens[self._index + 1 :]:
            depth += token.is_operator("(") - token.is_operator(")")
            if depth == 1 and token.is_operator(","):
                return True
            if depth == 0:
                return False
        return False

    def _list_of_rows(self) -> None:
        self._emit("IN")
        start = len(self._output)
        self._group()
        self._output.insert(start + 1, "VALUES")

    def _cast_type(self) -> None:
        words: list[str] = []
        inner = 0
        while inner or not self._peek().is_operator(")"):
            token = self._peek()
            if token.kind is Kind.END:
                raise OracleError(906, "missing left parenthesis")
            inner += token.is_operator("(") - token.is_operator(")")
            if (token.kind is Kind.NAME and token.text not in ("BYTE", "CHAR")) or not words:
                words.append(token.text)
            self._index += 1
        name = " ".join(words)
        if name not in _CASTABLE:
            raise OracleError(902, "invalid datatype")
        self._emit(",", literal(name))

    def _function(self, token: Token) -> None:
        name = token.text
        if name in FUNCTIONS or name in AGGREGATES:
            if name == "CAST":
                self._casts.append(self._depth + 1)
            self._emit(PREFIX + name.lower())
        elif name in NATIVE:
            self._emit(NATIVE[name])
        else:
            raise OracleError(904, f'"{name}": invalid identifier', token.position)
        self._group()
        if self._peek().is_name("OVER"):
            self._single()
            self._group()

    def _identifier(self, name: str) -> None:
        is_qualifier = self._peek().is_operator(".") and self._output[-1:] != ["."]
        if is_qualifier and name in self._schemas:
            self._index += 1
            self._single()
            return
        if name in self._views and self._output[-1:] != ["."]:
            name = self._views[name]
            self._used_views.add(name)
        self._emit(quote(name))

    def _row_limit(self) -> None:
        limit, offset = "-1", ""
        while True:
            token, following = self._peek(), self._peek(1)
            if token.is_name("OFFSET"):
                self._index += 1
                offset = self._captured(self._step)
            elif token.is_name("FETCH") and following.is_name("FIRST", "NEXT"):
                self._index += 2
                limit = "1" if self._peek().is_name("ROW", "ROWS") else self._captured(self._step)
            else:
                break
            if not self._peek().is_name("ROW", "ROWS"):
                raise OracleError(933, "SQL command not properly ended", token.position)
            self._index += 1
            if token.is_name("FETCH"):
                if not self._peek().is_name("ONLY"):
                    raise OracleError(933, "SQL command not properly ended", token.position)
                self._index += 1
        self._emit("LIMIT", limit)
        if offset:
            self._emit("OFFSET", offset)

    def _end_order_by(self) -> None:
        if self._orders and self._orders[-1].depth == self._depth:
            self._emit(self._orders.pop().nulls())


_CASTABLE = frozenset(
    {
        "NUMBER", "INTEGER", "SMALLINT", "VARCHAR2", "CHAR", "DATE", "TIMESTAMP", "BINARY_DOUBLE",
        "CLOB", "TIMESTAMP WITH TIME ZONE",
    }
)  # fmt: skip


@dataclass
class _OrderBy:
    """One item of an ORDER BY. Nulls are large in Oracle, small in SQLite."""

    depth: int
    descending: bool = False
    placement: str = ""

    def nulls(self) -> str:
        placement = self.placement or ("FIRST" if self.descending else "LAST")
        return f"NULLS {placement}"
