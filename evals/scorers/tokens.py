"""Tokens that a model read and wrote."""

from __future__ import annotations

from kubetriage.evals.cells import Score
from kubetriage.evals.scorers.material import Material


def tokens(material: Material) -> Score:
    read, written = material.spent.prompt_tokens, material.spent.completion_tokens
    reason = f"{read:,} tokens were read and {written:,} written."
    return Score(name="tokens", value=float(read + written), reason=reason)
