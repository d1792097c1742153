"""What counts as one and the same culprit."""

from __future__ import annotations

import pytest

from kubetriage.evals.builders.__main__ import FOLDER
from kubetriage.evals.ownership import NOTHING_KNOWN, Ownership, Place, read_ownership


@pytest.mark.parametrize(
    ("owner", "owned", "same"),
    [
        (("StatefulSet", "n", "db"), ("Pod", "n", "db-0"), True),
        (("DaemonSet", "n", "agent"), ("Pod", "n", "agent-x2x7q"), True),
        (("Job", "n", "run"), ("Pod", "n", "run-x2x7q"), True),
        (("CronJob", "n", "nightly"), ("Job", "n", "nightly-29554560"), True),
        (("CronJob", "n", "nightly"), ("Pod", "n", "nightly-29554560-x2x7q"), True),
        (("ReplicaSet", "n", "web-7d9f8c6b5d"), ("Pod", "n", "web-7d9f8c6b5d-x2x7q"), True),
        (("Deployment", "n", "web"), ("Pod", "m", "web-7d9f8c6b5d-x2x7q"), False),
        (("Service", "n", "web"), ("Pod", "n", "web-7d9f8c6b5d-x2x7q"), False),
        (("Node", "", "web"), ("Pod", "", "web-0"), False),
    ],
)
def test_names_tell_what_a_workload_owns(owner: Place, owned: Place, same: bool) -> None:
    """Each kind names what it owns in its own way, in its own namespace."""
    assert NOTHING_KNOWN.same(owner, owned) is same
    assert NOTHING_KNOWN.same(owned, owner) is same


def test_known_objects_are_told_apart_by_owner_references() -> None:
    """A pod that is only named like a Deployment's is not its."""
    web, pod = ("Deployment", "n", "web"), ("Pod", "n", "web-proxy-x2x7q")
    assert NOTHING_KNOWN.same(web, pod)
    known = Ownership(
        {web: None, pod: ("DaemonSet", "n", "web-proxy"), ("DaemonSet", "n", "web-proxy"): None}
    )
    assert not known.same(web, pod)
    assert known.same(pod, ("DaemonSet", "n", "web-proxy"))


def test_a_ring_of_owners_does_not_hang() -> None:
    """Broken snapshots are answered too."""
    one, two = ("Job", "n", "a"), ("CronJob", "n", "b")
    assert not Ownership({one: two, two: one}).same(one, ("Job", "n", "c"))


def test_a_jobs_pods_belong_to_its_cronjob() -> None:
    """Owner references are followed to the top."""
    known = read_ownership(FOLDER / "job-backoff-limit" / "snapshot")
    pod = next(
        place for place in known.owners if place[0] == "Pod" and place[2].startswith("nightly-export-")
    )
    assert known.same(pod, ("CronJob", "data", "nightly-export"))
