"""Which classes a checkpoint of the main graph holds: what a saver's serializer has to be told.

    JsonPlusSerializer(allowed_msgpack_modules=checkpoint_types())

A class that is missing there comes back as a plain dict or list under LANGGRAPH_STRICT_MSGPACK.
"""

from __future__ import annotations

import typing
from enum import Enum

from pydantic import BaseModel

from kubetriage.state.triage_alert import TriageContext, TriageState


def checkpoint_types() -> list[type]:
    """The models and enums that the state and the context are made of, at any depth, sorted by name."""
    found: dict[str, type] = {}
    queue: list[object] = [*typing.get_type_hints(TriageState).values(), TriageContext]
    while queue:
        kind = queue.pop()
        queue += typing.get_args(kind)
        if not isinstance(kind, type) or not issubclass(kind, (BaseModel, Enum)):
            continue
        name = f"{kind.__module__}.{kind.__qualname__}"
        if name not in found:
            found[name] = kind
            if issubclass(kind, BaseModel):
                queue += [field.annotation for field in kind.model_fields.values()]
    return [found[name] for name in sorted(found)]
