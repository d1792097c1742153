"""What changed in a pod template before an alert: rollouts, restarts and going back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from kubetriage.domain.finding import Finding, Role
from kubetriage.domain.rules import changes
from kubetriage.domain.view import ClusterView

Raw = dict[str, Any]
APP = "Deployment shop/app"


def told(view: ClusterView) -> list[Finding]:
    return [f for rule in changes.RULES for f in rule(view) if isinstance(f, Finding)]


def words(view: ClusterView) -> list[str]:
    return [f.statement.en for f in told(view) if f.role is Role.CHANGE]


def template(image: str = "app:1", notes: Mapping[str, str] | None = None, **fields: Any) -> Raw:
    return {
        "metadata": {"labels": {"app": "app"}, **({"annotations": dict(notes)} if notes else {})},
        "spec": {"containers": [{"name": "app", "image": image, **fields}]},
    }


def replica_set(k8s: Any, number: int, minutes: float, made: Raw, **notes: str) -> Raw:
    raw: Raw = k8s.replicaset(f"ReplicaSet shop/app-{number}", APP, revision=number)
    raw["metadata"]["creationTimestamp"] = k8s.at(minutes)
    raw["metadata"]["annotations"] |= notes
    raw["spec"]["template"] = made
    return raw


def deployment(k8s: Any, minutes: float = 9000, **spec: Any) -> Raw:
    """A Deployment whose three pods are ready."""
    meta = {"creationTimestamp": k8s.at(minutes)}
    made: Raw = k8s.deployment(APP, replicas=3, ready=3, metadata=meta, spec=spec)
    return made


# ---- rollouts


def test_rollout(view_of: Any, k8s: Any) -> None:
    """A new revision is told with the field's two values and its time before the alert, in both languages."""
    sets = [replica_set(k8s, 1, 9000, template("app:1")), replica_set(k8s, 2, 22, template("app:2"))]
    (only,) = told(view_of([deployment(k8s), *sets], APP))
    assert only.statement.en == (
        "Deployment app rolled out revision 2 (12 min before the alert): image of app: “app:1” → “app:2”."
    )
    assert only.statement.zh == (
        "Deployment app 发布了修订版 2（告警前 12 分钟）：app 的镜像：“app:1” → “app:2”。"
    )
    assert (only.rule, only.role) == ("change.rollout", Role.CHANGE)
    assert only.since == k8s.now - timedelta(minutes=22)
    assert only.quotes == ("app:1", "app:2")
    assert {c.rpartition("|")[2] for c in only.cites} == {"app-1", "app-2"}


def test_rollout_after_the_alert(view_of: Any, k8s: Any) -> None:
    """A revision made since the alert began is told as later than it."""
    sets = [replica_set(k8s, 1, 9000, template("app:1")), replica_set(k8s, 2, 4, template("app:2"))]
    assert "(6 min after the alert began)" in words(view_of([deployment(k8s), *sets], APP))[0]


@pytest.mark.parametrize(("minutes", "count"), [(1440, 1), (1460, 0)])
def test_window(view_of: Any, k8s: Any, minutes: float, count: int) -> None:
    """What was changed more than 24 h before the alert is not told."""
    sets = [replica_set(k8s, 1, 9000, template("app:1")), replica_set(k8s, 2, minutes, template("app:2"))]
    assert len(words(view_of([deployment(k8s), *sets], APP))) == count


def test_no_alert_time(view_of: Any, k8s: Any) -> None:
    """Without the alert's start the time is told against now."""
    sets = [replica_set(k8s, 1, 9000, template("app:1")), replica_set(k8s, 2, 22, template("app:2"))]
    view = view_of([deployment(k8s), *sets], APP, alert_minutes_ago=None)
    assert "(22 min ago)" in words(view)[0]


def test_earlier_rollouts(view_of: Any, k8s: Any) -> None:
    """Several rollouts of the last day are told each with what it changed."""
    sets = [replica_set(k8s, n, m, template(f"app:{n}")) for n, m in ((1, 9000), (2, 90), (3, 20))]
    said = words(view_of([deployment(k8s), *sets], APP))
    assert ["“app:2” → “app:3”" in said[0], "“app:1” → “app:2”" in said[1], len(said)] == [True, True, 2]


