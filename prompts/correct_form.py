"""Asked again, because the answer was not in the form that was asked for."""

from __future__ import annotations

from kubetriage.domain.language import Language

_ANSWER = 1_500


def render(*, answer: str, problem: str, language: Language) -> str:
    """What was wrong with the form, and the answer's beginning, as data."""
    shown = answer.strip()[:_ANSWER]
    if language is Language.ZH:
        head = f"你上一次的回答不能使用：{problem}。只回答一个符合格式的 JSON 对象。"
        return f"{head}\n你的回答（节选）：\n{shown}" if shown else head
    head = f"Your last answer cannot be used: {problem}. Answer with one JSON object in the form asked for."
    return f"{head}\nYour answer (its beginning):\n{shown}" if shown else head
