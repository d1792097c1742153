"""Programs that find their data locked: another pod uses the same volume, or a lock file was left in it."""

from __future__ import annotations

from kubetriage.domain.finding import Likelihood, Remedy, Specificity
from kubetriage.domain.kube import Obj, containers, elements
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.log_stated import Cause, Stated, mounted_at
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.wording import named, quotable, short
from kubetriage.domain.view import ClusterView


def data_locked(view: ClusterView, told: Stated) -> Cause:
    """Data that only one process may use at a time, and the pod that uses it already, if one can be seen."""
    values = told.seen.values
    path = values.get("file") or values.get("name", "")
    what = say(" ({f})", "（{f}）", f=short(path, 60)) if path else NOTHING
    for claim in _claims(told, path):
        others = [p for p in view.pods_using_claim(claim) if p.ref != told.pod.ref and _runs(p)]
        if others:
            return _held(view, told, what, path, claim, others[0])
    says = say("its data is locked{w}: another process uses it, or an earlier run left its lock behind",
               "其数据已被锁定{w}：有其他进程正在使用，或上次运行遗留了锁文件", w=what)  # fmt: skip
    return Cause("log.data-locked", "crash-app-error", says, quotes=quotable(path) if path else (),
                 likelihood=Likelihood.HIGH if told.sure else Likelihood.MEDIUM,
                 remedies=(_free(view, told),))  # fmt: skip


def _claims(told: Stated, path: str) -> list[Resource]:
    """The claim that holds the locked file, or all that the container mounts if its place is not named."""
    volume, _, _ = mounted_at(told.pod, told.state, path) if path.startswith("/") else ({}, "", {})
    mounts = elements(told.state.spec.get("volumeMounts"))
    names = {str(m.get("name")) for m in mounts if isinstance(m, dict)}
    volumes = [volume] if volume else [v for v in told.pod.items("spec", "volumes") if v.get("name") in names]
    found = []
    for one in volumes:
        claimed = one.get("persistentVolumeClaim")
        if isinstance(claimed, dict) and claimed.get("claimName"):
            found.append(resource("PersistentVolumeClaim", told.pod.namespace, str(claimed["claimName"])))
    return found


def _runs(pod: Obj) -> bool:
    """Whether a pod runs a container now, one that is being removed included: its processes hold the lock."""
    return any(state.running for state in containers(pod) if not state.init)


def _held(view: ClusterView, told: Stated, what: Text, path: str, claim: Resource, other: Obj) -> Cause:
    work, theirs = view.workload(told.pod.ref), view.workload(other.ref)
    says = say("its data is locked{w}: pod {p} still runs on the same volume (claim {c})",
               "其数据已被锁定{w}：Pod {p} 仍在使用同一个卷（存储卷声明 {c}）",
               w=what, p=other.name, c=claim.name)  # fmt: skip
    fix = _share(view, work, claim) if work == theirs else _part(view, work, theirs, claim)
    return Cause(
        "log.data-locked", "rollout-stuck" if work == theirs else "misconfigured-app", says,
        likelihood=Likelihood.HIGH if told.sure else Likelihood.MEDIUM, specificity=Specificity.EXACT,
        cites=(other.cite,), quotes=quotable(claim.name, path), remedies=(fix,))  # fmt: skip


def _share(view: ClusterView, work: Resource, claim: Resource) -> Remedy:
    """Two pods of one workload on one volume: an update that starts the new before the old has ended."""
    patch = '{"spec":{"strategy":{"type":"Recreate","rollingUpdate":null}}}'
    commands = remedies.edit_template(work)
    if work.kind == "Deployment":
        commands = (remedies.mutate(f"kubectl patch {remedies.target(work)} --type=merge -p '{patch}'"),)
    return remedies.change(
        say("Let only one pod of {w} use claim {c} at a time",
            "让 {w} 同一时刻只有一个 Pod 使用存储卷声明 {c}", w=named(work), c=claim.name),
        remedies.with_note(
            Text(en="One replica and strategy Recreate: a rolling update starts the new pod while the old "
                    "one still runs.",
                 zh="使用单副本和 Recreate 策略：滚动更新会在旧 Pod 仍在运行时启动新 Pod。"),
            view.find(work)),
        *commands,
    )  # fmt: skip


def _part(view: ClusterView, work: Resource, theirs: Resource, claim: Resource) -> Remedy:
    return remedies.change(
        say("Give {a} and {b} a volume each, or run one of them only",
            "为 {a} 和 {b} 分别提供卷，或只运行其中之一", a=named(work), b=named(theirs)),
        remedies.with_note(say("Both use claim {c}.", "两者都使用存储卷声明 {c}。", c=claim.name),
                           view.find(work)),
        *remedies.edit_template(work),
    )  # fmt: skip


def _free(view: ClusterView, told: Stated) -> Remedy:
    return remedies.escalate(
        Text(en="Find what holds the lock; remove it only when nothing does",
             zh="查明谁持有锁；确认无人使用后才能删除"),
        Text(en="Another pod or a host outside the cluster may use the same data (shared volume, "
                "hostPath, NFS). A lock file that is left from a crash may be removed once no process "
                "uses the data: two processes on it destroy it.",
             zh="可能有其他 Pod 或集群外主机在使用同一份数据（共享卷、hostPath、NFS）。"
                "崩溃遗留的锁文件只有在确认没有进程使用数据后才能删除："
                "两个进程同时使用会损坏数据。"),
        remedies.describe(told.pod.ref),
    )  # fmt: skip


def held_in_database() -> Remedy:
    """For a lock inside a database, a migration's included."""
    return remedies.escalate(
        Text(en="Find the session that holds the lock", zh="查明持有该锁的会话"),
        Text(en="The database lists its locks and who waits for whom. A migration's lock (such as "
                "Liquibase's change log lock) stays behind when the pod that held it was killed: release it "
                "with the tool's own command once no migration runs.",
             zh="数据库可列出当前的锁及等待关系。迁移工具的锁（例如 Liquibase 的 change log lock）"
                "在持有它的 Pod 被终止后会遗留：确认没有迁移在运行后，用该工具自带的命令释放。"),
    )  # fmt: skip
