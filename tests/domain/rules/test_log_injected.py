"""What Kubernetes puts into containers, missed or mistaken by the application."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.finding import Finding, Likelihood
from kubetriage.domain.rules.log_causes import log_causes

POD = "Pod shop/app-1"
TOKEN = "panic: open /var/run/secrets/kubernetes.io/serviceaccount/token: no such file or directory\n"
LINK = 'FATAL invalid configuration: REDIS_PORT: parsing "tcp://10.96.44.12:6379": invalid syntax\n'


def told(k8s: Any, view_of: Any, log: str, *, env: Any = (), **spec: Any) -> Finding:
    loops = k8s.waiting("CrashLoopBackOff")
    made = k8s.container(state=loops, last=k8s.ended(1), restarts=9, env=list(env))
    pod = k8s.pod(POD, made, owner="Deployment shop/app", **spec)
    logs = {("shop", "app-1", "app", True): log}
    (one,) = k8s.findings(list(log_causes(view_of([pod, k8s.deployment()], POD, logs=logs))))
    return one  # type: ignore[no-any-return]


def test_token_is_not_mounted(view_of: Any, k8s: Any) -> None:
    """The template that turns the token off is named, and set right."""
    one = told(k8s, view_of, TOKEN, automountServiceAccountToken=False)
    assert (one.rule, one.category, one.likelihood) == ("log.no-token", "rbac", Likelihood.HIGH)
    assert "automountServiceAccountToken: false" in one.statement.en


def test_token_that_is_mounted(view_of: Any, k8s: Any) -> None:
    """Where the volume is there, the missing file has another reason."""
    path = "/var/run/secrets/kubernetes.io/serviceaccount"
    loops = k8s.waiting("CrashLoopBackOff")
    made = k8s.container(state=loops, last=k8s.ended(1), restarts=9,
                         volumeMounts=[{"name": "token", "mountPath": path}])  # fmt: skip
    pod = k8s.pod(POD, made, volumes=[{"name": "token", "projected": {"sources": []}}])
    logs = {("shop", "app-1", "app", True): TOKEN}
    (one,) = k8s.findings(list(log_causes(view_of([pod], POD, logs=logs))))
    assert one.rule == "log.no-file"


def test_service_link(view_of: Any, k8s: Any) -> None:
    """A setting that kubelet's variable for a Service overlays; not one that the template sets itself."""
    one = told(k8s, view_of, LINK)
    assert one.rule == "log.service-link"
    assert "Service redis" in one.statement.en
    own = [{"name": "REDIS_PORT", "value": "tcp://10.96.44.12:6379"}]
    assert told(k8s, view_of, LINK, env=own).rule != "log.service-link"
    assert told(k8s, view_of, LINK, enableServiceLinks=False).rule != "log.service-link"


def test_optional_source(view_of: Any, k8s: Any) -> None:
    """A variable that is missed although the template names a source: that was optional, and is not there."""
    source = {"secretKeyRef": {"name": "login", "key": "password", "optional": True}}
    log = "KeyError: 'SMTP_PASSWORD'\n"
    one = told(k8s, view_of, log, env=[{"name": "SMTP_PASSWORD", "valueFrom": source}])
    assert "key password of Secret login, which is optional and not there" in one.statement.en


def test_children_that_are_killed(view_of: Any, k8s: Any) -> None:
    """A server whose workers are killed again and again is short of memory, though it is not restarted."""
    line = "[1] [ERROR] Worker (pid:65) was sent SIGKILL! Perhaps out of memory?\n"
    made = k8s.container(resources={"limits": {"memory": "512Mi"}})
    pod = k8s.pod(POD, made, owner="Deployment shop/app")
    logs = {("shop", "app-1", "app", False): line * 20}
    (one,) = k8s.findings(list(log_causes(view_of([pod, k8s.deployment()], POD, logs=logs))))
    assert (one.category, one.likelihood) == ("oom-killed", Likelihood.MEDIUM)
    assert "512Mi" in one.statement.en


def test_address_that_is_not_the_hosts(view_of: Any, k8s: Any) -> None:
    """An address that cannot be bound says nothing of local ports for new connections."""
    log = "Error starting: listen tcp 169.254.20.10:8080: bind: cannot assign requested address\n"
    loops = k8s.waiting("CrashLoopBackOff")
    pod = k8s.pod(POD, k8s.container(state=loops, last=k8s.ended(1), restarts=9))
    view = view_of([pod], POD, logs={("shop", "app-1", "app", True): log})
    assert all(f.category != "os-limit" for f in k8s.findings(list(log_causes(view))))
