"""Alerts about custom objects: which version is read, and what counts as a gap."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kubetriage.domain.alert import Alert, Subject, SubjectScope
from kubetriage.domain.evidence import FailureKind, Observation, Read, ReadFailure, get, list_of
from kubetriage.domain.evidence_index import gaps_of
from kubetriage.domain.locating import first_reads, located, second_reads
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.subject import subject_of
from kubetriage.domain.subject_text import kind_called, mentions
from kubetriage.domain.view import ClusterView

NOW = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)
RELEASE = resource("HelmRelease", "shop", "web")


def _view(about: Resource, *answers: Observation) -> ClusterView:
    subject = Subject(scope=SubjectScope.RESOURCE, resource=about, namespace=about.namespace)
    return ClusterView(Alert(name="X", fingerprint="0" * 16), subject, about, NOW, answers)


def _failed(read: Read, kind: FailureKind = FailureKind.UNSUPPORTED) -> Observation:
    return Observation(
        read=read, tool="t", at=NOW, failure=ReadFailure(kind=kind, message="no matches for kind")
    )


def test_without_its_namespace_an_object_is_looked_for_in_all() -> None:
    """A cluster-scoped kind is read by its name at once."""
    lost = Subject(scope=SubjectScope.RESOURCE, resource=resource("HelmRelease", "", "web"))
    assert [w.read for w in first_reads(lost)] == [list_of("HelmRelease", fields="metadata.name=web")]
    issuer = Subject(scope=SubjectScope.RESOURCE, resource=resource("ClusterIssuer", "", "le"))
    assert [w.read for w in first_reads(issuer)] == [get(resource("ClusterIssuer", "", "le"))]


def test_older_versions_are_asked_where_the_newest_is_not_served() -> None:
    """Only then: an object that is there, gone or forbidden is asked for once."""
    newest = _failed(get(RELEASE))
    versions = [w.read.api_version for w in second_reads(_view(RELEASE, newest))]
    assert versions == ["helm.toolkit.fluxcd.io/v2beta2", "helm.toolkit.fluxcd.io/v2beta1"]
    for answer in (_failed(get(RELEASE), FailureKind.FORBIDDEN),
                   Observation(read=get(RELEASE), tool="t", at=NOW, absent=True)):  # fmt: skip
        assert second_reads(_view(RELEASE, answer)) == []


def test_an_object_of_an_older_version_is_the_alerts() -> None:
    """What was found in v2beta1 is what the alert means."""
    old = resource("HelmRelease", "shop", "web", "helm.toolkit.fluxcd.io/v2beta1")
    raw = {
        "kind": "HelmRelease",
        "apiVersion": old.api_version,
        "metadata": {"name": "web", "namespace": "shop"},
    }
    found = Observation(read=get(old), tool="t", at=NOW, objects=(raw,))
    view = _view(RELEASE, _failed(get(RELEASE)), found)
    assert located(view) == RELEASE and view.find(RELEASE) is not None
    assert gaps_of(view) == []


@pytest.mark.parametrize("kind", [FailureKind.UNSUPPORTED, FailureKind.NOT_RECORDED])
def test_a_custom_kind_that_the_cluster_has_not_is_no_gap(kind: FailureKind) -> None:
    """Whether a cluster has a kind is only known by asking; the alert's own kind is missed, and refusals are told."""
    pod = resource("Pod", "shop", "a")
    speculative = list_of("NetworkChaos")
    assert gaps_of(_view(pod, _failed(speculative, kind))) == []
    assert len(gaps_of(_view(pod, _failed(speculative, FailureKind.FORBIDDEN)))) == 1
    assert len(gaps_of(_view(pod, _failed(list_of("NetworkPolicy", "shop"), kind)))) == 1
    assert len(gaps_of(_view(RELEASE, _failed(get(RELEASE), kind)))) == 1


def test_custom_kinds_are_understood_by_word_and_in_text() -> None:
    """As `kind` labels write them, and before `namespace/name` in prose; not in prose alone."""
    assert kind_called("HelmRelease") == "HelmRelease" and kind_called("scaledobjects") == "ScaledObject"
    (found,) = mentions(["Gateway edge/partner has not been programmed for an hour."])
    assert (found.kind, found.namespace, found.name) == ("Gateway", "edge", "partner")
    assert list(mentions(["Gateway timeouts rise", "the Certificate of the Policy is in order"])) == []


def test_a_kind_of_no_table_is_not_guessed() -> None:
    """Without an apiVersion there would be nothing to ask for."""
    assert kind_called("Widget") == ""


def test_a_name_is_a_certificates_where_the_text_says_so() -> None:
    """cert-manager's alerts keep `name` and the exported namespace only; their text says what it is."""
    labels = {"alertname": "X", "name": "pay-tls", "exported_namespace": "shop", "namespace": "cert-manager"}

    def about(text: str) -> Resource | None:
        alert = Alert(name="X", labels=labels, annotations={"summary": text}, fingerprint="0" * 16)
        return subject_of(alert).resource

    assert about("The cert `pay-tls` is not ready to serve traffic.") == resource(
        "Certificate", "shop", "pay-tls"
    )
    assert about("pay-tls has an old certificate pay-tls-2") is None


def test_an_operators_version_called_name() -> None:
    """OLM's metric names a ClusterServiceVersion by `name`, and keeps its namespace as the exported one."""
    labels = {"alertname": "CsvAbnormalFailedOver2Min", "name": "logging.v6.1.3", "phase": "Failed",
              "namespace": "olm", "exported_namespace": "logging", "pod": "olm-operator-1"}  # fmt: skip
    found = subject_of(Alert(name="CsvAbnormalFailedOver2Min", labels=labels, fingerprint="0" * 16)).resource
    assert str(found) == "ClusterServiceVersion logging/logging.v6.1.3"
    for change in ({"phase": ""}, {"name": "logging"}):
        other = subject_of(Alert(name="X", labels=labels | change, fingerprint="0" * 16)).resource
        assert other is None or other.kind != "ClusterServiceVersion"
