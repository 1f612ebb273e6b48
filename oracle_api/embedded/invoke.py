"""Calls of registered procedures by a running block."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from oracle_api.embedded.errors import CallBrokenError, ClientGoneError, OracleError
from oracle_api.embedded.frames import Evaluate, Frame
from oracle_api.embedded.namedtypes import convert_spec
from oracle_api.embedded.signatures import Parameter, Subprogram

_log = logging.getLogger(__name__)

#: Gives the target of an assignment, a bind variable or a variable of the block, a value.
Store = Callable[[Frame, Any], None]


def invoke(
    frame: Frame,
    subprogram: Subprogram,
    inputs: list[tuple[Parameter, Evaluate]],
    outputs: list[tuple[Parameter, Store]],
) -> Any:
    """Call the handler, hand its OUT values to their targets and return its result.

    Raises:
        OracleError: what the procedure raised, a value that does not fit, or ORA-04068 for a
            package that was compiled anew since the session called it last.
    """
    frame.call.session.packages.enter(subprogram)
    nls = frame.call.nls
    arguments = {
        parameter.key: convert_spec(evaluate(frame), parameter.spec, nls)
        for parameter, evaluate in inputs
    }
    result, values = _run_handler(frame, subprogram, arguments)
    for parameter, store in outputs:
        store(frame, convert_spec(values.get(parameter.key), parameter.spec, nls))
    if subprogram.returns is None:
        return None
    return convert_spec(result, subprogram.returns, nls)


def _run_handler(
    frame: Frame, subprogram: Subprogram, arguments: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """Call the handler; an error gets a line in its call stack."""
    try:
        return _split(subprogram, subprogram.handler(frame.call, **arguments))
    except OracleError as error:
        error.stack.append(_stack_line(subprogram, error))
        raise
    except (CallBrokenError, ClientGoneError):
        raise
    except ZeroDivisionError as error:
        failure = OracleError(1476, "divisor is equal to zero")
        failure.stack.append(_stack_line(subprogram, error))
        raise failure from error
    except Exception as error:
        _log.exception("procedure %s failed", subprogram.unit)
        failure = OracleError(6501, "PL/SQL: program error")
        failure.stack.append(_stack_line(subprogram, error))
        raise failure from error


def _split(subprogram: Subprogram, returned: Any) -> tuple[Any, dict[str, Any]]:
    """Take what a handler returned apart into the result and the OUT values."""
    has_outputs = any(parameter.is_out for parameter in subprogram.parameters)
    if subprogram.returns is None:
        return None, returned or {}
    if has_outputs and isinstance(returned, tuple):
        return returned[0], returned[1]
    return returned, {}


def _stack_line(subprogram: Subprogram, error: BaseException) -> str:
    """Return the ORA-06512 line, with the line within the handler where it failed."""
    code = getattr(subprogram.handler, "__code__", None)
    line = 1
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code is code:
            line = trace.tb_lineno - trace.tb_frame.f_code.co_firstlineno
        trace = trace.tb_next
    return f'ORA-06512: at "{subprogram.unit}", line {max(1, line)}'
