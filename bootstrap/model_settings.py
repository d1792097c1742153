"""The settings of language models: how profiles are put together."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, ValidationError

from kubetriage.domain.errors import UnknownModel

if TYPE_CHECKING:
    from kubetriage.adapters.model.profile import ModelProfile

NONE = "none"
"""What `model` is set to where no model shall be asked."""


def profiles_of(tables: Mapping[str, Mapping[str, Any]]) -> dict[str, ModelProfile]:
    """The ready profiles and those of `[models.NAME]` tables, by name.

    A table overrides single fields of the ready profile of its name, or of the one that it `extends`, which
    may be another table. Raises `ValueError` with the setting and what is wrong with it; never its value.
    """
    from kubetriage.adapters.model.ready import ready_profiles, ready_tables

    if not tables:
        return dict(ready_profiles())
    if NONE in tables:
        raise ValueError(f"{NONE}: this name means that no model is asked; no profile can have it")
    own = _named(tables, ready_tables())
    made = dict(ready_profiles())
    for name in own:
        made[name] = _profile(name, _fields(name, own, ready_tables(), ()))
    for name in own:
        for fallback in made[name].fallbacks:
            if fallback not in made:
                raise ValueError(f"{name}.fallbacks: there is no model profile named {fallback}")
    return made


def _named(tables: Mapping[str, Mapping[str, Any]], ready: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Tables by name. Environment variables cannot hold the dashes of ready names; they say underscores."""
    made: dict[str, Mapping[str, Any]] = {}
    for name, table in tables.items():
        dashed = name.replace("_", "-")
        known = dashed in ready or dashed in tables
        chosen = dashed if name not in ready and known else name
        made[chosen] = {**made.get(chosen, {}), **table}
    return made


def _fields(
    name: str,
    own: Mapping[str, Mapping[str, Any]],
    ready: Mapping[str, Mapping[str, Any]],
    seen: tuple[str, ...],
) -> dict[str, Any]:
    """The fields of a table over those of what it extends."""
    if name in seen:
        raise ValueError(f"{name}.extends: {' → '.join((*seen, name))} goes round in a circle")
    table = own.get(name)
    if table is None:
        if name not in ready:
            raise ValueError(f"{seen[-1]}.extends: there is no model profile named {name}")
        return dict(ready[name])
    parent = table.get("extends")
    if parent is not None and parent != name:
        base = _fields(str(parent), own, ready, (*seen, name))
    else:
        base = dict(ready.get(name, {}))
    return {**base, **{key: value for key, value in table.items() if key != "extends"}, "name": name}


def require_profile(name: str, tables: Mapping[str, Mapping[str, Any]]) -> None:
    """Raises `UnknownModel` unless there is such a profile; those of nearly that name are told."""
    if name not in (known := profiles_of(tables)):
        near = " or ".join(difflib.get_close_matches(name, known, 3))
        hint = f"did you mean {near}?" if near else "`kubetriage models` lists them."
        raise UnknownModel(f"There is no model profile named {name}; {hint}")


def _profile(name: str, fields: Mapping[str, Any]) -> ModelProfile:
    from kubetriage.adapters.model.profile import ModelProfile

    try:
        return ModelProfile.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join([name, *(str(step) for step in first["loc"])])
        if first["type"] == "extra_forbidden":
            near = difflib.get_close_matches(str(first["loc"][-1]), ModelProfile.model_fields, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ValueError(f"{place}: there is no such setting{hint}") from None
        if first["type"] == "missing":
            raise ValueError(f"{place} is missing (or extends, with the name of a ready profile)") from None
        raise ValueError(f"{place}: {first['msg'].removeprefix('Value error, ')}") from None


def _complete(tables: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    if tables:  # the ready profiles are not read for nothing
        profiles_of(tables)
    return tables


ModelTables = Annotated[dict[str, dict[str, Any]], AfterValidator(_complete)]
"""The `[models.NAME]` tables, refused if a profile cannot be made of one."""
