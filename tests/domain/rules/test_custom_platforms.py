"""Operators of a platform, brokers and backups, by what their controllers write."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.alert import Alert
from kubetriage.domain.finding import Likelihood
from kubetriage.domain.relations.custom_resources import around_custom
from kubetriage.domain.rules.custom_resources import custom_troubles
from kubetriage.domain.subject import subject_of

CONFIG, STRIMZI, VELERO = "config.openshift.io/v1", "kafka.strimzi.io/v1beta2", "velero.io/v1"


def _conditions(*told: tuple[str, str, str, str]) -> Any:
    return {
        "conditions": [
            {"type": t, "status": s, "reason": r, "message": m, "lastTransitionTime": "2025-06-01T11:30:00Z"}
            for t, s, r, m in told
        ]
    }


def _found(k8s: Any, view_of: Any, words: str, version: str, status: Any, **parts: Any) -> Any:
    made = k8s.obj(words, apiVersion=version, status=status, **parts)
    return k8s.findings(custom_troubles(view_of([made], k8s.ref(words))))


def test_an_operator_that_is_degraded(k8s: Any, view_of: Any) -> None:
    """Available and Degraded at once: told in its words, in both languages; what ails its pods is not in them."""
    message = "OAuthServerDeploymentDegraded: 1 of 3 requested instances are unavailable"
    status = _conditions(("Available", "True", "AsExpected", "All is well"),
                         ("Progressing", "False", "AsExpected", ""),
                         ("Degraded", "True", "OAuthServerDeployment_UnavailablePod", message))  # fmt: skip
    (one,) = _found(k8s, view_of, "ClusterOperator authentication", CONFIG, status)
    assert str(one.culprit) == "ClusterOperator authentication"
    assert "1 of 3 requested instances" in one.statement.en and "1 of 3 requested" in one.statement.zh
    assert one.likelihood is Likelihood.MEDIUM


@pytest.mark.parametrize(
    ("available", "progressing", "degraded", "upgradeable"),
    [
        ("True", "False", "False", "True"),
        ("True", "True", "False", "True"),
        ("True", "False", "False", "False"),
    ],
)
def test_an_operator_that_is_well(
    k8s: Any, view_of: Any, available: str, progressing: str, degraded: str, upgradeable: str
) -> None:
    """One that progresses, or may not be upgraded at the moment, has no fault."""
    status = _conditions(("Available", available, "AsExpected", ""), ("Progressing", progressing, "Rolling", "at 3"),
                         ("Degraded", degraded, "AsExpected", ""), ("Upgradeable", upgradeable, "Pool", "wait"),
                         ("EvaluationConditionsDetected", "False", "NoData", ""))  # fmt: skip
    assert _found(k8s, view_of, "ClusterOperator network", CONFIG, status) == []


def test_a_broker_that_is_not_ready(k8s: Any, view_of: Any) -> None:
    """Strimzi writes NotReady=True with the reason."""
    words = "Exceeded timeout of 300000ms while waiting for Pods resource shop-kafka-0 to be ready"
    status = _conditions(("NotReady", "True", "TimeoutException", words))
    (one,) = _found(k8s, view_of, "Kafka shop/shop", STRIMZI, status)
    assert "TimeoutException" in one.statement.en and "TimeoutException" in one.statement.zh


def test_a_broker_that_waits_for_its_pod(k8s: Any, view_of: Any) -> None:
    """That its controller waited in vain is no cause: the pod that it names is read, and explains it."""
    words = "Exceeded timeout of 300000ms while waiting for Pods resource shop-kafka-0 in namespace shop to be ready"
    kafka = k8s.obj("Kafka shop/shop", apiVersion=STRIMZI,
                    status=_conditions(("NotReady", "True", "TimeoutException", words)))  # fmt: skip
    view = view_of([kafka], k8s.ref("Kafka shop/shop"))
    (one,) = k8s.findings(custom_troubles(view))
    assert one.likelihood is not Likelihood.HIGH and k8s.ref("Pod shop/shop-kafka-0") in one.waits_on
    assert k8s.ref("Pod shop/shop-kafka-0") in {w.about for w in k8s.wants(around_custom(view))}


@pytest.mark.parametrize(
    "words", ["2 pods are-not ready", "Pods of shop are not ready", "podman-4 is missing"]
)
def test_words_that_name_no_pod(k8s: Any, view_of: Any, words: str) -> None:
    """A sentence about pods is not taken for a name."""
    kafka = k8s.obj(
        "Kafka shop/shop", apiVersion=STRIMZI, status=_conditions(("NotReady", "True", "X", words))
    )
    view = view_of([kafka], k8s.ref("Kafka shop/shop"))
    assert not any(w.about.kind == "Pod" for w in k8s.wants(around_custom(view)))


def test_a_broker_that_is_ready_with_a_warning(k8s: Any, view_of: Any) -> None:
    """A warning beside Ready is advice."""
    status = _conditions(
        ("Warning", "True", "KafkaStorage", "one replica is not safe"), ("Ready", "True", "", "")
    )
    assert _found(k8s, view_of, "Kafka shop/shop", STRIMZI, status) == []


def test_a_backup_that_failed(k8s: Any, view_of: Any) -> None:
    """Its validation errors are quoted."""
    error = (
        "backup can't be created because backup storage location default is currently in Unavailable status."
    )
    status = {"phase": "FailedValidation", "validationErrors": [error]}
    spec = {"storageLocation": "default"}
    (one,) = _found(k8s, view_of, "Backup velero/nightly", VELERO, status, spec=spec)
    assert "FailedValidation" in one.statement.en and "Unavailable status" in one.statement.en
    assert "FailedValidation" in one.statement.zh


@pytest.mark.parametrize("phase", ["Completed", "InProgress", "New", "Finalizing", "Deleting"])
def test_a_backup_that_did_not_fail(k8s: Any, view_of: Any, phase: str) -> None:
    """Done and under way."""
    assert _found(k8s, view_of, "Backup velero/nightly", VELERO, {"phase": phase}) == []


def test_a_location_that_cannot_be_reached(k8s: Any, view_of: Any) -> None:
    """The store behind backups says what it was answered."""
    status = {"phase": "Unavailable", "message": "AccessDenied: Access Denied, status code: 403"}
    (one,) = _found(k8s, view_of, "BackupStorageLocation velero/default", VELERO, status)
    assert "AccessDenied" in one.statement.en and "AccessDenied" in one.statement.zh


def _subject(alertname: str, labels: dict[str, str]) -> Any:
    every = {"alertname": alertname, **labels}
    return subject_of(Alert(name=alertname, labels=every, fingerprint="0" * 16)).resource


@pytest.mark.parametrize(
    ("name", "labels", "kind"),
    [
        ("StrimziKafkaNotReady", {"namespace": "shop", "name": "shop"}, "Kafka"),
        ("VeleroBackupStorageLocationUnavailable", {"namespace": "velero", "name": "default"},
         "BackupStorageLocation"),
        ("ClusterOperatorDegraded", {"name": "network", "namespace": "openshift-cluster-version"},
         "ClusterOperator"),
    ],
)  # fmt: skip
def test_alerts_about_them(name: str, labels: dict[str, str], kind: str) -> None:
    """The kind in the alert's name beside its product, and the object by `name`."""
    found = _subject(name, labels)
    assert found is not None and (found.kind, found.name) == (kind, labels["name"])


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("KafkaConsumerLag", {"namespace": "shop", "name": "orders", "job": "kafka-exporter"}),
        ("BackupJobFailed", {"namespace": "shop", "name": "pg-backup", "job": "backups"}),
        ("KafkaUnderReplicatedPartitions", {"namespace": "shop", "name": "orders-topic", "job": "kafka"}),
    ],
)
def test_alerts_about_something_else(name: str, labels: dict[str, str]) -> None:
    """A word that a product shares with a kind names no object of that kind."""
    found = _subject(name, labels)
    assert found is None or found.kind not in ("Kafka", "Backup")
