"""The table of event and status texts."""

from __future__ import annotations

import string

import pytest

from kubetriage.evals.builders.texts import NORMAL, STATUS, TEXTS, WARNING, failed_scheduling, say, version_of


def test_every_entry_names_its_component_type_and_ordered_versions() -> None:
    """Each text says which component writes it, has a known type, and its wordings go from old to new."""
    for name, one in TEXTS.items():
        assert one.component, name
        assert one.type in (NORMAL, WARNING, STATUS), name
        versions = [version_of(wording.since) for wording in one.wordings]
        assert versions == sorted(set(versions)), name
        assert all(wording.template for wording in one.wordings), name


def test_events_have_a_reason() -> None:
    """What is written as an event comes with a reason in CamelCase."""
    events = {name: one for name, one in TEXTS.items() if one.type != STATUS}
    assert events
    assert [n for n, one in events.items() if not one.reason.isalpha() or not one.reason[0].isupper()] == []


def test_every_wording_can_be_filled() -> None:
    """Templates hold named fields only, so that a text is never half filled."""
    for name, one in TEXTS.items():
        for wording in one.wordings:
            fields = [
                field for _, field, _, _ in string.Formatter().parse(wording.template) if field is not None
            ]
            assert all(field.isidentifier() for field in fields), name


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("1.26.9", "Back-off restarting failed container"),
        ("v1.31.4", "Back-off restarting failed container app in pod web-1_shop(u-1)"),
        ("", "Back-off restarting failed container app in pod web-1_shop(u-1)"),
    ],
)
def test_the_wording_follows_the_version(version: str, expected: str) -> None:
    """A text is worded as the given version of its component words it, and as the newest without one."""
    said = say("back-off-restarting", version, container="app", pod="web-1", namespace="shop", uid="u-1")
    assert said == expected


def test_a_version_older_than_all_wordings_gets_the_oldest() -> None:
    """There is always an answer: the oldest wording that is known."""
    said = say("containerd.no-such-file", "1.0", command="/app")
    assert "error during container init" not in said
    assert said.endswith("stat /app: no such file or directory: unknown")


def test_version_suffixes_of_distributions_do_not_count() -> None:
    """`v1.30.0-tke.2` is 1.30.0."""
    assert version_of("v1.30.0-tke.2") == (1, 30, 0)
    assert version_of("1.29.8+k3s1") == (1, 29, 8)


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("1.22.0", "0/3 nodes are available: 3 pod has unbound immediate PersistentVolumeClaims."),
        (
            "1.24.3",
            "0/3 nodes are available: 3 pod has unbound immediate PersistentVolumeClaims. "
            "preemption: 0/3 nodes are "
            "available: 3 Preemption is not helpful for scheduling.",
        ),
        (
            "1.31.4",
            "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. "
            "preemption: 0/3 nodes are "
            "available: 3 Preemption is not helpful for scheduling.",
        ),
        (
            "1.34.0",
            "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. no new "
            "claims to deallocate, "
            "preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
        ),
    ],
)
def test_the_scheduler_words_an_unbound_claim_by_version(version: str, expected: str) -> None:
    """No suffix before 1.24, a count until 1.24, none since 1.25, a further part since 1.34."""
    assert failed_scheduling(version, 3, {say("no-fit-unbound-claim", version): 0}) == expected


def test_the_scheduler_sorts_reasons_and_counts_preemption() -> None:
    """Reasons are sorted as text, and nodes are split by whether preemption could have helped."""
    reasons = {"Insufficient cpu": 2, "node(s) were unschedulable": 1}
    assert failed_scheduling("1.31.0", 3, reasons, unresolvable=1) == (
        "0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu. preemption: "
        "0/3 nodes are "
        "available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for "
        "incoming pod."
    )
