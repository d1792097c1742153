"""Containers that the kubelet kills because their postStart hook fails."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.evidence import FailureKind, list_of
from kubetriage.domain.finding import Likelihood
from kubetriage.domain.rules.crash import app_error
from kubetriage.domain.rules.lifecycle import post_start
from kubetriage.domain.rules.probes import RULES as PROBES

POD = "Pod shop/app-1"
HOOK = {"postStart": {"exec": {"command": ["/bin/warm-up", "--all"]}}}
OLD = (
    'Exec lifecycle hook ([/bin/warm-up --all]) for Container "app" in Pod "app-1_shop(u1)" failed - error: '
    "command '/bin/warm-up --all' exited with 126: , message: \"no such model\\n\""
)


def _looping(k8s: Any, code: int = 137, **spec: Any) -> Any:
    state = k8s.waiting("CrashLoopBackOff", "back-off 5m0s restarting failed container=app")
    main = k8s.container(state=state, last=k8s.ended(code), restarts=5, **({"lifecycle": HOOK} | spec))
    return k8s.pod(POD, main, phase="Running")


@pytest.mark.parametrize(("message", "said"), [("PostStartHook failed", ""), (OLD, "no such model")])
def test_a_hook_that_fails(k8s: Any, view_of: Any, message: str, said: str) -> None:
    """The hook is named from the template, and its error where the kubelet still wrote it; no crash besides."""
    event = k8s.event(POD, "FailedPostStartHook", message, times=5)
    view = view_of([_looping(k8s), event], POD)
    (one,) = k8s.findings(post_start(view))
    assert one.category == "bad-command" and one.likelihood is Likelihood.HIGH
    assert "postStart hook `/bin/warm-up --all` fails" in one.statement.en and said in one.statement.zh
    assert list(app_error(view)) == [] and [f for r in PROBES for f in r(view)] == []


@pytest.mark.parametrize(
    ("hook", "said"),
    [
        ({"postStart": {"httpGet": {"path": "/warm", "port": 8080}}}, "`GET /warm :8080`"),
        ({"postStart": {"sleep": {"seconds": 5}}}, "postStart hook fails"),
    ],
)
def test_hooks_of_other_forms(k8s: Any, view_of: Any, hook: Any, said: str) -> None:
    """A request is told by its path and port; what is neither that nor a command stays unnamed."""
    event = k8s.event(POD, "FailedPostStartHook", "PostStartHook failed", times=5)
    (one,) = k8s.findings(post_start(view_of([_looping(k8s, lifecycle=hook), event], POD)))
    assert said in one.statement.en


def test_the_kubelets_own_word_of_killing(k8s: Any, view_of: Any) -> None:
    """`Killing … FailedPostStartHook` settles it, whatever code the application ended with."""
    for code in (0, 1):
        event = k8s.event(POD, "Killing", "FailedPostStartHook", kind="Normal")
        (one,) = k8s.findings(post_start(view_of([_looping(k8s, code), event], POD)))
        assert one.likelihood is Likelihood.HIGH


def test_a_hook_of_a_container_that_had_ended(k8s: Any, view_of: Any) -> None:
    """An application that fails by itself takes its hook along: exit code 1 is no kill, 0 leaves it open."""
    event = k8s.event(POD, "FailedPostStartHook", "PostStartHook failed", times=5)
    assert k8s.findings(post_start(view_of([_looping(k8s, 1), event], POD))) == []
    (one,) = k8s.findings(post_start(view_of([_looping(k8s, 0), event], POD)))
    assert one.likelihood is Likelihood.MEDIUM


def test_a_hook_that_failed_long_before_this_end(k8s: Any, view_of: Any) -> None:
    """An event of another run of the container says nothing of this one."""
    event = k8s.event(POD, "FailedPostStartHook", "PostStartHook failed", first=40, last=30)
    assert k8s.findings(post_start(view_of([_looping(k8s), event], POD))) == []


def test_unreadable_events(k8s: Any, view_of: Any) -> None:
    """Without events nothing blames the hook, and the end is not explained with confidence."""
    chosen = "involvedObject.kind=Pod,involvedObject.name=app-1"
    failed = {list_of("Event", "shop", fields=chosen): FailureKind.FORBIDDEN}
    view = view_of([_looping(k8s)], POD, failed=failed)
    assert k8s.findings(post_start(view)) == []
    assert all(f.likelihood is not Likelihood.HIGH for f in k8s.findings(app_error(view)))
