"""Causes that a rollout made: said with the change, going back first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kubetriage.domain.finding import Finding, Role
from kubetriage.domain.language import Text
from kubetriage.domain.rules.blame import blamed, latest_change
from kubetriage.domain.rules.remedies import change, mutate
from kubetriage.domain.view import ClusterView

Raw = dict[str, Any]
APP = "Deployment shop/app"
FIX = change(Text(en="Fix", zh="修"), Text(en="", zh=""), mutate("kubectl edit deployment/app -n shop"))
BACK = "kubectl rollout undo deployment/app -n shop"


def replica_set(k8s: Any, number: int, minutes: float, ready: int = 0, **container: Any) -> Raw:
    raw: Raw = k8s.replicaset(f"ReplicaSet shop/app-{number}", APP, revision=number)
    raw["metadata"]["creationTimestamp"] = k8s.at(minutes)
    raw["spec"]["template"] = {
        "metadata": {"labels": {"app": "app"}},
        "spec": {"containers": [{"name": "app", "image": "app:1", **container}]},
    }
    raw["status"] = {"readyReplicas": ready} if ready else {}
    return raw


def rolled(view_of: Any, k8s: Any, *, minutes: float = 22, ready: int = 0, **container: Any) -> ClusterView:
    """Revision 2 with `container`, rolled out some minutes ago over revision 1, and a pod of each."""
    available = {"type": "Available", "status": "False", "lastTransitionTime": k8s.at(minutes - 1)}
    objects = [
        k8s.deployment(APP, replicas=1, metadata={"creationTimestamp": k8s.at(9000)},
                       status={"conditions": [available]}),
        replica_set(k8s, 1, 9000, ready), replica_set(k8s, 2, minutes, **container),
        k8s.pod("Pod shop/app-2-x", owner="ReplicaSet shop/app-2"),
    ]  # fmt: skip
    if ready:
        objects.append(k8s.pod("Pod shop/app-1-x", owner="ReplicaSet shop/app-1", ready=True))
    view: ClusterView = view_of(objects, APP)
    return view


def cause(k8s: Any, category: str, statement: str = "container app fails.", **more: Any) -> Finding:
    return Finding(
        rule="t.cause",
        category=category,
        role=Role.CAUSE,
        subject=k8s.ref("Pod shop/app-2-x"),
        culprit=k8s.ref(APP),
        statement=Text(en=statement, zh="容器 app 失败。"),
        cites=("object|Pod|shop|app-2-x",),
        **{"remedies": (FIX,), **more},
    )


def undone(finding: Finding) -> bool:
    return finding.remedies[0].commands[0].command.startswith(BACK)


def test_a_cause_in_the_changed_field_says_what_changed(view_of: Any, k8s: Any) -> None:
    """Revision, time, field and both values stand in the statement, with the revisions as evidence."""
    (told,) = blamed(rolled(view_of, k8s, image="app:2"), [cause(k8s, "image-pull")])
    assert told.statement.en == (
        "container app fails; revision 2 (12 min before the alert) changed image of app: “app:1” → “app:2”."
    )
    assert told.statement.zh == (
        "容器 app 失败；修订版 2（告警前 12 分钟）修改了 app 的镜像：“app:1” → “app:2”。"
    )
    assert {"object|ReplicaSet|shop|app-1", "object|ReplicaSet|shop|app-2"} <= set(told.cites)
    assert {"app:1", "app:2"} <= set(told.quotes)


def test_going_back_comes_first(view_of: Any, k8s: Any) -> None:
    """Pods of the revision before are ready, or the Deployment was available until the rollout."""
    for ready in (1, 0):
        (told,) = blamed(rolled(view_of, k8s, ready=ready, image="app:2"), [cause(k8s, "image-pull")])
        assert undone(told), ready
        assert told.remedies[1:] == (FIX,)


def test_going_back_is_offered_once(view_of: Any, k8s: Any) -> None:
    """A rule that offers it itself is left alone."""
    own = (change(Text(en="b", zh="b"), Text(en="", zh=""), mutate(BACK)), FIX)
    view = rolled(view_of, k8s, ready=1, image="app:2")
    assert blamed(view, [cause(k8s, "image-pull", remedies=own)])[0].remedies == own


@pytest.mark.parametrize(
    ("category", "container"),
    [
        ("image-pull", {"env": [{"name": "A", "value": "1"}]}),
        ("probe-failure", {"resources": {"limits": {"memory": "1Gi"}}}),
        ("networkpolicy", {"image": "app:2"}),
    ],
)
def test_a_change_of_something_else_is_not_blamed(
    category: str, container: Raw, view_of: Any, k8s: Any
) -> None:
    """A rollout that did not touch what fails is no part of the cause."""
    one = cause(k8s, category)
    assert blamed(rolled(view_of, k8s, ready=1, **container), [one]) == [one]


def test_another_container_is_not_blamed(view_of: Any, k8s: Any) -> None:
    """A cause that names its container is not put down to a change of another one, whatever their names."""
    one = cause(k8s, "crash-app-error", "container app-proxy ends with exit code 1.")
    assert blamed(rolled(view_of, k8s, ready=1, image="app:2"), [one]) == [one]


@pytest.mark.parametrize("minutes", [5, 2000])
def test_near_the_alert_only(minutes: float, view_of: Any, k8s: Any) -> None:
    """A rollout after the alert, or long before it, did not bring it about."""
    view = rolled(view_of, k8s, minutes=minutes, image="app:2")
    assert latest_change(view, k8s.ref(APP)) is None
    assert blamed(view, [one := cause(k8s, "image-pull")]) == [one]


def test_what_was_there_before_is_not_blamed_on_it(view_of: Any, k8s: Any) -> None:
    """A fault that began before the rollout, or that a pod of the former revision has too, is older."""
    view = rolled(view_of, k8s, image="app:2")
    early = cause(k8s, "crash-app-error", since=k8s.now - timedelta(minutes=90))
    assert blamed(view, [early]) == [early]
    former = cause(k8s, "crash-app-error").model_copy(update={"subject": k8s.ref("Pod shop/app-1-x")})
    assert blamed(rolled(view_of, k8s, ready=1, image="app:2"), [former]) == [former]


def test_a_long_statement_keeps_its_words(view_of: Any, k8s: Any) -> None:
    """Without room for the values the field is named; without room for that the statement stays as it is."""
    view = rolled(view_of, k8s, image="app:" + "2" * 60)
    (some,) = blamed(view, [cause(k8s, "image-pull", "container app fails" + " x" * 97 + ".")])
    assert some.statement.en.endswith(") changed image of app.")
    long = cause(k8s, "image-pull", "container app fails" + " x" * 135 + ".")
    assert blamed(view, [long])[0].statement == long.statement
