"""What can be decided without a model: one failure family a file, collected in `RULES`.

A rule is a plain function `(ClusterView) -> Iterable[Finding | Want]`. It reads the view only, never a
clock, and speaks only of objects that the run looked at or that hang together with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kubetriage.domain.finding import Finding, Want
from kubetriage.domain.rules import (
    command,
    crash,
    image,
    log_causes,
    oom,
    scheduling,
    storage,
)
from kubetriage.domain.view import ClusterView

Rule = Callable[[ClusterView], Iterable[Finding | Want]]

RULES: tuple[Rule, ...] = (
    *image.RULES,
    *command.RULES,
    *oom.RULES,
    *crash.RULES,
    *log_causes.RULES,
    *scheduling.RULES,
    *storage.RULES,
)
"""Every rule; their order changes nothing but the time it takes."""
