"""Numbers of options that are numbers: `nan`, which every range takes, and infinity are none."""

from __future__ import annotations

from math import isfinite
from typing import Any

import click


class Finite(click.FloatRange):
    """A finite number in a range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if isinstance(number, float) and not isfinite(number):
            self.fail(f"{value!r} is no finite number.", param, ctx)
        return number
