"""Bytes of alerts → text, whatever encoding the sender writes."""

from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubetriage.adapters.alerts.decode import decode
from kubetriage.adapters.alerts.text_encoding import text_of

SENTENCES = (
    "告警",
    "【告警】主机 node-3 磁盘使用率 95%，请尽快处理！",
    "Pod shop/web-0 反复重启：OOMKilled（第 37 次）",
    "服务“结算”不可用——镕基、喆 rare characters stay",
)
CHINESE = st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=3, max_size=40)


@pytest.mark.parametrize("sentence", SENTENCES)
@pytest.mark.parametrize("encoding", ["gbk", "gb18030"])
def test_chinese_of_older_senders_is_read(sentence: str, encoding: str) -> None:
    """GBK and GB 18030 are recognised, in text, in JSON and packed, whatever the header says."""
    alert = {"labels": {"alertname": sentence, "severity": "严重"}}
    written = json.dumps(alert, ensure_ascii=False).encode(encoding)
    assert text_of(sentence.encode(encoding)) == sentence
    assert decode(written) == alert
    assert decode(gzip.compress(written), strict=True) == alert


@given(text=CHINESE, cut=st.integers(1, 3), tail=st.text(alphabet="abc {}\"'\n", max_size=9))
@settings(max_examples=150, deadline=None)
def test_utf_8_that_was_cut_stays_utf_8(text: str, cut: int, tail: str) -> None:
    """UTF-8 of some words that ends within a character, or lost one in the middle, is not taken for another encoding."""
    whole = text.encode()
    cut_off, damaged = whole[:-cut], whole[:-cut] + tail.encode()
    kept = text[:-1]
    assert text_of(cut_off).startswith(kept)
    assert text_of(damaged).startswith(kept)


@pytest.mark.parametrize(
    "body", ["Größe überschritten, Zürich".encode("latin-1"), b"\x89PNG\r\n\x1a\n\xff\xd8", bytes(range(256))]
)
def test_other_bytes_are_written_out(body: bytes) -> None:
    """What is neither is kept as text that shows which bytes there were."""
    shown = text_of(body)
    assert "\\x" in shown
    assert "\0" not in shown
    assert not any("\u4e00" <= each <= "\u9fff" for each in shown)
