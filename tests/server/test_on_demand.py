"""What a triage on demand is about."""

from __future__ import annotations

import pytest

from kubetriage.server.on_demand import ResourceNamed, about
from kubetriage.server.problems import Refused


def test_a_resource_is_asked_for_by_the_words_of_the_command_line() -> None:
    """Short names and well-known custom kinds are understood over HTTP too."""
    assert about(ResourceNamed(kind="deploy", name="web", namespace="shop")).name == "Deployment web"
    assert (
        about(ResourceNamed(kind="certificates", name="tls", namespace=None)).labels["kind"] == "Certificate"
    )


def test_an_unknown_kind_is_refused() -> None:
    """With 422 and a sentence that names it."""
    with pytest.raises(Refused) as refused:
        about(ResourceNamed(kind="Wombat", name="x", namespace=None))
    assert refused.value.status_code == 422
    assert refused.value.detail.startswith("Wombat is not a kind that kubetriage knows")
