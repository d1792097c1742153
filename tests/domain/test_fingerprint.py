"""An alert has the same identity here as in Alertmanager and Prometheus."""

from __future__ import annotations

import pytest

from kubetriage.domain.fingerprint import fingerprint, fnv1a_64, is_fingerprint, text_fingerprint

CART = {
    "alertname": "KubePodCrashLooping",
    "cluster": "prod-1",
    "container": "app",
    "namespace": "shop",
    "scenario": "auth",
    "severity": "warning",
}

VECTORS = [
    ({}, "cbf29ce484222325"),
    ({"name": "garland, briggs", "fear": "love is not enough"}, f"{5799056148416392346:016x}"),
    ({**CART, "pod": "cart-0"}, "295ac1470ef91896"),
    ({**CART, "pod": "cart-1"}, "6bd2b80a2fa0591d"),
    ({**CART, "pod": "cart-2"}, "0de070984cabf390"),
]
"""The first two are prometheus/common's own test vectors, the others what Alertmanager 0.25 sent."""


@pytest.mark.parametrize(("labels", "expected"), VECTORS)
def test_fingerprint_is_alertmanagers(labels: dict[str, str], expected: str) -> None:
    """The fingerprint of known label sets is the one that Prometheus and Alertmanager compute."""
    assert fingerprint(labels) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"", 0xCBF29CE484222325), (b"a", 0xAF63DC4C8601EC8C), (b"foobar", 0x85944171F73967E8)],
)
def test_hash_is_fnv1a_64(data: bytes, expected: int) -> None:
    """The hash is 64-bit FNV-1a, by its authors' published vectors."""
    assert fnv1a_64(data) == expected


def test_order_of_labels_does_not_matter() -> None:
    """The same labels in another order are the same alert."""
    assert fingerprint(dict(reversed(CART.items()))) == fingerprint(CART)


def test_names_and_values_do_not_run_together() -> None:
    """`a="bc"` and `ab="c"` are two alerts."""
    assert fingerprint({"a": "bc"}) != fingerprint({"ab": "c"})


def test_chinese_labels_have_a_fingerprint() -> None:
    """Labels in Chinese are hashed by their UTF-8 bytes, 16 hex digits with leading zeros kept."""
    assert is_fingerprint(fingerprint({"alertname": "Pod状态异常", "告警级别": "严重"}))


def test_text_fingerprint_ignores_white_space() -> None:
    """A text alert that is sent again with other line breaks is the same alert; another text is not."""
    assert text_fingerprint("a  b\r\nc") == text_fingerprint("a b c")
    assert text_fingerprint("a b c") != text_fingerprint("a b d")


@pytest.mark.parametrize("value", ["", "xyz", "295AC1470EF91896", "295ac1470ef9189", "295ac1470ef918960"])
def test_other_identifiers_are_not_fingerprints(value: str) -> None:
    """Only 16 lower-case hex digits are taken over from a source."""
    assert not is_fingerprint(value)
