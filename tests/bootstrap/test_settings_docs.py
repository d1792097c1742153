"""docs/settings.md and the models of the settings say the same; docs/server.md has a test of its own."""

from __future__ import annotations

import re
import types
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import pytest
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from kubetriage.adapters.channels.options import AnyOptions, ChannelOptions
from kubetriage.adapters.model.policies import Budget, CachePolicy
from kubetriage.adapters.model.profile import ModelProfile
from kubetriage.bootstrap.channel_settings import NotifySettings
from kubetriage.bootstrap.prometheus_settings import PrometheusSettings
from kubetriage.bootstrap.server_settings import TokenSettings
from kubetriage.bootstrap.settings import ConnectionSettings, LimitSettings, Settings
from kubetriage.domain.messages.routing import USUAL_EVENTS, QuietHours, Route

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "settings.md").read_text(encoding="utf-8")
TABLES: dict[str, type[BaseModel]] = {
    "At the top": Settings,
    "`[clusters.NAME]`": ConnectionSettings,
    "`[clusters.NAME.prometheus]`": PrometheusSettings,
    "`[limits]`": LimitSettings,
    "`[models.NAME]`": ModelProfile,
    "`[budget]`": Budget,
    "`[model_cache]`": CachePolicy,
    "`[server.tokens.NAME]`": TokenSettings,
    "`[[routes]]`": Route,
    "`[[quiet_hours]]`": QuietHours,
    "`[notify]`": NotifySettings,
}
NOT_SET_BY_PEOPLE = {"name"}
"""Of a profile: it is that of its table."""


def rows(page: str, heading: str) -> list[list[str]]:
    """The cells of the table of a section, its head left out."""
    section = page.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def plain(field: FieldInfo) -> str:
    """A default as the page writes it."""
    if field.is_required():
        return "must be set"
    value: Any = field.get_default(call_default_factory=True)
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, BaseModel):
        return "its defaults"
    if value == USUAL_EVENTS:
        return "all but `still_firing`"
    if value in ((), {}, None, ""):
        return "none"
    if isinstance(value, tuple):
        return "`[" + ", ".join(f'"{each}"' for each in value) + "]`"
    if isinstance(value, bool):
        return str(value).lower()
    return f"`{value}`" if isinstance(value, str) else str(value) if isinstance(value, int) else f"{value:g}"


def limits(field: FieldInfo) -> str:
    """What a value must keep, as the page writes it."""
    words = chosen_from(field.annotation)
    if words:
        return ", ".join(f"`{word}`" for word in words)
    found = {
        name: getattr(each, name)
        for each in (*field.metadata, *inner_metadata(field.annotation))
        for name in ("ge", "gt", "le")
        if getattr(each, name, None) is not None
    }
    low = f"{found['ge']:g}" if "ge" in found else f"more than {found['gt']:g}" if "gt" in found else ""
    if "le" in found:
        return f"{low}{',' if 'gt' in found else ''} to {found['le']:g}"
    return f"{low} or more" if "ge" in found else low


def chosen_from(annotation: Any) -> list[str]:
    """The words of a Literal or an enumeration, also of one that may be left out."""
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return [each.value for each in annotation]
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    if get_origin(annotation) in (Union, types.UnionType) and type(None) in get_args(annotation):
        return [word for part in get_args(annotation) for word in chosen_from(part)]
    return []


def inner_metadata(annotation: Any) -> list[Any]:
    """Limits of the parts of a union, such as a number or a word."""
    parts = [part for part in get_args(annotation) if hasattr(part, "__metadata__")]
    return [each for part in parts for info in part.__metadata__ for each in getattr(info, "metadata", ())]


@pytest.mark.parametrize("heading", TABLES)
def test_every_setting_is_described_with_its_default_and_limits(heading: str) -> None:
    """None is left out, none is made up, and defaults and limits are the code's."""
    documented = {
        name: (default, limited)
        for names, _, default, limited in rows(PAGE, heading)
        for name in re.findall(r"`(\w+)`", names)
    }
    fields = {
        field.alias or name: (plain(field), limits(field))
        for name, field in TABLES[heading].model_fields.items()
        if name not in NOT_SET_BY_PEOPLE
    }
    assert documented == fields


def test_every_kind_of_channel_is_described() -> None:
    """With what it has beside what every channel has."""
    documented = {
        (kind, name): (default, limited)
        for kinds, names, _, default, limited in rows(PAGE, "`[channels.NAME]`")
        for kind in re.findall(r"`([\w-]+)`", kinds)
        for name in re.findall(r"`(\w+)`", names)
    }
    fields = {
        (kind, name): (plain(field), limits(field))
        for options in get_args(get_args(AnyOptions)[0])
        for kind in get_args(options.model_fields["type"].annotation)
        for name, field in options.model_fields.items()
        if name != "type" and name not in ChannelOptions.model_fields
    }
    assert documented == fields


def test_what_every_channel_has_is_described() -> None:
    """In docs/channels.md, all of it and nothing else."""
    page = (DOCS / "channels.md").read_text(encoding="utf-8")
    named = {name for first, *_ in rows(page, "Settings") for name in re.findall(r"`(\w+)`", first)}
    assert named == {"type", *ChannelOptions.model_fields}
