"""Answers to questions that were asked before, word for word.

Questions are redacted before they get here, and answers are what a model made of them: nothing secret is in
the file. Only whole answers are kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from kubetriage.adapters.model.files import opened
from kubetriage.adapters.model.policies import CachePolicy
from kubetriage.adapters.model.profile import ModelProfile
from kubetriage.domain.model import Completion, Question

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, at REAL NOT NULL, completion TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS answers_by_time ON answers (at)
"""
VERSION = "1"
"""Part of every key: changes when what is kept changes its meaning."""


class AnswerCache:
    """The file; every call opens it anew. Raises `sqlite3.Error` or `OSError` if it cannot be used."""

    def __init__(self, path: Path, policy: CachePolicy, clock: Callable[[], datetime]) -> None:
        self.path = path
        self.policy = policy
        self._clock = clock

    def get(self, key: str) -> Completion | None:
        """The answer to the same question, if it is young enough."""
        if not self.path.exists():
            return None
        with opened(self.path, _SCHEMA) as db:
            oldest = self._clock().timestamp() - self.policy.seconds
            row = db.execute(
                "SELECT completion FROM answers WHERE key = ? AND at > ?", (key, oldest)
            ).fetchone()
        if row is None:
            return None
        try:
            kept = Completion.model_validate_json(row[0])
        except ValidationError:  # written by another version
            return None
        paid = {"prompt_tokens": 0, "completion_tokens": 0, "completions": 0}
        cost = None if kept.cost is None else 0.0
        return kept.model_copy(update={**paid, "cost": cost, "cached": True, "notes": ()})

    def put(self, key: str, completion: Completion) -> None:
        """Keep an answer, and drop what is too old or too much."""
        kept = completion.model_copy(update={"reasoning": "", "notes": ()})
        now = self._clock().timestamp()
        with opened(self.path, _SCHEMA) as db:
            db.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", (key, now, kept.model_dump_json()))
            db.execute("DELETE FROM answers WHERE at <= ?", (now - self.policy.seconds,))
            db.execute(
                "DELETE FROM answers WHERE key NOT IN (SELECT key FROM answers ORDER BY at DESC LIMIT ?)",
                (self.policy.entries,),
            )


def key_of(question: Question, profile: ModelProfile) -> str:
    """What makes two questions the same: the model, the prompt's version, and every word that is sent,
    but for the times at which the same evidence was read."""
    user = question.user
    if question.same_as:
        user = (question.same_as, *user[1:])
    asked = {
        "version": VERSION,
        "model": [profile.base_url, profile.model],
        "settings": [profile.thinking, profile.temperature, profile.output_tokens],
        "prompt": question.prompt_version,
        "system": question.system,
        "user": user,
        "answer": [question.answer_name, question.answer_schema],
        "tools": [tool.model_dump() for tool in question.tools],
    }
    whole = json.dumps(asked, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()
