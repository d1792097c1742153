"""Text from outside made harmless in chats: it mentions nobody, and nothing in it acts as markup.

Log lines and annotations are written by whoever runs a pod: `<at id=all></at>` (Feishu), `<@all>` (WeCom),
`<!channel>` (Slack) or `@all` in one of them would page everybody who reads the alerts. Where a platform has
an escape, it is used; where it has none, or none that is documented, the acting character is replaced by its
full-width twin, which looks the same and does nothing. What people copy (names, commands) is changed only
where it would mention somebody. Control and bidirectional characters are gone before (`rendering.visible`).
"""

from __future__ import annotations

import re

_MENTION = re.compile(r"@(?=(?:all|everyone|here|channel|team|room)\b|所有人|全体)", re.IGNORECASE)
_TAG = re.compile(
    r"<(?=\s*/?\s*at\b[^\n>]*>|[@!#]|/?(?:at|a|font|person|link|text_tag|number_tag|local_datetime|audio|img|br|user)\b)",
    re.IGNORECASE,
)
"""Beginnings of the tags that chat platforms read, a heredoc's `<<EOF` not among them."""

_ESCAPED = re.compile(r"&(?=(?:lt|gt|amp|#\d+|#x[0-9a-f]+);)", re.IGNORECASE)
"""References to characters: where code is read for them too, they could become a tag."""

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_FEISHU = {mark: f"&#{ord(mark)};" for mark in "*_~`[]#!|$\\"} | {"<": "&#60;", ">": "&#62;", "&": "&#38;"}
"""The escapes that Feishu's documentation of card Markdown lists: character references."""

_LINE_START = re.compile(r"^(\s*)([#>|=]|[-+](?=[\s+-]|$))|^(\s*\d+)([.)])(?=\s)")
_WORD_EDGE = re.compile(r"(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])")
_CLOSING = re.compile(r"\](?=[(\[:])")
_REFERENCE = re.compile(r"&(?=#|\w+;)")
_ESCAPING = re.compile(r"\\(?=[!-/:-@\[-`{-~])")
_OPENING = re.compile(r"<(?=[@!#/?A-Za-z]|\s*at\b[^\n>]*>)", re.IGNORECASE)
_WORD = re.compile(r"[^\s，。；！？（）「」“”<>]+")
_ADDRESS = re.compile(r"://|\bwww\.", re.IGNORECASE)
_WIDE = {ord(mark): ord(mark) + 0xFEE0 for mark in "*`~"}


def calm(text: str) -> str:
    """Names, values and commands: the text as it is, but for what would mention somebody."""
    return _ESCAPED.sub("＆", _TAG.sub("＜", _MENTION.sub("＠", text)))


def entities(text: str) -> str:
    """Slack's three escapes; everything else of its markup needs `wide` too."""
    return re.sub("[&<>]", lambda match: _ENTITIES[match[0]], text)


def feishu(text: str) -> str:
    """Prose for Feishu's Markdown; addresses in it do not become links."""
    text = re.sub(r"[*_~`\[\]#!|$\\<>&]", lambda match: _FEISHU[match[0]], _MENTION.sub("＠", text))
    return _LINE_START.sub(_wide_start, text).replace("://", "&#58;//")


def wide(text: str) -> str:
    """Prose for Markdown without a reliable escape: acting characters become their full-width twins."""
    text = _LINE_START.sub(_wide_start, _MENTION.sub("＠", text)).translate(_WIDE)
    text = _ESCAPING.sub("＼", _REFERENCE.sub("＆", _CLOSING.sub("］", text)))
    return _WORD_EDGE.sub("＿", _OPENING.sub("＜", text))


def code_span(text: str) -> str:
    """One line between backticks."""
    text = calm(text).replace("`", "'").strip()
    return f"`{text}`" if text else ""


def fence(text: str) -> str:
    """Lines in a block of code that nothing in them can close."""
    text = calm(text).replace("```", "'''")
    return f"```\n{text}\n```"


def prose(text: str) -> str:
    """`wide`, with addresses in code spans, so that no client makes links of them."""
    parts: list[str] = []
    at = 0
    for match in _WORD.finditer(text):
        if not _ADDRESS.search(match[0]):
            continue
        before = text[at : match.start()]
        parts += [wide(before) if before else "", code_span(match[0])]
        at = match.end()
    return "".join([*parts, wide(text[at:])])


def slack(text: str) -> str:
    """Prose for Slack's mrkdwn."""
    return entities(prose(text))


def slack_code(text: str) -> str:
    """A name between backticks; Slack reads its escapes there too."""
    return entities(code_span(text))


def slack_fence(text: str) -> str:
    return f"```\n{entities(calm(text).replace('```', chr(39) * 3))}\n```"


def _wide_start(match: re.Match[str]) -> str:
    """A mark that acts at the start of a line, as its full-width twin."""
    blank, mark, number, stop = match.groups()
    if mark:
        return f"{blank}{chr(ord(mark) + 0xFEE0)}"
    return f"{number}{chr(ord(stop) + 0xFEE0)}"
