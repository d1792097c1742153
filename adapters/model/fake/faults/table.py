"""All faults by the names that scripts use, and their parameters checked before anything runs."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import lru_cache
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from kubetriage.adapters.model.fake.faults import behaviour, calls, envelope, reasoning, structure, transport
from kubetriage.adapters.model.fake.leaks import leak_format
from kubetriage.adapters.model.fake.plan import Plan, Turn
from kubetriage.adapters.model.fake.replies import Fault
from kubetriage.domain.errors import BadSettings

Apply = Callable[..., Plan]

FAULTS: dict[str, tuple[Apply, ...]] = {
    "transport": (
        transport.reset,
        transport.hang,
        transport.slow_headers,
        transport.cut,
        transport.stall,
        transport.sse_error,
        transport.garbage,
        transport.content_type,
        transport.html,
    ),
    "status": (transport.status,),
    "envelope": (
        envelope.choices,
        envelope.error_in_200,
        envelope.usage,
        envelope.content_null,
        envelope.delta_null,
        envelope.finish,
    ),
    "calls": (
        calls.leak,
        calls.truncate,
        calls.arguments,
        calls.call_id,
        calls.no_index,
        calls.name_repeated,
        calls.unknown_tool,
        calls.unbound_tool,
        calls.wrong_type,
        calls.parallel,
        calls.with_verdict,
    ),
    "reasoning": (
        reasoning.reasoning_as,
        reasoning.all_in_reasoning,
        reasoning.call_in_thinking,
        reasoning.budget_eaten,
    ),
    "structure": (
        structure.fenced,
        structure.prose,
        structure.missing_field,
        structure.extra_field,
        structure.wrong_enum,
        structure.number_as_string,
        structure.null_field,
        structure.nested_string,
        structure.wrong_language,
        structure.blank,
        structure.phantom_evidence,
        structure.two_objects,
        structure.trailing_comma,
        structure.python_quoted,
    ),
    "behaviour": (
        behaviour.loop,
        behaviour.gives_up,
        behaviour.ignores_results,
        behaviour.invents_observation,
        behaviour.obeys,
    ),
}
"""By group; the refusals of the limiter and of the request checks are no faults but states of the server."""

BY_NAME: dict[str, Apply] = {apply.__name__: apply for group in FAULTS.values() for apply in group}


@lru_cache(maxsize=256)
def _parameters(name: str) -> dict[str, tuple[TypeAdapter[Any], bool]]:
    """Each parameter's type, and whether it must be given."""
    apply = BY_NAME[name]
    hints = get_type_hints(apply)
    return {
        parameter.name: (TypeAdapter(hints[parameter.name]), parameter.default is parameter.empty)
        for parameter in inspect.signature(apply).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY
    }


def checked_params(fault: Fault) -> dict[str, Any]:
    """The fault's parameters by name and in their types.

    Raises `BadSettings` for a fault or a parameter that does not exist, and for values of another type.
    """
    if fault.name not in BY_NAME:
        raise BadSettings(f"There is no fault {fault.name!r}; known are {', '.join(sorted(BY_NAME))}.")
    known = _parameters(fault.name)
    given = dict(fault.params)
    if set(given) == {"value"} and "value" not in known and known:
        given = {next(iter(known)): given["value"]}
    for name in given:
        if name not in known:
            raise BadSettings(f"The fault {fault.name!r} has no parameter {name!r}.")
    for name, (_, needed) in known.items():
        if needed and name not in given:
            raise BadSettings(f"The fault {fault.name!r} needs {name!r}.")
    try:
        params = {name: known[name][0].validate_python(value) for name, value in given.items()}
    except ValidationError as error:
        raise BadSettings(f"The fault {fault.name!r} has a wrong parameter: {_reason(error)}.") from error
    if params.get("format", "auto") != "auto":
        leak_format(params["format"])
    return params


def _reason(error: ValidationError) -> str:
    return "; ".join(str(problem["msg"]) for problem in error.errors())


def apply_fault(fault: Fault, plan: Plan, turn: Turn) -> Plan:
    return BY_NAME[fault.name](plan, turn, **checked_params(fault))