def test_going_back(view_of: Any, k8s: Any) -> None:
    """A revision that is older than the one before it was gone back to; its former number is told."""
    history = {"deployment.kubernetes.io/revision-history": "1"}
    sets = [
        replica_set(k8s, 2, 90, template("app:2")),
        replica_set(k8s, 3, 9000, template("app:1"), **history),
    ]
    up = k8s.event(APP, "ScalingReplicaSet", "Scaled up replica set app-3 from 0 to 1", first=15, last=15)
    found = [f for f in told(view_of([deployment(k8s), *sets, up], APP)) if f.rule == "change.rollback"]
    assert found[0].statement.en == (
        "Deployment app went back to the template of revision 1 as revision 3 (5 min before the alert): "
        "image of app: “app:2” → “app:1”."
    )


def test_going_back_at_an_unknown_time(view_of: Any, k8s: Any) -> None:
    """Without the event of scaling up, the time of going back is not known, and that is said."""
    sets = [replica_set(k8s, 2, 90, template("app:2")), replica_set(k8s, 3, 9000, template("app:1"))]
    (only,) = told(view_of([deployment(k8s), *sets], APP))
    assert only.since is None
    assert "(at an unknown time)" in only.statement.en


def test_predecessor_not_kept(view_of: Any, k8s: Any) -> None:
    """A revision whose predecessor is gone is told without saying what changed."""
    only = words(view_of([deployment(k8s), replica_set(k8s, 7, 20, template())], APP))
    assert only == [
        "Deployment app rolled out revision 7 (10 min before the alert); the revision before it is not kept, "
        "so what changed cannot be seen."
    ]


def test_restart(view_of: Any, k8s: Any) -> None:
    """A template that differs by the mark of a restart only is told as a restart, at the time of the mark."""
    mark = {"kubectl.kubernetes.io/restartedAt": k8s.at(25)}
    sets = [replica_set(k8s, 1, 9000, template()), replica_set(k8s, 2, 25, template(notes=mark))]
    assert words(view_of([deployment(k8s), *sets], APP)) == [
        "Deployment app was restarted with kubectl rollout restart (15 min before the alert); "
        "its template is the same."
    ]


def test_many_differences(view_of: Any, k8s: Any) -> None:
    """A statement stays within 300 characters in both languages and counts what it leaves out."""
    long = "registry.example.com/" + "team/" * 20 + "app"
    env = [{"name": f"SETTING_{n}", "value": "x" * 90} for n in range(9)]
    sets = [
        replica_set(k8s, 1, 9000, template(f"{long}:1.0")),
        replica_set(k8s, 2, 20, template(f"{long}:2.0", env=env)),
    ]
    (only,) = told(view_of([deployment(k8s), *sets], APP))
    assert max(len(only.statement.en), len(only.statement.zh)) <= 300
    assert "app:1.0” → “" in only.statement.en
    assert "more" in only.statement.en


def revision(k8s: Any, kind: str, number: int, minutes: float, made: Raw) -> Raw:
    owner = f"{kind} shop/db"
    meta = {"creationTimestamp": k8s.at(minutes)}
    data = {"spec": {"template": {**made, "$patch": "replace"}}}
    raw: Raw = k8s.obj(
        f"ControllerRevision shop/db-{number}", owner=owner, metadata=meta, data=data, revision=number
    )
    return raw


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_controller_revisions(view_of: Any, k8s: Any, kind: str) -> None:
    """A StatefulSet's and a DaemonSet's revisions are compared as they are kept in ControllerRevisions."""
    top = k8s.obj(
        f"{kind} shop/db",
        metadata={"creationTimestamp": k8s.at(9000)},
        spec={"replicas": 1, "template": template("db:2")},
    )
    kept = [revision(k8s, kind, 1, 9000, template("db:1")), revision(k8s, kind, 2, 40, template("db:2"))]
    assert words(view_of([top, *kept], f"{kind} shop/db")) == [
        f"{kind} db rolled out revision 2 (30 min before the alert): image of app: “db:1” → “db:2”."
    ]


def test_created_workload(view_of: Any, k8s: Any) -> None:
    """A workload that is new has no state before; that its condition was never good is not told."""
    raw = deployment(k8s, 40)
    raw["status"]["conditions"] = [{"type": "Available", "status": "False", "lastTransitionTime": k8s.at(40)}]
    made = words(view_of([raw, replica_set(k8s, 1, 40, template())], APP))
    assert made == ["Deployment app was created (30 min before the alert)."]


def test_others_are_not_told(view_of: Any, k8s: Any) -> None:
    """A rollout of a healthy workload that the alert is not about is no news."""
    other = k8s.deployment("Deployment shop/other", ready=1, metadata={"creationTimestamp": k8s.at(20)})
    assert words(view_of([deployment(k8s), other], APP, looked=["Deployment shop/other"])) == []
