"""What of a pod's own template a failure in its log goes back to."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.finding import Finding, Likelihood, RemedyKind, Specificity
from kubetriage.domain.rules.log_causes import log_causes

POD = "Pod shop/app-1"
REFUSED = "ERROR upstream: dial tcp 127.0.0.1:8080: connect: connection refused\n" * 12
NO_PORTS = "ERROR dial tcp 10.96.1.1:80: connect: cannot assign requested address\n" * 12


def _found(k8s: Any, view_of: Any, log: str, env: Any = (), **spec: Any) -> Finding:
    command = {"command": spec.pop("command")} if "command" in spec else {}
    container = k8s.container(env=list(env), **command)
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


@pytest.mark.parametrize(
    ("line", "setting"),
    [
        ("failed to create fsnotify watcher: too many open files", "max_user_instances"),
        ("inotify_init() failed: Too many open files", "max_user_instances"),
        ("Error: ENOSPC: System limit for number of file watchers reached, watch '/app'", "max_user_watches"),
        ("inotify_add_watch /var/log: no space left on device", "max_user_watches"),
    ],
)
def test_inotify_watches(k8s: Any, view_of: Any, line: str, setting: str) -> None:
    """The limits of inotify are the node's: neither the process's descriptors nor a disk is what is used up."""
    one = _found(k8s, view_of, f"ERROR {line}\n" * 12)
    assert one.category == "os-limit" and str(one.culprit) == "Node n1"
    assert f"fs.inotify.{setting}" in one.statement.en and setting in one.statement.zh
    assert one.remedies[0].kind is RemedyKind.ESCALATE


QUOTA = "mvcc: database space exceeded"


@pytest.mark.parametrize(
    "line",
    [
        f"etcdserver: {QUOTA}",
        "etcdserver: no space",
        '{"level":"warn","msg":"received alarm; raised","alarm":"NOSPACE"}',
    ],
)
def test_etcd_at_its_quota(k8s: Any, view_of: Any, line: str) -> None:
    """What etcd allows its database is no size of a disk; its own flag is quoted."""
    command = ["etcd", "--data-dir=/var/lib/etcd", "--quota-backend-bytes=2147483648"]
    one = _found(k8s, view_of, f"{line}\n" * 12, (), command=command)
    assert one.likelihood is Likelihood.HIGH and "2147483648" in one.quotes
    assert "etcd's database has reached its quota (--quota-backend-bytes 2147483648)" in one.statement.en
    assert "etcdctl defrag" in one.remedies[0].detail.zh


def test_a_client_of_etcd(k8s: Any, view_of: Any) -> None:
    """A client is told the same; its own flags say nothing of etcd's quota, nor whose etcd it is."""
    one = _found(k8s, view_of, f"ERROR put failed: etcdserver: {QUOTA}\n" * 12)
    assert "quota, and it takes no more writes" in one.statement.en and one.likelihood is Likelihood.MEDIUM


def test_a_disk_that_is_full_is_not_etcds_quota(k8s: Any, view_of: Any) -> None:
    """The kernel's words for a file system stay what they are."""
    one = _found(k8s, view_of, "ERROR write /data/wal: no space left on device\n" * 12)
    assert one.rule != "log.store-full" and "etcd" not in one.statement.en
