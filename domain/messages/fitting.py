"""Making a message fit: whole sections go, from the end; then what must stay says less.

Nothing is ever cut inside a character, a block of code or an address: every length of a section was written
as such, and an address that is too long for a message was never taken in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from kubetriage.domain.language import Language, Text
from kubetriage.domain.messages.message import Message
from kubetriage.domain.rendering.visible import clip

SHORTENED = Text(
    en="Shortened to fit; the full report has the rest.", zh="篇幅所限有删减，其余内容见完整报告。"
)
SHORTENED_ALONE = Text(en="Shortened to fit.", zh="篇幅所限有删减。")

NAME_AT_LEAST = 40
"""Characters of a title that are left where there is no room at all."""


def fit(message: Message, fits: Callable[[Message], bool]) -> Message | None:
    """The longest form of the message that fits, or None if not even the shortest does."""
    return next((each for each in shorter(message) if fits(each)), None)


def shorter(message: Message) -> Iterator[Message]:
    """The message, then ever shorter forms of it; each says that something was left out."""
    yield message
    has_report = any(link.name == "report" for link in message.links)
    message = replace(message, shortened=_words(message.language, has_report))
    for section in reversed(message.sections):
        if not section.pinned:
            message = message.without(section.name)
            yield message
    while any(len(each.forms) > 1 for each in message.sections):
        for section in reversed(message.sections):
            if len(section.forms) > 1:
                message = message.with_section(replace(section, forms=section.forms[1:]))
                yield message
    message = replace(message, footer=(), links=message.links[:1])
    yield message
    for section in reversed(message.sections):
        if section.least is not None:
            message = message.with_section(replace(section, forms=(section.least,)))
            yield message
    yield replace(message, name=clip(message.name, NAME_AT_LEAST), summary="")


def dropped(message: Message, fitted: Message) -> tuple[str, ...]:
    """The names of the sections that had to go, or to say less."""
    kept = {each.name: each.blocks for each in fitted.sections}
    return tuple(each.name.value for each in message.sections if kept.get(each.name) != each.blocks)


def _words(language: Language, has_report: bool) -> str:
    return (SHORTENED if has_report else SHORTENED_ALONE).say(language)
