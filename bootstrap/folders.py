"""The folders that are kubetriage's own, where the XDG base directory specification puts them."""

from __future__ import annotations

import os
from pathlib import Path

from kubetriage.domain.errors import BadSettings


def config_folder() -> Path:
    """Where the settings file of a user is looked for. Raises `BadSettings` for a user without a home."""
    return _own("XDG_CONFIG_HOME", ".config")


def state_folder() -> Path:
    """What must not be lost with a cache: what was spent, what probes found out, the server's database.

    Raises `BadSettings` for a user without a home.
    """
    return _own("XDG_STATE_HOME", ".local/state")


def cache_folder() -> Path:
    """Parsed snapshots and answers of models. Raises `BadSettings` for a user without a home."""
    return _own("XDG_CACHE_HOME", ".cache")


def _own(variable: str, below_home: str) -> Path:
    given = os.environ.get(variable)
    try:
        return Path(given or Path.home() / below_home) / "kubetriage"
    except RuntimeError as error:  # a container's user that no passwd file knows, and no HOME
        raise BadSettings(f"There is no home folder: set HOME, or {variable}.") from error
