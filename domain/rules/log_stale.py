"""Files on a network file system whose server no longer knows them (ESTALE)."""

from __future__ import annotations

from kubetriage.domain.finding import Likelihood, Specificity
from kubetriage.domain.resource import resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.log_stated import Cause, Stated, mounted_at
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.wording import short
from kubetriage.domain.view import ClusterView


def stale_handle(view: ClusterView, told: Stated) -> Cause:
    """The export was replaced, moved or made anew while the pods had it mounted: they keep the old one."""
    path = told.seen.values.get("file", "")
    volume = mounted_at(told.pod, told.state, path)[0] if path else {}
    if not volume:
        near = [v for v in told.pod.items("spec", "volumes") if "persistentVolumeClaim" in v or "nfs" in v]
        volume = dict(near[0]) if len(near) == 1 else {}
    claimed = volume.get("persistentVolumeClaim")
    name = str(claimed.get("claimName") or "") if isinstance(claimed, dict) else ""
    claim = resource("PersistentVolumeClaim", told.pod.namespace, name) if name else None
    found = view.find(claim) if claim is not None else None
    where = (
        say(" of claim {c}", "（声明 {c}）", c=name)
        if name
        else say(" of volume {v}", "（卷 {v}）", v=str(volume["name"]))
        if volume.get("name")
        else NOTHING
    )
    says = say(
        "it holds stale file handles{w}{f}: its server no longer has what was mounted (the export was "
        "replaced, moved or made anew)",
        "它持有的文件句柄已失效{w}{f}：存储服务器上挂载时的内容已不存在（导出目录被替换、迁移或重建）",
        w=where,
        f=say(" ({f})", "（{f}）", f=short(path, 60)) if path else NOTHING,
    )
    work = view.workload(told.pod.ref)
    again = remedies.change(
        say(
            "Have the export put right, then let the pods mount it anew", "先恢复导出目录，再让 Pod 重新挂载"
        ),
        say(
            "A mount that is stale stays so: only a new mount gets the new handles. Whoever runs the storage "
            "server says what was changed; a pod that is made anew on a node where another one still has the "
            "volume gets the stale mount again, so all of them there must go first.",
            "失效的挂载不会自行恢复，只有重新挂载才能取得新的句柄。请存储服务器的管理员说明变更内容；"
            "如果同一节点上仍有其他 Pod 使用该卷，新 Pod 会沿用失效的挂载，须先全部停掉。",
        ),
        *(
            (remedies.mutate(f"kubectl rollout restart {remedies.target(work)}"),)
            if work.kind in ("Deployment", "StatefulSet", "DaemonSet")
            else ()
        ),
    )
    return Cause(
        "log.stale-handle", "volume-mount", says, culprit=claim,
        likelihood=Likelihood.HIGH if told.sure else Likelihood.MEDIUM,
        specificity=Specificity.NAMED, waits_on=(claim,) if claim is not None else (),
        cites=(found.cite,) if found is not None else (), quotes=(path,) if path else (),
        remedies=(again,))  # fmt: skip
