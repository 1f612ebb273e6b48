"""From a request and a signature to the block and its binds."""

from decimal import Decimal
from typing import Any

import pytest

from oracle_api.exceptions import FieldError, InvalidRequest
from oracle_api.oracle.dictionary import Parameter, Procedure, Signature
from oracle_api.oracle.names import ProcedureName
from oracle_api.oracle.plan import Plan, make_plan
from oracle_api.oracle.request import Argument, CallRequest

Bound = tuple[str, str, str, Any]


def _result(type_name: str) -> Parameter:
    return Parameter("", type_name, "OUT")


PROCESO_LARGO = Signature(
    "PKG_ETL.PROCESO_LARGO",
    (
        Parameter("VFECHA", "VARCHAR2", "IN"),
        Parameter("VRESULTADO", "NUMBER", "OUT"),
        Parameter("VSEGUNDOS", "NUMBER", "IN", has_default=True),
    ),
)
TWO_DEFAULTS = Signature(
    "P",
    (
        Parameter("A", "NUMBER", "IN"),
        Parameter("B", "NUMBER", "IN", has_default=True),
        Parameter("C", "NUMBER", "IN", has_default=True),
    ),
)
IN_OUT = Signature("P", (Parameter("X", "NUMBER", "IN OUT"),))
NOTHING = Signature("P")
DOBLE = Signature("DOBLE", (Parameter("N", "NUMBER", "IN"),), _result("NUMBER"))
# A function that has an OUT parameter beside its result.
BUSCA = Signature(
    "BUSCA",
    (Parameter("N", "NUMBER", "IN"), Parameter("NOMBRE", "VARCHAR2", "OUT")),
    _result("BOOLEAN"),
)


def _procedure(*overloads: Signature) -> Procedure:
    return Procedure(ProcedureName(("APP", *overloads[0].name.split("."))), overloads)


def _request(
    *arguments: Argument,
    name: str = "P",
    schema: str | None = None,
    is_function: bool | None = None,
    by_object: bool = False,
) -> CallRequest:
    return CallRequest(name, schema, is_function, arguments, by_object)


def _in(**values: Any) -> CallRequest:
    return _request(*(Argument(name, value) for name, value in values.items()), by_object=True)


def _plan(request: CallRequest, *overloads: Signature, by_position: bool = False) -> Plan:
    procedure = _procedure(*overloads) if overloads else None
    return make_plan(request, procedure, by_position=by_position)


def _binds(plan: Plan) -> list[Bound]:
    return [(bind.label, bind.type.name, bind.direction, bind.value) for bind in plan.binds]


def _refusal(request: CallRequest, *overloads: Signature, by_position: bool = False) -> Any:
    with pytest.raises(InvalidRequest) as caught:
        _plan(request, *overloads, by_position=by_position)
    return caught.value


# ---- the block


@pytest.mark.parametrize(
    ("request_", "signature", "block"),
    [
        (_in(), NOTHING, 'BEGIN "APP"."P"; END;'),
        (
            _in(vFecha="x", vSegundos=1),
            PROCESO_LARGO,
            'BEGIN "APP"."PKG_ETL"."PROCESO_LARGO"'
            '("VFECHA" => :b1, "VRESULTADO" => :b2, "VSEGUNDOS" => :b3); END;',
        ),
        (_in(n=1), DOBLE, 'BEGIN :b1 := "APP"."DOBLE"("N" => :b2); END;'),
        (
            _in(n=1),
            BUSCA,
            'BEGIN :b1 := "APP"."BUSCA"("N" => :b2, "NOMBRE" => :b3); END;',
        ),
        (_in(), Signature("F", result=_result("DATE")), 'BEGIN :b1 := "APP"."F"; END;'),
    ],
)
def test_the_block_names_each_parameter_and_binds_each_value(
    request_: CallRequest, signature: Signature, block: str
) -> None:
    assert _plan(request_, signature).block == block


