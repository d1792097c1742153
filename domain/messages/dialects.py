"""How each platform writes text: its bold, its code, its links, and what must be kept from acting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from kubetriage.domain.messages import neutral
from kubetriage.domain.rendering.document import Tone


def _same(text: str) -> str:
    return text


def _bold(text: str) -> str:
    return f"**{text}**"


def _link(label: str, url: str) -> str:
    return f"[{label}]({url})"


def _plain_tint(text: str, tone: Tone) -> str:
    return text


@dataclass(frozen=True)
class Dialect:
    """The markup of one platform."""

    name: str
    prose: Callable[[str], str]
    """Text that is not to act, escaped."""
    verbatim: Callable[[str], str]
    """A name or a value on one line."""
    fence: Callable[[str], str]
    """Lines to copy."""
    strong: Callable[[str], str] = _bold
    """Takes text that is escaped already."""
    strong_apart: bool = False
    """Strong text needs blanks around it to be read as such."""
    link: Callable[[str, str], str] = _link
    heading: str = "**{}**"
    title: str = "### {}"
    line: str = "\n"
    """Between lines of one block."""
    gap: str = "\n"
    """Between blocks."""
    bullet: str = "- "
    tint: Callable[[str, Tone], str] = field(default=_plain_tint)
    """Colours a word of our own."""


def _dashed_link(label: str, url: str) -> str:
    return f"{label}: {url}"


def _feishu_tint(text: str, tone: Tone) -> str:
    colour = {Tone.BAD: "red", Tone.WARN: "orange", Tone.GOOD: "green", Tone.MUTED: "grey"}.get(tone)
    return f"<font color='{colour}'>{text}</font>" if colour else text


def _wecom_tint(text: str, tone: Tone) -> str:
    colour = {Tone.BAD: "warning", Tone.WARN: "warning", Tone.GOOD: "info", Tone.MUTED: "comment"}.get(tone)
    return f'<font color="{colour}">{text}</font>' if colour else text


def _lark_code(text: str) -> str:
    return neutral.feishu(text)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.split("\n"))


FEISHU = Dialect("feishu", neutral.feishu, neutral.code_span, neutral.fence, tint=_feishu_tint)
"""Markdown of Feishu's card JSON 2.0."""

LARK_MD = Dialect("lark_md", neutral.feishu, _lark_code, _lark_code)
"""`lark_md` of card JSON 1.0: neither inline code nor blocks of it."""

WECOM_V2 = Dialect("wecom_v2", neutral.prose, neutral.code_span, neutral.fence, gap="\n\n")
WECOM = Dialect(
    "wecom",
    neutral.prose,
    neutral.code_span,
    lambda text: "\n".join(neutral.code_span(line) for line in text.split("\n")),
    bullet="· ",
    tint=_wecom_tint,
)
"""WeCom's first `markdown`: neither lists nor blocks of code, but three colours and mentions."""

DINGTALK = Dialect(
    "dingtalk", neutral.prose, neutral.code_span, neutral.fence, line="  \n", gap="\n\n", heading="#### {}"
)
"""Its documentation lists no code at all; clients show it all the same, and so every word stays readable."""

SLACK = Dialect(
    "slack",
    neutral.slack,
    neutral.slack_code,
    neutral.slack_fence,
    strong=lambda text: f"*{text}*",
    strong_apart=True,
    link=lambda label, url: f"<{neutral.entities(url)}|{label}>",
    heading="*{}*",
    title="*{}*",
    bullet="• ",
)

MARKDOWN = Dialect("markdown", neutral.prose, neutral.code_span, neutral.fence, gap="\n\n", line="  \n")
"""For whatever reads some Markdown."""

PLAIN = Dialect(
    "plain",
    _same,
    _same,
    _indented,
    strong=_same,
    link=_dashed_link,
    heading="{}",
    title="{}",
)
"""Text without any markup: terminals, the text part of a mail."""

PLAIN_CHAT = Dialect(
    "plain_chat",
    neutral.calm,
    neutral.calm,
    lambda text: _indented(neutral.calm(text)),
    strong=_same,
    link=_dashed_link,
    heading="{}",
    title="{}",
)
"""Text without markup, for places that may still read mentions."""
