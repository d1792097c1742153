"""Names, ids and times of built objects."""

from __future__ import annotations

import re

import pytest

from kubetriage.evals.builders.clock import Clock, span
from kubetriage.evals.builders.identity import full_image, image_id, suffix, template_hash, uid


def test_ids_depend_on_names_alone() -> None:
    """The same names give the same ids, other names give others."""
    assert uid("Pod", "a", "b") == uid("Pod", "a", "b") != uid("Pod", "a", "c")
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", uid("Pod"))


def test_template_hashes_look_like_the_controllers() -> None:
    """A hash is ten letters of those that the digits of a number are written with."""
    for number in range(50):
        assert re.fullmatch(r"[456789bcdf]{10}", template_hash("web", {"number": number}))


def test_generated_names_avoid_vowels() -> None:
    """A pod's suffix has five letters of Kubernetes' safe alphabet."""
    assert all(re.fullmatch(r"[bcdfghjklmnpqrstvwxz2456789]{5}", suffix(str(n))) for n in range(50))


@pytest.mark.parametrize(
    ("image", "full"),
    [
        ("noimage", "docker.io/library/noimage:latest"),
        ("redis:7.2.4", "docker.io/library/redis:7.2.4"),
        ("opensearchproject/opensearch:2", "docker.io/opensearchproject/opensearch:2"),
        ("registry.example.com/a/b", "registry.example.com/a/b:latest"),
        ("localhost:5000/a:1", "localhost:5000/a:1"),
    ],
)
def test_images_are_named_in_full(image: str, full: str) -> None:
    """Registry and tag are added as the container runtime adds them."""
    assert full_image(image) == full
    assert image_id(image).startswith(f"{full.rpartition(':')[0]}@sha256:")


def test_spans_and_moments() -> None:
    """Spans are read in days to seconds, and moments count back from the clock's now."""
    clock = Clock("2026-03-12T08:40:00Z")
    assert span("1d2h3m4s").total_seconds() == 93784
    assert clock.ago("1h10s") == "2026-03-12T07:39:50Z"
    assert clock.ago("1h", "5s") == "2026-03-12T07:40:05Z"
    assert re.fullmatch(r"2026-03-12T08:39:00\.\d{6}Z", clock.ago_micro("1m"))


@pytest.mark.parametrize("text", ["", "5", "m5", "5m x"])
def test_what_is_no_span_is_refused(text: str) -> None:
    """A misspelled span is an error, never a silent zero."""
    with pytest.raises(ValueError, match="is not a span"):
        span(text)