CLOCK = 'YYYY-MM-DD"T"HH24:MI:SS.FF9'
TIMESTAMPS = Signature(
    "P",
    (
        Parameter("A", "TIMESTAMP", "IN OUT"),
        Parameter("N", "NUMBER", "OUT"),
        Parameter("B", "TIMESTAMP WITH TIME ZONE", "OUT"),
        Parameter("C", "TIMESTAMP WITH LOCAL TIME ZONE", "IN"),
    ),
)


def test_what_comes_out_as_text_is_a_variable_of_the_block() -> None:
    plan = _plan(_in(a="2025-12-10T14:30:15.123456789", c="2025-12-10"), TIMESTAMPS)
    assert plan.block == (
        f"DECLARE v1 TIMESTAMP(9) := TO_TIMESTAMP(:b1, '{CLOCK}'); "
        "v2 TIMESTAMP(9) WITH TIME ZONE; "
        'BEGIN "APP"."P"("A" => v1, "N" => :b2, "B" => v2, '
        f"\"C\" => TO_TIMESTAMP_TZ(:b3, '{CLOCK}TZH:TZM')); "
        f":b4 := TO_CHAR(v1, 'S{CLOCK}'); "
        f":b5 := TO_CHAR(SYS_EXTRACT_UTC(v2), 'S{CLOCK}'); END;"
    )
    assert _binds(plan) == [
        ("a", "TIMESTAMP", "IN", "2025-12-10T14:30:15.123456789"),
        ("N", "NUMBER", "OUT", None),
        ("c", "TIMESTAMP WITH LOCAL TIME ZONE", "IN", "2025-12-10T00:00:00.000000000+00:00"),
        ("a", "TIMESTAMP", "OUT", None),
        ("B", "TIMESTAMP WITH TIME ZONE", "OUT", None),
    ]


def test_a_null_is_bound_where_an_expression_takes_it() -> None:
    plan = _plan(_in(a=None, c=None), TIMESTAMPS)
    assert plan.block == _plan(_in(a="2025-12-10", c="2025-12-10"), TIMESTAMPS).block
    assert [bind.value for bind in plan.binds] == [None] * 5


def test_a_functions_result_may_be_a_variable_too() -> None:
    plan = _plan(_in(), Signature("F", result=_result("TIMESTAMP")))
    assert plan.block == (
        f'DECLARE v1 TIMESTAMP(9); BEGIN v1 := "APP"."F"; :b1 := TO_CHAR(v1, \'S{CLOCK}\'); END;'
    )
    assert _binds(plan) == [("return_value", "TIMESTAMP", "OUT", None)]


@pytest.mark.parametrize(
    ("name", "letter"),
    [("V1", "w"), ("v1", "w"), ("V2.P", "w"), ("W1", "v"), ("APP.V1", "v")],
)
def test_a_variable_hides_nothing_that_the_call_names(name: str, letter: str) -> None:
    request = _request(Argument("t", direction="OUT", type="timestamp"), name=name)
    assert f"=> {letter}1);" in _plan(request).block


XML = Signature("P", (Parameter("X", "OPAQUE/XMLTYPE", "IN OUT"),))


@pytest.mark.parametrize(
    ("value", "initial", "given"),
    [("<a/>", "XMLTYPE(:b1)", ":b2"), (None, "NULL", ":b1")],
)
def test_xml_goes_in_and_comes_out_through_one_parameter(
    value: Any, initial: str, given: str
) -> None:
    plan = _plan(_in(x=value), XML)
    assert plan.block == (
        f'DECLARE v1 XMLTYPE := {initial}; BEGIN "APP"."P"("X" => v1); {given} := v1; END;'
    )
    assert plan.binds[-1].direction == "OUT"


def test_a_null_of_xml_that_only_goes_in_is_not_bound() -> None:
    signature = Signature("P", (Parameter("X", "OPAQUE/XMLTYPE", "IN"),))
    assert _plan(_in(x=None), signature).block == 'BEGIN "APP"."P"("X" => NULL); END;'


