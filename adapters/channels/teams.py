"""Teams: a workflow that posts an Adaptive Card when it receives a webhook request.

28 KB a message and 4 requests a second, by the platform's documentation. The workflow answers 202 before it
has run: what goes wrong in it later is not seen here. Text stands in `TextRun`s, which read no Markdown.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from kubetriage.adapters.channels.answers import Answer
from kubetriage.adapters.channels.channel import Form, HttpChannel, Look, json_bytes
from kubetriage.adapters.channels.options import TeamsOptions
from kubetriage.domain.messages.delivery import Delivery, dead, delivered, retry, shrink, unknown
from kubetriage.domain.messages.dialects import PLAIN_CHAT
from kubetriage.domain.messages.message import Block, Message, Section
from kubetriage.domain.messages.notice import Notice
from kubetriage.domain.messages.sending import Pace
from kubetriage.domain.rendering.document import (
    Bullets,
    Code,
    Content,
    KeyValues,
    Mark,
    Paragraph,
    Tone,
)
from kubetriage.domain.rendering.words import EFFECTS

Element = dict[str, Any]

_COLOURS = {Tone.BAD: "Attention", Tone.WARN: "Warning", Tone.GOOD: "Good", Tone.NOTE: "Accent"}
_STYLES = {Tone.BAD: "attention", Tone.WARN: "warning", Tone.GOOD: "good", Tone.NOTE: "accent"}


class TeamsChannel(HttpChannel):
    limit = 27_000
    least = 4_000
    platform_pace = Pace(per_second=2)

    def __init__(self, name: str, options: TeamsOptions, look: Look) -> None:
        super().__init__(name, options.type, options, look, PLAIN_CHAT)
        self._url = options.url

    def form(self, notice: Notice, message: Message, text: str | None) -> Form:
        card = card_of(message, text, self.mentioned(notice))
        attachment = {
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": None,
            "content": card,
        }
        body = json_bytes({"type": "message", "summary": message.title, "attachments": [attachment]})
        return Form(body, len(body))

    async def attempt(self, notice: Notice, form: Form, *, key: str, earlier: str) -> Delivery:
        answer = await self.post(self._url.get_secret_value(), form.body)
        return answer if isinstance(answer, Delivery) else of_answer(answer)

    def shown(self, form: Form) -> bytes:
        return json.dumps(json.loads(form.body), ensure_ascii=False, indent=2).encode()


def of_answer(answer: Answer) -> Delivery:
    """202, or 200 whose text can hold the error of what stands behind."""
    words = answer.words
    if "HTTP error 429" in words:
        return retry("Teams takes no more for now.", code="HTTP 429 inside 200")
    if "HTTP error 413" in words:
        return shrink("The card is too large.", code="HTTP 413 inside 200")
    if "delivery failed" in words.lower() or "HTTP error" in words:
        return dead(f"Teams refused the card: {words}", code="error inside 200")
    if answer.status != 202 and words not in ("", "1") and answer.json() is None:
        return unknown(f"The answer is not a workflow's: {words}", code=f"HTTP {answer.status}")
    why = "The workflow accepted it; whether it then posted the card is not visible from here."
    return delivered(code=f"HTTP {answer.status}", why=why)


def card_of(message: Message, text: str | None, mentioned: Sequence[str] = ()) -> Element:
    """An Adaptive Card 1.5. Those who are mentioned stand in the only text of it that reads `<at>`."""
    body: list[Element] = [
        {
            "type": "Container",
            "style": _STYLES.get(message.tone, "emphasis"),
            "bleed": True,
            "items": [_rich([_run(message.title, weight="Bolder", size="Medium")])],
        }
    ]
    tags = [f"<at>{each}</at>" for each in mentioned]
    if tags:
        body.append({"type": "TextBlock", "text": " ".join(tags), "wrap": True})
    if text is not None:
        body += [_rich([_run(line)]) for line in text.splitlines() if line.strip()]
    else:
        body += [element for section in message.sections for element in _section(section, message)]
    closing = [message.shortened, "".join(span.text for span in message.footer)]
    for words in closing if text is None else []:
        if words:
            body.append(_rich([_run(words, subtle=True, size="Small")]))
    card: Element = {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.5",
        "msteams": {"width": "Full", **_entities(mentioned)},
        "fallbackText": message.title,
        "body": body,
    }
    if message.links:
        actions = [{"type": "Action.OpenUrl", "title": each.label, "url": each.url} for each in message.links]
        card["actions"] = actions
    return card


def _entities(mentioned: Sequence[str]) -> Element:
    """Who the tags of the card mean, by user principal name or Microsoft Entra object id."""
    found = [
        {"type": "mention", "text": f"<at>{each}</at>", "mentioned": {"id": each, "name": each}}
        for each in mentioned
    ]
    return {"entities": found} if found else {}


def _section(section: Section, message: Message) -> list[Element]:
    elements = [element for block in section.blocks for element in _block(block, message)]
    if not section.heading or not elements:
        return elements
    heading = _rich([_run("".join(span.text for span in section.heading), weight="Bolder")])
    heading["spacing"] = "Medium"
    if not section.folded:
        return [heading, *elements]
    ident = f"fold-{section.name.value}"
    heading["inlines"].append(_run(" ▾"))
    toggle = {"type": "Action.ToggleVisibility", "targetElements": [ident]}
    opener = {"type": "Container", "items": [heading], "selectAction": toggle}
    return [opener, {"type": "Container", "id": ident, "isVisible": False, "items": elements}]


def _block(block: Block, message: Message) -> list[Element]:
    match block:
        case Paragraph(content):
            return [_rich(_runs(content))]
        case Bullets(items):
            lines = [each.content for item in items for each in item if isinstance(each, Paragraph)]
            return [_rich([_run("• "), *_runs(line)]) for line in lines]
        case KeyValues(rows):
            return [_rich([*_runs(name, weight="Bolder"), _run(": "), *_runs(value)]) for name, value in rows]
        case Code():
            return _code(block, message)


def _code(code: Code, message: Message) -> list[Element]:
    lines = [_rich([_run(line or " ", mono=True)]) for line in PLAIN_CHAT.verbatim(code.text).split("\n")]
    made: list[Element] = []
    if code.effect is not None:
        words, tone = EFFECTS[code.effect]
        made.append(_rich([_run(words.say(message.language), colour=_COLOURS.get(tone, ""))]))
    return [*made, {"type": "Container", "style": "emphasis", "items": lines}]


def _runs(content: Content, weight: str = "") -> list[Element]:
    return [
        _run(
            span.text,
            weight=weight or ("Bolder" if span.mark is Mark.STRONG else ""),
            mono=span.mark is Mark.VERBATIM,
            colour=_COLOURS.get(span.tone, "") if span.mark is Mark.BADGE else "",
            subtle=span.tone is Tone.MUTED,
        )
        for span in content
    ]


def _run(
    text: str, *, weight: str = "", size: str = "", colour: str = "", mono: bool = False, subtle: bool = False
) -> Element:
    run: Element = {"type": "TextRun", "text": PLAIN_CHAT.prose(text)}
    run |= {"weight": weight} if weight else {}
    run |= {"size": size} if size else {}
    run |= {"color": colour} if colour else {}
    run |= {"fontType": "Monospace"} if mono else {}
    return run | ({"isSubtle": True} if subtle else {})


def _rich(inlines: Sequence[Element]) -> Element:
    return {"type": "RichTextBlock", "inlines": list(inlines)}
