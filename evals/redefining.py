"""Models of a run under other definitions: at a recording proxy's address, or out of a recording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kubetriage.domain.errors import BadInput

if TYPE_CHECKING:
    from kubetriage.bootstrap.settings import Settings

Tables = Mapping[str, Mapping[str, Any]]
"""Fields of model profiles by the profile's name, as in `[models.NAME]`."""


def redefined(settings: Settings, tables: Tables) -> Settings:
    """The settings with these fields of models over their own."""
    if not tables:
        return settings
    changed = {name: {**settings.models.get(name, {}), **table} for name, table in tables.items()}
    return settings.model_copy(update={"models": {**settings.models, **changed}})


def with_addresses(tables: Tables, addresses: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The tables with the addresses as `base_url`; models without a table get one."""
    names = {**tables, **addresses}
    return {
        name: {**tables.get(name, {}), **({"base_url": addresses[name]} if name in addresses else {})}
        for name in names
    }


def recorded_tables(about: Mapping[str, Any], chosen: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The profiles that a recording was made with, all or those chosen, none of which needs a key.

    Raises `BadInput` for one that it does not hold.
    """
    held: Mapping[str, Mapping[str, Any]] = about.get("models") or {}
    for name in chosen:
        if name not in held:
            raise BadInput(f"The recording has no model {name}; it has {', '.join(held) or 'none'}.")
    return {
        name: {**{field: value for field, value in held[name].items() if field != "name"}, "key_env": ""}
        for name in chosen or held
    }
