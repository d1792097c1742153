"""The two forms of Feishu's cards.

In JSON 2.0 an attribute that is not known is an error, where 1.0 ignores it: none is added lightly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kubetriage.domain.messages.dialects import FEISHU, LARK_MD
from kubetriage.domain.messages.message import Message, Section
from kubetriage.domain.messages.writing import Writer
from kubetriage.domain.rendering.document import Tone

Element = dict[str, Any]

_TEMPLATES = {Tone.BAD: "red", Tone.WARN: "orange", Tone.GOOD: "green", Tone.NOTE: "blue"}


def card_two(message: Message, title: str, mentions: Sequence[str], text: str | None) -> Element:
    """JSON 2.0: Markdown with code, evidence in a panel that opens, buttons that are links."""
    writer = Writer(message, FEISHU)
    elements = [_markdown(_mention(mentions))] if mentions else []
    if text is not None:
        elements.append(_markdown(text))
    else:
        elements += [
            _panel(each, writer) if each.folded else _section(each, writer) for each in message.sections
        ]
    if message.links:
        elements.append(_buttons(message))
    if text is None and (closing := writer.closing()):
        elements.append({"tag": "markdown", "content": closing, "text_size": "notation"})
    return {
        "schema": "2.0",
        "config": {"update_multi": True, "summary": {"content": f"{message.title} {message.summary}"}},
        "header": _header(message, title),
        "body": {"elements": elements},
    }


def card_one(message: Message, title: str, mentions: Sequence[str], text: str | None) -> Element:
    """JSON 1.0: no code in its Markdown, no panels, notes and actions as elements of their own."""
    writer = Writer(message, LARK_MD)
    parts = [_mention(mentions)] if mentions else []
    parts += [text] if text is not None else [writer.section(each) for each in message.sections]
    elements: list[Element] = []
    for part in parts:
        elements.append({"tag": "div", "text": {"tag": "lark_md", "content": part}})
    if message.links:
        actions = [
            {"tag": "button", "type": "default", "text": _plain(link.label), "url": link.url}
            for link in message.links
        ]
        elements.append({"tag": "action", "actions": actions})
    if text is None and (closing := writer.closing()):
        elements.append({"tag": "note", "elements": [{"tag": "lark_md", "content": closing}]})
    config = {"wide_screen_mode": True, "enable_forward": True}
    return {"config": config, "header": _header(message, title), "elements": elements}


def _header(message: Message, title: str) -> Element:
    return {"title": _plain(title), "template": _TEMPLATES.get(message.tone, "grey")}


def _plain(text: str) -> Element:
    return {"tag": "plain_text", "content": text}


def _markdown(content: str) -> Element:
    return {"tag": "markdown", "content": content}


def _section(section: Section, writer: Writer) -> Element:
    return _markdown(writer.section(section))


def _panel(section: Section, writer: Writer) -> Element:
    heading = "".join(span.text for span in section.heading)
    return {
        "tag": "collapsible_panel",
        "expanded": False,
        "header": {"title": _plain(heading)},
        "elements": [_markdown(writer.blocks(section))],
    }


def _buttons(message: Message) -> Element:
    columns = [
        {
            "tag": "column",
            "width": "auto",
            "elements": [
                {
                    "tag": "button",
                    "type": "default",
                    "text": _plain(link.label),
                    "behaviors": [{"type": "open_url", "default_url": link.url}],
                }
            ],
        }
        for link in message.links
    ]
    return {"tag": "column_set", "flex_mode": "flow", "columns": columns}


def _mention(ids: Sequence[str]) -> str:
    """Those whom the operator wants to be told; ids from the settings, never from a report."""
    return " ".join(f"<at id={each}></at>" for each in ids)
