"""domain.rules.log_address: the ConfigMap or the hostAliases that hold an address which leads nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.finding import Likelihood
from kubetriage.domain.rules.log_causes import log_causes

POD = "Pod shop/app-1"
WORK = "StatefulSet shop/app"
HOST = "ERROR dial tcp: lookup redis-old on 10.96.0.10:53: no such host\n"
PORT = "ERROR dial tcp pg:5433: connect: connection refused\n"
FROM = {"envFrom": [{"configMapRef": {"name": "env"}}]}


def _service(k8s: Any, name: str, port: int) -> Any:
    return k8s.obj(f"Service shop/{name}", spec={"selector": {"app": name}, "clusterIP": "10.96.1.1",
                                                 "ports": [{"port": port}]})  # fmt: skip


def _one(
    k8s: Any, view_of: Any, line: str, *objects: Any, main: Any = None, absent: Any = (), **pod: Any
) -> Any:
    state = k8s.container(
        state=k8s.waiting("CrashLoopBackOff"), last=k8s.ended(1), restarts=6, **(main or {})
    )
    made = k8s.pod(POD, state, owner=WORK, **pod)
    view = view_of([made, k8s.obj("Node n1"), *objects], POD, logs={("shop", "app-1", "app", True): line},
                   absent=absent, lists=[("Service", "shop")])  # fmt: skip
    (one,) = k8s.findings(log_causes(view))
    return one


@pytest.mark.parametrize(
    ("main", "pod", "key", "value"),
    [
        (FROM, {}, "REDIS_HOST", "redis-old"),
        ({"volumeMounts": [{"name": "c", "mountPath": "/etc/app"}]},
         {"volumes": [{"name": "c", "configMap": {"name": "env"}}]}, "app.yaml", "redis:\n  url: redis-old:6379\n"),
    ],
)  # fmt: skip
def test_a_wrong_host_in_a_configmap(
    k8s: Any, view_of: Any, main: Any, pod: Any, key: str, value: str
) -> None:
    """Changing the ConfigMap ends it, whether it comes as environment or as a file."""
    config = k8s.obj("ConfigMap shop/env", data={"LEVEL": "info", key: value})
    one = _one(k8s, view_of, HOST, _service(k8s, "redis", 6379), config, main=main,
               absent=["Service shop/redis-old"], **pod)  # fmt: skip
    assert str(one.culprit) == "ConfigMap shop/env" and one.likelihood is Likelihood.HIGH
    assert f"ConfigMap env ({key})" in one.statement.en and f"ConfigMap env（{key}）" in one.statement.zh
    assert "kubectl edit configmap/env -n shop" in one.remedies[0].commands[0].command


@pytest.mark.parametrize("data", [{"REDIS_HOST": "redis"}, {"REDIS_HOST": "redis-older"}, {}])
def test_a_wrong_host_of_unknown_origin(k8s: Any, view_of: Any, data: dict[str, str]) -> None:
    """A ConfigMap that does not hold it is not blamed."""
    config = k8s.obj("ConfigMap shop/env", data=data)
    one = _one(k8s, view_of, HOST, _service(k8s, "redis", 6379), config, main=FROM,
               absent=["Service shop/redis-old"])  # fmt: skip
    assert str(one.culprit) == WORK and "ConfigMap" not in one.statement.en


def test_a_wrong_host_in_two_places(k8s: Any, view_of: Any) -> None:
    """Which of two ConfigMaps is the one that counts is not known."""
    both = {"envFrom": [{"configMapRef": {"name": n}} for n in ("env", "other")]}
    maps = [k8s.obj(f"ConfigMap shop/{n}", data={"REDIS_HOST": "redis-old"}) for n in ("env", "other")]
    one = _one(k8s, view_of, HOST, _service(k8s, "redis", 6379), *maps, main=both,
               absent=["Service shop/redis-old"])  # fmt: skip
    assert str(one.culprit) == WORK


@pytest.mark.parametrize(
    ("data", "blamed"),
    [
        ({"PG_PORT": "5433"}, True),
        ({"app.yaml": "url: postgres://pg:5433/shop"}, True),
        ({"METRICS": "0.0.0.0:5433"}, False),
        ({"app.yaml": "limit: 5433"}, False),
        ({"BATCH": "5433"}, False),
    ],
)
def test_a_wrong_port_in_a_configmap(k8s: Any, view_of: Any, data: dict[str, str], blamed: bool) -> None:
    """A number alone may be anything: it has to stand by the callee's name, or under a key for a port."""
    one = _one(
        k8s, view_of, PORT, _service(k8s, "pg", 5432), k8s.obj("ConfigMap shop/env", data=data), main=FROM
    )
    assert str(one.culprit) == ("ConfigMap shop/env" if blamed else WORK) and "5432" in one.statement.en