def test_a_block_by_position_names_no_parameter() -> None:
    request = _request(Argument("any text", "x"), Argument("r", direction="OUT"), Argument("", 1))
    plan = _plan(request, PROCESO_LARGO, by_position=True)
    assert plan.block == 'BEGIN "APP"."PKG_ETL"."PROCESO_LARGO"(:b1, :b2, :b3); END;'
    assert [bind.label for bind in plan.binds] == ["any text", "r", ""]


def test_nothing_of_a_value_or_a_label_reaches_the_block() -> None:
    request = _request(Argument("a'; DROP TABLE t--", "'); DROP TABLE t--"))
    signature = Signature("P", (Parameter("A", "VARCHAR2", "IN"),))
    for procedure in (signature,), ():
        block = _plan(request, *procedure, by_position=True).block
        assert "DROP" not in block


def test_a_quoted_parameter_keeps_its_case() -> None:
    signature = Signature("P", (Parameter("miParam", "NUMBER", "IN"),))
    assert '"miParam" => :b1' in _plan(_request(Argument('"miParam"', 1)), signature).block
    assert "is required" in _refusal(_request(Argument("miParam", 1)), signature).detail


# ---- by name


def test_parameters_are_found_by_name_in_any_order_and_case() -> None:
    request = _request(
        Argument("vsegundos", 3), Argument("vRESULTADO", direction="OUT"), Argument("VfEcHa", "x")
    )
    assert _binds(_plan(request, PROCESO_LARGO)) == [
        ("VfEcHa", "VARCHAR2", "IN", "x"),
        ("vRESULTADO", "NUMBER", "OUT", None),
        ("vsegundos", "NUMBER", "IN", 3),
    ]


def test_a_parameter_left_out_that_has_a_default_is_not_bound() -> None:
    plan = _plan(_in(a=1, c=3), TWO_DEFAULTS)
    assert plan.block == 'BEGIN "APP"."P"("A" => :b1, "C" => :b2); END;'
    assert _binds(plan) == [("a", "NUMBER", "IN", 1), ("c", "NUMBER", "IN", 3)]


def test_a_null_is_passed_and_does_not_stand_for_the_default() -> None:
    assert _binds(_plan(_in(a=1, b=None), TWO_DEFAULTS)) == [
        ("a", "NUMBER", "IN", 1),
        ("b", "NUMBER", "IN", None),
    ]


def test_an_out_parameter_need_not_be_named_by_the_client() -> None:
    assert _binds(_plan(_in(vFecha="x"), PROCESO_LARGO)) == [
        ("vFecha", "VARCHAR2", "IN", "x"),
        ("VRESULTADO", "NUMBER", "OUT", None),
    ]


def test_an_out_parameter_keeps_the_clients_spelling() -> None:
    request = _request(Argument("vFecha", "x"), Argument("vResultado", direction="OUT"))
    assert [bind.label for bind in _plan(request, PROCESO_LARGO).binds] == ["vFecha", "vResultado"]


def test_the_dictionary_tells_direction_and_type_whatever_the_client_says() -> None:
    request = _request(
        Argument("vFecha", "2025-12-10", type="date"), Argument("vResultado", 5, type="text")
    )
    assert _binds(_plan(request, PROCESO_LARGO)) == [
        ("vFecha", "VARCHAR2", "IN", "2025-12-10"),
        ("vResultado", "NUMBER", "OUT", None),
    ]


@pytest.mark.parametrize("direction", [None, "IN", "IN OUT"])
def test_an_in_out_parameter_passes_its_value_and_comes_back(direction: Any) -> None:
    plan = _plan(_request(Argument("x", 7, direction)), IN_OUT)
    assert _binds(plan) == [("x", "NUMBER", "IN OUT", 7)]


