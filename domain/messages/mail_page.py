"""The HTML part of a mail: one column, styles beside each element, as mail programs want it.

Mail programs drop style sheets, scripts and most of the layout of the web; tables and inline styles stay.
There is nothing to load, so nothing tells when a mail was read.
"""

from __future__ import annotations

import html

from kubetriage.domain.language import Language
from kubetriage.domain.messages.message import Block, Message, Section
from kubetriage.domain.rendering.document import (
    Bullets,
    Code,
    Content,
    KeyValues,
    Mark,
    Paragraph,
    Span,
    Tone,
)
from kubetriage.domain.rendering.words import EFFECTS

_SANS = (
    "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Arial,'PingFang SC','Microsoft YaHei',"
    "'Noto Sans CJK SC',sans-serif"
)
_MONO = "SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"
_INK, _SOFT, _LINE, _PAGE, _CODE = "#1c2330", "#5b6474", "#dfe3ea", "#f4f5f7", "#f3f5f9"
_TONES = {Tone.BAD: "#b3261e", Tone.WARN: "#8a5300", Tone.GOOD: "#146c3c", Tone.NOTE: "#1a56a6"}
_BREAK = "word-break:break-word;overflow-wrap:anywhere"


def mail_page(message: Message, text: str | None = None) -> str:
    """The whole page; `text` is what the user's template wrote instead of the sections."""
    colour = _TONES.get(message.tone, _SOFT)
    language = "zh-CN" if message.language is Language.ZH else "en"
    badge = " · ".join(each for each in (message.state, message.severity) if each)
    body = (
        "".join(_section(each, message) for each in message.sections)
        if text is None
        else f"<div>{text}</div>"
    )
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light"><meta name="format-detection" content="telephone=no">'
        f"<title>{html.escape(message.title)}</title></head>\n"
        f'<body style="margin:0;padding:0;background:{_PAGE}">'
        f'<div style="display:none;max-height:0;overflow:hidden">{html.escape(message.summary)}</div>\n'
        f'<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:{_PAGE}">'
        '<tr><td align="center" style="padding:16px 8px">\n'
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:640px;'
        f"table-layout:fixed;background:#ffffff;border:1px solid {_LINE};border-top:5px solid {colour};"
        f'border-radius:6px">\n<tr><td style="padding:20px 24px;font:15px/1.6 {_SANS};color:{_INK};'
        f'{_BREAK}">\n'
        f'<div style="font-size:13px;font-weight:600;color:{colour}">{html.escape(badge)}</div>\n'
        f'<h1 style="margin:4px 0 12px;font-size:20px;line-height:1.35">{html.escape(message.name)}</h1>\n'
        f"{body}{_links(message, colour)}{_closing(message)}"
        "</td></tr></table>\n</td></tr></table></body></html>\n"
    )


def _section(section: Section, message: Message) -> str:
    inner = "".join(_block(block, message) for block in section.blocks)
    if not section.heading or not inner:
        return inner
    words = html.escape("".join(span.text for span in section.heading))
    style = f"margin:20px 0 6px;font-size:14px;color:{_SOFT}"
    return f'<h2 style="{style}">{words}</h2>\n{inner}'


def _block(block: Block, message: Message) -> str:
    match block:
        case Paragraph(content):
            return f'<p style="margin:6px 0">{_spans(content)}</p>\n'
        case Bullets(items):
            lines = [each.content for item in items for each in item if isinstance(each, Paragraph)]
            listed = "".join(f'<li style="margin:4px 0">{_spans(line)}</li>' for line in lines)
            return f'<ul style="margin:6px 0;padding-left:20px">{listed}</ul>\n'
        case KeyValues(rows):
            return _rows(rows)
        case Code():
            return _code(block, message)


def _rows(rows: tuple[tuple[Content, Content], ...]) -> str:
    label = f"padding:2px 14px 2px 0;color:{_SOFT};white-space:nowrap;vertical-align:top;width:1%"
    value = f"padding:2px 0;vertical-align:top;{_BREAK}"
    cells = "".join(
        f'<tr><td style="{label}">{_spans(name)}</td><td style="{value}">{_spans(said)}</td></tr>\n'
        for name, said in rows
    )
    return f'<table role="presentation" cellpadding="0" cellspacing="0" width="100%">{cells}</table>\n'


def _code(code: Code, message: Message) -> str:
    tone = EFFECTS[code.effect][1] if code.effect else Tone.NEUTRAL
    edge = _TONES.get(tone, _LINE)
    style = (
        f"margin:4px 0 8px;padding:8px 12px;background:{_CODE};border:1px solid {_LINE};"
        f"border-left:4px solid {edge};border-radius:4px;font:13px/1.5 {_MONO};white-space:pre-wrap;{_BREAK}"
    )
    label = ""
    if code.effect is not None:
        words = html.escape(EFFECTS[code.effect][0].say(message.language))
        label = f'<div style="margin-top:6px;font-size:12px;font-weight:600;color:{edge}">{words}</div>'
    return f'{label}<pre style="{style}">{html.escape(code.text)}</pre>\n'


def _spans(content: Content) -> str:
    return "".join(_span(span) for span in content)


def _span(span: Span) -> str:
    text = html.escape(span.text)
    match span.mark:
        case Mark.STRONG:
            return f"<strong>{text}</strong>"
        case Mark.VERBATIM:
            return f'<span style="font:13px/1.5 {_MONO};background:{_CODE};padding:0 4px">{text}</span>'
        case Mark.BADGE:
            return f'<span style="font-weight:600;color:{_TONES.get(span.tone, _SOFT)}">{text}</span>'
        case _:
            return f'<span style="color:{_SOFT}">{text}</span>' if span.tone is Tone.MUTED else text


def _links(message: Message, colour: str) -> str:
    if not message.links:
        return ""
    style = (
        f"display:inline-block;margin:0 8px 8px 0;padding:7px 14px;border:1px solid {colour};"
        f"border-radius:4px;color:{colour};text-decoration:none;font-size:14px"
    )
    shown = (
        f'<a href="{html.escape(each.url)}" style="{style}">{html.escape(each.label)}</a>'
        for each in message.links
    )
    return f'<div style="margin:22px 0 4px">{"".join(shown)}</div>\n'


def _closing(message: Message) -> str:
    lines = [html.escape(message.shortened)] if message.shortened else []
    lines += [_spans(message.footer)] if message.footer else []
    if not lines:
        return ""
    style = f"margin-top:14px;padding-top:10px;border-top:1px solid {_LINE};font-size:12px;color:{_SOFT}"
    return f'<div style="{style}">{"<br>".join(lines)}</div>\n'