def test_a_variable_of_the_template_goes_first(k8s: Any, view_of: Any) -> None:
    """`env` overrides `envFrom`."""
    main = FROM | {"env": [{"name": "REDIS_HOST", "value": "redis-old"}]}
    config = k8s.obj("ConfigMap shop/env", data={"REDIS_HOST": "redis-old"})
    one = _one(k8s, view_of, HOST, _service(k8s, "redis", 6379), config, main=main,
               absent=["Service shop/redis-old"])  # fmt: skip
    assert str(one.culprit) == WORK and "REDIS_HOST" in one.statement.en


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("ERROR dial tcp 10.20.0.9:5432: connect: no route to host\n", True),
        ("ERROR connect to pg:5432: i/o timeout\n", True),
        ("ERROR dial tcp 10.20.0.8:5432: connect: no route to host\n", False),
        ('ERROR FATAL: password authentication failed for user "a" (pg:5432)\n', False),
    ],
)
def test_host_aliases(k8s: Any, view_of: Any, line: str, told: bool) -> None:
    """A name that the pod's /etc/hosts leads elsewhere; a peer that answers is reached, rightly or not."""
    alias = [{"ip": "10.20.0.9", "hostnames": ["pg"]}]
    one = _one(k8s, view_of, line * 6, _service(k8s, "pg", 5432), hostAliases=alias)
    assert (one.rule == "log.host-alias") is told
    assert not told or ("hostAliases lead pg to 10.20.0.9" in one.statement.en and "指向" in one.statement.zh)


@pytest.mark.parametrize(
    ("content", "blamed"),
    [
        ('{"db": {"host": "localhost", "port": 5432}}', True),
        ("db:\n  host: 127.0.0.1\n  port: 5432\n", True),
        ("listen: localhost:9000\npool: 5432\n", False),
        ("db:\n  host: pg\n  port: 5432\n", False),
    ],
)
def test_localhost_in_a_file(k8s: Any, view_of: Any, content: str, blamed: bool) -> None:
    """The host and the port that are called have to stand together."""
    config = k8s.obj("ConfigMap shop/env", data={"app.conf": content})
    line = "ERROR connect ECONNREFUSED 127.0.0.1:5432\n"
    one = _one(k8s, view_of, line, config, main={"volumeMounts": [{"name": "c", "mountPath": "/etc/app"}]},
               volumes=[{"name": "c", "configMap": {"name": "env"}}])  # fmt: skip
    assert str(one.culprit) == ("ConfigMap shop/env" if blamed else WORK)


def test_configmaps_of_a_ready_pod_are_asked_for(k8s: Any, view_of: Any) -> None:
    """They are not read around pods that are well, until an address is found to be wrong."""
    pod = k8s.pod(POD, k8s.container(**FROM), owner=WORK)
    view = view_of([pod, k8s.obj("Node n1"), _service(k8s, "pg", 5432)], POD, lists=[("Service", "shop")],
                   logs={("shop", "app-1", "app", False): PORT * 12})  # fmt: skip
    assert any(str(w.about) == "ConfigMap shop/env" for w in k8s.wants(log_causes(view)))
