"""What can be decided without a model: one failure family a file, collected in `RULES`.

A rule is a plain function `(ClusterView) -> Iterable[Finding | Want]`. It reads the view only, never a
clock, and speaks only of objects that the run looked at or that hang together with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kubetriage.domain.finding import Finding, Want
from kubetriage.domain.view import ClusterView

Rule = Callable[[ClusterView], Iterable[Finding | Want]]
