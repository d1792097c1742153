"""The two languages of a report. Names, reasons, commands and log lines stay verbatim in both."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from string import Formatter
from typing import Any

from pydantic import BaseModel, ConfigDict


class Language(StrEnum):
    EN = "en"
    ZH = "zh"
    BOTH = "both"
    """Headings in both languages, values in the configured first one."""


SPOKEN = (Language.EN, Language.ZH)
"""What a report's own sentences can be in."""


def others_than(language: Language) -> tuple[Language, ...]:
    """The languages that a report in this one is not in."""
    return tuple(each for each in SPOKEN if each is not spoken(language))


def spoken(language: Language) -> Language:
    """What values are said in: English where it is said to be both."""
    return Language.ZH if language is Language.ZH else Language.EN


class Text(BaseModel):
    """One sentence said in English and in Chinese."""

    model_config = ConfigDict(frozen=True)

    en: str
    zh: str

    def say(self, language: Language) -> str:
        return self.zh if language is Language.ZH else self.en


NAMES = {
    Language.EN: Text(en="English", zh="英文"),
    Language.ZH: Text(en="Chinese", zh="中文"),
    Language.BOTH: Text(en="English", zh="英文"),
}
"""What the languages of values are called."""


def text(en: str, zh: str, /, **values: Any) -> Text:
    """Two templates (`str.format` fields) filled with the same values; a value that is a `Text` fills each
    template in its own language. In English `{n} pod(s)` becomes `1 pod` or `3 pods`."""
    en = _COUNTED.sub(lambda found: found[1] + ("" if values.get(found[2]) == 1 else "s"), en)
    return Text(
        en=en.format(**{k: v.en if isinstance(v, Text) else v for k, v in values.items()}),
        zh=_in_chinese(zh, {k: v.zh if isinstance(v, Text) else v for k, v in values.items()}),
    )


_FORMATTER = Formatter()
_COUNTED = re.compile(r"(\{(\w+)\} \w+)\(s\)")
_HAN = re.compile("[\u3400-\u9fff]")
_WIDE = re.compile("[\u3400-\u9fff\u3001\u3002\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f]")
"""Characters as wide as they are high: they keep their own distance."""
_NARROW = re.compile("[0-9A-Za-z`]")


def _in_chinese(template: str, values: Mapping[str, Any]) -> str:
    """A template filled, each value set off from the words around it as Chinese is written: a blank between
    Chinese and other scripts, none between two Chinese words. Values themselves stay as they are."""
    said = ""
    for literal, name, layout, conversion in _FORMATTER.parse(template):
        said = _beside(said, literal)
        if name is not None:
            value = _FORMATTER.convert_field(_FORMATTER.get_field(name, (), values)[0], conversion)
            said = _beside(said, format(value, layout or ""))
    return said


def _beside(left: str, right: str) -> str:
    """Two pieces of a sentence put together."""
    before, after = left.rstrip(" ")[-1:], right.lstrip(" ")[:1]
    if not before or not after:
        return left + right
    if _WIDE.match(before) and _WIDE.match(after):
        return left.rstrip(" ") + right.lstrip(" ")
    if (_HAN.match(before) and _NARROW.match(after)) or (_NARROW.match(before) and _HAN.match(after)):
        return f"{left.rstrip(' ')} {right.lstrip(' ')}"
    if (_WIDE.match(before) and not _HAN.match(before)) or (_WIDE.match(after) and not _HAN.match(after)):
        return left.rstrip(" ") + right.lstrip(" ")
    return left + right