def test_an_in_out_parameter_left_out_is_required() -> None:
    assert _refusal(_in(), IN_OUT).detail.startswith("X is required")


# ---- what does not fit


def test_unknown_parameter_is_named_with_the_signature() -> None:
    error = _refusal(_in(vFecha="x", otro=1), PROCESO_LARGO)
    assert error.detail == (
        "there is no parameter otro. The signature is PKG_ETL.PROCESO_LARGO("
        "VFECHA IN VARCHAR2, VRESULTADO OUT NUMBER, VSEGUNDOS IN NUMBER DEFAULT)."
    )
    assert error.code == "PLS-00306"
    assert error.errors == (FieldError("/params/otro", "there is no parameter otro"),)


def test_missing_parameter_is_named_with_the_signature() -> None:
    error = _refusal(_in(vSegundos=1), PROCESO_LARGO)
    assert error.detail.startswith("VFECHA is required. The signature is PKG_ETL.PROCESO_LARGO(")
    assert error.errors == (FieldError("/params", "VFECHA is required"),)


def test_contradicting_parameter_is_named_with_the_signature() -> None:
    request = _request(Argument("vSegundos", 1), Argument("vFecha", direction="OUT"))
    error = _refusal(request, PROCESO_LARGO)
    assert error.detail.startswith("VFECHA is an IN parameter, not OUT. The signature is ")
    assert error.errors == (FieldError("/params/1", "VFECHA is an IN parameter, not OUT"),)


def test_every_parameter_that_is_wrong_is_named_at_once() -> None:
    error = _refusal(_in(x=1, y=2), PROCESO_LARGO)
    assert [fault.pointer for fault in error.errors] == ["/params", "/params/x", "/params/y"]


def test_every_value_that_does_not_fit_is_named_at_once() -> None:
    signature = Signature(
        "P", (Parameter("A", "NUMBER", "IN"), Parameter("B", "DATE", "IN", has_default=True))
    )
    error = _refusal(_request(Argument("b", 5), Argument("a", "x")), signature)
    assert {fault.pointer for fault in error.errors} == {"/params/0", "/params/1"}
    assert "a must be a number" in error.detail
    assert "The signature is P(A IN NUMBER, B IN DATE DEFAULT)." in error.detail


@pytest.mark.parametrize("by_object", [True, False])
def test_a_value_that_does_not_fit_is_pointed_at(by_object: bool) -> None:
    error = _refusal(
        _request(Argument("a", 1), Argument("b", []), by_object=by_object), TWO_DEFAULTS
    )
    assert [fault.pointer for fault in error.errors] == ["/params/b" if by_object else "/params/1"]


@pytest.mark.parametrize("described", [True, False])
def test_a_parameter_given_twice_is_refused(described: bool) -> None:
    request = _request(Argument("a", 1), Argument("A", 2))
    error = _refusal(request, *((TWO_DEFAULTS,) if described else ()))
    assert error.detail == "The parameter A is given more than once."


def test_a_parameter_of_a_type_that_cannot_travel_is_refused() -> None:
    signature = Signature("P", (Parameter("A", "PL/SQL RECORD", "IN", has_default=True),))
    error = _refusal(_in(a={}), signature)
    assert error.detail == "The type of A, PL/SQL RECORD, is not supported."


def test_a_parameter_of_a_type_that_cannot_travel_may_be_left_to_its_default() -> None:
    signature = Signature("P", (Parameter("A", "PL/SQL RECORD", "IN", has_default=True),))
    assert _plan(_in(), signature).block == 'BEGIN "APP"."P"; END;'


def test_a_ref_cursor_cannot_be_passed_in() -> None:
    signature = Signature("P", (Parameter("C", "REF CURSOR", "IN"),))
    assert "c cannot be passed in" in _refusal(_in(c=1), signature).detail


# ---- functions


