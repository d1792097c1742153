"""What a relation is."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kubetriage.domain.finding import Want
from kubetriage.domain.view import ClusterView

Relation = Callable[[ClusterView], Iterable[Want]]
"""Names every read that follows from what is known, whether or not it was asked before."""
