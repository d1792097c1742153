"""What is known of a whole log after it was read once: its templates, its errors, and where they rose.

Made by a `ports.LogReader`, kept with the observation of the log, and bounded whatever the log holds.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from kubetriage.domain.log_patterns import Sign

MOST_TEMPLATES = 40
"""Templates that a digest holds; of the others only how many there are."""
MOST_SIGNS = 20
EXAMPLE = 300
"""Characters of a line that is kept as an example."""


class LogPlace(BaseModel):
    """Where something stands in a log."""

    model_config = ConfigDict(frozen=True)

    line: int
    """Counted from 1, among the lines that were read."""
    at: datetime | None = None
    """The time that it carries, if it carries one."""


class LogTemplate(BaseModel):
    """Records that say the same, but for what differs from one to the next."""

    model_config = ConfigDict(frozen=True)

    template: str
    """Their words, with `<*>` where they differ."""
    level: str = ""
    """In lower case, empty where they name none."""
    error: bool = False
    """Whether they tell of something that went wrong."""
    count: int
    first: LogPlace
    last: LogPlace
    example: str
    """The first of them as it stands in the log, at most `EXAMPLE` characters."""


class LogSign(BaseModel):
    """A known failure that records state, with what they name."""

    model_config = ConfigDict(frozen=True)

    sign: Sign
    values: dict[str, str] = Field(default_factory=dict)
    """Host, port, key, file, user, name, …"""
    quote: str
    """The part of a record that states it, as it stands in the log."""
    times: int
    first: LogPlace
    last: LogPlace


class ErrorRise(BaseModel):
    """A stretch of a log in which errors are several times as frequent as before it."""

    model_config = ConfigDict(frozen=True)

    first: LogPlace
    """The first error of the burst."""
    last: LogPlace
    """The last one."""
    example: str
    """The first error of a kind that was not usual before, as it stands in the log."""
    says: str
    """Its message, without time, level and JSON around it."""
    errors: int
    seconds: float | None = None
    """How long the stretch is; None if the lines carry no times, then `records` counts."""
    records: int
    before_errors: int
    before_seconds: float | None = None
    before_records: int
    lasting: bool
    """Whether it goes on to the end of the log."""


class LogDigest(BaseModel):
    """One log, read once."""

    model_config = ConfigDict(frozen=True)

    lines: int
    """Lines that were read."""
    records: int
    """Things that were said in them: a stack trace is one."""
    errors: int
    """Records that tell of something that went wrong."""
    cut: str = ""
    """What was not read, in words; empty if nothing."""
    first_at: datetime | None = None
    last_at: datetime | None = None
    templates: tuple[LogTemplate, ...] = ()
    """Those of errors first, then the more frequent before the less."""
    more_templates: int = 0
    """Templates that are not held, and the records of which they were made."""
    more_records: int = 0
    unlike: int = 0
    """Records that are unlike all others and were counted by their level alone."""
    signs: tuple[LogSign, ...] = ()
    """The more frequent first."""
    rise: ErrorRise | None = None
    orders: LogPlace | None = None
    """The last record of the kind that gives orders to its reader, if there is one."""
    last_words: str = ""
    """The record that the log ends with, as it stands there."""
    ends_in_error: bool = False
    """Whether the last words state an error."""
    kept: int | None = None
    """Lines that the observation holds as they are, where these are not all."""

    def times(self, sign: Sign, host: str = "", key: str = "") -> int:
        """How often the whole log states a failure of this host and key."""
        return sum(
            s.times
            for s in self.signs
            if s.sign is sign and s.values.get("host", "") == host and s.values.get("key", "") == key
        )