def test_the_first_out_parameter_stands_for_a_functions_result() -> None:
    request = _request(
        Argument("res", direction="OUT", type="text"), Argument("n", 1), is_function=True
    )
    assert _binds(_plan(request, DOBLE)) == [
        ("res", "NUMBER", "OUT", None),
        ("n", "NUMBER", "IN", 1),
    ]


def test_the_out_parameter_of_a_function_may_stand_anywhere_in_the_list() -> None:
    request = _request(Argument("n", 1), Argument("res", direction="OUT"), is_function=True)
    assert [bind.label for bind in _plan(request, DOBLE).binds] == ["res", "n"]


@pytest.mark.parametrize("is_function", [True, False, None])
def test_a_functions_result_that_nobody_named_is_return_value(is_function: bool | None) -> None:
    plan = _plan(_request(Argument("n", 1), is_function=is_function), DOBLE)
    assert _binds(plan)[0] == ("return_value", "NUMBER", "OUT", None)


def test_an_out_parameter_that_the_function_does_not_have_stands_for_its_result() -> None:
    request = _request(
        Argument("nombre", direction="OUT"), Argument("n", 1), Argument("found", direction="OUT")
    )
    assert _binds(_plan(request, BUSCA)) == [
        ("found", "PL/SQL BOOLEAN", "OUT", None),
        ("n", "NUMBER", "IN", 1),
        ("nombre", "VARCHAR2", "OUT", None),
    ]


def test_a_functions_own_out_parameter_is_not_taken_for_its_result() -> None:
    request = _request(Argument("nombre", direction="OUT"), Argument("n", 1))
    assert [bind.label for bind in _plan(request, BUSCA).binds] == ["return_value", "n", "nombre"]


def test_the_second_out_parameter_of_a_function_is_a_parameter() -> None:
    request = _request(
        Argument("res", direction="OUT"),
        Argument("n", 1),
        Argument("nombre", direction="OUT"),
        is_function=True,
    )
    assert [bind.label for bind in _plan(request, BUSCA).binds] == ["res", "n", "nombre"]


def test_a_procedure_has_no_result_for_an_unknown_out_parameter() -> None:
    request = _request(Argument("x", 1), Argument("res", direction="OUT"))
    assert "there is no parameter res" in _refusal(request, IN_OUT).detail


def test_a_procedure_is_not_called_as_a_function() -> None:
    error = _refusal(_request(Argument("x", 1), is_function=True), IN_OUT)
    assert error.detail == "P is a procedure, not a function."


# ---- by position


def test_by_position_the_signatures_order_counts() -> None:
    request = _request(Argument("uno", "x"), Argument("dos", direction="OUT"), Argument("tres", 4))
    assert _binds(_plan(request, PROCESO_LARGO, by_position=True)) == [
        ("uno", "VARCHAR2", "IN", "x"),
        ("dos", "NUMBER", "OUT", None),
        ("tres", "NUMBER", "IN", 4),
    ]


def test_by_position_only_defaults_at_the_end_may_be_left_out() -> None:
    plan = _plan(_request(Argument("x", 1)), TWO_DEFAULTS, by_position=True)
    assert plan.block == 'BEGIN "APP"."P"(:b1); END;'


@pytest.mark.parametrize("count", [0, 4])
def test_by_position_too_few_or_too_many_are_refused_with_the_signature(count: int) -> None:
    arguments = [Argument(f"p{number}", number) for number in range(count)]
    error = _refusal(_request(*arguments), TWO_DEFAULTS, by_position=True)
    assert error.code == "PLS-00306"
    assert "P(A IN NUMBER, B IN NUMBER DEFAULT, C IN NUMBER DEFAULT)" in error.detail


def test_by_position_a_functions_result_is_its_first_out_parameter() -> None:
    request = _request(Argument("res", direction="OUT"), Argument("n", 1))
    plan = _plan(request, DOBLE, by_position=True)
    assert plan.block == 'BEGIN :b1 := "APP"."DOBLE"(:b2); END;'
    assert [bind.label for bind in plan.binds] == ["res", "n"]


