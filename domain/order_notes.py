"""Evidence that speaks to its reader: shown to a model as data, and said in the report."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kubetriage.domain.alert import Alert
from kubetriage.domain.evidence import Evidence, ReadKind
from kubetriage.domain.language import Text, text
from kubetriage.domain.log_orders import gives_orders, order_in
from kubetriage.domain.rules.wording import short

MOST = 3
"""Notes of one report."""
_QUOTED = 100
_SENTENCE = re.compile(r"(?<=[.!?;:。！？；：])\s+|(?<=[。！？；：])|⟦|⟧|\"")


def order_notes(alert: Alert, evidence: Sequence[Evidence]) -> tuple[Text, ...]:
    """A sentence for each place that gives orders: events, annotations, data of objects, the alert itself.

    Logs are left out: a rule says it of them, whether a model is asked or not.
    """
    notes = []
    for words in (*alert.labels.values(), *alert.annotations.values()):
        if line := order_in(words):
            notes.append(_note("the alert", "告警", line))
            break
    for item in evidence:
        if not item.cite.startswith(f"{ReadKind.LOG}|") and (line := order_in(item.excerpt)):
            notes.append(_note(f"{item.id} ({item.resource})", f"{item.id}（{item.resource}）", line))
    return tuple(notes[:MOST])


def _note(en: str, zh: str, line: str) -> Text:
    said = next((part for part in _SENTENCE.split(line) if gives_orders(part)), line)
    quoted = short(said.strip(), _QUOTED)
    return text(
        "Suspicious: {en} gives orders to its reader (“{q}”); it was shown to the model as data.",
        "可疑：{zh} 试图指挥读者（“{q}”）；它只作为数据提供给模型。",
        en=en, zh=zh, q=quoted,
    )  # fmt: skip
