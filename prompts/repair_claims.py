"""Asked again, because code did not find in the cited evidence what some claims say."""

from __future__ import annotations

from collections.abc import Sequence

from kubetriage.domain.language import Language


def render(*, answer: str, problems: Sequence[str], language: Language) -> str:
    """The answer as it was given and what could not be confirmed in it."""
    listed = "\n".join(f"- {problem}" for problem in problems)
    if language is Language.ZH:
        return (
            f"你的回答：\n{answer}\n\n代码在所引证据中未能确认以下内容：\n{listed}\n\n"
            "改正它们（照抄证据原文，或引用正确的证据），或者删去。其余保持不变，重新给出完整的回答。"
        )
    return (
        f"Your answer:\n{answer}\n\nCode could not confirm this in the evidence cited:\n{listed}\n\n"
        "Mend it (copy the evidence exactly, or cite the right evidence) or leave it out. Keep the rest, and "
        "give the whole answer again."
    )