# ---- overloads

ONE = Signature("P", (Parameter("A", "NUMBER", "IN"),))
OTHER = Signature("P", (Parameter("B", "NUMBER", "IN"),))
BOTH = Signature("P", (Parameter("A", "NUMBER", "IN"), Parameter("B", "NUMBER", "IN")))
MORE = Signature("P", (Parameter("A", "NUMBER", "IN"), Parameter("Z", "NUMBER", "IN", True)))
TEXT = Signature("P", (Parameter("A", "VARCHAR2", "IN"),))
AS_FUNCTION = Signature("P", (Parameter("A", "NUMBER", "IN"),), _result("NUMBER"))


@pytest.mark.parametrize(
    ("request_", "overloads", "names"),
    [
        (_in(a=1), (ONE, OTHER, BOTH), ["A"]),
        (_in(b=1), (ONE, OTHER, BOTH), ["B"]),
        (_in(b=1, a=1), (ONE, OTHER, BOTH), ["A", "B"]),
        (_in(a=1), (MORE, ONE), ["A"]),
        (_in(a=1, z=1), (MORE, ONE), ["A", "Z"]),
        (_in(), (ONE, NOTHING), []),
    ],
)
def test_an_overload_is_chosen_by_the_names_that_are_given(
    request_: CallRequest, overloads: tuple[Signature, ...], names: list[str]
) -> None:
    assert [bind.formal for bind in _plan(request_, *overloads).binds] == names


def test_by_position_an_overload_is_chosen_by_the_count() -> None:
    request = _request(Argument("x", 1), Argument("y", 2))
    assert len(_plan(request, NOTHING, ONE, BOTH, by_position=True).binds) == 2


def test_is_function_chooses_the_overload_that_is_one() -> None:
    request = _request(Argument("a", 1), is_function=True)
    assert _plan(request, ONE, AS_FUNCTION).block == 'BEGIN :b1 := "APP"."P"("A" => :b2); END;'


def test_an_out_argument_rules_out_an_overload_that_has_it_as_in() -> None:
    out = Signature("P", (Parameter("A", "NUMBER", "OUT"),))
    plan = _plan(_request(Argument("a", direction="OUT")), ONE, out)
    assert [bind.direction for bind in plan.binds] == ["OUT"]


def test_ambiguous_overloads_are_all_shown() -> None:
    error = _refusal(_in(a=1), ONE, TEXT, OTHER)
    assert error.detail == (
        "More than one overload of P fits these parameters; "
        '"overload" chooses one by its number: 1: P(A IN NUMBER); 2: P(A IN VARCHAR2)'
    )


def test_when_no_overload_fits_all_are_shown() -> None:
    error = _refusal(_in(q=1), ONE, BOTH)
    assert error.detail == (
        "These parameters fit no signature of P. "
        "It has: P(A IN NUMBER); P(A IN NUMBER, B IN NUMBER)."
    )
    assert error.code == "PLS-00306"


# ---- without a dictionary entry


def test_without_a_dictionary_entry_the_requests_words_count() -> None:
    request = _request(
        Argument("d", "2025-12-10", type="varchar2"),
        Argument("r", direction="OUT", type="number"),
        Argument("x", 1, "IN OUT", "integer"),
        name="pkg.p",
        schema="dwh",
    )
    plan = _plan(request)
    assert plan.block == 'BEGIN "DWH"."PKG"."P"("D" => :b1, "R" => :b2, "X" => :b3); END;'
    assert _binds(plan) == [
        ("d", "VARCHAR2", "IN", "2025-12-10"),
        ("r", "NUMBER", "OUT", None),
        ("x", "NUMBER", "IN OUT", 1),
    ]


