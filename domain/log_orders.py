"""Log lines that speak to their reader instead of telling what happened: data, never instructions."""

from __future__ import annotations

import re
from functools import lru_cache

Stems = tuple[str, ...]

_PREVIOUS: Stems = ("previous", "prior", "above", "earlier", "other")
_WELL: Stems = ("healthy", "fine", "ok", "all right")
_OVER: Stems = ("resolved", "healthy", "fine", "ok", "false", "expected", "benign", "no issue")
_READERS: Stems = ("ai", "llm", "assistant", "agent", "operator", "sre", "admin")
_DEEDS: Stems = ("run", "execute", "delete", "ignore", "report", "drain", "approve", "scale")
ORDERS: tuple[tuple[tuple[Stems, ...], str], ...] = (
    (
        (("ignore", "disregard", "forget", "override"), _PREVIOUS),
        r"\b(?:ignore|disregard|forget|override) (?:all |any |the |your |of |these )*"
        r"(?:previous|prior|above|earlier|other)\b",
    ),
    (
        (("ignore", "disregard", "forget"), ("instructions", "prompt", "rules")),
        r"\b(?:ignore|disregard|forget) (?:all |any |your |the )*(?:instructions|prompts?|rules)",
    ),
    (
        (("you are ",),),
        r"\byou are (?:now )?(?:an? )?(?:ai|llm|assistant|language model|helpful|sre agent)\b",
    ),
    ((("system prompt", "<|im_", "inst]"),), r"\bsystem prompt\b|<\|im_(?:start|end)\|>|\[/?INST\]"),
    (
        (("system", "assistant"), ("you", "ignore", "please")),
        r"^\W*(?:system|assistant)\s*:\s*(?:you|ignore|please)\b",
    ),
    (
        ((" as ",), ("mark", "close", "report", "resolve", "classify", "treat"), _OVER),
        r"\b(?:mark|close|report|resolve|classify|treat) (?:this|the|it|that|all)\b[^\n]{0,40} as "
        r"(?:resolved|healthy|fine|ok|false[ -]positive|expected|benign|no issue)\b",
    ),
    (
        (("is ", "are "), ("report", "say", "answer", "respond", "conclude", "state", "tell"), _WELL),
        r"\b(?:report|say|answer|respond|conclude|state|tell)\b[^\n]{0,60}\b(?:is|are) "
        r"(?:healthy|fine|ok|all right)\b",
    ),
    (
        (_READERS, _DEEDS, (",", ":")),
        r"\b(?:ai|llm|assistant|agent|operator|sre|admin)s?\b[^\n]{0,20}[,:] ?(?:please |you |must )*"
        r"(?:run|execute|delete|ignore|report|drain|approve|scale)\b",
    ),
    (
        (("kubectl ",),),
        r"\b(?:run|execute|type|issue)(?: this| the following| the command)?\W{1,3}kubectl "
        r"(?:delete|drain|scale|apply|exec|patch|edit|cordon|create)\b",
    ),
    (
        (("忽略", "无视"),),
        r"忽略(?:之前|以上|前面|所有|上面)[^\n]{0,10}(?:指令|指示|提示|规则)|无视[^\n]{0,10}(?:指令|指示|规则)",
    ),
)
"""Patterns, each with groups of stems: one of each group stands in every text that the pattern finds."""
_COMPILED = tuple((groups, re.compile(pattern, re.IGNORECASE | re.MULTILINE)) for groups, pattern in ORDERS)
_LOOKED_AT = 2000
"""Characters of a line, and lines from a log's end, that are looked at."""


def gives_orders(text: str) -> bool:
    """Whether a log line orders its reader (a person on call, a model) to do or to believe something.

    Such a line is never taken for the reason of anything. Only the first 2,000 characters are looked at.
    """
    text = text[:_LOOKED_AT]
    low = text.casefold()  # as patterns that ignore case see it: a long s is an s
    return any(pattern.search(text) for groups, pattern in _COMPILED if _may(low, groups))


def _may(low: str, groups: tuple[Stems, ...]) -> bool:
    for stems in groups:  # plain loops: this is asked of every line
        for stem in stems:
            if stem in low:
                break
        else:
            return False
    return True


@lru_cache(maxsize=128)
def order_in(text: str) -> str:
    """The first of a log's last 2,000 lines that gives orders, empty if none does."""
    lines = text.split("\n")[-_LOOKED_AT:]
    low = "\n".join(lines).casefold()
    if not any(_may(low, groups) for groups, _ in _COMPILED):
        return ""
    return next((line for line in lines if gives_orders(line)), "")
