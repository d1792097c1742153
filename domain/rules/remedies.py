"""Remedies: what to do about a cause, with commands that name real objects of the cluster.

Read commands must run as they stand: build them only for objects and logs that were seen.
"""

from __future__ import annotations

import shlex

from kubetriage.domain.finding import Command, Effect, Remedy, RemedyKind
from kubetriage.domain.kube import Obj, whole_number
from kubetriage.domain.language import Text, text
from kubetriage.domain.resource import WORKLOADS, Resource
from kubetriage.domain.view import ClusterView


def read(command: str) -> Command:
    """A command that only reads."""
    return Command(command=command, effect=Effect.READ)


def mutate(command: str) -> Command:
    """A command that changes the cluster and can be undone by another one."""
    return Command(command=command, effect=Effect.CHANGE)


def destroy(command: str) -> Command:
    """A command that deletes or interrupts something."""
    return Command(command=command, effect=Effect.DESTRUCTIVE)


def change(title: Text, detail: Text, *commands: Command) -> Remedy:
    return Remedy(kind=RemedyKind.CHANGE, title=title, detail=detail, commands=commands)


def check(title: Text, detail: Text, *commands: Command) -> Remedy:
    return Remedy(kind=RemedyKind.CHECK, title=title, detail=detail, commands=commands)


def escalate(title: Text, detail: Text, *commands: Command) -> Remedy:
    """Something others must do: say who, and what to tell them."""
    return Remedy(kind=RemedyKind.ESCALATE, title=title, detail=detail, commands=commands)


# ---- parts of commands


def in_namespace(ref: Resource) -> str:
    """` -n namespace`, empty for cluster-scoped kinds."""
    return f" -n {shlex.quote(ref.namespace)}" if ref.namespace else ""


def target(ref: Resource) -> str:
    """`kind/name -n namespace` as kubectl takes it; kinds that are not built in carry their group."""
    kind = ref.kind.lower()
    if not ref.builtin and "/" in ref.api_version:
        kind = f"{kind}.{ref.api_version.partition('/')[0]}"
    return f"{kind}/{shlex.quote(ref.name)}{in_namespace(ref)}"


def see_yaml(ref: Resource) -> Command:
    return read(f"kubectl get {target(ref)} -o yaml")


def describe(ref: Resource) -> Command:
    return read(f"kubectl describe {target(ref)}")


def see_events(ref: Resource) -> Command:
    """The events about one object; exits 0 even if there are none."""
    chosen = f"involvedObject.kind={ref.kind},involvedObject.name={ref.name}"
    namespace = f" -n {shlex.quote(ref.namespace)}" if ref.namespace else " -A"
    return read(f"kubectl get events{namespace} --field-selector {shlex.quote(chosen)}")


def see_log(view: ClusterView, pod: Resource, container: str, *, previous: bool = False) -> list[Command]:
    """The log of a container, if it was seen to be there (kubectl fails otherwise)."""
    if view.log(pod, container, previous=previous) is None:
        return []
    flag = " --previous" if previous else ""
    where = f"{shlex.quote(pod.name)}{in_namespace(pod)} -c {shlex.quote(container)}"
    return [read(f"kubectl logs {where}{flag} --tail=100")]


def edit_template(workload: Resource) -> tuple[Command, ...]:
    """How to change what a workload's pods are made from; a Pod's or Job's spec is fixed."""
    if workload.kind in ("Pod", "Job"):
        return (see_yaml(workload), destroy("kubectl replace --force -f <edited-manifest>.yaml"))
    return (mutate(f"kubectl edit {target(workload)}"),)


def suspend(ref: Resource, suspended: bool) -> Command:
    """Tells a Job or CronJob to start nothing more, or to go on."""
    patch = f'{{"spec":{{"suspend":{"true" if suspended else "false"}}}}}'
    return mutate(f"kubectl patch {target(ref)} --type merge -p '{patch}'")


def set_image(workload: Resource, container: str, image: str) -> tuple[Command, ...]:
    """Another image for a container; `image` may hold placeholders."""
    if workload.kind == "Job" or (workload.kind not in WORKLOADS and workload.kind != "Pod"):
        return edit_template(workload)
    return (mutate(f"kubectl set image {target(workload)} {shlex.quote(container)}={image}"),)


# ---- who owns the object's definition


