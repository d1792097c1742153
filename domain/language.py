"""The two languages of a report. Names, reasons, commands and log lines stay verbatim in both."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict


class Language(StrEnum):
    EN = "en"
    ZH = "zh"
    BOTH = "both"
    """Headings in both languages, values in the configured first one."""


class Text(BaseModel):
    """One sentence said in English and in Chinese."""

    model_config = ConfigDict(frozen=True)

    en: str
    zh: str

    def say(self, language: Language) -> str:
        return self.zh if language is Language.ZH else self.en


def text(en: str, zh: str, **values: Any) -> Text:
    """A `Text` of two templates filled with the same values (`str.format` fields)."""
    return Text(en=en.format(**values), zh=zh.format(**values))
