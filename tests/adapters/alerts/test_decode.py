"""Bodies as they arrive: encodings, packing, JSON with flaws, text, and what is refused."""

from __future__ import annotations

import codecs
import gzip
import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubetriage.adapters.alerts.decode import MAX_BYTES, MAX_DOCUMENTS, decode
from kubetriage.adapters.alerts.gzip_members import unpacked
from kubetriage.domain.errors import BadAlert

ALERT: dict[str, Any] = {"labels": {"alertname": "Pod状态异常", "pod": "cart-0"}}
JSON = json.dumps(ALERT, ensure_ascii=False)


def test_text_that_is_yaml_by_chance_is_text() -> None:
    """Lines of dashes, of words with colons, and what stands for billions of values are kept, not refused; so
    is what is nested too deeply, but for people at a command line."""
    nested = "- " * 500 + "\nDisk of node-3 is full"
    bomb = "\n".join(
        f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    for text in (nested, "status: ok\n" * 600_000, f"a: &a [x]\n{bomb}\nlabels: *i\n"):
        assert decode(text.encode()) == text
    for body in (b"[a, " * 100_000, b"- " * 100_000, b"[" * 100_000, b'{"a":' * 150 + b"1" + b"}" * 150):
        assert decode(body) == body.decode()
        assert "levels deep" in message(body)


def test_large_yaml_is_read_for_people_only() -> None:
    """Senders get their answer at once: of more than 256 K characters, what is no JSON is kept as text."""
    one = "- labels: {alertname: A}\n"
    small, large = one * 1_000, one * 11_000
    assert len(decode(small.encode())) == 1_000
    assert decode(large.encode()) == large
    assert len(decode(large.encode(), strict=True)) == 11_000
    cut = '{"alerts": [' + '{"labels": {}},' * 20_000
    assert decode(cut.encode()) == cut


def test_what_is_no_text_takes_no_time() -> None:
    """Megabytes of bytes that are no text, or of escapes that are no JSON, are read in time that the others have."""
    before = time.thread_time()
    for body in (
        b"\xff" * 4_000_000,
        b'{"a":"' + b"\\x01" * 1_000_000,
        b'{"a":' + b'\\"' * 2_000_000 + b"\\a",
    ):
        assert isinstance(decode(body), str)
    assert time.thread_time() - before < 3


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"\x41\a\v", "A\a\v"), (r"\\\x41", "\\A"), (r"\\x41 \x42", r"\x41 B"), (r"\U0001f600\"\x41", '\U0001f600"A'),
    ],
)  # fmt: skip
def test_escapes_of_go_are_told_from_backslashes(written: str, read: str) -> None:
    """An escape begins at a backslash that is not itself escaped."""
    assert decode(f'{{"a": "{written} \\x20"}}'.encode()) == {"a": f"{read}  "}


def message(body: bytes, *, strict: bool = True) -> str:
    with pytest.raises(BadAlert) as raised:
        decode(body, strict=strict)
    text = str(raised.value)
    assert "\n" not in text
    return text


@pytest.mark.parametrize(
    "body",
    [
        JSON.encode(),
        codecs.BOM_UTF8 + JSON.encode(),
        JSON.encode("utf-16"),
        codecs.BOM_UTF16_BE + JSON.encode("utf-16-be"),
        JSON.encode("utf-32"),
        gzip.compress(JSON.encode(), mtime=0),
        gzip.compress(JSON.encode()[:9], mtime=0) + gzip.compress(JSON.encode()[9:], mtime=0),
        gzip.compress(JSON.encode("utf-16"), mtime=0),
        f"\r\n {JSON}\n".encode(),
        json.dumps(JSON).encode(),
        b"labels:\n  alertname: Pod\xe7\x8a\xb6\xe6\x80\x81\xe5\xbc\x82\xe5\xb8\xb8\n  pod: cart-0\n",
        "{'labels': {'alertname': 'Pod状态异常', 'pod': 'cart-0',}}  # by hand".encode(),
        f"---\n{JSON}\n".encode(),
    ],
)
@pytest.mark.parametrize("strict", [True, False])
def test_ways_to_say_the_same(body: bytes, strict: bool) -> None:
    """UTF-8 with or without mark, marked UTF-16 and 32, gzip, JSON in JSON, and YAML give one document."""
    assert decode(body, strict=strict) == ALERT


def test_several_documents() -> None:
    """JSON lines, JSON documents in a row, and YAML documents give a list; empty ones don't count."""
    assert decode(f"{JSON}\n{JSON}\n".encode()) == [ALERT, ALERT]
    assert decode(f"{JSON}{JSON}".encode()) == [ALERT, ALERT]
    assert decode(b"---\nalertname: A\n---\n---\nalertname: B\n") == [{"alertname": "A"}, {"alertname": "B"}]


@pytest.mark.parametrize(
    ("escaped", "plain"),
    [
        (r"\x01\x7f", "\x01\x7f"),
        (r"\a\v", "\x07\x0b"),
        (r"\U0001f600", "😀"),
        (r"\x01 \"q\" \\x41 \n", '\x01 "q" \\x41 \n'),
    ],
)
def test_gos_escapes(escaped: str, plain: str) -> None:
    """What Go's %q writes for control characters is understood, and an escaped backslash stays one."""
    body = f'{{"labels": {{"alertname": "X"}}, "message": "{escaped}"}}'.encode()
    assert decode(body, strict=True)["message"] == plain


def test_raw_line_breaks_in_strings() -> None:
    """A template that doesn't escape line breaks and tabs makes JSON that is still read."""
    assert decode(b'{"labels": {"a": "1\n2\t3"}}', strict=True) == {"labels": {"a": "1\n2\t3"}}


