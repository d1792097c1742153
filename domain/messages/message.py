"""A message before it is known where it goes: sections in their order, each in several lengths."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from kubetriage.domain.language import Language
from kubetriage.domain.messages.notice import Event
from kubetriage.domain.rendering.document import Bullets, Code, Content, KeyValues, Paragraph, Tone

Block = Paragraph | Bullets | Code | KeyValues
"""What a section is made of: the few forms that every channel can show."""


class SectionName(StrEnum):
    FACTS = "facts"
    CAUSE = "cause"
    IMPACT = "impact"
    STEPS = "steps"
    EVIDENCE = "evidence"
    CHANGES = "changes"


@dataclass(frozen=True)
class Section:
    """One part of a message."""

    name: SectionName
    heading: Content
    """Empty for none."""
    forms: tuple[tuple[Block, ...], ...]
    """The same at several lengths, the longest first; a section that is not pinned needs only one."""
    pinned: bool = False
    """It is never dropped, only shown in a shorter form."""
    folded: bool = False
    """Closed at first where the channel can do that."""
    least: tuple[Block, ...] | None = None
    """What is said where even the shortest of all the sections' forms together have no room."""

    @property
    def blocks(self) -> tuple[Block, ...]:
        return self.forms[0]


@dataclass(frozen=True)
class Link:
    """An address that was found fit to be shown, and what stands behind it."""

    name: str
    """report, runbook, dashboard or silence."""
    label: str
    url: str


@dataclass(frozen=True)
class Message:
    """Everything a channel needs. Texts are visible ones; markup of the channel is the channel's business."""

    event: Event
    language: Language
    """Of our own words: English or Chinese."""
    tone: Tone
    state: str
    """The state in a word: firing, resolved, storm."""
    severity: str
    """The severity in a word, empty where the event has none."""
    name: str
    """What it is about, at most 160 characters."""
    summary: str
    """One line for a lock screen."""
    sections: tuple[Section, ...]
    links: tuple[Link, ...]
    footer: Content = ()
    incident: str = ""
    shortened: str = ""
    """The words that say that something was left out, empty while nothing was."""

    @property
    def title(self) -> str:
        """`[firing · critical] KubePodCrashLooping`."""
        words = " · ".join(each for each in (self.state, self.severity) if each)
        return f"[{words}] {self.name}" if words else self.name

    def section(self, name: SectionName) -> Section | None:
        return next((each for each in self.sections if each.name is name), None)

    def without(self, name: SectionName) -> Message:
        return replace(self, sections=tuple(each for each in self.sections if each.name is not name))

    def with_section(self, section: Section) -> Message:
        kept = tuple(section if each.name is section.name else each for each in self.sections)
        return replace(self, sections=kept)
