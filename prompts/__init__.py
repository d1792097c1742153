"""What a language model is asked, one question a file: `render(typed arguments) -> str`, pure."""

from __future__ import annotations

from typing import Final

PROMPT_VERSION: Final = "2"
"""Raised with every change of wording: answers are cached by it and evals compare by it."""
