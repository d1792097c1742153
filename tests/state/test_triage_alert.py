"""state.triage_alert: what a run knows survives a checkpoint."""

from __future__ import annotations

import inspect
import typing
from pathlib import Path

import kubetriage.nodes
from kubetriage.state.triage_alert import TriageState, TriageUpdate


def test_update_has_exactly_the_keys_of_the_state() -> None:
    """A key that a node returns and the state does not declare would vanish without a warning."""
    assert set(TriageUpdate.__annotations__) == set(TriageState.__annotations__)


def test_every_node_returns_the_typed_update() -> None:
    """Nodes are annotated with TriageUpdate, so that the type checker sees an undeclared key."""
    folder = Path(next(iter(kubetriage.nodes.__path__)))
    names = sorted(p.stem for p in folder.glob("*.py") if p.stem != "__init__")
    assert len(names) == 8
    for name in names:
        module = __import__(f"kubetriage.nodes.{name}", fromlist=[name])
        node = getattr(module, name)
        assert inspect.iscoroutinefunction(node), name
        assert typing.get_type_hints(node)["return"] is TriageUpdate, name
