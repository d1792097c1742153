"""Pods that are started together or not at all."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.evidence import list_of
from kubetriage.domain.finding import Likelihood, Role
from kubetriage.domain.relations.scheduling import around_unscheduled

POD = "Pod shop/web-1"
GANG = "4/4 tasks in gang unschedulable: pod group is not ready, 4 Pending, 4 minAvailable; Pending: 4 Unschedulable"
GROUP = {"scheduling.k8s.io/group-name": "bert"}
LABELS = {"volcano.sh/job-name": "bert"}


def _member(stuck: Any, message: str, words: str = POD) -> Any:
    pod = stuck(message, words, schedulerName="volcano")
    pod["metadata"] |= {"annotations": GROUP, "labels": LABELS}
    return pod


def test_one_of_the_group_says_what_is_missing(view_of: Any, stuck: Any, found: Any) -> None:
    """The pod itself says only that its group is not ready; another one tells of which resource."""
    other = _member(stuck, "0/3 nodes are unavailable: 3 Insufficient nvidia.com/gpu.", "Pod shop/web-2")
    (one,) = found(view_of([_member(stuck, GANG), other], POD), "gang")
    assert one.role is Role.CAUSE and one.likelihood is Likelihood.HIGH and one.category == "insufficient-gpu"
    assert "group bert" in one.statement.en and "Insufficient nvidia.com/gpu" in one.statement.en
    assert "组 bert" in one.statement.zh and "web-2" in one.statement.zh


def test_nobody_of_the_group_says_it(view_of: Any, stuck: Any, found: Any) -> None:
    """That the group waits is known; of what there is too little is not."""
    (one,) = found(view_of([_member(stuck, GANG)], POD))
    assert one.rule == "scheduling.gang" and one.likelihood is Likelihood.MEDIUM


def test_words_of_another_scheduler(view_of: Any, stuck: Any, found: Any) -> None:
    """Words that nobody knows are passed on as they are, and claim no reason."""
    (one,) = found(view_of([stuck("queue root.ml is over its share", schedulerName="yunikorn")], POD))
    assert one.role is Role.SYMPTOM and one.culprit is None
    assert "scheduler yunikorn" in one.statement.en and "over its share" in one.statement.zh


def test_the_group_is_read(view_of: Any, stuck: Any, k8s: Any) -> None:
    """The other pods by the label that they share; not for a pod that nodes refused."""
    listed = list_of("Pod", "shop", labels="volcano.sh/job-name=bert")
    reads = [w.read for w in k8s.wants(around_unscheduled(view_of([_member(stuck, GANG)], POD)))]
    assert listed in reads
    plain = _member(stuck, "0/2 nodes are available: 2 Insufficient cpu.")
    assert listed not in [w.read for w in k8s.wants(around_unscheduled(view_of([plain], POD)))]
