"""What endpoints have shown to take, remembered by address and model over runs."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kubetriage.adapters.model.forms import Form, first_form
from kubetriage.adapters.model.profile import ModelProfile

LEARNED_FOR = timedelta(days=7)
"""After that a refused form is tried again: servers are updated."""


class Learned(BaseModel):
    """What is known of one endpoint."""

    model_config = ConfigDict(frozen=True)

    base_url: str
    model: str
    at: datetime
    asked: Form
    """The form that the profile asked for at that time; another profile makes this void."""
    taken: Form
    """The form that worked."""
    probed: bool = False
    """Found out by a probe, which stays valid; else by a refusal."""
    findings: dict[str, Any] = Field(default_factory=dict)
    """Of a probe, for people."""


class EndpointMemory:
    """What was learned, in this process and, with a folder, over runs: one small JSON file an endpoint.

    A folder that cannot be written to is as none.
    """

    def __init__(self, folder: Path | None, clock: Callable[[], datetime]) -> None:
        self._folder = folder
        self._clock = clock
        self._known: dict[tuple[str, str], Learned] = {}

    def form(self, profile: ModelProfile) -> Form:
        """The form to begin with."""
        learned = self.learned(profile)
        asked = first_form(profile)
        if learned is None or learned.asked != asked:
            return asked
        return learned.taken

    def learned(self, profile: ModelProfile) -> Learned | None:
        """What is known of the profile's endpoint, if it is not too old."""
        known = self._known.get(profile.endpoint) or self._read(profile)
        if known is None or (not known.probed and self._now() - known.at > LEARNED_FOR):
            return None
        self._known[profile.endpoint] = known
        return known

    def learn(
        self, profile: ModelProfile, taken: Form, findings: dict[str, Any] | None = None
    ) -> Path | None:
        """Remember the form that worked; says where it was written down, if it was."""
        before = self.learned(profile)
        learned = Learned(
            base_url=profile.base_url,
            model=profile.model,
            at=self._now(),
            asked=first_form(profile),
            taken=taken,
            probed=findings is not None or (before is not None and before.probed),
            findings=findings if findings is not None else (before.findings if before else {}),
        )
        self._known[profile.endpoint] = learned
        return self._write(profile, learned)

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)

    def _path(self, profile: ModelProfile) -> Path | None:
        if self._folder is None:
            return None
        digest = hashlib.sha256("\n".join(profile.endpoint).encode()).hexdigest()[:16]
        return self._folder / f"{digest}.json"

    def _read(self, profile: ModelProfile) -> Learned | None:
        path = self._path(profile)
        try:
            found = Learned.model_validate_json(path.read_bytes()) if path else None
        except (OSError, ValidationError):
            return None
        return found if found and (found.base_url, found.model) == profile.endpoint else None

    def _write(self, profile: ModelProfile, learned: Learned) -> Path | None:
        path = self._path(profile)
        if path is None:
            return None
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(learned.model_dump(mode="json"), file, ensure_ascii=False, indent=2)
            os.replace(temporary, path)
        except OSError:
            return None
        return path
