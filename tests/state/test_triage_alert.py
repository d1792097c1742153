"""state.triage_alert: what a run knows survives a checkpoint."""

from __future__ import annotations

import inspect
import typing
from pathlib import Path

from pydantic import BaseModel

import kubetriage.nodes
from kubetriage.state.checkpoint_types import checkpoint_types
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


def test_every_class_that_a_checkpoint_holds_is_known() -> None:
    """Models and enums at any depth: of findings their remedies' commands, of reads their verbs."""
    names = [kind.__name__ for kind in checkpoint_types()]
    assert names == list(dict.fromkeys(names))
    for name in ("Alert", "Resource", "Observation", "ReadKind", "FailureKind", "Command", "Effect",
                 "Specificity", "Text", "Report", "TriageContext"):  # fmt: skip
        assert name in names


def test_state_values_are_frozen() -> None:
    """A node cannot change what another one wrote: it returns something new."""
    models = [kind for kind in checkpoint_types() if issubclass(kind, BaseModel)]
    assert len(models) > 20
    assert [kind.__name__ for kind in models if not kind.model_config.get("frozen")] == []
