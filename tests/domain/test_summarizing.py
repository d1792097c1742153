"""domain.summarizing: the sentence at the top of a report."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from kubetriage.domain.diagnosing import Case, diagnose
from kubetriage.domain.evidence import FailureKind, list_of
from kubetriage.domain.finding import Finding, Likelihood, Role
from kubetriage.domain.language import Language
from kubetriage.domain.view import ClusterView
from kubetriage.evals.language_check import english_in

MakeView = Callable[..., ClusterView]
MakeFinding = Callable[..., Finding]
MakeCase = Callable[..., Case]

POD = {"kind": "Pod", "metadata": {"name": "web-1", "namespace": "shop"}}
CLAIM = "PersistentVolumeClaim shop/data"
SYMPTOM = Role.SYMPTOM


def both(case: Case) -> tuple[str, str]:
    """The summary in English and in Chinese; no English sentence in the latter."""
    en = diagnose(case._replace(language=Language.EN)).summary
    zh = diagnose(case._replace(language=Language.ZH)).summary
    assert len(en) <= 300
    assert len(zh) <= 300
    assert english_in(zh) == []
    return en, zh


def test_one_cause_is_its_statement(view: MakeView, finding: MakeFinding, case: MakeCase) -> None:
    """The statement of the cause, the alert's resource in it."""
    cause = finding("r", said="Pod web-1 cannot start: no image.", zh="Pod web-1 无法启动：没有镜像。")
    assert both(case(view(POD), cause)) == (
        "Pod web-1 cannot start: no image.",
        "Pod web-1 无法启动：没有镜像。",
    )


def test_the_alerts_resource_is_named(view: MakeView, finding: MakeFinding, case: MakeCase) -> None:
    """A statement that speaks of others begins with the resource that the alert is about."""
    cause = finding("r", said="The image is gone.", zh="镜像不存在。")
    en, zh = both(case(view(POD), cause))
    assert en == "Pod shop/web-1: The image is gone."
    assert zh == "Pod shop/web-1：镜像不存在。"


def test_the_culprit_is_named(view: MakeView, finding: MakeFinding, case: MakeCase) -> None:
    """Where to change something is in the summary even if the statement speaks of the symptom."""
    cause = finding("r", said="Pod web-1 has no disk.", zh="Pod web-1 磁盘已满。", culprit="Node n7")
    en, zh = both(case(view(POD), cause))
    assert en == "Pod web-1 has no disk. The culprit is Node n7."
    assert zh == "Pod web-1 磁盘已满。问题所在：Node n7。"


def test_a_cause_elsewhere_is_told_with_what_it_does_here(
    view: MakeView, finding: MakeFinding, case: MakeCase
) -> None:
    """What is wrong and why: the claim's refusal, and that the pod waits for it, which names the pod."""
    refused = finding("refused", CLAIM, said="Claim data is refused.", zh="声明 data 被拒绝。")
    waits = finding("waits", role=SYMPTOM, waits_on=(refused.subject,), said="Pod web-1 waits for claim data.",
                    zh="Pod web-1 等待声明 data。")  # fmt: skip
    en, zh = both(case(view(POD), refused, waits))
    assert en == "Claim data is refused. As a result: Pod web-1 waits for claim data."
    assert zh == "声明 data 被拒绝。因此：Pod web-1 等待声明 data。"


def test_a_cause_elsewhere_that_the_alerts_resource_is_to_blame_for(
    view: MakeView, finding: MakeFinding, case: MakeCase
) -> None:
    """What it does to the alert's resource is told all the same when that is the culprit."""
    refused = finding("refused", CLAIM, said="Claim data is refused.", zh="声明 data 被拒绝。",
                      culprit="Pod shop/web-1")  # fmt: skip
    waits = finding("waits", role=SYMPTOM, waits_on=(refused.subject,), said="Pod web-1 waits for claim data.",
                    zh="Pod web-1 等待声明 data。")  # fmt: skip
    en, zh = both(case(view(POD), refused, waits))
    assert en == "Claim data is refused. As a result: Pod web-1 waits for claim data."
    assert zh == "声明 data 被拒绝。因此：Pod web-1 等待声明 data。"


@pytest.mark.parametrize("count", [2, 3, 5, 9, 40])
def test_every_independent_cause_is_named(
    count: int, view: MakeView, finding: MakeFinding, case: MakeCase
) -> None:
    """Up to five by their culprits' names, however long they are; how many there are beyond."""
    causes = [
        finding(f"r{i:02}", culprit=f"ConfigMap shop/settings-{i:02}", said="why " * 70, zh="原因" * 140)
        for i in range(count)
    ]
    en, zh = both(case(view(POD), *causes))
    for i in range(min(count, 5)):
        assert f"settings-{i:02}" in en
        assert f"settings-{i:02}" in zh
    assert en.startswith(f"{count} independent causes: (1) ")
    assert (f"and {count - 5} more" in en) is (count > 5)


def test_hints_are_no_causes_beside_a_cause(view: MakeView, finding: MakeFinding, case: MakeCase) -> None:
    """A hint is listed below, not in the summary."""
    sure, hint = finding("sure"), finding("hint", culprit="Node n1", likelihood=Likelihood.LOW)
    assert "hint" not in both(case(view(POD), sure, hint))[0]


# ---- the evidence does not decide


def test_a_hint_alone_is_said_to_be_one(view: MakeView, finding: MakeFinding, case: MakeCase) -> None:
    """A guess does not read like a finding."""
    hint = finding(
        "maybe", likelihood=Likelihood.LOW, said="Pod web-1 may lack memory.", zh="Pod web-1 可能缺内存。"
    )
    en, zh = both(case(view(POD), hint))
    assert en == "Pod web-1 may lack memory. This is a hint: the evidence does not decide."
    assert zh == "Pod web-1 可能缺内存。这只是线索，现有证据不足以定论。"


