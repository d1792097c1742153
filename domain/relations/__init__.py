"""What to read around the objects that the run looks at: one kind a file, collected in `RELATIONS`.

A relation is a plain function `(ClusterView) -> Iterable[Want]`. It names every read that follows from what
is known, whether or not it was asked before; the caller skips what was asked and calls again until nothing is
new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kubetriage.domain.finding import Want
from kubetriage.domain.view import ClusterView

Relation = Callable[[ClusterView], Iterable[Want]]
