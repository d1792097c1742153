"""Sentences in both languages from one set of values."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.language import Text

NOTHING = Text(en="", zh="")


def say(en: str, zh: str, /, **values: Any) -> Text:
    """Two templates (`str.format` fields) filled with the same values; a value that is a `Text` fills each
    template in its own language."""
    return Text(
        en=en.format(**{k: v.en if isinstance(v, Text) else v for k, v in values.items()}),
        zh=zh.format(**{k: v.zh if isinstance(v, Text) else v for k, v in values.items()}),
    )


def joined(parts: list[Text], en: str = "; ", zh: str = "；") -> Text:
    return Text(en=en.join(p.en for p in parts), zh=zh.join(p.zh for p in parts))


def counted(number: int, one: str, many: str = "") -> str:
    """`1 node`, `3 nodes`."""
    return f"{number} {one}" if number == 1 else f"{number} {many or one + 's'}"
