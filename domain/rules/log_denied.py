"""Rights that a process lacks: ports below 1024, and files, in the image or in a volume."""

from __future__ import annotations

from kubetriage.domain.finding import Likelihood, Specificity
from kubetriage.domain.kube import as_int, elements
from kubetriage.domain.language import Text
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.log_stated import Cause, Stated, mounted_at
from kubetriage.domain.rules.phrases import NOTHING, UNNAMED, say
from kubetriage.domain.rules.wording import quotable, short
from kubetriage.domain.view import ClusterView


def port_denied(view: ClusterView, told: Stated) -> Cause:
    """A port below 1024; where the log names none, the only such one of the container."""
    user = _user(told)
    low = {str(p.get("containerPort")) for p in elements(told.state.spec.get("ports"))
           if isinstance(p, dict) and (as_int(p.get("containerPort")) or 1024) < 1024}  # fmt: skip
    port = told.seen.values.get("port") or (low.pop() if len(low) == 1 else UNNAMED)
    return Cause(
        "log.port-denied", "pod-security",
        say("it may not bind port {p}: ports below 1024 need root or NET_BIND_SERVICE{u}",
            "无权绑定端口 {p}：1024 以下端口需要 root 或 NET_BIND_SERVICE{u}", p=port, u=user),
        likelihood=_sure(told), specificity=Specificity.EXACT if user.en else Specificity.NAMED)  # fmt: skip


def _user(told: Stated) -> Text:
    for context in (told.state.spec.get("securityContext"), told.pod.at("spec", "securityContext")):
        if isinstance(context, dict):
            if context.get("runAsUser"):
                return say(", and it runs as user {u}", "，而它以用户 {u} 运行", u=context["runAsUser"])
            if context.get("runAsNonRoot"):
                return Text(en=", and it runs as non-root", zh="，而它以非 root 运行")
    return NOTHING


def _sure(told: Stated) -> Likelihood:
    return Likelihood.HIGH if told.sure else Likelihood.MEDIUM


def file_denied(view: ClusterView, told: Stated) -> Cause:
    """A file that the process may not use; in a claim's volume, its group is what `fsGroup` makes it."""
    path = told.seen.values.get("file", "")
    what = short(path, 60) or Text(en="a file", zh="某个文件")
    says = say("it has no right to {f}{u}", "没有访问 {f} 的权限{u}", f=what, u=_user(told))
    base = Cause("log.file-denied", "pod-security", says, likelihood=_sure(told),
                 quotes=(path,) if path else ())  # fmt: skip
    volume = mounted_at(told.pod, told.state, path)[0] if path else {}
    claimed = volume.get("persistentVolumeClaim")
    claim = str(claimed.get("claimName") or "") if isinstance(claimed, dict) else ""
    if not claim or told.pod.at("spec", "securityContext", "fsGroup") is not None:
        return base
    says = say("it has no right to {f} in the volume of claim {c}; the pod sets no fsGroup{u}",
               "没有访问存储卷声明 {c} 的卷中 {f} 的权限；Pod 未设置 fsGroup{u}",
               f=what, c=claim, u=_user(told))  # fmt: skip
    work = view.workload(told.pod.ref)
    fix = remedies.change(
        Text(en="Set fsGroup in the pod's securityContext to the group of its user",
             zh="在 Pod 的 securityContext 中将 fsGroup 设为其用户所属的组"),
        remedies.with_note(
            Text(en="The kubelet then gives the volume's files to that group. NFS and other shared file "
                    "systems do not heed it: there the directory's owner is changed on the server.",
                 zh="kubelet 随后会把卷中文件的属组改为该组。NFS 等共享文件系统不支持："
                    "需在服务端修改目录属主。"),
            view.find(work)),
        *remedies.edit_template(work),
    )  # fmt: skip
    return base._replace(says=says, specificity=Specificity.EXACT, quotes=(*base.quotes, *quotable(claim)),
                         remedies=(fix,))  # fmt: skip
