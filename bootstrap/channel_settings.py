"""`[channels.NAME]`, `[[routes]]`, `[[quiet_hours]]` and `[notify]`: who is told what, where and when."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from kubetriage.adapters.channels.options import AnyOptions, ChannelOptions
from kubetriage.domain.errors import BadInput
from kubetriage.domain.messages.routing import QuietHours, Route

_NAME = re.compile(r"\w[\w-]{0,62}")
"""It becomes the name of a file, and a label of metrics."""
_ENV = "_env"
_FROM_ENVIRONMENT = ("url", "secret", "token", "password")
TYPES = tuple(
    name
    for options in get_args(get_args(AnyOptions)[0])
    for name in get_args(options.model_fields["type"].annotation)
)
"""What `type` can be."""


def _options(given: Any) -> Any:
    """A channel's table: `secret_env = "NAME"` stands for the value of that environment variable."""
    if not isinstance(given, Mapping):
        return given
    made = dict(given)
    if made.get("type") not in TYPES:
        raise ValueError(f"type must be one of {', '.join(TYPES)}")
    for name in _FROM_ENVIRONMENT:
        variable = made.pop(name + _ENV, None)
        if variable is None:
            continue
        if name in made:
            raise ValueError(f"has both {name} and {name}{_ENV}: give one")
        if not os.environ.get(str(variable)):
            raise ValueError(f"{name}{_ENV}: the environment variable {variable} is not set")
        made[name] = os.environ[str(variable)].strip()
    return made


ChannelTable = Annotated[AnyOptions, BeforeValidator(_options)]


class NotifySettings(BaseModel):
    """How messages are sent, whatever the channel."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    incident_url: str = ""
    """Where the full report is, with `{incident}` or `{run}`: `https://triage.example.com/i/{incident}`."""
    overview_url: str = ""
    """Where the list of incidents is: the link of storms and digests, which are about several."""
    max_attempts: int = Field(default=8, ge=1, le=100)
    """Attempts of one message until it is given up."""
    give_up_hours: float = Field(default=6.0, gt=0, le=168)
    """How long after its first attempt a message is given up."""
    digest_after: int = Field(default=6, ge=2)
    """Messages waiting for one channel that are told as one."""

    @field_validator("incident_url", "overview_url")
    @classmethod
    def _can_be_opened(cls, pattern: str) -> str:
        if pattern and not pattern.startswith(("https://", "http://")):
            raise ValueError("must be an address that begins with http:// or https://")
        return pattern

    @field_validator("incident_url")
    @classmethod
    def _names_what_there_is(cls, pattern: str) -> str:
        unknown = set(re.findall(r"\{[^}]*\}", pattern)) - {"{incident}", "{run}"}
        if unknown:
            raise ValueError(f"knows {{incident}} and {{run}}, not {min(unknown)}")
        return pattern

    def report_url(self, incident: str, run: str = "") -> str:
        """Empty if no address is configured, or if it needs what is not there."""
        if ("{incident}" in self.incident_url and not incident) or ("{run}" in self.incident_url and not run):
            return ""
        return self.incident_url.replace("{incident}", incident).replace("{run}", run)


class ChannelSettings(BaseModel):
    """The part of the settings that is about messages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channels: dict[str, ChannelTable] = Field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    """In order; without any, every channel is told of diagnoses, recoveries and storms."""
    quiet_hours: tuple[QuietHours, ...] = ()
    notify: NotifySettings = NotifySettings()

    @field_validator("channels")
    @classmethod
    def _names_are_plain(cls, channels: dict[str, Any]) -> dict[str, Any]:
        for name in channels:
            if not _NAME.fullmatch(name):
                raise ValueError(f"a channel's name has letters, digits, - and _ only, unlike {name!r}")
        return channels

    @model_validator(mode="after")
    def _channels_exist(self) -> ChannelSettings:
        for number, route in enumerate(self.routes, 1):
            self._check(f"routes[{number}].channels", route.channels)
        for number, quiet in enumerate(self.quiet_hours, 1):
            self._check(f"quiet_hours[{number}].channels", quiet.channels)
        for name, channel in self.channels.items():
            self._check(f"channels.{name}.fallback", [channel.fallback] if channel.fallback else [])
            if channel.fallback == name:
                raise ValueError(f"channels.{name}.fallback is the channel itself")
        return self

    def _check(self, place: str, names: Sequence[str]) -> None:
        for name in names:
            if name not in self.channels:
                known = ", ".join(self.channels) or "none"
                raise ValueError(f"{place}: there is no channel {name}; configured are: {known}")

    def require_channels(self, names: Sequence[str]) -> None:
        """Raises `BadInput` for a channel that is not configured."""
        for name in names:
            if name not in self.channels:
                known = (
                    f"configured are: {', '.join(self.channels)}" if self.channels else "none is configured"
                )
                raise BadInput(f"There is no channel named {name}; {known}.")


CHANNEL_TABLES: dict[str, type[BaseModel]] = {
    "notify": NotifySettings,
    "routes": Route,
    "quiet_hours": QuietHours,
}
"""The other tables of this part, by name."""


def channel_fields(channel_type: str) -> list[str]:
    """What can be set of a channel of that type, for a hint at what was meant."""
    for options in get_args(get_args(AnyOptions)[0]):
        if channel_type in get_args(options.model_fields["type"].annotation):
            return [*options.model_fields, *(each + _ENV for each in _FROM_ENVIRONMENT)]
    return list(ChannelOptions.model_fields)
