"""A statement in fewer characters is still a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubetriage.domain.shortening import in_short, whole_clauses

CLAIM = (
    "PersistentVolumeClaim test-data requests 5Gi, but the provisioner of StorageClass cbs accepts at least "
    "10Gi: “disk size is invalid. Must in [10, 32000]”"
)
WAITS = "Pod web-0 cannot be scheduled: it waits for PersistentVolumeClaim data, which is not bound"
IMAGE = "image registry.example.com/hr/people-sync:0.4.9 does not exist in the registry (wrong tag or name)"


@pytest.mark.parametrize(
    ("said", "limit", "short"),
    [
        (WAITS, 100, WAITS),
        (CLAIM, 120, CLAIM.partition(": “")[0]),
        (WAITS, 80, "Pod web-0 cannot be scheduled: it waits for PersistentVolumeClaim data"),
        (WAITS, 40, "Pod web-0 cannot be scheduled"),
        (IMAGE, 90, IMAGE.partition(" (")[0]),
        ("container a has ended; it misses X, Y and Z", 30, "container a has ended"),
        ("Pod web-0 (1 of 2 of web): it cannot be started", 40, "Pod web-0 (1 of 2 of web): it cannot…"),
        ("2 of 2 pods of Deployment web: container a logs 9 times that it fails", 50,
         "2 of 2 pods of Deployment web: container a…"),
        ("容器 a 退出，退出码 1；缺少环境变量 POLICY_DIR，模板中未设置", 24, "容器 a 退出，退出码 1"),
        ("nothing here can be left out by clauses", 20, "nothing here can…"),
    ],
)  # fmt: skip
def test_the_end_is_left_out_by_whole_clauses(said: str, limit: int, short: str) -> None:
    """Quotes go first, then the last sentences, then what stands behind a comma, a colon or a bracket."""
    assert in_short(said, limit) == short


@given(st.text("ab ,;:.“”()（）；，。`", max_size=200), st.integers(min_value=3, max_value=120))
def test_it_always_fits(said: str, limit: int) -> None:
    """Whatever is said, it has at most that many characters, and what fits is left as it is."""
    short = in_short(said, limit)
    assert len(short) <= limit
    assert len(said) > limit or short == said


def test_a_pod_gives_way_to_its_workload() -> None:
    """Where room is short, the workload is named instead of one of its pods."""
    said = "Pod checkout-7d7656f784-bm5xz (1 of 2 of Deployment checkout) cannot be scheduled: no node fits"
    assert in_short(said, 70) == "1 of 2 pods of Deployment checkout cannot be scheduled: no node fits"
    zh = "Pod checkout-7d7656f784-bm5xz（Deployment checkout 共 2 个中的 1 个）无法调度：没有合适的节点"
    assert in_short(zh, 50) == "Deployment checkout 的 2 个 Pod 中有 1 个无法调度：没有合适的节点"


def test_the_clauses_of_a_statement() -> None:
    """All beginnings that end with a clause and say something, the whole first, what is quoted left out."""
    assert whole_clauses(WAITS) == [WAITS, WAITS.rpartition(", ")[0], "Pod web-0 cannot be scheduled"]
    assert whole_clauses("Pod a: it fails now: “x, y”") == ["Pod a: it fails now"]
