"""What the rules share: grouping, remedies and wording."""

from __future__ import annotations

import ast
import inspect
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kubetriage.domain import rules
from kubetriage.domain.finding import Effect
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.grouping import focus_pods, fresh, group_pods
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.wording import duration, fitting, grounded, listed, quotable, short, short_end


@pytest.mark.parametrize(
    ("meta", "owner"),
    [
        ({"annotations": {"meta.helm.sh/release-name": "web"}}, "Helm release web"),
        ({"labels": {"app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/instance": "web"}},
         "Helm release web"),
        ({"annotations": {"argocd.argoproj.io/tracking-id": "web:apps/Deployment:shop/x"}},
         "Argo CD application web"),
        ({"labels": {"argocd.argoproj.io/instance": "web"}}, "Argo CD application web"),
        ({"labels": {"kustomize.toolkit.fluxcd.io/name": "k"}}, "Flux Kustomization shop/k"),
        ({"labels": {"helm.toolkit.fluxcd.io/name": "h", "app.kubernetes.io/managed-by": "Helm"}},
         "Flux HelmRelease shop/h"),
        ({"ownerReferences": [{"kind": "Prometheus", "name": "p", "apiVersion": "x/v1", "controller": True}]},
         "Prometheus p"),
    ],
)  # fmt: skip
def test_the_tool_that_owns_an_object_is_named(k8s: Any, meta: Any, owner: str) -> None:
    """Helm, Argo CD, Flux and operators are recognised by what they write on their objects."""
    obj = Obj(k8s.obj("Deployment shop/x", metadata=meta))
    found = remedies.managed_by(obj)
    assert found is not None and owner in found.en
    assert "reverted" in remedies.owner_note(obj).en and "还原" in remedies.owner_note(obj).zh


def test_nobodys_object_carries_no_note(k8s: Any) -> None:
    """An object without such marks may be changed directly; a ReplicaSet's Deployment is no foreign owner."""
    obj = Obj(k8s.replicaset("ReplicaSet shop/x"))
    assert remedies.managed_by(obj) is None and remedies.owner_note(obj) == Text(en="", zh="")


def test_commands_name_kind_name_and_namespace(k8s: Any) -> None:
    """Commands are built for real objects; names of foreign kinds carry their group."""
    assert remedies.target(k8s.ref("Deployment shop/x")) == "deployment/x -n shop"
    assert remedies.target(k8s.ref("Node n1")) == "node/n1"
    rollout = k8s.ref("Rollout shop/x").model_copy(update={"api_version": "argoproj.io/v1alpha1"})
    assert remedies.target(rollout) == "rollout.argoproj.io/x -n shop"
    assert remedies.edit_template(k8s.ref("Job shop/x"))[1].effect is Effect.DESTRUCTIVE


def test_a_log_command_is_given_only_for_a_log_that_was_seen(k8s: Any, view_of: Any) -> None:
    """kubectl fails for a log that is not there, and read commands must not."""
    pod = k8s.ref("Pod shop/a")
    view = view_of([k8s.pod("Pod shop/a")], "Pod shop/a", logs={("shop", "a", "app", True): "x"})
    assert remedies.see_log(view, pod, "app") == []
    (command,) = remedies.see_log(view, pod, "app", previous=True)
    assert command.command == "kubectl logs a -n shop -c app --previous --tail=100"


def test_going_back_needs_a_healthy_revision(k8s: Any, view_of: Any) -> None:
    """A ReplicaSet that is scaled to zero does not show that its revision works."""
    new, old = (
        k8s.replicaset("ReplicaSet shop/n", revision=3),
        k8s.replicaset("ReplicaSet shop/o", revision=2, replicas=0),
    )
    deployment = k8s.ref("Deployment shop/app")
    assert remedies.rollback(view_of([k8s.deployment(), new, old]), deployment) is None
    old = k8s.replicaset("ReplicaSet shop/o", revision=2, ready=1)
    back = remedies.rollback(view_of([k8s.deployment(), new, old]), deployment)
    assert back is not None and back.commands[0].command.endswith("--to-revision=2")


def test_going_back_for_a_statefulset_needs_ready_pods_of_the_old_revision(k8s: Any, view_of: Any) -> None:
    """The pods of the revision before, still ready, show that it works."""
    status = {"currentRevision": "db-1", "updateRevision": "db-2"}
    pod = k8s.pod("Pod shop/db-0", owner="StatefulSet shop/db", labels={"controller-revision-hash": "db-1"})
    back = remedies.rollback(
        view_of([k8s.obj("StatefulSet shop/db", status=status), pod]), k8s.ref("StatefulSet shop/db")
    )
    assert back is not None and back.commands[0].command == "kubectl rollout undo statefulset/db -n shop"


def test_the_workload_is_what_a_person_changes(k8s: Any, view_of: Any) -> None:
    """Deployment over ReplicaSet; the pod itself under a Node; a Rollout over its ReplicaSet."""
    objects = [
        k8s.pod("Pod shop/a", owner="ReplicaSet shop/rs"), k8s.replicaset("ReplicaSet shop/rs"),
        k8s.deployment(),
        k8s.pod("Pod kube-system/static-n1", owner="Node n1"),
        k8s.pod("Pod shop/b", owner="ReplicaSet shop/rs2"), k8s.replicaset("ReplicaSet shop/rs2",
                                                                           "Rollout shop/ro"),
        k8s.pod("Pod shop/c", owner="StatefulSet shop/s"), k8s.obj("StatefulSet shop/s",
                                                                   owner="Prometheus shop/p"),
    ]  # fmt: skip
    view = view_of(objects)
    owners = [
        view.workload(k8s.ref(f"Pod {p}")) for p in ("shop/a", "kube-system/static-n1", "shop/b", "shop/c")
    ]
    assert [f"{o.kind} {o.name}" for o in owners] == [
        "Deployment app",
        "Pod static-n1",
        "Rollout ro",
        "StatefulSet s",
    ]


