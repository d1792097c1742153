"""Text from outside mentions nobody and acts as no markup, whatever the dialect."""

from __future__ import annotations

import re
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from kubetriage.domain.language import Language
from kubetriage.domain.messages import neutral
from kubetriage.domain.messages.composing import compose
from kubetriage.domain.messages.dialects import (
    DINGTALK,
    FEISHU,
    LARK_MD,
    MARKDOWN,
    PLAIN_CHAT,
    SLACK,
    WECOM,
    WECOM_V2,
    Dialect,
)
from kubetriage.domain.messages.notice import notice_of
from kubetriage.domain.messages.trial import HARMFUL, REPORT_URL, changed_report, hostile_report
from kubetriage.domain.messages.writing import Writer
from kubetriage.domain.rendering.document import Mark, Span

CHATS = [FEISHU, LARK_MD, WECOM_V2, WECOM, DINGTALK, SLACK, MARKDOWN, PLAIN_CHAT]
MARKDOWNS = [WECOM_V2, DINGTALK, MARKDOWN]
MENTION = re.compile(r"<\s*(?:/?at\b|@|!)|(?:^|[^\w])@(?:all|everyone|here|channel|所有人)", re.IGNORECASE)
ACTING = re.compile("[\u200b-\u200f\u202a-\u202e\u2028\u2029\u2060-\u2069\x00-\x09\x0b-\x1f\x7f]")


def text_in(dialect: Dialect, language: Language = Language.EN) -> str:
    message = compose(notice_of(hostile_report(language), report_url=REPORT_URL), language=language, zone=UTC)
    return Writer(message, dialect).whole()


@pytest.mark.parametrize("dialect", CHATS, ids=lambda each: each.name)
def test_a_hostile_report_mentions_nobody(dialect: Dialect) -> None:
    """No tag or word by which a platform would page people is left, in prose or in code."""
    assert MENTION.findall(text_in(dialect)) == []


@pytest.mark.parametrize("dialect", CHATS, ids=lambda each: each.name)
def test_a_hostile_report_has_no_acting_character(dialect: Dialect) -> None:
    """Bidirectional marks, zero-width characters and controls are written out."""
    text = text_in(dialect)
    assert ACTING.findall(text) == []
    assert "\\u202e" in text or "\\u202e" in text.replace("\\\\", "\\").replace("&#92;", "\\").replace(
        "＼", "\\"
    )


@pytest.mark.parametrize("dialect", CHATS, ids=lambda each: each.name)
def test_a_name_of_ten_thousand_characters_is_shortened(dialect: Dialect) -> None:
    """No run of one character is longer than a sentence may be."""
    assert not re.search(r"N{310}|国{310}", text_in(dialect))


def structure(text: str) -> list[str]:
    """What a Markdown reader makes of the text: block tokens, links and images."""
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(text)
    found: list[str] = []
    for token in tokens:
        if token.type != "inline":
            found.append(token.type)
        for child in token.children or ():
            if child.type in ("html_inline", "image", "em_open", "s_open") or child.type == "link_open":
                found.append(f"{child.type} {child.attrs.get('href', '')}".strip())
    return found


@pytest.mark.parametrize("dialect", MARKDOWNS, ids=lambda each: each.name)
@pytest.mark.parametrize("words", HARMFUL, ids=[each[:12] for each in HARMFUL])
def test_a_hostile_report_has_the_layout_of_a_harmless_one(dialect: Dialect, words: str) -> None:
    """A Markdown reader finds the same blocks and links in it as with harmless words in their place."""

    def layout(text: str) -> list[str]:
        notice = notice_of(changed_report(lambda given: text), report_url=REPORT_URL)
        return structure(Writer(compose(notice, language=Language.EN, zone=UTC), dialect).whole())

    assert layout(words) == layout("x" * len(words) if len(words) > 400 else "harmless words")


@given(st.text(max_size=80))
def test_no_text_can_leave_a_code_span(text: str) -> None:
    """Whatever the text, what stands between the backticks has none."""
    shown = Span(text, Mark.VERBATIM).text
    written = neutral.code_span(shown)
    assert "`" not in written.strip("`") and written.count("`") in (0, 2)


@given(st.text(alphabet="`a\n ~", max_size=40))
def test_no_text_can_close_a_fence(text: str) -> None:
    """There are two fences, whatever stands between them."""
    assert neutral.fence(text).count("```") == 2


@pytest.mark.parametrize(
    "command",
    [
        "kubectl -n shop get pod web-0 -o jsonpath='{.items[*].spec}' | grep -v '<none>'",
        "kubectl apply -f - <<EOF",
        "kubectl set image deploy/web web=registry.example/web@sha256:abc",
        "mail -s x < at.txt && sort < a | at now",
        "curl -d @body.json http://web.shop.svc:8080/_health",
    ],
)
def test_commands_stay_as_they_are(command: str) -> None:
    """What people copy is changed only where it would mention somebody."""
    assert neutral.calm(command) == command
    assert command in neutral.fence(command)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a <at id=all></at> b", "a &#60;at id=all&#62;&#60;/at&#62; b"),
        ("*x* _y_ [z](u)", "&#42;x&#42; &#95;y&#95; &#91;z&#93;(u)"),
        ("see http://x.example", "see http&#58;//x.example"),
    ],
)
def test_feishu_has_escapes(text: str, shown: str) -> None:
    """Feishu's documented character references are used."""
    assert neutral.feishu(text) == shown


def test_ordinary_words_stay_readable() -> None:
    """Underscores within names, arrows, percentages and brackets are left as they are."""
    text = "pod web_0 is 3/3 -> 5% (a) [b] a<5, a_b_c {x: 1}"
    assert neutral.prose(text) == text


def test_addresses_in_prose_are_no_links() -> None:
    """An address that a log line holds is shown and cannot be followed by a tap."""
    assert neutral.prose("see https://evil.example/x now") == "see `https://evil.example/x` now"