@pytest.mark.parametrize(
    ("value", "type_name"),
    [
        (1, "NUMBER"),
        (Decimal("1.5"), "NUMBER"),
        ("x", "VARCHAR2"),
        (True, "PL/SQL BOOLEAN"),
        (None, "VARCHAR2"),
    ],
)
def test_without_a_dictionary_entry_and_a_type_the_json_value_counts(
    value: Any, type_name: str
) -> None:
    assert _binds(_plan(_in(a=value))) == [("a", type_name, "IN", value)]


def test_no_type_is_guessed_from_a_parameters_name() -> None:
    request = _request(Argument("p_cursor", direction="OUT"), Argument("p_fecha", "10/12/2025"))
    assert [bind.type.name for bind in _plan(request).binds] == ["VARCHAR2", "VARCHAR2"]


def test_without_a_dictionary_entry_a_type_that_does_not_exist_is_named() -> None:
    error = _refusal(_request(Argument("a", 1, type="money")))
    assert error.detail == "The type of a, money, is not supported."


@pytest.mark.parametrize("value", [[], {}, [1]])
def test_without_a_dictionary_entry_a_value_that_no_type_takes_is_pointed_at(value: Any) -> None:
    error = _refusal(_in(a=value))
    assert [fault.pointer for fault in error.errors] == ["/params/a"]
    assert "The data dictionary does not show this procedure" in error.detail


def test_without_a_dictionary_entry_is_function_makes_the_first_out_the_result() -> None:
    request = _request(
        Argument("n", 1), Argument("res", direction="OUT", type="number"), is_function=True
    )
    plan = _plan(request)
    assert plan.block == 'BEGIN :b1 := "P"("N" => :b2); END;'
    assert _binds(plan) == [("res", "NUMBER", "OUT", None), ("n", "NUMBER", "IN", 1)]


def test_without_a_dictionary_entry_an_unnamed_result_is_text() -> None:
    plan = _plan(_request(is_function=True))
    assert plan.block == 'BEGIN :b1 := "P"; END;'
    assert _binds(plan) == [("return_value", "VARCHAR2", "OUT", None)]


def test_without_a_dictionary_entry_binding_by_position_works_too() -> None:
    plan = _plan(_request(Argument("x y", 1), Argument("1", "b")), by_position=True)
    assert plan.block == 'BEGIN "P"(:b1, :b2); END;'
    assert [bind.value for bind in plan.binds] == [1, "b"]


# ---- what a function's result is called, and directions that contradict the signature


def test_a_formal_of_a_function_is_never_taken_for_its_result() -> None:
    request = _request(Argument("N", 1), Argument("NOMBRE", direction="OUT"), is_function=True)
    labels = [bind.label for bind in _plan(request, BUSCA).binds]
    assert labels == ["return_value", "N", "NOMBRE"]


@pytest.mark.parametrize(
    ("name", "direction", "is_fine"),
    [
        ("VFECHA", "IN", True),
        ("VFECHA", "OUT", False),
        ("VFECHA", "IN OUT", False),
        ("VRESULTADO", "OUT", True),
        ("VRESULTADO", "IN OUT", True),
        ("VRESULTADO", "IN", False),
    ],
)
def test_a_direction_that_the_signature_contradicts_is_refused(
    name: str, direction: Any, is_fine: bool
) -> None:
    arguments = {"VFECHA": Argument("VFECHA", "x"), "VRESULTADO": Argument("VRESULTADO")}
    arguments[name] = Argument(name, "x" if name == "VFECHA" else None, direction)
    request = _request(*arguments.values())
    if is_fine:
        _plan(request, PROCESO_LARGO)
    else:
        refusal = _refusal(request, PROCESO_LARGO)
        assert f"{name} is an" in refusal.detail
        assert f"not {direction}" in refusal.detail


def test_by_position_equal_and_missing_names_do_not_matter() -> None:
    plan = _plan(_request(Argument("", 1), Argument("", 2)), TWO_DEFAULTS, by_position=True)
    assert [bind.value for bind in plan.binds] == [1, 2]


