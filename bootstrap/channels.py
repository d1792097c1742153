"""Channels made from the settings, and what the command line does with them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4
from zoneinfo import ZoneInfo

from kubetriage.adapters.channels.building import build_channel
from kubetriage.adapters.channels.channel import ChannelBase, Look
from kubetriage.adapters.channels.options import AnyOptions
from kubetriage.bootstrap.settings import Settings
from kubetriage.domain.errors import BadSettings
from kubetriage.domain.language import Language
from kubetriage.domain.messages.delivery import Delivery, Verdict
from kubetriage.domain.messages.notice import Notice, notice_of
from kubetriage.domain.messages.routing import message_key
from kubetriage.domain.messages.sending import Preview
from kubetriage.domain.messages.trial import Trial, trial_notice
from kubetriage.domain.report import Report
from kubetriage.domain.retelling import told_in


class Previewed(NamedTuple):
    """A channel's rendering, written to a file."""

    channel: str
    path: Path
    size: int
    left_out: tuple[str, ...]


class Tried(NamedTuple):
    """What became of a message to one channel."""

    channel: str
    kind: str
    delivery: Delivery


def channels_of(settings: Settings, names: Iterable[str] | None = None) -> dict[str, ChannelBase]:
    """The configured channels by name, or those named. Raises `BadInput`, `BadSettings`."""
    chosen = list(settings.channels) if names is None else list(dict.fromkeys(names))
    settings.require_channels(chosen)
    return {name: build_channel(name, settings.channels[name], _look(name, settings)) for name in chosen}


def speaking(settings: Settings, language: str | None) -> Settings:
    """Every channel in that language, whatever is set of it; as set for none."""
    if language is None:
        return settings
    channels = {n: each.model_copy(update={"language": language}) for n, each in settings.channels.items()}
    return settings.model_copy(update={"language": Language(language), "channels": channels})


@asynccontextmanager
async def open_channels(
    settings: Settings, names: Iterable[str] | None = None
) -> AsyncIterator[dict[str, ChannelBase]]:
    """The same, closed when this ends."""
    async with AsyncExitStack() as closing:
        made = channels_of(settings, names)
        for channel in made.values():
            closing.push_async_callback(channel.aclose)
        yield made


async def try_channel(settings: Settings, name: str, trial: Trial = Trial.SAMPLE) -> Tried:
    """Send a sample to a channel. Raises `BadInput`, `BadSettings`."""
    async with open_channels(settings, [name]) as made:
        channel = made[name]
        notice = trial_notice(trial, _values(settings.channels[name], settings))
        return Tried(name, channel.kind, await _to_the_end(channel, notice, f"trial-{uuid4().hex}"))


def languages_of(settings: Settings, names: Iterable[str] | None = None) -> dict[str, Language]:
    """The language of the report that a channel is told, by its name: of all, or of those named."""
    chosen = settings.channels if names is None else dict.fromkeys(names)
    return {name: _values(settings.channels[name], settings) for name in chosen}


async def deliver(
    settings: Settings, reports: Sequence[Sequence[Report]], names: Sequence[str]
) -> list[Tried]:
    """Send the report of each run to each channel, once: for the command line, which keeps no outbox.

    Of a run's reports, its own first, a channel is sent the one in its language.
    """
    told: list[Tried] = []
    languages = languages_of(settings, names)
    async with open_channels(settings, names) as made:
        for of_run in reports:
            for name, channel in made.items():
                report = told_in(of_run, languages[name])
                notice = notice_of(report, report_url=settings.notify.report_url("", report.id))
                delivery = await _to_the_end(channel, notice, message_key(notice, name))
                told.append(Tried(name, channel.kind, delivery))
    return told


async def _to_the_end(channel: ChannelBase, notice: Notice, key: str) -> Delivery:
    """One attempt, and smaller ones where the size was refused."""
    delivery = await channel.send(notice, key=key)
    for room in (0.6, 0.35):
        if delivery.verdict is not Verdict.SHRINK:
            break
        delivery = await channel.send(notice, key=key, room=room)
    return delivery


def previews(settings: Settings, folder: Path, trials: Sequence[Trial]) -> list[Previewed]:
    """Each channel's renderings in files of that folder. With no channel configured, one of every kind.

    Nothing is sent. Raises `BadSettings` if the folder cannot be written to.
    """
    written: list[Previewed] = []
    made = channels_of(settings) if settings.channels else _of_every_kind(settings)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, channel in made.items():
            for trial in trials:
                shown = channel.preview(trial_notice(trial, _values(settings.channels.get(name), settings)))
                written += _written(folder, f"{name}.{trial.value}", name, shown)
    except OSError as error:
        raise BadSettings(f"{folder}: cannot be written to: {error.strerror}.") from error
    return written


def _written(folder: Path, stem: str, name: str, shown: Preview) -> list[Previewed]:
    files = {shown.suffix: shown.body}
    if shown.suffix == "eml":
        import email
        from email.policy import default

        page = email.message_from_bytes(shown.body, policy=default).get_body(("html",))
        if page is not None:
            files["html"] = page.get_content().encode()
    made = []
    for suffix, body in files.items():
        path = folder / f"{stem}.{suffix}"
        path.write_bytes(body)
        made.append(Previewed(name, path, len(body), shown.left_out))
    return made


_KINDS: dict[str, dict[str, object]] = {
    "feishu": {"url": "https://open.feishu.cn/"},
    "feishu-card-1": {"type": "feishu", "url": "https://open.feishu.cn/", "card": "1.0"},
    "wecom": {"url": "https://qyapi.weixin.qq.com/"},
    "wecom-markdown": {"type": "wecom", "url": "https://qyapi.weixin.qq.com/", "format": "markdown"},
    "dingtalk": {"url": "https://oapi.dingtalk.com/"},
    "slack": {"url": "https://hooks.slack.com/"},
    "slack-api": {"token": "none", "channel": "none"},
    "teams": {"url": "https://example.com/"},
    "email": {"host": "localhost", "sender": "kubetriage@example.com", "to": ["oncall@example.com"]},
    "webhook": {"url": "https://example.com/"},
    "stdout": {},
    "apprise": {"url": "none://none"},
}
"""Enough to render a message of each kind, in each of its forms; nothing is sent there."""


def _of_every_kind(settings: Settings) -> dict[str, ChannelBase]:
    tables = {name: {"type": name, **table} for name, table in _KINDS.items()}
    return channels_of(Settings.model_validate({**_words(settings), "channels": tables}))


def _words(settings: Settings) -> dict[str, object]:
    return {"language": settings.language, "primary_language": settings.primary_language}


def _look(name: str, settings: Settings) -> Look:
    options = settings.channels[name]
    values, headings = settings.languages(options.language)
    return Look(headings, _zone(options), values, _template(name, options))


def _values(options: AnyOptions | None, settings: Settings) -> Language:
    return settings.languages(options.language if options else None)[0]


def _zone(options: AnyOptions) -> tzinfo:
    if options.timezone:
        return ZoneInfo(options.timezone)
    return datetime.now().astimezone().tzinfo or UTC


def _template(name: str, options: AnyOptions) -> str:
    if not options.template:
        return ""
    try:
        return Path(options.template).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise BadSettings(f"channels.{name}.template: {options.template} cannot be read: {why}.") from error
