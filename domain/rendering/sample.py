"""A report as it looks, for trying out formats and channels: a claim smaller than its class allows."""

from __future__ import annotations

from datetime import UTC, datetime

from kubetriage.domain.finding import Command, Effect, Likelihood, RemedyKind
from kubetriage.domain.language import Language, Text
from kubetriage.domain.rendering.sample_evidence import (
    POD_NAME,
    READ_AT,
    sample_alert,
    sample_evidence,
    sample_resource,
)
from kubetriage.domain.report import (
    Change,
    Checked,
    CheckState,
    Claim,
    Gap,
    Impact,
    KnowledgeItem,
    Outcome,
    Recommendation,
    Report,
    RootCause,
    Usage,
    Verification,
)

_CREATED = datetime(2026, 3, 2, 2, 59, 12, tzinfo=UTC)


def sample_report(language: Language) -> Report:
    """The sample in the language: Chinese values for `zh`, English ones otherwise."""
    say = _Say(language)
    return Report(
        id="sample-0001",
        language=language,
        created_at=READ_AT,
        alert=sample_alert(),
        outcome=Outcome.DIAGNOSED,
        summary=say(
            "Pod {pod} cannot start: claim test-data asks for 5Gi, and StorageClass cbs provisions "
            "10Gi or more, so no volume is made for it.",
            "Pod {pod} 无法启动：存储卷声明 test-data 申请 5Gi，而 StorageClass cbs 最小只能创建 10Gi，"
            "因此没有为它创建存储卷。",
        ),
        first_reading=say(
            "A Pod in namespace aiops is not in a normal state; most often it cannot be scheduled, its image "
            "cannot be pulled, or its process exits.",
            "命名空间 aiops 中有 Pod 状态不正常；最常见的情况是无法调度、镜像拉取失败或进程退出。",
        ),
        primary=sample_resource("Pod", POD_NAME),
        impact=_impact(say),
        checked=_checked(say),
        root_causes=_root_causes(say),
        contributing=_contributing(say),
        risks=_risks(say),
        changes=_changes(say),
        recommendations=_recommendations(say),
        evidence=sample_evidence(),
        gaps=_gaps(say),
        knowledge=_knowledge(say),
        verification=Verification(claims=4, confirmed=4),
        usage=Usage(
            cluster_reads=14, seconds=0.8, seconds_by_node={"check_related": 0.7, "apply_rules": 0.1}
        ),
    )