def test_by_position_the_overload_with_the_fewest_left_out_is_chosen() -> None:
    plan = _plan(_request(Argument("x", 1)), ONE, MORE, by_position=True)
    assert len(plan.binds) == 1


@pytest.mark.parametrize(("number", "kind"), [(1, "NUMBER"), (2, "VARCHAR2")])
def test_an_overload_is_chosen_by_its_number(number: int, kind: str) -> None:
    request = CallRequest("P", arguments=(Argument("A", "1"),), overload=number)
    assert [bind.type.name for bind in _plan(request, ONE, TEXT).binds] == [kind]


def test_an_overload_that_is_not_there_is_refused() -> None:
    request = CallRequest("P", arguments=(Argument("A", 1),), overload=3)
    refusal = _refusal(request, ONE, TEXT)
    assert refusal.errors[0].pointer == "/overload"
    assert "2 overloads" in refusal.detail


def test_an_element_of_a_batch_is_pointed_at() -> None:
    batch = ((Argument("A", 1),), (Argument("A", "many"),))
    second = CallRequest("P", batch=batch).elements()[1]
    assert _refusal(second, ONE).errors[0].pointer == "/batch/1/A"


def test_outputs_keep_the_signatures_order_whatever_way_they_come_back() -> None:
    moment = Parameter("P_MOMENT", "TIMESTAMP", "IN OUT")
    total = Parameter("P_TOTAL", "NUMBER", "OUT")
    procedure = Procedure(ProcedureName(("DWH", "P")), (Signature("P", (moment, total)),))
    request = CallRequest("P", arguments=(Argument("p_moment", "2025-12-10"),))
    plan = make_plan(request, procedure, by_position=False)
    assert [bind.label for bind in plan.binds if bind.direction == "OUT"] == ["P_TOTAL", "p_moment"]
    assert plan.outputs == ("p_moment", "P_TOTAL")


# ---- what one bind variable cannot carry both ways

DOCUMENTS = Signature(
    "F",
    (
        Parameter("A", "JSON", "IN OUT"),
        Parameter("B", "OPAQUE/XMLTYPE", "IN OUT"),
        Parameter("C", "JSON", "IN"),
    ),
    _result("NUMBER"),
)
MANY = [[n] for n in range(500)]


def test_a_small_document_is_bound_as_itself() -> None:
    plan = _planned(DOCUMENTS, a={"x": [1]}, b=None, c=None)
    assert plan.block == (
        "DECLARE v1 XMLTYPE := NULL; "
        'BEGIN :b1 := "APP"."F"("A" => :b2, "B" => v1, "C" => :b3); :b4 := v1; END;'
    )
    assert [bind.value for bind in plan.binds] == [None, {"x": [1]}, None, None]


def test_a_document_of_many_parts_goes_as_text_and_comes_back_through_a_variable() -> None:
    plan = _planned(DOCUMENTS, a=MANY, b="<a/>", c=MANY)
    assert plan.block == (
        "DECLARE v1 JSON := JSON(:b1); v2 XMLTYPE := XMLTYPE(:b2); "
        'BEGIN :b3 := "APP"."F"("A" => v1, "B" => v2, "C" => JSON(:b4)); '
        ":b5 := v1; :b6 := v2; END;"
    )
    text = "[" + ",".join(f"[{n}]" for n in range(500)) + "]"
    assert [(bind.label, bind.direction, bind.value) for bind in plan.binds] == [
        ("a", "IN", text),
        ("b", "IN", "<a/>"),
        ("return_value", "OUT", None),
        ("c", "IN", text),
        ("a", "OUT", None),
        ("b", "OUT", None),
    ]


def _planned(signature: Signature, **values: Any) -> Plan:
    arguments = [Argument(name, value) for name, value in values.items()]
    return make_plan(_request(*arguments, name="F"), _procedure(signature), by_position=False)
