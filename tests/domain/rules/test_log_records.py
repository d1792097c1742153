"""domain.rules.log_records and log_settings.kernel_setting: records that stop a consumer, settings of a kernel."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.finding import Likelihood
from kubetriage.domain.log_patterns import Sign
from kubetriage.domain.log_signs import signs
from kubetriage.domain.rules.log_causes import log_causes

POD = "Pod shop/app-1"
BAD = (
    "ERROR RecordDeserializationException: Error deserializing VALUE for partition invoices-3 at offset {}.\n"
)
LAG = "Consumer group app lags by 52000 messages"
LOW = "ERROR: max virtual memory areas vm.max_map_count [65530] is too low, increase to at least [262144]\n"


def _sign(line: str) -> Sign | None:
    return next((seen.sign for seen in signs(f"ERROR {line}\n")), None)


def _found(
    k8s: Any, view_of: Any, log: str, *, code: int = 0, text: str = LAG, others: tuple[Any, ...] = ()
) -> Any:
    state = {"state": k8s.waiting("CrashLoopBackOff"), "last": k8s.ended(code), "restarts": 6} if code else {}
    pod = k8s.pod(POD, k8s.container(**state), node="n1", owner="StatefulSet shop/app")
    view = view_of([pod, k8s.obj("Node n1"), *others], POD, logs={("shop", "app-1", "app", bool(code)): log},
                   description=text, alertname="Custom", lists=[("Pod", "shop")] if others else [])  # fmt: skip
    return k8s.findings(log_causes(view))


def test_a_record_that_a_consumer_stays_at(k8s: Any, view_of: Any) -> None:
    """The same offset again and again, while the alert speaks of lag: that is the reason."""
    (one,) = _found(k8s, view_of, BAD.format(48213) * 12)
    assert one.category == "queue-lag" and one.likelihood is Likelihood.HIGH
    assert "48213 of invoices-3" in one.statement.en and "invoices-3 中 offset 48213" in one.statement.zh


def test_the_same_beside_another_alert(k8s: Any, view_of: Any) -> None:
    """What the alert measures may come of something else."""
    (one,) = _found(
        k8s, view_of, BAD.format(48213) * 12, text="app answers 20% of its requests with HTTP 500"
    )
    assert one.likelihood is Likelihood.MEDIUM


def test_records_that_are_skipped(k8s: Any, view_of: Any) -> None:
    """Each at another offset: the consumer goes on."""
    log = "".join(BAD.format(100 + n) for n in range(12))
    assert [f.rule for f in _found(k8s, view_of, log) if f.likelihood is Likelihood.HIGH] == []


@pytest.mark.parametrize(
    ("line", "sign"),
    [
        ("failed to decode message: invalid wire type, topic=orders partition=3 offset=991", Sign.BAD_RECORD),
        ("Processing of topic orders offset 991 failed: dial tcp db:5432: connection refused", Sign.REFUSED),
        ("unmarshal of topic orders offset=991: dial tcp db:5432: i/o timeout", Sign.TIMEOUT),
        ("Resetting offset for partition orders-3 to position 991", None),
        ("decoded frame at offset 44", None),
    ],
)
def test_what_stops_a_consumer(line: str, sign: Sign | None) -> None:
    """A peer that does not answer is the reason, not the record that was in hand then."""
    assert _sign(line) is sign


def test_a_setting_of_the_node(k8s: Any, view_of: Any) -> None:
    """vm.* belongs to the node; the program says what it found and what it wants, before its last words."""
    (one,) = _found(k8s, view_of, LOW + "ERROR: Elasticsearch did not exit normally\n", code=78)
    assert one.category == "os-limit" and str(one.culprit) == "Node n1" and one.likelihood is Likelihood.HIGH
    assert "vm.max_map_count (65530) of node n1: it wants at least 262144" in one.statement.en
    assert "至少需要 262144" in one.statement.zh


def test_the_same_on_several_nodes(k8s: Any, view_of: Any) -> None:
    """No node is unlike the others then: the workload has to bring the setting, or choose its nodes."""
    down = k8s.container(state=k8s.waiting("CrashLoopBackOff"), last=k8s.ended(78), restarts=6)
    other = k8s.pod("Pod shop/app-2", down, node="n2", owner="StatefulSet shop/app")
    (one, *_) = _found(k8s, view_of, LOW, code=78, others=(other,))
    assert str(one.culprit) == "StatefulSet shop/app"


def test_a_setting_of_the_pod(k8s: Any, view_of: Any) -> None:
    """net.* is each pod's own, by its sysctls."""
    log = "FATAL kernel parameter net.core.somaxconn got 128, expect 32768\n"
    (one,) = _found(k8s, view_of, log, code=1)
    assert str(one.culprit) == "StatefulSet shop/app" and "of its pod" in one.statement.en


@pytest.mark.parametrize(
    "line", ["vm.overcommit_memory is set to 0", "net.core.somaxconn=128", "read vm.swappiness: ok"]
)
def test_settings_that_are_only_told(line: str) -> None:
    """Advice and plain values stop nothing."""
    assert _sign(line) is None