@pytest.mark.parametrize(
    "text",
    [
        "cart-0 is down",
        "[FIRING:1] KubePodCrashLooping shop (cart-0)",
        "【告警】shop 命名空间 cart-0 反复重启",
        "2026-11-23 cart is down",
        "- one\nbut: [not yaml",
        '"quoted" and more',
        "@cart %down",
        "Namespace: shop\nPod: cart-0\nLevel: P1",
    ],
)
@pytest.mark.parametrize("strict", [True, False])
def test_text_is_text(text: str, strict: bool) -> None:
    """Plain text comes back as it is, for people at the command line, too."""
    assert decode(text.encode(), strict=strict) == text


@pytest.mark.parametrize("strict", [True, False])
def test_forms(strict: bool) -> None:
    """A form's fields are an object: so posts Aliyun's monitor, and no header has to say it."""
    form = b"alertName=%E9%87%8D%E5%90%AF&dimensions=%7Bpod%3Dcart-0%7D&empty="
    assert decode(form, strict=strict) == {"alertName": "重启", "dimensions": "{pod=cart-0}"}
    assert decode(b"a=b and c=d & more", strict=strict) == "a=b and c=d & more"


@pytest.mark.parametrize(
    "text",
    [
        '{"labels": {"alertname": "X"}',
        '{"message": "reason: "CrashLoopBackOff""}',
        "Note: all is well",
        "- one\n- two",
        "labels: {a: b",
    ],
)
def test_a_webhook_never_loses_a_text(text: str) -> None:
    """Broken JSON and text that is YAML by chance come back as text where nobody can be asked."""
    assert decode(text.encode()) == text


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{\n "labels": {"a": "b"}\n "x": 1}', "JSON: line 3, column 2: expecting ',' delimiter"),
        (b'[{"labels": {"a": "b"}}', "not valid JSON: line 1, column 24"),
        (b'{"labels": {}}\n{"labels": ', "not valid JSON: line 2"),
        (b'{"a": ' + b"1" * 5000 + b"}", "not valid JSON: a number has too many digits"),
        (b"labels:\n  a: b\n c: d\n", "not valid YAML: line 3, column 2"),
        (b"labels: {a: b\n", "not valid YAML: line 2, column 1"),
        (b"alerts: !!python/object:x {}\n", "YAML: line 1, column 9: the tag !!python/object:x"),
        (b"\x89PNG\r\n", "not text: byte 0x89 at position 0 is not utf-8"),
        (b"PK\x03\x04\0\0", "binary"),
        (codecs.BOM_UTF16_LE + b"\x00\xd8", "byte 0x00 at position 2 is not utf-16"),
    ],
)
def test_strict_says_where(body: bytes, expected: str) -> None:
    """At the command line broken JSON or YAML and binary data are refused in one line that says where."""
    assert expected in message(body)


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("body", [b"", b" \n\t", codecs.BOM_UTF8, gzip.compress(b"", mtime=0)])
def test_empty(body: bytes, strict: bool) -> None:
    """An empty body is said to be empty."""
    assert message(body, strict=strict) == "The alert is empty."


@pytest.mark.parametrize("size", [0, 1, 16 * 1024 - 1, 16 * 1024, 16 * 1024 + 1, 3 * 16 * 1024, 1_000_000])
def test_every_member_is_unpacked(size: int) -> None:
    """What comes after a member is not lost, wherever that member ends."""
    body = b"".join(gzip.compress(part, mtime=0) for part in (b" " * size, b'{"a": ', b" " * size, b"1}"))
    assert unpacked(body, MAX_BYTES) == b" " * size + b'{"a": ' + b" " * size + b"1}"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b" " * (MAX_BYTES + 1), "limit is 16 MB"),
        (gzip.compress(b" " * (MAX_BYTES + 1), mtime=0), "limit of 16 MB"),
        (gzip.compress(b" " * MAX_BYTES, mtime=0) + gzip.compress(b"  ", mtime=0), "limit of 16 MB"),
        (gzip.compress(JSON.encode(), mtime=0)[:-4], "end is missing"),
        (b"\x1f\x8b" + b"x" * 30, "damaged"),
        (b"{}\n" * (MAX_DOCUMENTS + 1), "more than 60,000 JSON documents"),
    ],
)
@pytest.mark.parametrize("strict", [True, False])
def test_bounds(body: bytes, expected: str, strict: bool) -> None:
    """Too large, packed too large and damaged bodies are always refused in one line."""
    assert expected in message(body, strict=strict)


def test_sixteen_megabytes_are_read() -> None:
    """A body right at the limit is read."""
    body = JSON.encode()
    assert decode(body + b" " * (MAX_BYTES - len(body))) == ALERT


def test_bytes_that_are_not_text_are_kept() -> None:
    """A webhook with a broken byte in a log line is still read; the byte is kept in sight."""
    assert decode(b'{"labels": {"alertname": "X"}, "m": "a\xffb"}')["m"] == "a\u00ffb"
    assert decode(b"down \xff\0") == "down \\xff\\x00"


MARKS = st.sampled_from([*"{}[]:,\"'-&*!|>#%@?`~\n \\", "a", "labels", "1", "<<", "- "])


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=60)
    | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass"))
    | st.lists(
        st.sampled_from([*"{}[]:,\"'-&*!|>#%@?`~\n \\", "a", "labels", "1", "<<", "- "]), max_size=40
    ).map(lambda parts: "".join(parts).encode()),
    st.booleans(),
)
def test_any_bytes(body: bytes, strict: bool) -> None:
    """Any bytes give a document or a BadAlert of one line, never another error."""
    try:
        document = decode(body, strict=strict)
    except BadAlert as error:
        assert str(error) and "\n" not in str(error)
    else:
        json.dumps(document)
