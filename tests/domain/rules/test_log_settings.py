"""What of a pod's own template a failure in its log goes back to."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.finding import Finding, Likelihood, Specificity
from kubetriage.domain.rules.log_causes import log_causes

POD = "Pod shop/app-1"
REFUSED = "ERROR upstream: dial tcp 127.0.0.1:8080: connect: connection refused\n" * 12
NO_PORTS = "ERROR dial tcp 10.96.1.1:80: connect: cannot assign requested address\n" * 12


def _found(k8s: Any, view_of: Any, log: str, env: Any = (), **spec: Any) -> Finding:
    container = k8s.container(env=list(env))
    view = view_of([k8s.pod(POD, container, **spec)], POD, logs={("shop", "app-1", "app", False): log})
    (one,) = [f for f in log_causes(view) if isinstance(f, Finding)]
    return one


def _env(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def test_a_variable_that_holds_the_address(k8s: Any, view_of: Any) -> None:
    """The variable whose value is the host in the log is named; a longer host is another one."""
    one = _found(k8s, view_of, REFUSED, _env(("OTHER", "127.0.0.10"), ("DB_HOST", "127.0.0.1")))
    assert "sets DB_HOST to `127.0.0.1`" in one.statement.en and "DB_HOST" in one.quotes
    assert "DB_HOST" in one.statement.zh


def test_a_variable_that_is_set_twice(k8s: Any, view_of: Any) -> None:
    """Of equal names the last value holds, and a reader is told that there are two."""
    one = _found(k8s, view_of, REFUSED, _env(("HOST", "catalog"), ("HOST", "127.0.0.1")))
    assert "HOST 2 times" in one.statement.en
    one = _found(k8s, view_of, REFUSED, _env(("HOST", "127.0.0.1"), ("HOST", "catalog")))
    assert "HOST" not in one.statement.en


@pytest.mark.parametrize(("given", "said"), [("40000 40003", "allows 4 of them"), ("", "")])
def test_no_local_ports(k8s: Any, view_of: Any, given: str, said: str) -> None:
    """Ports that run out are told from file descriptors, and the pod's own sysctl is named."""
    sysctls = [{"name": "net.ipv4.ip_local_port_range", "value": given}] if given else []
    one = _found(k8s, view_of, NO_PORTS, securityContext={"sysctls": sysctls})
    assert one.category == "os-limit" and "no local ports left" in one.statement.en
    assert said in one.statement.en and one.likelihood is Likelihood.HIGH
    assert (one.specificity is Specificity.EXACT) is bool(given)


def test_no_file_descriptors(k8s: Any, view_of: Any) -> None:
    """Descriptors are not ports."""
    one = _found(k8s, view_of, "ERROR accept tcp: too many open files\n" * 12)
    assert "no file descriptors left" in one.statement.en
