"""What all channels do alike: compose the message, make it fit, send it once, say what became of it."""

from __future__ import annotations

import json
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, ClassVar, NamedTuple

from kubetriage.adapters.channels.answers import Answer, of_status
from kubetriage.adapters.channels.options import ChannelOptions, secrets_of
from kubetriage.adapters.channels.posting import NotAnswered, Poster
from kubetriage.adapters.channels.templates import MessageTemplate, TemplateFailed, values_of
from kubetriage.domain.language import Language
from kubetriage.domain.messages.composing import compose
from kubetriage.domain.messages.delivery import Delivery, Verdict, dead
from kubetriage.domain.messages.dialects import Dialect
from kubetriage.domain.messages.fitting import dropped, fit
from kubetriage.domain.messages.message import Message
from kubetriage.domain.messages.notice import Event, Notice
from kubetriage.domain.messages.sending import Pace, Preview

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Look:
    """How a channel speaks."""

    language: Language
    """Of headings and of our own words; may be both."""
    zone: tzinfo
    primary: Language = Language.EN
    """Of our own words where the language is both and there is no report."""
    template: str = ""
    """The text of the user's own template."""


class Form(NamedTuple):
    """A message in the form of its channel."""

    body: bytes
    size: int
    """What counts against the channel's limit."""


class Fitted(NamedTuple):
    form: Form
    left_out: tuple[str, ...]
    note: str
    """Why the user's template was not used, empty if it was or there is none."""


_MENTIONING = frozenset({Event.STORM, Event.FAILED, Event.DIGEST})
"""Events without a report of their own that people are mentioned for."""