class _Say:
    """Chooses between two wordings; `{pod}` stands for the Pod's name."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def __call__(self, en: str, zh: str) -> str:
        return Text(en=en, zh=zh).say(self._language).format(pod=POD_NAME)


def _impact(say: _Say) -> Impact:
    return Impact(
        statement=say(
            "Deployment test-deployment has 0 of 1 replicas available; no Service selects its Pods.",
            "Deployment test-deployment 的 1 个副本中有 0 个可用；没有 Service 选择它的 Pod。",
        ),
        evidence=("E1",),
    )


def _changes(say: _Say) -> tuple[Change, ...]:
    return (
        Change(
            at=_CREATED,
            resource=sample_resource("PersistentVolumeClaim", "test-data"),
            what=say("created", "被创建"),
            evidence=("E4",),
        ),
    )


def _gaps(say: _Say) -> tuple[Gap, ...]:
    return (
        Gap(
            what=say("Log of the provisioner of StorageClass cbs", "StorageClass cbs 的存储供应程序的日志"),
            why=say(
                "reading logs in namespace kube-system is forbidden",
                "没有读取命名空间 kube-system 中日志的权限",
            ),
        ),
    )


def _knowledge(say: _Say) -> tuple[KnowledgeItem, ...]:
    return (
        KnowledgeItem(
            title="StorageClass cbs",
            source="runbooks/storage.md",
            excerpt=say(
                "Disks of class cbs come in sizes from 10Gi, in steps of 10Gi.",
                "cbs 类型的云硬盘最小 10Gi，以 10Gi 为步长。",
            ),
        ),
    )


def _checked(say: _Say) -> tuple[Checked, ...]:
    claim_said = say("Pending: its volume is refused.", "Pending：存储卷创建被拒绝。")
    return (
        Checked(
            resource=sample_resource("Pod", POD_NAME),
            why=say("named by the alert", "告警指明的对象"),
            state=CheckState.ABNORMAL,
            findings=(
                say(
                    "Pending, not scheduled: it waits for claim test-data to be bound.",
                    "Pending，尚未调度：在等待存储卷声明 test-data 绑定。",
                ),
            ),
            evidence=("E2",),
        ),
        Checked(
            resource=sample_resource("PersistentVolumeClaim", "test-data"),
            why=say("mounted by the Pod", "被该 Pod 挂载"),
            state=CheckState.ABNORMAL,
            findings=(claim_said, say("It asks for 5Gi of class cbs.", "它向 cbs 申请 5Gi。")),
            evidence=("E3", "E4"),
        ),
        Checked(
            resource=sample_resource("Deployment", "test-deployment"),
            why=say("owns the Pod", "拥有该 Pod"),
            state=CheckState.ABNORMAL,
            findings=(say("0 of 1 replicas available.", "1 个副本中有 0 个可用。"),),
            evidence=("E1",),
        ),
        Checked(
            resource=sample_resource("StorageClass", "cbs", ""),
            why=say("the claim's class", "该存储卷声明的存储类"),
            state=CheckState.NORMAL,
            evidence=("E5",),
        ),
        Checked(
            resource=sample_resource("ResourceQuota", ""),
            why=say("could limit storage in the namespace", "可能限制命名空间内的存储"),
            state=CheckState.ABSENT,
        ),
    )


def _root_causes(say: _Say) -> tuple[RootCause, ...]:
    return (
        RootCause(
            rank=1,
            category="volume-provisioning",
            culprit=sample_resource("PersistentVolumeClaim", "test-data"),
            statement=say(
                "PersistentVolumeClaim aiops/test-data asks for 5Gi; the provisioner of StorageClass "
                "cbs refuses less than 10Gi.",
                "PersistentVolumeClaim aiops/test-data 申请 5Gi，StorageClass cbs 的存储供应程序"
                "拒绝创建小于 10Gi 的存储卷。",
            ),
            likelihood=Likelihood.HIGH,
            confirmed=True,
            evidence=("E3", "E4"),
        ),
    )


def _contributing(say: _Say) -> tuple[Claim, ...]:
    return (
        Claim(
            statement=say(
                "The claim stays Pending, no volume is bound to it.",
                "该存储卷声明停留在 Pending，没有绑定存储卷。",
            ),
            confirmed=True,
            evidence=("E4",),
        ),
        Claim(
            statement=say(
                "The scheduler does not place the Pod while its claim is unbound.",
                "存储卷声明未绑定期间，调度器不会为该 Pod 选择节点。",
            ),
            confirmed=True,
            evidence=("E2",),
        ),
    )


def _risks(say: _Say) -> tuple[Claim, ...]:
    return (
        Claim(
            statement=say(
                "Image noimage has neither a registry nor a tag; once the Pod is scheduled, pulling it "
                "may be what fails next.",
                "镜像 noimage 既没有仓库地址也没有标签；Pod 调度成功后，下一个失败的可能就是拉取镜像。",
            ),
            confirmed=True,
            evidence=("E1",),
        ),
    )


def _recommendations(say: _Say) -> tuple[Recommendation, ...]:
    claim = "kubectl -n aiops get pvc test-data -o json"
    resize = 's/"storage": "5Gi"/"storage": "10Gi"/'
    return (
        Recommendation(
            kind=RemedyKind.CHECK,
            title=say("Read the claim's events", "查看该存储卷声明的事件"),
            detail=say("They hold the provisioner's refusal.", "其中有存储供应程序拒绝的原因。"),
            commands=(Command(command="kubectl -n aiops describe pvc test-data"),),
            addresses=1,
        ),
        Recommendation(
            kind=RemedyKind.CHANGE,
            title=say("Make the claim anew with 10Gi", "以 10Gi 重新创建该存储卷声明"),
            detail=say(
                "The size of a claim that is not bound cannot be edited. It holds no data yet: "
                "no volume was made.",
                "未绑定的存储卷声明不能修改大小。它还没有数据：存储卷从未创建。",
            ),
            commands=(
                Command(
                    command=f"{claim} | sed '{resize}' | kubectl replace --force -f -",
                    effect=Effect.DESTRUCTIVE,
                ),
            ),
            addresses=1,
        ),
        Recommendation(
            kind=RemedyKind.CHANGE,
            title=say("Set the image that is meant", "设置正确的镜像"),
            detail=say(
                "REGISTRY/IMAGE:TAG stands for the image that the container should run.",
                "REGISTRY/IMAGE:TAG 代表该容器应当运行的镜像。",
            ),
            commands=(
                Command(
                    command="kubectl -n aiops set image deployment/test-deployment test=REGISTRY/IMAGE:TAG",
                    effect=Effect.CHANGE,
                ),
            ),
        ),
    )
