"""domain.rules.admission_policies: each policy that refuses is named with what it wants."""

from __future__ import annotations

import pytest

from kubetriage.domain.rules.admission_policies import Policy, policies, told_of

KYVERNO = (
    "resource Deployment/shop/web was blocked due to the following policies need-limits: check-limits: "
    "'validation error: CPU and memory limits are required. rule check-limits failed at path "
    "/spec/template/spec/containers/0/resources/limits/' no-host-path: host-path: 'validation error: HostPath "
    "volumes are forbidden. rule host-path failed at path /spec/volumes/0/'"
)
GATEKEEPER = (
    '[must-have-owner] you must provide labels: {"owner"} [allowed-repos] container <app> has an invalid repo'
)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (KYVERNO, (("need-limits", "CPU and memory limits are required."),
                   ("no-host-path", "HostPath volumes are forbidden."))),
        (GATEKEEPER, (("must-have-owner", 'you must provide labels: {"owner"}'),
                      ("allowed-repos", "container <app> has an invalid repo"))),
        ("no reason given", ()),
    ],
)  # fmt: skip
def test_the_policies_of_a_refusal(words: str, expected: tuple[tuple[str, str], ...]) -> None:
    """Both engines' forms are read; another webhook's words are left as they are."""
    assert policies(words) == tuple(Policy(*one) for one in expected)


def test_more_policies_than_there_is_room_for() -> None:
    """Three are told of, and how many more there are."""
    told = told_of(tuple(Policy(f"p{n}", "wants something") for n in range(5)))
    assert "p2 (“wants something”) and 2 more" in told.en and "2 个" in told.zh
