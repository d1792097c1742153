"""What the environment says about the terminal."""

from __future__ import annotations

import os


def colours_wanted() -> bool:
    """False where `NO_COLOR` is set (no-color.org) or the terminal is dumb."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
