"""Views built by hand: `view_of(...)` from raw objects, and `k8s`, which makes objects as the API does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

import pytest

from kubetriage.domain.alert import Alert, Subject, SubjectScope
from kubetriage.domain.evidence import FailureKind, Observation, Read, ReadFailure, get, list_of, log_of
from kubetriage.domain.finding import Finding, Want
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text
from kubetriage.domain.resource import KINDS, Resource, resource
from kubetriage.domain.view import ClusterView

NOW = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)
Raw = dict[str, Any]


def at(minutes_ago: float) -> str:
    """An API timestamp that many minutes before the view's now."""
    return (NOW - timedelta(minutes=minutes_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def ref(words: str) -> Resource:
    """`Pod shop/web-1` or `Node n1` as a reference."""
    kind, _, rest = words.partition(" ")
    namespace, _, name = rest.rpartition("/")
    return resource(kind, namespace, name)


def _alert(name: str, minutes_ago: float | None, description: str) -> Alert:
    began = None if minutes_ago is None else NOW - timedelta(minutes=minutes_ago)
    said = {"description": description} if description else {}
    return Alert(name=name, starts_at=began, fingerprint="0" * 16, annotations=said)


def view_of(
    objects: Iterable[Raw] = (),
    primary: str | Resource | None = None,
    *,
    logs: Mapping[tuple[str, str, str, bool], str] | None = None,
    absent: Iterable[str | Resource] = (),
    failed: Mapping[str | Resource | Read, FailureKind] | None = None,
    lists: Iterable[tuple[str, str]] = (),
    looked: Sequence[str | Resource] = (),
    alert_minutes_ago: float | None = 10,
    alertname: str = "KubePodNotReady",
    description: str = "",
    answers: Mapping[Read, Sequence[Raw]] | None = None,
) -> ClusterView:
    """A view of these objects, each as its own get (Events as lists by object), plus whole `lists` of
    (kind, namespace) and further `answers`. `primary` and `looked` are the objects the run looks at,
    `description` is the alert's."""
    raws = [Obj(raw) for raw in objects]
    whole = set(lists)
    grouped: dict[Read, list[Raw]] = {list_of(kind, where): [] for kind, where in whole}
    seen = []
    for made in raws:
        about = made.mapping("involvedObject")
        for where in (made.namespace, ""):
            if (made.ref.kind, where) in whole:
                grouped[list_of(made.ref.kind, where)].append(dict(made.raw))
                break
        else:
            if about:
                chosen = f"involvedObject.kind={about.get('kind')},involvedObject.name={about.get('name')}"
                read = list_of("Event", made.namespace, fields=chosen)
                grouped.setdefault(read, []).append(dict(made.raw))
            else:
                seen.append(Observation(read=get(made.ref), tool="t", at=NOW, objects=(dict(made.raw),)))
    seen += [Observation(read=r, tool="t", at=NOW, objects=tuple(o)) for r, o in grouped.items()]
    seen += [Observation(read=r, tool="t", at=NOW, objects=tuple(o)) for r, o in (answers or {}).items()]
    for one in absent:
        gone = ref(one) if isinstance(one, str) else one
        seen.append(Observation(read=get(gone), tool="t", at=NOW, absent=True))
    for what, kind in (failed or {}).items():
        read = what if isinstance(what, Read) else get(ref(what) if isinstance(what, str) else what)
        seen.append(
            Observation(read=read, tool="t", at=NOW, failure=ReadFailure(kind=kind, message=kind.value))
        )
    for (namespace, pod, container, previous), text in (logs or {}).items():
        read = log_of(resource("Pod", namespace, pod), container, previous=previous)
        seen.append(Observation(read=read, tool="t", at=NOW, text=text))
    main = ref(primary) if isinstance(primary, str) else primary
    wants = [
        Want(read=get(r), about=r, why=Text(en="t", zh="t"))
        for r in (ref(w) if isinstance(w, str) else w for w in looked)
    ]
    return ClusterView(
        _alert(alertname, alert_minutes_ago, description),
        Subject(scope=SubjectScope.RESOURCE, resource=main, namespace=main.namespace if main else ""),
        main,
        NOW,
        seen,
        wants,
    )


def findings(found: Iterable[Finding | Want]) -> list[Finding]:
    """The findings of a rule's answer."""
    return [f for f in found if isinstance(f, Finding)]


def wants(found: Iterable[Finding | Want]) -> list[Want]:
    """The reads a rule asks for."""
    return [w for w in found if isinstance(w, Want)]


class K8s:
    """Raw objects as the API server returns them, with the fields that rules read."""

    now = NOW
    at = staticmethod(at)
    ref = staticmethod(ref)
    findings = staticmethod(findings)
    wants = staticmethod(wants)

    @staticmethod
    def obj(words: str, *, owner: str = "", labels: Mapping[str, str] | None = None, **parts: Any) -> Raw:
        """Any object: `obj("ConfigMap shop/app", data={...})`."""
        made = ref(words)
        info = KINDS.get(made.kind)
        meta: Raw = {"name": made.name, "uid": f"uid-{made.name}", "creationTimestamp": at(120)}
        if made.namespace:
            meta["namespace"] = made.namespace
        if labels:
            meta["labels"] = dict(labels)
        if owner:
            above = ref(owner)
            meta["ownerReferences"] = [
                {"apiVersion": above.api_version, "kind": above.kind, "name": above.name,
                 "uid": f"uid-{above.name}", "controller": True, "blockOwnerDeletion": True}
            ]  # fmt: skip
        meta |= parts.pop("metadata", {})
        return {
            "apiVersion": info.api_version if info else "v1",
            "kind": made.kind,
            "metadata": meta,
            **parts,
        }

    @staticmethod
    def running(minutes_ago: float = 60) -> Raw:
        return {"running": {"startedAt": at(minutes_ago)}}

    @staticmethod
    def waiting(reason: str, message: str = "") -> Raw:
        return {"waiting": {"reason": reason, **({"message": message} if message else {})}}

    @staticmethod
    def ended(
        code: int, reason: str = "", message: str = "", minutes_ago: float = 2, lasted: float = 0.1
    ) -> Raw:
        made: Raw = {"exitCode": code, "reason": reason or ("Completed" if code == 0 else "Error"),
                     "startedAt": at(minutes_ago + lasted), "finishedAt": at(minutes_ago),
                     "containerID": "containerd://4f2c"}  # fmt: skip
        return {"terminated": made | ({"message": message} if message else {})}

    def container(
        self,
        name: str = "app",
        image: str = "registry.example.com/shop/app:1.2",
        *,
        state: Raw | None = None,
        last: Raw | None = None,
        ready: bool | None = None,
        restarts: int = 0,
        init: bool = False,
        **spec: Any,
    ) -> tuple[bool, Raw, Raw]:
        """(is init, spec, status) of one container, running and ready if nothing else is said."""
        state = state or self.running()
        ready = "running" in state if ready is None else ready
        status: Raw = {"name": name, "image": image, "imageID": "", "ready": ready, "restartCount": restarts,
                       "state": state, "lastState": last or {}, "started": ready}  # fmt: skip
        return init, {"name": name, "image": image, **spec}, status

    def pod(
        self,
        words: str = "Pod shop/app-1",
        *made: tuple[bool, Raw, Raw],
        owner: str = "",
        phase: str = "",
        labels: Mapping[str, str] | None = None,
        node: str = "n1",
        status: Raw | None = None,
        metadata: Raw | None = None,
        **spec: Any,
    ) -> Raw:
        """A pod of these containers (one running and ready if none is given)."""
        parts = made or (self.container(),)
        mains = [s for init, _, s in parts if not init]
        ready = all(s["ready"] for s in mains)
        held = any("waiting" in s["state"] for _, _, s in parts)
        phase = phase or ("Pending" if held and not any(s["restartCount"] for s in mains) else "Running")
        conditions = [
            {"type": "PodScheduled", "status": "True" if node else "False", "lastTransitionTime": at(60)},
            {"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": at(30),
             **({} if ready else {"reason": "ContainersNotReady"})},
        ]  # fmt: skip
        return self.obj(
            words,
            owner=owner,
            labels=labels or {"app": "app"},
            metadata=metadata or {},
            spec={
                "containers": [c for init, c, _ in parts if not init],
                **(
                    {"initContainers": [c for init, c, _ in parts if init]}
                    if any(p[0] for p in parts)
                    else {}
                ),
                **({"nodeName": node} if node else {}),
                "serviceAccountName": "default",
                **spec,
            },
            status={
                "phase": phase,
                "conditions": conditions,
                "containerStatuses": mains,
                **(
                    {"initContainerStatuses": [s for i, _, s in parts if i]}
                    if any(p[0] for p in parts)
                    else {}
                ),
                **(status or {}),
            },
        )

    def unscheduled(
        self, words: str, *, image: str = "registry.example.com/shop/app:1.2", **parts: Any
    ) -> Raw:
        """A pod without a node and without container statuses."""
        raw = self.pod(words, self.container(image=image), node="", phase="Pending", **parts)
        raw["status"] = {
            "phase": "Pending",
            "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}],
        }
        return raw

    def event(
        self,
        about: str,
        reason: str,
        message: str,
        *,
        times: int = 1,
        first: float = 20,
        last: float = 1,
        kind: str = "Warning",
        component: str = "kubelet",
        field_path: str = "",
    ) -> Raw:
        """An Event in the form kubelet and controllers write (count, first and last timestamp)."""
        target = ref(about)
        name = f"{target.name}.{crc32((reason + message).encode()):x}"
        involved = {"kind": target.kind, "namespace": target.namespace, "name": target.name,
                    "apiVersion": target.api_version,
                    **({"fieldPath": field_path} if field_path else {})}  # fmt: skip
        return self.obj(
            f"Event {target.namespace or 'default'}/{name}",
            involvedObject=involved,
            reason=reason,
            message=message,
            type=kind,
            count=times,
            firstTimestamp=at(first),
            lastTimestamp=at(last),
            source={"component": component},
        )

    def deployment(
        self, words: str = "Deployment shop/app", *, replicas: int = 1, ready: int = 0, **parts: Any
    ) -> Raw:
        labels = {"app": "app"}
        return self.obj(
            words,
            labels=parts.pop("labels", labels),
            metadata=parts.pop("metadata", {}),
            spec={"replicas": replicas, "selector": {"matchLabels": labels}, **parts.pop("spec", {})},
            status={"replicas": replicas, "readyReplicas": ready, **parts.pop("status", {})},
            **parts,
        )

    def replicaset(
        self,
        words: str,
        owner: str = "Deployment shop/app",
        *,
        revision: int = 1,
        replicas: int = 1,
        ready: int = 0,
    ) -> Raw:
        return self.obj(
            words,
            owner=owner,
            labels={"app": "app"},
            metadata={"annotations": {"deployment.kubernetes.io/revision": str(revision)}},
            spec={"replicas": replicas, "selector": {"matchLabels": {"app": "app"}}},
            status={"replicas": replicas, "readyReplicas": ready},
        )


@pytest.fixture(name="k8s")
def _k8s() -> K8s:
    return K8s()


@pytest.fixture(name="view_of")
def _view_of() -> Any:
    return view_of
