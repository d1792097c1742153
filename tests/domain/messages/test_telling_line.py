"""Which line of an excerpt a message shows beside a piece of evidence."""

from __future__ import annotations

import pytest

from kubetriage.domain.messages.spoken import LINE_LIMIT
from kubetriage.domain.messages.telling_line import telling_line

CRON = "spec.suspend: true\nmetadata.creationTimestamp: 2026-04-15\nspec.failedJobsHistoryLimit: 1"
LOG = (
    "40 lines: 0 errors in 40 records\n20x: waiting for <*>\n\nstarting version 1.4.2\n"
    "FATAL: could not write file: No space left on device\naborting startup due to a failure"
)
CONDITIONS = """status.conditions[2].reason: TooManyReplicas
status.conditions[2].type: ScalingLimited
status.conditions[0].message: recommended size matches current size
status.conditions[0].reason: ReadyForNewScale
status.conditions[0].status: True
status.conditions[0].type: AbleToScale
status.conditions[2].message: the desired replica count is more than the maximum replica count
status.conditions[2].status: True"""
UNREADY = """status.conditions[0].reason: NewReplicaSetAvailable
status.conditions[0].status: True
status.conditions[0].type: Progressing
status.conditions[1].message: Deployment does not have minimum availability.
status.conditions[1].reason: MinimumReplicasUnavailable
status.conditions[1].status: False
status.conditions[1].type: Available"""
LIMITED = (
    "ScalingLimited=True (TooManyReplicas): the desired replica count is more than the maximum replica count"
)
UNAVAILABLE = "Available=False (MinimumReplicasUnavailable): Deployment does not have minimum availability."


@pytest.mark.parametrize(
    ("excerpt", "said", "line"),
    [
        (CRON, "CronJob pg-backup is suspended (spec.suspend true).", "spec.suspend: true"),
        (
            LOG,
            "the volume is full: “could not write file: No space left on device”.",
            "FATAL: could not write file: No space left on device",
        ),
        (
            "启动 review 1.4.2\n致命错误: 连接失败: Access denied",
            "认证失败：“致命错误: 连接失败: Access denied”。",
            "致命错误: 连接失败: Access denied",
        ),
        (CONDITIONS, "the desired count is above the maximum", LIMITED),
        (UNREADY, "Deployment web: 0 of 1 replicas ready.", UNAVAILABLE),
        (
            "metadata.name: x\nspec.sessionAffinity: None\nspec.selector.app: web",
            "",
            "spec.selector.app: web",
        ),
        (
            f"spec.containers[0].volumeMounts[0].mountPath: /data\n{UNREADY}",
            "PVC test-data 一直 Pending",
            UNAVAILABLE,
        ),
        ("not found", "there is no Service crm-db", "not found"),
        ("metadata.creationTimestamp: 2026-04-15", "nothing of it", ""),
        ("", "anything", ""),
    ],
)
def test_the_line_shows_what_is_said(excerpt: str, said: str, line: str) -> None:
    """A line with the statement's words; a condition in one line, what is wrong first; else what says much."""
    assert telling_line(excerpt, said, ("CronJob", "shop", "web")) == line


def test_a_long_line_is_cut_where_it_says_nothing() -> None:
    """Of an event whose beginning is about itself the part is shown that is quoted."""
    event = (
        f"Warning Failed x9 kubelet on Pod/{'x' * 60}: Failed to pull: {'failed to resolve: ' * 9}not found"
    )
    line = telling_line(event, "the image is absent: “failed to resolve: not found”.")
    assert line.startswith("…") and line.endswith("failed to resolve: not found")
    assert len(line) <= LINE_LIMIT


@pytest.mark.parametrize("word", ["N" * 30_000, "a b " * 9_000, "\u202e" * 9_000, "国" * 20_000])
def test_any_excerpt_has_a_short_line(word: str) -> None:
    """Text of any length gives one line in no time, and nothing invisible in it."""
    line = telling_line(word, f"“{word[:200]}”")
    assert 0 < len(line) <= LINE_LIMIT and "\u202e" not in line
