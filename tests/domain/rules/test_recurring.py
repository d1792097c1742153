"""A CronJob that lowers a workload's limits by schedule."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.finding import Finding, Likelihood
from kubetriage.domain.relations import changes as relations
from kubetriage.domain.rules.recurring import squeezed
from kubetriage.domain.view import ClusterView

Raw = dict[str, Any]
APP, CRON = "Deployment shop/api", "CronJob shop/trimmer"


def replica_set(k8s: Any, number: int, minutes: float, memory: str, history: str = "") -> Raw:
    raw: Raw = k8s.replicaset(f"ReplicaSet shop/api-{number}", APP, revision=number)
    raw["metadata"]["creationTimestamp"] = k8s.at(minutes)
    if history:
        raw["metadata"]["annotations"]["deployment.kubernetes.io/revision-history"] = history
    limits = {"resources": {"limits": {"memory": memory}}}
    raw["spec"]["template"] = {"spec": {"containers": [{"name": "api", "image": "api:1", **limits}]}}
    return raw


def cronjob(k8s: Any, *, ran: float = 23, names: str = "deployment/api") -> Raw:
    command = ["kubectl", "set", "resources", names, "--limits=memory=64Mi"]
    spec = {"containers": [{"name": "kubectl", "command": command}]}
    made: Raw = k8s.obj(
        CRON,
        spec={"schedule": "*/30 * * * *", "jobTemplate": {"spec": {"template": {"spec": spec}}}},
        status={"lastScheduleTime": k8s.at(ran)},
    )
    return made


def seen(k8s: Any, view_of: Any, *more: Raw, lower: str = "64Mi") -> ClusterView:
    objects = [
        k8s.deployment(APP, replicas=1, metadata={"creationTimestamp": k8s.at(9000)}),
        replica_set(k8s, 7, 9000, "512Mi"), replica_set(k8s, 8, 22, lower), *more,
    ]  # fmt: skip
    view: ClusterView = view_of(objects, APP)
    return view


def told(view: ClusterView) -> list[Finding]:
    return [f for f in squeezed(view) if isinstance(f, Finding)]


def test_a_limit_lowered_by_schedule(k8s: Any, view_of: Any) -> None:
    """Its run right before the revision, and its command, make the CronJob the culprit; it is stopped first."""
    (one,) = told(seen(k8s, view_of, cronjob(k8s)))
    assert (str(one.culprit), one.category, one.likelihood) == (CRON, "oom-killed", Likelihood.HIGH)
    assert "“512Mi” → “64Mi”" in one.statement.en and "*/30 * * * *" in one.statement.zh
    assert [c.command.split()[1] for c in one.remedies[0].commands] == ["patch", "rollout"]


def test_the_same_template_set_again(k8s: Any, view_of: Any) -> None:
    """A template set again takes up its old ReplicaSet: when, is told by its scaling, how often, by its history."""
    again = replica_set(k8s, 8, 3000, "64Mi", history="2,4,6")
    scaled = k8s.event(
        APP, "ScalingReplicaSet", "Scaled up replica set api-8 from 0 to 1", kind="Normal", first=22, last=22
    )
    view = view_of(
        [
            k8s.deployment(APP, replicas=1, metadata={"creationTimestamp": k8s.at(9000)}),
            replica_set(k8s, 7, 9000, "512Mi", history="1,3,5"), again, scaled, cronjob(k8s),
        ],
        APP,
    )  # fmt: skip
    assert "3 times before" in told(view)[0].statement.en


def test_other_cronjobs_are_not_blamed(k8s: Any, view_of: Any) -> None:
    """One that ran at another time, that names another workload, or after which the limit is higher."""
    assert told(seen(k8s, view_of, cronjob(k8s, ran=50))) == []
    assert told(seen(k8s, view_of, cronjob(k8s, names="deployment/api-gateway"))) == []
    assert told(seen(k8s, view_of, cronjob(k8s), lower="1Gi")) == []


def test_cronjobs_are_read_where_resources_were_changed(k8s: Any, view_of: Any) -> None:
    """The list of the namespace, and only then."""
    (want,) = relations.may_have_changed(seen(k8s, view_of))
    assert (want.read.kind, want.read.namespace) == ("CronJob", "shop")
    assert list(relations.may_have_changed(seen(k8s, view_of, lower="512Mi"))) == []
