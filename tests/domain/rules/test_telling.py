"""domain.rules.wording.telling: the part of a long message that says why."""

from __future__ import annotations

import pytest

from kubetriage.domain.rules.wording import telling

ALB = (
    "Failed deploy model due to operation error Elastic Load Balancing v2: CreateLoadBalancer, https response error "
    "StatusCode: 403, RequestID: 3d1f, api error AccessDenied: User: arn:aws:sts::1:assumed-role/lbc/1 is not "
    "authorized to perform: elasticloadbalancing:AddTags on resource: arn:aws:elasticloadbalancing:eu-west-1:1:x "
    "because no identity-based policy allows the elasticloadbalancing:AddTags action"
)
ACME = (
    "Failed to create Order: 429 urn:ietf:params:acme:error:rateLimited: too many certificates (5) already issued "
    "for this exact set of identifiers in the last 168h0m0s, retry after 2026-02-23 11:40:12 UTC: see "
    "https://letsencrypt.org/docs/rate-limits/#new-certificates-per-exact-set-of-hostnames"
)
CLB = (
    "Sync Fail. ErrorCode: E4003 Details: CLB LimitExceeded: the number of load balancer instances in region "
    "ap-guangzhou exceeds the quota 100. RequestId: 1b7f2c"
)


@pytest.mark.parametrize(
    ("message", "held"),
    [
        (ALB, "not authorized to perform: elasticloadbalancing:AddTags"),
        (ACME, "too many certificates (5)"),
        (CLB, "LimitExceeded: the number of load balancer instances"),
    ],
)
def test_the_reason_is_kept(message: str, held: str) -> None:
    """What a cloud or an authority refuses for stands in what is shown, within the bound, as it was written."""
    shown = telling(message, 130)
    assert held in shown and len(shown) <= 130
    assert shown.strip("…") in message


def test_a_pointer_at_the_end_tells_nothing() -> None:
    """Where to read on and the number of the request give their room to the reason."""
    assert telling(CLB, 400).endswith("exceeds the quota 100.")
    assert telling(ACME, 400).endswith("11:40:12 UTC")


def test_a_message_without_such_words_keeps_its_end() -> None:
    """As before: what failed last stands at the end."""
    assert telling("a " * 60 + "disk is gone", 40).endswith("disk is gone")
    assert telling("short: connection refused", 40) == "short: connection refused"