def test_pods_in_focus_are_those_looked_at_and_their_siblings(k8s: Any, view_of: Any) -> None:
    """Siblings under a controller that is looked at belong to it; strangers and pods being deleted don't."""
    gone = k8s.pod("Pod shop/c", owner="ReplicaSet shop/rs", metadata={"deletionTimestamp": k8s.at(1)})
    pods = [k8s.pod("Pod shop/a", owner="ReplicaSet shop/rs"), k8s.pod("Pod shop/b",
                                                                       owner="ReplicaSet shop/rs"),
            k8s.pod("Pod shop/x"), gone]  # fmt: skip
    view = view_of(pods, "Pod shop/b", looked=["ReplicaSet shop/rs"])
    assert [p.name for p in focus_pods(view)] == ["a", "b"]
    ((key, group),) = group_pods(view, [(p, "k") for p in focus_pods(view)])
    assert (
        key == "k"
        and group.lead.name == "b"
        and group.total == 2
        and group.who.en == "2 of 2 pods of ReplicaSet rs"
    )


def test_fresh_is_near_or_after_the_alert(k8s: Any, view_of: Any) -> None:
    """Half an hour before the alert still counts; without an alert's time, the last hour does."""
    view = view_of([], alert_minutes_ago=60)
    ago = [k8s.now - timedelta(minutes=m) for m in (10, 80, 200)]
    assert [fresh(view, at) for at in ago] == [True, True, False] and fresh(view, None)
    assert [fresh(view_of([], alert_minutes_ago=None), at) for at in ago] == [True, False, False]


def test_wording_is_bounded_and_quotable() -> None:
    """Values fit on one line, and quotes are parts that stand in the evidence as they are."""
    assert short("a\n b" + "c" * 200, 20) == "a b" + "c" * 16 + "…"
    assert short_end("x" * 50 + " end", 10) == "…end"
    assert short_end("y" * 60, 10) == "…" + "y" * 9
    assert quotable('say "hello there" now') == ("hello there",)
    assert grounded('{"msg":"cannot start","error":"bad thing here"}', "cannot start; bad thing here") == (
        "bad thing here",
    )
    assert listed(["a", "b", "c", "d"]).en == "a, b, c and 1 more" and listed(["a", "b"]).zh == "a、b"
    assert duration(timedelta(minutes=75)) == Text(en="1 h 15 min", zh="1 小时 15 分钟")
    assert duration(timedelta(days=1, minutes=5)) == Text(en="1 d", zh="1 天")
    assert duration(timedelta(hours=2)) == Text(en="2 h", zh="2 小时")
    made = fitting(lambda room: Text(en="x" * 250 + "y" * room, zh="短"))
    assert len(made.en) <= 300


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("lookup of payments failed", "lookup of…"),
        ("lookup of payment failed again", "lookup of payment…"),
        ("看不到名称为付款的服务：它已被删除而没有人知道", "看不到名称为付款的服务：它已被删除…"),
        ("look https://a.example.com/b", "look https://a.ex…"),
    ],
)
def test_no_word_is_cut_in_two(value: str, kept: str) -> None:
    """Half a name is another name; Chinese has no blanks to cut at, and a word that fills the room is cut."""
    assert short(value, 18) == kept


def test_going_back_helps_no_pod_of_the_old_revision(view_of: Any, k8s: Any) -> None:
    """Where the pod that fails is itself of the revision before, going back is not offered."""
    old = k8s.replicaset("ReplicaSet shop/app-1", revision=1, ready=1)
    new = k8s.replicaset("ReplicaSet shop/app-2", revision=2)
    view = view_of([k8s.deployment(), new, old])
    deployment = k8s.ref("Deployment shop/app")
    for owner, offered in (("ReplicaSet shop/app-1", 0), ("ReplicaSet shop/app-2", 1)):
        pod = Obj(k8s.pod("Pod shop/app-x", owner=owner))
        assert len(remedies.with_rollback(view, deployment, pod=pod)) == offered


def test_no_value_is_a_question_mark() -> None:
    """What is not known is said another way: a reader can do nothing with a `?`."""
    files = sorted(Path(inspect.getfile(rules)).parent.glob("*.py"))
    found = [
        f"{path.name}:{node.lineno}"
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value == "?"
    ]
    assert len(files) > 50
    assert found == []


@pytest.mark.parametrize(("number", "words"), [(1, "1 pod of pod(s) x"), (2, "2 pods of pod(s) x")])
def test_what_is_counted_is_one_or_many(number: int, words: str) -> None:
    """A sentence says `1 pod` or `2 pods`; what it quotes stays as it is."""
    made = say("{n} pod(s) of {q}", "{q} 的 {n} 个 Pod", n=number, q="pod(s) x")
    assert made == Text(en=words, zh=f"pod(s) x 的 {number} 个 Pod")
