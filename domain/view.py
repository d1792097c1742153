"""What rules read: everything observed in a run, joined to how Kubernetes objects hang together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from kubetriage.domain.alert import Alert, Subject
from kubetriage.domain.events import EventRecord
from kubetriage.domain.evidence import Observation, list_of
from kubetriage.domain.finding import Want
from kubetriage.domain.kube import Obj, selects
from kubetriage.domain.observed import Absent, Key, LogText, Observed, Present, Unknown
from kubetriage.domain.resource import WORKLOADS, Resource, resource


class ClusterView(Observed):
    """Built anew from a run's observations whenever rules run; the same observations give the same view."""

    def __init__(
        self,
        alert: Alert,
        subject: Subject,
        primary: Resource | None,
        now: datetime,
        observations: Iterable[Observation],
        looked: Sequence[Want] = (),
        *,
        has_metrics: bool = False,
    ) -> None:
        super().__init__(observations)
        self.alert = alert
        self.subject = subject
        self.primary = primary
        """The object the alert is about, checked against the cluster; None when it lost its subject."""
        self.now = now
        self.looked = tuple(looked)
        """What was asked for, in the order of asking."""
        self.has_metrics = has_metrics
        """Whether there is a Prometheus that can be asked."""

    @cached_property
    def why_looked(self) -> dict[Key, Want]:
        """The first want about each object."""
        found: dict[Key, Want] = {}
        for want in self.looked:
            found.setdefault(want.about.key, want)
        return found

    def looked_at(self, ref: Resource) -> bool:
        """Whether this object is one that the run chose to look at (not one that merely came with a list)."""
        return ref.key in self._focus

    @cached_property
    def _focus(self) -> set[Key]:
        return {*self.why_looked, *([self.primary.key] if self.primary is not None else [])}

    # ---- how objects hang together

    def owners(self, ref: Resource) -> list[Resource]:
        """The chain of controllers above an object, nearest first: ReplicaSet, Deployment, …"""
        known = self._chains.get(ref.key)
        if known is None:
            known = self._chains[ref.key] = self._chain(ref)
        return list(known)

    @cached_property
    def _chains(self) -> dict[Key, list[Resource]]:
        return {}

    def _chain(self, ref: Resource) -> list[Resource]:
        chain: list[Resource] = []
        current = self.find(ref)
        while current is not None and current.controller is not None and current.controller not in chain:
            chain.append(current.controller)
            current = self.find(current.controller)
        return chain

    def workload(self, ref: Resource) -> Resource:
        """The object whose pod template a person changes: the topmost built-in workload above an object.

        A ReplicaSet or Job under a foreign controller (a Rollout, a Workflow) is written by that controller.
        An operator above a Deployment is not its workload. An object without a workload is its own.
        """
        top = ref
        for owner in self.owners(ref):
            if owner.kind in WORKLOADS or top.kind in ("ReplicaSet", "Job"):
                top = owner
        return self._deployment_of(ref, top) or top

    def _deployment_of(self, ref: Resource, top: Resource) -> Resource | None:
        """The Deployment above a pod's ReplicaSet that is unread: it alone gives pods this label, and makes
        the ReplicaSet's name of it."""
        pod = self.find(ref) if top.kind == "ReplicaSet" and self.find(top) is None else None
        hash_ = pod.labels.get("pod-template-hash", "") if pod is not None else ""
        name = top.name.removesuffix(f"-{hash_}")
        return resource("Deployment", top.namespace, name) if hash_ and name != top.name else None

    @cached_property
    def _owned(self) -> dict[Key, list[Obj]]:
        found: dict[Key, list[Obj]] = defaultdict(list)
        for kind in ("Pod", "ReplicaSet", "Job", "PersistentVolumeClaim"):
            for child in self._kinds.get(kind, []):
                owner = child.controller
                if owner is not None:
                    found[owner.key].append(child)
        return found

    def owned(self, ref: Resource, kind: str = "") -> list[Obj]:
        """The objects whose controller is `ref`."""
        return [o for o in self._owned.get(ref.key, []) if not kind or o.ref.kind == kind]

    def pods_of(self, ref: Resource) -> list[Obj]:
        """The pods that a workload owns, directly or through ReplicaSets and Jobs; a Pod is its own."""
        if ref.kind == "Pod":
            own = self.find(ref)
            return [own] if own else []
        found = list(self.owned(ref, "Pod"))
        for middle in [*self.owned(ref, "ReplicaSet"), *self.owned(ref, "Job")]:
            found += self.owned(middle.ref, "Pod")
        return sorted(found, key=lambda o: (o.namespace, o.name))

    @cached_property
    def _claims(self) -> dict[Key, list[Obj]]:
        found: dict[Key, list[Obj]] = defaultdict(list)
        for pod in self._kinds.get("Pod", []):
            for claim in dict.fromkeys(claims_of(pod)):
                found[claim.key].append(pod)
        return found

    def pods_using_claim(self, claim: Resource) -> list[Obj]:
        return list(self._claims.get(claim.key, []))

    @cached_property
    def _on_node(self) -> dict[str, list[Obj]]:
        found: dict[str, list[Obj]] = defaultdict(list)
        for pod in self._kinds.get("Pod", []):
            found[pod.text("spec", "nodeName")].append(pod)
        return found

    def pods_on(self, node: str) -> list[Obj]:
        """The pods placed on a node that were read."""
        return list(self._on_node.get(node, [])) if node else []

    def services_of(self, pod: Obj) -> list[Obj]:
        """The Services whose selector selects this pod."""
        return self.services_selecting(pod.namespace, pod.labels)

    def services_selecting(self, namespace: str, labels: Mapping[str, str]) -> list[Obj]:
        """The Services of a namespace whose selector selects pods with these labels."""
        near = [s for pair in labels.items() for s in self._by_selector.get((namespace, *pair), [])]
        return sorted(
            (s for s in near if selects(s.mapping("spec", "selector"), labels)), key=lambda s: s.name
        )

    @cached_property
    def _by_selector(self) -> dict[tuple[str, str, str], list[Obj]]:
        """Services by the first pair of their selector, so that a pod looks at those near it only."""
        found: dict[tuple[str, str, str], list[Obj]] = defaultdict(list)
        for service in self._kinds.get("Service", []):
            for key, value in list(service.mapping("spec", "selector").items())[:1]:
                found[service.namespace, str(key), str(value)].append(service)
        return found

    def pods_behind(self, service: Obj) -> list[Obj]:
        """The pods that a Service's selector selects."""
        return self.pods_selected(service.namespace, service.mapping("spec", "selector"))

    def pods_selected(self, namespace: str, selector: Mapping[str, Any]) -> list[Obj]:
        """The pods of a namespace that a selector selects; an empty one selects none."""
        pairs = selector.get("matchLabels", selector)
        near = self.objects("Pod", namespace)
        for key, value in list(pairs.items())[:1] if isinstance(pairs, Mapping) else []:
            if isinstance(value, str):
                near = self._by_label.get((namespace, str(key), value), [])
        return [p for p in near if selects(selector, p.labels)]

    @cached_property
    def _by_label(self) -> dict[tuple[str, str, str], list[Obj]]:
        found: dict[tuple[str, str, str], list[Obj]] = defaultdict(list)
        for pod in self._kinds.get("Pod", []):
            for key, value in pod.labels.items():
                found[pod.namespace, key, value].append(pod)
        return found

    def has_ready_endpoints(self, service: Obj) -> bool | None:
        """Whether any endpoint is ready; None if the slices were not read."""
        slices = self._slices.get((service.namespace, service.name), [])
        if not slices:
            labels = f"kubernetes.io/service-name={service.name}"
            seen = self.observation(list_of("EndpointSlice", service.namespace, labels=labels))
            whole = self.complete_list("EndpointSlice", service.namespace)
            return False if whole or (seen is not None and seen.found and not seen.cut) else None
        for part in slices:
            for endpoint in part.items("endpoints"):
                conditions = endpoint.get("conditions")
                ready = conditions.get("ready") if isinstance(conditions, dict) else None
                if ready is not False and endpoint.get("addresses"):  # nil means ready (discovery/v1)
                    return True
        return False

    @cached_property
    def _slices(self) -> dict[tuple[str, str], list[Obj]]:
        """EndpointSlices by their Service's namespace and name."""
        found: dict[tuple[str, str], list[Obj]] = defaultdict(list)
        for part in self._kinds.get("EndpointSlice", []):
            found[part.namespace, part.labels.get("kubernetes.io/service-name", "")].append(part)
        return found

    # ---- the alert's time

    @property
    def alert_began(self) -> datetime | None:
        return self.alert.starts_at

    def recent(self, at: datetime | None, *, before_alert: timedelta = timedelta(minutes=30)) -> bool:
        """Whether something happened near or after the alert's start (unknown times count as recent)."""
        if at is None or self.alert.starts_at is None:
            return True
        return at >= self.alert.starts_at - before_alert


def claims_of(pod: Obj) -> list[Resource]:
    """The PersistentVolumeClaims a pod mounts, ephemeral volumes' (`<pod>-<volume>`) included."""
    found = []
    for volume in pod.items("spec", "volumes"):
        claim = volume.get("persistentVolumeClaim")
        if isinstance(claim, dict) and claim.get("claimName"):
            found.append(resource("PersistentVolumeClaim", pod.namespace, str(claim["claimName"])))
        elif isinstance(volume.get("ephemeral"), dict):
            name = f"{pod.name}-{volume.get('name')}"
            found.append(resource("PersistentVolumeClaim", pod.namespace, name))
    return found


__all__ = ["Absent", "ClusterView", "EventRecord", "LogText", "Present", "Unknown", "claims_of"]
