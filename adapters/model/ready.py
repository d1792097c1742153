"""The ready profiles, from `data/profiles.toml`."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from kubetriage.adapters.model.profile import ModelProfile

FILE = Path(__file__).parent / "data" / "profiles.toml"


@lru_cache(maxsize=1)
def ready_tables() -> dict[str, dict[str, Any]]:
    """The fields of every ready profile by name: its provider's, overridden by its own."""
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    made = {}
    for name, table in data["profiles"].items():
        own = dict(table)
        provider = data["providers"][own.pop("provider")]
        made[name] = {**provider, **own, "name": name}
    return made


@lru_cache(maxsize=1)
def ready_profiles() -> dict[str, ModelProfile]:
    """Every ready profile by name, in the file's order."""
    return {name: ModelProfile.model_validate(table) for name, table in ready_tables().items()}