def managed_by(obj: Obj | None) -> Text | None:
    """The Helm release, Argo CD application, Flux object or operator that writes this object, None if nobody.

    Labels and annotations: helm.sh "Labels and Annotations", Argo CD "Resource Tracking", Flux
    `kustomize.toolkit.fluxcd.io/name` and `helm.toolkit.fluxcd.io/name`.
    """
    if obj is None:
        return None
    labels, notes = obj.labels, obj.annotations
    flux = labels.get("helm.toolkit.fluxcd.io/name")
    if flux:
        where = labels.get("helm.toolkit.fluxcd.io/namespace", obj.namespace)
        return Text(en=f"Flux HelmRelease {where}/{flux}", zh=f"Flux 的 HelmRelease {where}/{flux}")
    flux = labels.get("kustomize.toolkit.fluxcd.io/name")
    if flux:
        where = labels.get("kustomize.toolkit.fluxcd.io/namespace", obj.namespace)
        return Text(en=f"Flux Kustomization {where}/{flux}", zh=f"Flux 的 Kustomization {where}/{flux}")
    tracked = notes.get("argocd.argoproj.io/tracking-id", "").partition(":")[0]
    app = tracked or labels.get("argocd.argoproj.io/instance", "")
    if app:
        return Text(en=f"Argo CD application {app}", zh=f"Argo CD 应用 {app}")
    release = notes.get("meta.helm.sh/release-name")
    if release:
        where = notes.get("meta.helm.sh/release-namespace", obj.namespace)
        return Text(
            en=f"Helm release {release} (namespace {where})", zh=f"Helm 发布 {release}（命名空间 {where}）"
        )
    if labels.get("app.kubernetes.io/managed-by") == "Helm":
        release = labels.get("app.kubernetes.io/instance") or labels.get("release") or obj.name
        return Text(en=f"Helm release {release}", zh=f"Helm 发布 {release}")
    owner = obj.controller
    if owner is not None and not owner.builtin:
        return Text(
            en=f"{owner.kind} {owner.name} (its controller)", zh=f"{owner.kind} {owner.name}（其控制器）"
        )
    return None


def owner_note(obj: Obj | None, *, changes: bool = True) -> Text:
    """A sentence to append to a remedy's detail, empty if the object is nobody's; one that `changes` the
    object says where."""
    owner = managed_by(obj)
    if owner is None or obj is None:
        return Text(en="", zh="")
    there = text(": change it there, or it will be reverted", "：请在那里修改，否则会被还原")
    return text(
        " {k} {n} is managed by {o}{t}.", "{k} {n} 由{o}管理{t}。",
        k=obj.ref.kind, n=obj.name, o=owner, t=there if changes else "",
    )  # fmt: skip


def with_note(detail: Text, obj: Obj | None) -> Text:
    """`detail` followed by `owner_note(obj)`."""
    note = owner_note(obj)
    return Text(en=detail.en + note.en, zh=detail.zh + note.zh)


# ---- going back


def revision(replica_set: Obj) -> int:
    """The Deployment revision a ReplicaSet stands for, 0 if it carries none."""
    return whole_number(replica_set.annotations.get("deployment.kubernetes.io/revision", "")) or 0


def current_and_previous(view: ClusterView, deployment: Resource) -> tuple[Obj | None, Obj | None]:
    """The ReplicaSets of the newest revision and of the one before it, as far as they were read."""
    sets = sorted(view.owned(deployment, "ReplicaSet"), key=lambda s: (revision(s), s.name), reverse=True)
    sets = [s for s in sets if revision(s)]
    return (sets[0] if sets else None, sets[1] if len(sets) > 1 else None)


def rollback(view: ClusterView, workload: Resource) -> Remedy | None:
    """Going back to the revision before, when that one is seen to have ready pods; None otherwise.

    A rolling update keeps the old ReplicaSet's pods until new ones are ready, so a broken revision leaves
    the healthy one in sight. One that is scaled to zero proves nothing.
    """
    found = view.find(workload)
    if found is None:
        return None
    if workload.kind == "Deployment":
        _, before = current_and_previous(view, workload)
        if before is None or not before.number("status", "readyReplicas"):
            return None
        ready, mark = before.number("status", "readyReplicas"), revision(before)
        pods = "pod" if ready == 1 else "pods"
        detail = Text(
            en=f"ReplicaSet {before.name} (revision {mark}) still has {ready} ready {pods}: it works.",
            zh=f"ReplicaSet {before.name}（修订版 {mark}）仍有 {ready} 个就绪 Pod，说明该版本可用。",
        )
        flag = f" --to-revision={mark}"
    elif workload.kind in ("StatefulSet", "DaemonSet"):
        old = found.text("status", "currentRevision")
        if workload.kind == "DaemonSet" or not old or old == found.text("status", "updateRevision"):
            return None
        mine = [p for p in view.pods_of(workload) if p.labels.get("controller-revision-hash") == old]
        if not any((p.conditions().get("Ready") or _NONE)[1] == "True" for p in mine):
            return None
        detail = Text(
            en=f"Pods of revision {old} are still ready, so that version works.",
            zh=f"修订版 {old} 的 Pod 仍然就绪，说明该版本可用。",
        )
        flag = ""
    else:
        return None
    return go_back(found, detail, flag)


def go_back(workload: Obj, detail: Text, flag: str = "") -> Remedy:
    """To the revision before; `detail` says how it is known to have worked."""
    return change(
        text("Go back to the previous revision of {k} {n}", "把 {k} {n} 回滚到上一个修订版",
             k=workload.ref.kind, n=workload.name),
        with_note(detail, workload),
        mutate(f"kubectl rollout undo {target(workload.ref)}{flag}"),
    )  # fmt: skip


_NONE = ("", "")


def with_rollback(
    view: ClusterView, workload: Resource, *remedies: Remedy, pod: Obj | None = None
) -> tuple[Remedy, ...]:
    """The remedies of a wrong template, going back first where the revision before is healthy.

    Where `pod`, which fails, is itself of that earlier revision, going back would help nothing.
    """
    _, before = current_and_previous(view, workload)
    if pod is not None and before is not None and pod.controller == before.ref:
        return remedies
    back = rollback(view, workload)
    return (back, *remedies) if back else remedies
