"""Reading why the API server refused a pod."""

from __future__ import annotations

import pytest

from kubetriage.domain.rules.admission_messages import (
    Kind,
    WebhookTrouble,
    demanded,
    read_denial,
    unmet_quota,
    webhook_trouble,
)

POD = 'pods "web-1" is forbidden: '


@pytest.mark.parametrize(
    "frame", ["Error creating: ", "create Pod web-0 in StatefulSet web failed error: ", ""]
)
@pytest.mark.parametrize(
    ("message", "kind", "name"),
    [
        (
            POD + "exceeded quota: compute, requested: pods=1, used: pods=10, limited: pods=10",
            Kind.QUOTA_EXCEEDED,
            "compute",
        ),
        (POD + "failed quota: compute: must specify limits.cpu for: app", Kind.QUOTA_DEMANDS, "compute"),
        (POD + "maximum memory usage per Container is 1Gi, but limit is 2Gi", Kind.LIMIT_RANGE, ""),
        (POD + "minimum cpu usage per Container is 100m. No request is specified", Kind.LIMIT_RANGE, ""),
        (
            POD + "cpu max limit to request ratio per Container is 4, but provided ratio is 10.000000",
            Kind.LIMIT_RANGE,
            "",
        ),
        (POD + 'violates PodSecurity "restricted:latest": runAsNonRoot != true', Kind.POD_SECURITY, ""),
        (POD + "unable to validate against any pod security policy: []", Kind.POD_SECURITY, ""),
        (
            POD + 'error looking up service account shop/bot: serviceaccount "bot" not found',
            Kind.SERVICE_ACCOUNT,
            "bot",
        ),
        (POD + "no PriorityClass with name gold was found", Kind.PRIORITY_CLASS, "gold"),
        (POD + 'pod rejected: RuntimeClass "gvisor" not found', Kind.RUNTIME_CLASS, "gvisor"),
        (
            POD + "unable to create new content in namespace shop because it is being terminated",
            Kind.TERMINATING,
            "",
        ),
        (
            'admission webhook "check.example.com" denied the request: no latest tag',
            Kind.WEBHOOK_DENIED,
            "check.example.com",
        ),
        (
            POD + "ValidatingAdmissionPolicy 'tags' with binding 'b' denied request: no latest",
            Kind.POLICY_DENIED,
            "tags",
        ),
        ('Pod "web-1" is invalid: spec.containers[0].image: Required value', Kind.INVALID, ""),
        (POD + "of some other rule", Kind.FORBIDDEN, ""),
        ("the server is currently unable", Kind.OTHER, ""),
    ],
)
def test_kinds(frame: str, message: str, kind: Kind, name: str) -> None:
    """Every admission check is told apart, whichever controller passed its message on."""
    denial = read_denial(frame + message)
    assert (denial.kind, denial.name) == (kind, name)
    assert denial.words


@pytest.mark.parametrize(
    "message",
    [
        'Internal error occurred: failed calling webhook "check.example.com": failed to call webhook: Post '
        '"https://checker.policy.svc:443/validate?timeout=10s": service "checker" not found',
        'Internal error occurred: failed calling webhook "check.example.com": Post '
        'https://checker.policy.svc:443/validate?timeout=30s: service "checker" not found',
    ],
    ids=["1.22 and later", "1.18"],
)
def test_webhook_url(message: str) -> None:
    """The Service that is called comes from the URL; what failed stands behind it."""
    denial = read_denial(message)
    assert denial.kind is Kind.WEBHOOK_FAILED
    assert (denial.values["service"], denial.values["namespace"]) == ("checker", "policy")
    assert denial.words == 'service "checker" not found'


@pytest.mark.parametrize(
    ("words", "trouble"),
    [
        ('service "checker" not found', WebhookTrouble.NO_SERVICE),
        ('no endpoints available for service "checker"', WebhookTrouble.NO_ENDPOINTS),
        ("x509: certificate signed by unknown authority", WebhookTrouble.CERTIFICATE),
        ("context deadline exceeded", WebhookTrouble.TIMEOUT),
        ("dial tcp 10.0.0.9:443: connect: connection refused", WebhookTrouble.REFUSED),
        ("EOF", WebhookTrouble.REFUSED),
        ("unexpected answer", WebhookTrouble.OTHER),
    ],
)
def test_webhook_trouble(words: str, trouble: WebhookTrouble) -> None:
    """Why a webhook could not be asked."""
    assert webhook_trouble(words) is trouble


def test_quota_values() -> None:
    """Each resource that a pod lacks, with what it asks, what is used and the limit."""
    words = (
        "exceeded quota: q, requested: limits.cpu=2,pods=1, used: limits.cpu=3,pods=4, limited: "
        "limits.cpu=4,pods=4"
    )
    assert unmet_quota(read_denial(POD + words).values) == [
        ("limits.cpu", "2", "3", "4"),
        ("pods", "1", "4", "4"),
    ]


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (
            "must specify limits.cpu for: a,b; limits.memory for: a",
            [("limits.cpu", "a,b"), ("limits.memory", "a")],
        ),
        ("must specify limits.cpu,limits.memory", [("limits.cpu", ""), ("limits.memory", "")]),
    ],
    ids=["with containers", "1.21 and before"],
)
def test_demanded(words: str, wanted: list[tuple[str, str]]) -> None:
    """What a quota wants to be told, and by which containers where the server names them."""
    assert demanded(read_denial(POD + "failed quota: q: " + words).values) == wanted