@pytest.mark.parametrize(
    ("kinds", "said"), [(["Event"], "1 read could"), (["Event", "Node"], "2 reads could")]
)
def test_an_open_symptom_tells_what_was_not_readable(
    kinds: list[str], said: str, view: MakeView, finding: MakeFinding, case: MakeCase
) -> None:
    """Inconclusive with what is missing."""
    failed = [(list_of(kind, "shop"), FailureKind.FORBIDDEN) for kind in kinds]
    symptom = finding("waits", role=SYMPTOM, said="Pod web-1 waits", zh="Pod web-1 在等待")
    en, zh = both(case(view(POD, failed=failed), symptom))
    assert en == f"Pod web-1 waits. The evidence does not show why. {said} not be made (see gaps)."
    assert zh == f"Pod web-1 在等待。现有证据不能说明原因。有 {len(kinds)} 项无法读取（见缺口）。"


def test_the_end_of_the_sentence_survives_a_long_statement(
    view: MakeView, finding: MakeFinding, case: MakeCase
) -> None:
    """That the evidence does not decide must not be what is cut off."""
    symptom = finding("waits", role=SYMPTOM, said="word " * 100, zh="词语" * 200)
    en, zh = both(case(view(POD), symptom))
    assert en.endswith("The evidence does not show why.")
    assert zh.endswith("现有证据不能说明原因。")


def test_a_target_that_is_gone_is_said_plainly(view: MakeView, finding: MakeFinding, case: MakeCase) -> None:
    """That it is gone is the whole of it."""
    gone = finding(
        "gone",
        role=SYMPTOM,
        category="insufficient-data",
        said="Pod web-1 is gone.",
        zh="Pod web-1 已不存在。",
    )
    assert both(case(view(absent=["Pod shop/web-1"]), gone)) == ("Pod web-1 is gone.", "Pod web-1 已不存在。")


def test_nothing_found_is_said_with_the_resource(view: MakeView, case: MakeCase) -> None:
    """Neither trouble nor a sign of health: what the alert measures may not be visible."""
    en, zh = both(case(view(POD)))
    assert en.startswith("Nothing that was read explains the alert (Pod shop/web-1)")
    assert zh.startswith("读到的内容都不能解释该告警（Pod shop/web-1）")


def test_a_cluster_that_could_not_be_read_is_the_reason(unread: MakeView, case: MakeCase) -> None:
    """Not "nothing explains it" but that nothing could be read, and why."""
    en, zh = both(case(unread()))
    assert en.startswith("Nothing can be said about Pod shop/web-1: the cluster or its MCP server could not")
    assert zh.startswith("无法判断 Pod shop/web-1 的状态：无法连接集群或其 MCP 服务器")


# ---- nothing is wrong


@pytest.mark.parametrize(
    ("status", "en_end", "zh_end"),
    [
        ("firing", "What the alert says is no longer true.", "告警所述情况现已不成立。"),
        ("resolved", "The alert is resolved.", "告警已恢复。"),
    ],
)
def test_health_is_told_with_what_it_means_for_the_alert(
    status: str, en_end: str, zh_end: str, view: MakeView, finding: MakeFinding, case: MakeCase
) -> None:
    """What is well, and that the alert is resolved or no longer true."""
    ready = finding("ready", role=Role.HEALTHY, said="Pod web-1 is ready.", zh="Pod web-1 已就绪。")
    en, zh = both(case(view(POD, status=status), ready))
    assert en == f"Pod web-1 is ready. {en_end}"
    assert zh == f"Pod web-1 已就绪。{zh_end}"


def test_a_resolved_alert_without_a_sign_of_trouble(view: MakeView, case: MakeCase, obj: Any) -> None:
    """Resolved, its object read and nothing found wrong: that is said, no more."""
    en, zh = both(case(view(POD, status="resolved")))
    assert en == "Nothing that was read shows Pod shop/web-1 in trouble now. The alert is resolved."
    assert zh == "读到的内容中没有发现 Pod shop/web-1 现在有问题。告警已恢复。"
    lost = case(view(obj("Node n1"), primary="", status="resolved"))
    assert both(lost)[0] == "Nothing that was read shows anything in trouble now. The alert is resolved."


@pytest.mark.parametrize(("ago", "said"), [(6, True), (1, False)])
def test_a_container_that_runs_again(
    view: MakeView, finding: MakeFinding, case: MakeCase, ago: int, said: bool
) -> None:
    """Of a cause that ended a container it is said for how long this has been running again."""
    now = view(POD).now
    ended, started = ((now - timedelta(minutes=m)).isoformat() for m in (ago + 1, ago))
    status = {"name": "app", "ready": True, "restartCount": 3, "state": {"running": {"startedAt": started}},
              "lastState": {"terminated": {"exitCode": 1, "finishedAt": ended}}}  # fmt: skip
    ready = {"conditions": [{"type": "Ready", "status": "True"}], "containerStatuses": [status]}
    pod = {**POD, "spec": {"containers": [{"name": "app"}]}, "status": ready}
    cause = finding(
        "r", said="Pod web-1 ends.", zh="Pod web-1 退出。", since=now - timedelta(minutes=ago + 1)
    )
    en, zh = both(case(view(pod), cause))
    assert ("It has been running again for 6 min." in en) is said
    assert ("此后已重新运行 6 分钟。" in zh) is said
