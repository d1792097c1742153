"""What a statement may say of the evidence it cites: every value in it is there, or can be counted from it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from kubetriage.domain.claims import Check, Checks, quoted
from kubetriage.domain.diagnosing import Case
from kubetriage.domain.evidence import Observation, log_of
from kubetriage.domain.resource import Resource
from kubetriage.domain.view import ClusterView

LOG = """2026-03-01T11:40:00Z INFO starting web 1.4
2026-03-01T11:40:05Z ERROR connect to db.shop:5432: connection refused
2026-03-01T11:40:15Z ERROR connect to db.shop:5432: connection refused
2026-03-01T11:40:25Z ERROR connect to db.shop:5432: connection refused
2026-03-01T11:40:26Z FATAL /src/main.go:61 giving up after 3 attempts"""


@pytest.fixture
def shop(
    view: Callable[..., ClusterView], obj: Callable[..., dict[str, Any]], ref: Callable[[str], Resource]
) -> ClusterView:
    """Pod web-1 of Deployment web crashes for want of a database; a ConfigMap it names is absent."""
    main = {
        "name": "web",
        "image": "registry.example.com/shop/web:1.4",
        "resources": {"limits": {"memory": "256Mi", "cpu": "500m"}},
        "ports": [{"containerPort": 8080}],
        "env": [{"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "db"}}}],
        "envFrom": [{"secretRef": {"name": "web-db"}}],
    }
    waiting = {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}
    ended = {
        "exitCode": 1,
        "reason": "Error",
        "startedAt": "2026-03-01T11:40:00Z",
        "finishedAt": "2026-03-01T11:40:26Z",
    }
    status = {
        "name": "web",
        "restartCount": 12,
        "ready": False,
        "state": {"waiting": waiting},
        "lastState": {"terminated": ended},
    }
    pod = obj(
        "Pod shop/web-1", owner="ReplicaSet shop/web-7d",
        spec={"containers": [main], "nodeName": "node-1", "tolerations": [{"key": "dedicated", "value": "db"}]},
        status={"containerStatuses": [status], "conditions": [{"type": "Ready", "status": "False"}]},
    )  # fmt: skip
    seen = view(
        pod,
        obj("ReplicaSet shop/web-7d", owner="Deployment shop/web"),
        obj("Deployment shop/web", spec={"replicas": 3}, status={"replicas": 3, "readyReplicas": 2}),
        obj("Service shop/db", spec={"clusterIP": "10.96.0.9", "ports": [{"port": 5432}]}),
        obj("Node node-1"),
        absent=("ConfigMap shop/settings",),
    )
    log = Observation(read=log_of(ref("Pod shop/web-1"), "web"), tool="pods_log", at=seen.now, text=LOG)
    return ClusterView(seen.alert, seen.subject, seen.primary, seen.now, [*seen.observations, log], [])


@pytest.fixture
def check(shop: ClusterView, case: Callable[..., Case]) -> Check:
    """What is asked of a claim that cites everything."""
    made = case(shop)
    return Checks(made.evidence, shop).of(item.id for item in made.evidence)


TRUE = [
    "Container web of pod shop/web-1 has restarted 12 times and exits with code 1.",
    "Pod web-1 on node-1 is in CrashLoopBackOff; its memory limit is 256Mi.",
    "The image registry.example.com/shop/web:1.4 listens on 8080, and db (10.96.0.9) on port 5432.",
    "The log shows \"connection refused\" 3 times between 11:40:05 and 11:40:25 UTC.",
    "It ran for 26 seconds and ended at 11:40:26 UTC, about 20 minutes ago.",
    "“connect to db.shop:5432: connection refused” is logged before `giving up after 3 attempts`.",
    "main.go:61 gives up after 3 attempts.",
    "Deployment web wants 3 replicas and has 2 ready ones, so 1 of 3 is missing.",
    "ConfigMap shop/settings does not exist.",
    "The container may use half a core (500m CPU).",
    "It was 10 minutes before now that the alert fired.",
    "容器 web 已重启 12 次，退出码 1，内存限制 256Mi。",
    "Pod web-1 连接 db.shop:5432 被拒绝（connection refused）3 次，最后一次在 11:40:25。",
    "Deployment web 期望 3 个副本，只有 2 个就绪。",
    "命名空间 shop 中没有 ConfigMap settings。",
    "容器web已重启12次，内存上限256Mi，退出码1。",
    "1. It exits with code 1. 2. The kubelet restarts it (limit=256Mi).",
    "The pod tolerates dedicated=db.",
    "It ran from 11:40:00 to 11:40:26, that is for 26 seconds.",
    "It gives up in line 61 of main.go, 10 minutes before the alert fired.",
]  # fmt: skip


@pytest.mark.parametrize("statement", TRUE)
def test_what_the_evidence_holds_passes(check: Check, statement: str) -> None:
    """Values that are there, said in other words, in other units or counted, in English and Chinese, pass."""
    assert check.unsupported(statement) == ()


@pytest.mark.parametrize(
    ("statement", "wrong"),
    [
        ("Container web of pod shop/web-1 has restarted 13 times.", "13"),
        ("Pod shop/web-2 exits with code 1.", "shop/web-2"),
        ("Pod web-1 on node-2 is in CrashLoopBackOff.", "node-2"),
        ("Pod staging/web-1 is in CrashLoopBackOff.", "staging/web-1"),
        ("Pod web-1 in namespace staging restarts.", "namespace staging"),
        ("Pod web-1 was OOMKilled.", "OOMKilled"),
        ("Its memory limit is 512Mi.", "512Mi"),
        ("The image registry.example.com/shop/web:1.5 crashes.", "registry.example.com/shop/web:1.5"),
        ("It connects to db.shop:5433.", "db.shop:5433"),
        ("The log says \"connection reset\".", "connection reset"),
        ("The last line was written at 11:41:26 UTC.", "11:41:26"),
        ("It failed 45 minutes ago.", "45 minutes"),
        ("main.go:62 gives up.", "main.go:62"),
        ("Deployment web has 1 of 3 replicas ready.", "1 of 3"),
        ("ConfigMap shop/settings exists.", "ConfigMap shop/settings exists"),
        ("Service shop/db does not exist.", "Service shop/db does not exist"),
        ("Deployment wbe is short of pods.", "wbe"),
        ("It needs 700m of CPU.", "700m"),
        ("容器 web 已重启 14 次。", "14"),
        ("容器web已重启14次。", "14"),
        ("It gives up in line 62 of main.go.", "62"),
        ("It gives up at 11:40:26, 20 minutes before the alert.", "20 minutes"),
        ("The pod tolerates dedicated=web.", "dedicated=web"),
        ("It has 4 of 3 replicas.", "4 of 3"),
        ("Container web crashes with code 0137.", "0137"),
        ("The kubelet wrote 11:40:26F.", "F"),
        ("Pod web-1 在命名空间 stage 中。", "namespace stage"),
        ("内存限制 128Mi。", "128Mi"),
        ("Pod web-1 於 11:40:2\u0666 结束。", "11:40:2"),
    ],
)  # fmt: skip
def test_what_the_evidence_does_not_hold_is_named(check: Check, statement: str, wrong: str) -> None:
    """A wrong name, namespace, image, number, time, quotation or state is found, and the words are given back."""
    found = check.unsupported(statement)
    assert found, statement
    assert any(wrong in each or each in wrong for each in found), found


@pytest.mark.parametrize(
    "statement", ["Pod wеb-1 restarts.", "Pod web-１3 restarts.", "Pod we\u200bb-13 restarts."]
)
def test_look_alikes_hide_nothing(check: Check, statement: str) -> None:
    """Letters of other alphabets are strange, wide digits and invisible characters are read as what they show."""
    assert check.unsupported(statement)


def test_only_what_is_cited_counts(shop: ClusterView, case: Callable[..., Case]) -> None:
    """A value of evidence that is not cited does not support a claim; an id that is not there adds nothing."""
    made = case(shop)
    checks = Checks(made.evidence, shop)
    node = next(item.id for item in made.evidence if item.resource.kind == "Node")
    pod = next(
        item.id for item in made.evidence if item.resource.kind == "Pod" and item.cite.startswith("object")
    )
    said = "The container has a memory limit of 256Mi."
    assert checks.of([pod]).unsupported(said) == ()
    assert checks.of([node, "E99"]).unsupported(said) == ("256Mi",)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("Secret shop/web-db", True),
        ("Secret shop/keys", True),
        ("Secret shop/other-db", False),
        ("Secret shop/giving", False),
        ("Secret staging/web-db", False),
    ],
)
def test_secrets_are_known_by_what_names_them(
    check: Check, ref: Callable[[str], Resource], words: str, named: bool
) -> None:
    """A Secret is never read: one that cited evidence refers to may be blamed, a mere word of it may not."""
    assert check.names_object(ref(words)) is named


def test_advice_names_what_is_there(shop: ClusterView, case: Callable[..., Case]) -> None:
    """Advice may name new values and objects to be made, not objects that nothing has shown."""
    checks = Checks(case(shop).evidence, shop)
    assert checks.strange_names("Raise the memory limit of Deployment web to 1Gi.") == ()
    assert checks.strange_names("Create ConfigMap web-settings-v2 in shop.") == ()
    assert checks.strange_names("Restart Deployment web-frontend-7.") == ("web-frontend-7",)


def test_quotations_are_found_with_their_places() -> None:
    """Each kind of quotation marks, the outermost where they are nested; an apostrophe is none."""
    said = "It's “a “b” c”, `d`, 「e」 and 'f g'."
    assert [words for _, _, words in quoted(said)] == ["a “b” c", "d", "e", "f g"]
    assert all(said[start + 1 : end - 1] == words for start, end, words in quoted(said))


@pytest.mark.parametrize(
    "piece", ["1", "a-", "“", "9:", "x/", "e1.", "Pod a/", "的", "\x00", "10 of ", "[1, "]
)
def test_hostile_statements_cost_little(check: Check, piece: str) -> None:
    """A statement of thousands of like characters is judged at once, whatever it consists of."""
    began = time.thread_time()
    check.unsupported(piece * 4_000)
    assert time.thread_time() - began < 1.0