class ChannelBase(ABC):
    """A channel of `domain.messages.sending`; subclasses say what the platform wants."""

    limit: ClassVar[int]
    """What one message may have: bytes of UTF-8, unless the channel counts otherwise."""
    least: ClassVar[int] = 2_000
    """What any message fits in."""
    suffix: ClassVar[str] = "json"
    platform_pace: ClassVar[Pace] = Pace()
    deduplicates: bool = False
    threads: bool = False

    def __init__(self, name: str, kind: str, options: ChannelOptions, look: Look, dialect: Dialect) -> None:
        self.name = name
        self.kind = kind
        self.dialect = dialect
        self._common = options
        self._look = look
        self._secrets = secrets_of(options)
        self._template = (
            MessageTemplate(look.template, f"channels.{name}.template", self.escape)
            if look.template
            else None
        )

    @property
    def pace(self) -> Pace:
        """The platform's, or the one that is set."""
        given, usual = self._common, self.platform_pace
        return Pace(given.per_second or usual.per_second, given.per_minute or usual.per_minute)

    def escape(self, text: str) -> str:
        """What a template prints, made harmless here."""
        return self.dialect.prose(text)

    @abstractmethod
    def form(self, notice: Notice, message: Message, text: str | None) -> Form:
        """The message as the platform takes it; `text` is what the user's template wrote instead of ours."""

    @abstractmethod
    async def attempt(self, notice: Notice, form: Form, *, key: str, earlier: str) -> Delivery:
        """Send it once."""

    async def send(self, notice: Notice, *, key: str, room: float = 1.0, earlier: str = "") -> Delivery:
        """See `domain.messages.sending.Channel`."""
        try:
            fitted = self.fitted(notice, room)
        except Exception as error:  # it would end in the same way however often it is tried
            log.exception("a message cannot be written", extra={"channel": self.name})
            why = f"The message cannot be written: there is a bug in kubetriage ({type(error).__name__})."
            return dead(why, code="bug")
        if fitted is None:
            return dead("Not even the shortest form of the message fits.", code="size")
        delivery = await self.attempt(notice, fitted.form, key=key, earlier=earlier)
        why = f"{self._without_secrets(delivery.why)} {fitted.note}".strip()
        told = {"size": fitted.form.size, "left_out": fitted.left_out, "why": why}
        return delivery.model_copy(update=told)

    def _without_secrets(self, words: str) -> str:
        """What a far side says may repeat what it was sent: proxies quote addresses, which hold keys."""
        for secret in self._secrets:
            words = words.replace(secret, "…")
        return words

    def preview(self, notice: Notice) -> Preview:
        """See `domain.messages.sending.Channel`."""
        fitted = self.fitted(notice, 1.0)
        if fitted is None:
            return Preview(self.suffix, b"")
        return Preview(self.suffix, self.shown(fitted.form), fitted.left_out)

    def shown(self, form: Form) -> bytes:
        """The form as people look at it."""
        return form.body

    def fitted(self, notice: Notice, room: float) -> Fitted | None:
        """The longest form that fits into `room` of the limit; None if not even the shortest does."""
        message = self.message(notice)
        limit = self.room_for(lambda: self.form(notice, message, None).size, room)
        note = ""
        if self._template is not None:
            try:
                text = self._template.fill(values_of(notice, message, self.dialect))
                form = self.form(notice, message, text)
                if form.size <= limit:
                    return Fitted(form, (), "")
                note = "The template's text is too long here; the built-in one was sent."
            except TemplateFailed as error:
                note = f"The built-in text was sent: {error}."
        form = Form(b"", 0)

        def fits(candidate: Message) -> bool:
            nonlocal form
            form = self.form(notice, candidate, None)
            return form.size <= limit

        fitting = fit(message, fits)
        return None if fitting is None else Fitted(form, dropped(message, fitting), note)

    def room_for(self, whole: Callable[[], int], room: float) -> int:
        """What the message may have; after a refusal a part of what it had, which may be far below that."""
        limit = min(self.limit, self._common.max_bytes or self.limit)
        part = int(limit * room)
        return part if room == 1.0 else max(int(min(limit, whole()) * room), min(part, self.least))

    def message(self, notice: Notice) -> Message:
        look = self._look
        return compose(notice, language=look.language, zone=look.zone, primary=look.primary)

    def mentioned(self, notice: Notice) -> tuple[str, ...]:
        """Who is to be mentioned: those that are configured, and only for a fault that is new."""
        report = notice.report
        firing = report is not None and report.alert.status.lower() != "resolved"
        worth = firing if notice.event is Event.DIAGNOSED else notice.event in _MENTIONING
        severe = notice.severity.lower() in self._common.mention_severities or notice.event is Event.STORM
        return self._common.mention if worth and severe and not notice.over else ()

    def prepare(self) -> None:  # noqa: B027 - most channels have nothing to load
        """What the first message would load otherwise, while its turn passes."""

    async def aclose(self) -> None:  # noqa: B027 - most channels hold nothing open
        """See `domain.messages.sending.Channel`."""


class HttpChannel(ChannelBase):
    """A channel that is one POST."""

    def __init__(
        self,
        name: str,
        kind: str,
        options: ChannelOptions,
        look: Look,
        dialect: Dialect,
        *,
        public_only: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(name, kind, options, look, dialect)
        self._poster = Poster(timeout=options.timeout, public_only=public_only)
        self._clock = clock

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str] | None = None
    ) -> Answer | Delivery:
        """A 2xx answer, or what became of the message where there is none."""
        sent = {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
        try:
            answer = await self._poster.post(url, body, sent)
        except NotAnswered as end:
            return end.delivery
        return of_status(answer) or answer

    def prepare(self) -> None:
        self._poster.prepare()

    async def aclose(self) -> None:
        await self._poster.aclose()


def json_bytes(value: Any) -> bytes:
    """JSON in as few bytes as it takes: three for a Chinese character, not six."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def with_keyword(title: str, keyword: str) -> str:
    """The title with the keyword that the robot's security settings ask for."""
    return title if keyword in title else f"{title} {keyword}"


def halved(delivery: Delivery, size: int, limit: int) -> Delivery:
    """A refusal whose reason may be the size: less is tried if there was much, else it is final."""
    if size * 2 > limit:
        return delivery.model_copy(update={"verdict": Verdict.SHRINK})
    return delivery
