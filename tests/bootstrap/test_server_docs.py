"""docs/server.md and the settings of the server say the same."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from kubetriage.bootstrap.server_settings import IntakeTable, RetentionTable, ServerSettings
from kubetriage.server.posted import Source

PAGE = (Path(__file__).parents[2] / "docs" / "server.md").read_text(encoding="utf-8")
TABLES: dict[str, type[BaseModel]] = {
    "server": ServerSettings,
    "intake": IntakeTable,
    "retention": RetentionTable,
}


def documented(table: str) -> dict[str, str]:
    """Settings with their defaults, as the page's table has them."""
    rows = PAGE.split(f"| setting of `[{table}]`")[1].split("\n\n")[0].splitlines()[2:]
    found: dict[str, str] = {}
    for row in rows:
        names, _, values = (cell.strip() for cell in row.strip("|").split(" | "))
        settings = re.findall(r"`(\w+)`", names)
        defaults = values.split(", ") if len(settings) > 1 else [values]
        found |= dict(zip(settings, defaults, strict=True))
    return found


def plain(value: Any) -> str:
    """A default as the page writes it."""
    if value in ((), {}, None):
        return "none"
    if isinstance(value, tuple):
        return "`[" + ", ".join(f'"{each}"' for each in value) + "]`"
    return f"`{value}`" if isinstance(value, str) else f"{value:g}"


@pytest.mark.parametrize("table", TABLES)
def test_every_setting_is_described_with_its_default(table: str) -> None:
    """No setting of the server is left out of the page, none is made up, and the defaults are the code's."""
    fields = {
        name: plain(field.get_default(call_default_factory=True))
        for name, field in TABLES[table].model_fields.items()
    }
    assert documented(table) == fields


def test_the_example_is_a_configuration() -> None:
    """The page's settings are accepted as they stand."""
    example = tomllib.loads(re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[0])
    assert set(example) == {"database", *TABLES}
    for table, model in TABLES.items():
        assert isinstance(model.model_validate(example[table]), model)


def test_every_sender_has_its_path_on_the_page() -> None:
    """Senders with a path of their own are all named."""
    sending = PAGE.split("## Sending alerts")[1].split("```")[0]
    assert [source.value for source in Source if f"`{source.value}`" not in sending] == []


def test_the_twelve_behaviours_are_told() -> None:
    """A line for each, numbered as the tests are."""
    assert re.findall(r"^\| (\d+)\. ", PAGE, re.MULTILINE) == [str(number) for number in range(1, 13)]
