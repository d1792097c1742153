"""Log lines that speak to their reader instead of telling what happened: data, never instructions."""

from __future__ import annotations

import re
from functools import lru_cache

_ORDERS = re.compile(
    "|".join(
        (
            r"\b(?:ignore|disregard|forget|override) (?:all |any |the |your |of |these )*"
            r"(?:previous|prior|above|earlier|other)\b",
            r"\b(?:ignore|disregard|forget) (?:all |any |your |the )*(?:instructions|prompts?|rules)",
            r"\byou are (?:now )?(?:an? )?(?:ai|llm|assistant|language model|helpful|sre agent)\b",
            r"\bsystem prompt\b|<\|im_(?:start|end)\|>|\[/?INST\]",
            r"^\W*(?:system|assistant)\s*:\s*(?:you|ignore|please)\b",
            r"\b(?:mark|close|report|resolve|classify|treat) (?:this|the|it|that|all)\b[^\n]{0,40} as "
            r"(?:resolved|healthy|fine|ok|false[ -]positive|expected|benign|no issue)\b",
            r"\b(?:report|say|answer|respond|conclude|state|tell)\b[^\n]{0,60}\b(?:is|are) "
            r"(?:healthy|fine|ok|all right)\b",
            r"\b(?:ai|llm|assistant|agent|operator|sre|admin)s?\b[^\n]{0,20}[,:] ?(?:please |you |must )*"
            r"(?:run|execute|delete|ignore|report|drain|approve|scale)\b",
            r"\b(?:run|execute|type|issue)(?: this| the following| the command)?\W{1,3}kubectl "
            r"(?:delete|drain|scale|apply|exec|patch|edit|cordon|create)\b",
            r"忽略(?:之前|以上|前面|所有|上面)[^\n]{0,10}(?:指令|指示|提示|规则)|无视[^\n]{0,10}(?:指令|指示|规则)",
        )
    ),
    re.IGNORECASE | re.MULTILINE,
)


def gives_orders(text: str) -> bool:
    """Whether a log line orders its reader (a person on call, a model) to do or to believe something.

    Such a line is never taken for the reason of anything. Only the first 2,000 characters are looked at.
    """
    return bool(_ORDERS.search(text[:2000]))


@lru_cache(maxsize=128)
def order_in(text: str) -> str:
    """The first of a log's last 2,000 lines that gives orders, empty if none does."""
    return next((line for line in text.splitlines()[-2000:] if gives_orders(line)), "")
