"""Deployments with their ReplicaSets and pods, and a status that fits them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from kubetriage.evals.builders.cluster import Cluster, is_active, is_ready, spread
from kubetriage.evals.builders.identity import Json, suffix, template_hash
from kubetriage.evals.builders.objects import made, owner_reference
from kubetriage.evals.builders.states import READY, PodState
from kubetriage.evals.builders.templates import pod_spec, template
from kubetriage.evals.builders.texts import entry

Progress = Literal["complete", "ongoing", "stuck"]


@dataclass(frozen=True)
class Workload:
    """A workload and what it owns."""

    object: Json
    pods: list[Json]
    replica_set: Json = field(default_factory=dict)
    old_replica_set: Json = field(default_factory=dict)
    old_pods: list[Json] = field(default_factory=list)

    @property
    def pod(self) -> Json:
        """Its first pod."""
        return self.pods[0]


@dataclass(frozen=True)
class Revision:
    """An earlier revision of a Deployment, and the pods that are left of it."""

    containers: Sequence[Json]
    states: Sequence[PodState] = ()


class Deployments(Cluster):
    """A world's Deployments."""

    def deployment(
        self,
        name: str,
        ns: str,
        containers: Iterable[Json],
        *,
        replicas: int = 1,
        age: str = "20d",
        states: PodState | Sequence[PodState] = READY,
        labels: Mapping[str, str] | None = None,
        volumes: Iterable[Json] = (),
        account: str = "",
        more: Json | None = None,
        old: Revision | None = None,
        rolled: str = "",
        progress: Progress = "complete",
        changed: str = "",
        refused: str = "",
        hash_: str = "",
    ) -> Workload:
        """A Deployment whose newest revision was rolled out `rolled` ago (else with it, `age` ago).

        `changed` is how long ago it became unavailable; `refused` is why its pods are refused.
        """
        labels, volumes, rolled = dict(labels or {"app": name}), list(volumes), rolled or age
        spec = template(labels, pod_spec(containers, volumes=volumes, account=account, more=more))
        revision = 2 if old else 1
        top = self._deployment_object(name, ns, labels, spec, replicas, age, revision)
        wanted = spread(states, replicas)
        scale = len(wanted) if old else replicas
        current, pods = self._replica_set(
            top, spec, wanted, scale, rolled, revision, hash_=hash_, refused=refused
        )
        previous: Json = {}
        left: list[Json] = []
        if old:
            before = template(labels, pod_spec(old.containers, volumes=volumes, account=account, more=more))
            previous, left = self._replica_set(
                top, before, list(old.states), len(old.states), age, revision - 1
            )
        name_of_set, active = current["metadata"]["name"], [one for one in pods if is_active(one)]
        ready = len([one for one in (*active, *left) if is_ready(one)])
        available = ready >= replicas - replicas // 4
        conditions = self._conditions(name_of_set, available, age, rolled, progress, changed)
        if refused:
            conditions.append(self._refusal(refused, changed or rolled))
        counts = (scale + len(left), len(active) + len(left), len(active), ready)
        top["status"] = _status(conditions, top["metadata"]["generation"], *counts)
        return Workload(top, pods, current, previous, left)

    def _deployment_object(
        self,
        name: str,
        ns: str,
        labels: dict[str, str],
        spec: Json,
        replicas: int,
        age: str,
        revision: int,
    ) -> Json:
        self.need_namespace(ns)
        body = {
            "progressDeadlineSeconds": 600,
            "replicas": replicas,
            "revisionHistoryLimit": 10,
            "selector": {"matchLabels": labels},
            "strategy": {
                "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"},
                "type": "RollingUpdate",
            },
            "template": spec,
        }
        return self.add(
            made(
                "apps/v1",
                "Deployment",
                name,
                ns,
                self.clock.ago(age),
                labels=labels,
                annotations={"deployment.kubernetes.io/revision": str(revision)},
                generation=revision,
                spec=body,
            )
        )

    def _replica_set(
        self,
        top: Json,
        spec: Json,
        states: list[PodState],
        scale: int,
        age: str,
        revision: int,
        *,
        hash_: str = "",
        refused: str = "",
    ) -> tuple[Json, list[Json]]:
        """A revision's ReplicaSet of `scale` replicas and its pods."""
        name, ns = top["metadata"]["name"], top["metadata"]["namespace"]
        hash_ = hash_ or template_hash(name, spec)
        labels = {**spec["metadata"]["labels"], "pod-template-hash": hash_}
        hashed = {"metadata": {**spec["metadata"], "labels": labels}, "spec": spec["spec"]}
        replicas = top["spec"]["replicas"]
        rs = self.add(
            made(
                "apps/v1",
                "ReplicaSet",
                f"{name}-{hash_}",
                ns,
                self.clock.ago(age),
                labels=labels,
                annotations={
                    "deployment.kubernetes.io/desired-replicas": str(replicas),
                    "deployment.kubernetes.io/max-replicas": str(replicas + -(-replicas // 4)),
                    "deployment.kubernetes.io/revision": str(revision),
                },
                owner=owner_reference(top),
                generation=1,
                spec={"replicas": scale, "selector": {"matchLabels": labels}, "template": hashed},
            )
        )
        pods = []
        for number, state in enumerate(states):
            end = state.suffix or suffix(ns, name, hash_, str(number))
            pods.append(
                self.pod(f"{name}-{hash_}-{end}", ns, hashed, state, age=age, owner=owner_reference(rs))
            )
        rs["status"] = _replica_set_status(pods)
        if refused:
            refusal = self._refusal(refused, age)
            rs["status"]["conditions"] = [{k: v for k, v in refusal.items() if k != "lastUpdateTime"}]
        return rs, pods

    def _refusal(self, why: str, since: str) -> Json:
        return {
            "lastTransitionTime": self.clock.ago(since, "1s"),
            "lastUpdateTime": self.clock.ago(since, "1s"),
            "message": why,
            "reason": "FailedCreate",
            "status": "True",
            "type": "ReplicaFailure",
        }

    def _conditions(
        self, replica_set: str, available: bool, age: str, rolled: str, progress: Progress, changed: str
    ) -> list[Json]:
        """Available and Progressing, with the times at which they last changed."""
        at = self.clock.ago(changed) if changed else self.clock.ago(age, "8s" if available else "0s")
        moved = {
            "complete": self.clock.ago(rolled, "8s"),
            "ongoing": self.clock.ago(rolled),
            "stuck": self.clock.ago(rolled, "10m1s"),
        }[progress]
        first, second = (
            f"deployment-{'available' if available else 'unavailable'}",
            f"progress-{progress}",
        )
        return [
            {
                "lastTransitionTime": at,
                "lastUpdateTime": at,
                "message": self.say(first),
                "reason": entry(first).reason,
                "status": "True" if available else "False",
                "type": "Available",
            },
            {
                "lastTransitionTime": moved if progress == "stuck" else self.clock.ago(age),
                "lastUpdateTime": moved,
                "message": self.say(second, replica_set=replica_set),
                "reason": entry(second).reason,
                "status": "False" if progress == "stuck" else "True",
                "type": "Progressing",
            },
        ]


def _status(
    conditions: list[Json], generation: int, wanted: int, pods: int, updated: int, ready: int
) -> Json:
    """A Deployment's status; counts of zero are left out, as the API server leaves them out."""
    counts = {
        "availableReplicas": ready,
        "readyReplicas": ready,
        "replicas": pods,
        "unavailableReplicas": wanted - ready,
        "updatedReplicas": updated,
    }
    kept = {key: count for key, count in counts.items() if count}
    return {"conditions": conditions, "observedGeneration": generation, **kept}


def _replica_set_status(pods: list[Json]) -> Json:
    active = [one for one in pods if is_active(one)]
    ready = len([one for one in active if is_ready(one)])
    counts = {"availableReplicas": ready, "fullyLabeledReplicas": len(active), "readyReplicas": ready}
    kept = {key: count for key, count in counts.items() if count}
    return {"observedGeneration": 1, "replicas": len(active), **kept}
