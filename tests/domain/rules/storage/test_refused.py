"""Provisioners that answer, and classes that do not exist."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.evidence import FailureKind, list_of
from kubetriage.domain.finding import Likelihood, Role, Specificity

Raw = dict[str, Any]
CLAIM = "PersistentVolumeClaim shop/data"
WHOLE = [("StorageClass", ""), ("PersistentVolume", ""), ("CSIDriver", ""), ("PersistentVolumeClaim", "shop")]


def test_size_below_minimum(view_of: Any, k8s: Any, claim: Any, fast: Raw, found: Any, failed: Any) -> None:
    """The size asked for and the least that is accepted are named; the claim is the culprit."""
    view = view_of([claim(), fast, failed("size is not valid. Must in [10, 32000]")], CLAIM, lists=WHOLE)
    (one,) = found(view)
    assert (one.role, one.likelihood, one.specificity) == (Role.CAUSE, Likelihood.HIGH, Specificity.EXACT)
    assert str(one.culprit) == CLAIM
    for said in (one.statement.en, one.statement.zh):
        assert "5Gi" in said
        assert "10Gi" in said
    assert "[10, 32000]" in one.quotes
    commands = [c.command for r in one.remedies for c in r.commands]
    assert any("10Gi" in c and "kubectl apply" in c for c in commands)


def test_size_above_maximum(view_of: Any, k8s: Any, claim: Any, fast: Raw, found: Any, failed: Any) -> None:
    """The other end of the range."""
    view = view_of([claim("40Ti"), fast, failed("Must in [10, 32000]")], CLAIM, lists=WHOLE)
    (one,) = found(view)
    assert "at most 31.2Ti" in one.statement.en


def test_size_within_bounds_is_not_blamed(
    view_of: Any, k8s: Any, claim: Any, fast: Raw, found: Any, failed: Any
) -> None:
    """A message that names bounds which hold is about something else."""
    event = failed("sizes [10, 32000] are served; disk quota exceeded")
    (one,) = found(view_of([claim("20Gi"), fast, event], CLAIM, lists=WHOLE))
    assert one.rule == "storage.refused-quota"


@pytest.mark.parametrize(
    ("words", "rule", "culprit"),
    [
        ("disk quota exceeded", "refused-quota", CLAIM),
        ("invalid parameter diskType", "refused-parameter", "StorageClass fast"),
        ("UnauthorizedOperation", "refused-denied", "StorageClass fast"),
        ("volume capability MULTI_NODE is not supported", "refused-access-mode", CLAIM),
    ],
)
def test_refusals(
    view_of: Any,
    k8s: Any,
    claim: Any,
    fast: Raw,
    words: str,
    rule: str,
    culprit: str,
    found: Any,
    failed: Any,
) -> None:
    """Other refusals are quoted, and go to whoever can end them."""
    (one,) = found(view_of([claim(), fast, failed(words)], CLAIM, lists=WHOLE))
    assert (one.rule, str(one.culprit)) == (f"storage.{rule}", culprit)
    assert words in one.statement.en
    assert words in one.statement.zh


def test_class_absent(view_of: Any, k8s: Any, claim: Any, fast: Raw, found: Any) -> None:
    """A class that does not exist is set beside one of a like name."""
    (one,) = found(view_of([claim(cls="fsat"), fast], CLAIM, lists=WHOLE))
    assert one.rule == "storage.class-absent"
    assert "fast" in one.statement.en
    assert str(one.culprit) == CLAIM


def test_class_unreadable(view_of: Any, claim: Any, found: Any) -> None:
    """Classes that cannot be read are not absent."""
    view = view_of([claim()], CLAIM, failed={list_of("StorageClass"): FailureKind.FORBIDDEN})
    assert found(view, "class-absent") == []
    assert all(f.likelihood is Likelihood.LOW for f in found(view))


def test_no_default_class(view_of: Any, k8s: Any, claim: Any, fast: Raw, found: Any) -> None:
    """A claim that names no class in a cluster without a default one."""
    event = k8s.event(CLAIM, "FailedBinding",
        "no persistent volumes available for this claim and no storage class is set",
                      kind="Normal")  # fmt: skip
    (one,) = found(view_of([claim(cls=None), fast, event], CLAIM, lists=WHOLE))
    assert one.rule == "storage.no-matching-volume"
    assert "no default" in one.statement.en


@pytest.mark.parametrize(
    "words",
    [
        "VolumeCapabilities is invalid: specified multi writer with mount access type",
        "Volume capabilities MULTI_NODE_MULTI_WRITER not supported. Only AccessModes[ReadWriteOnce] supported.",
    ],
)
def test_a_mode_that_the_driver_lacks(
    view_of: Any, claim: Any, fast: Raw, found: Any, failed: Any, words: str
) -> None:
    """The claim asks for the mode, so it is the claim that is to be changed and not its class."""
    (one,) = found(view_of([claim(), fast, failed(words)], CLAIM, lists=WHOLE))
    assert (one.rule, str(one.culprit)) == ("storage.refused-access-mode", CLAIM)
