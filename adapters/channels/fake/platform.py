"""What all stand-ins are: they take a call, check it, and keep what people would see."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kubetriage.adapters.channels.fake.faults import Fault, FaultKind


@dataclass(frozen=True)
class Call:
    """One request as it came over the wire."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, value: Any, status: int = 200, **headers: str) -> Reply:
        body = json.dumps(value, ensure_ascii=False).encode()
        return cls(status, body, {"Content-Type": "application/json", **headers})


@dataclass
class Seen:
    """One message that people see."""

    texts: list[str]
    """Every piece of text in it, as it was sent."""
    raw: Any
    ident: str = ""
    thread: str = ""
    """The message that it answers."""
    broadcast: bool = False
    """The channel shows the answer too."""
    pinged: list[str] = field(default_factory=list)
    """Whom the platform would notify because of a mention."""


class Refused(Exception):
    """The platform's answer to a message that it does not take."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.body.decode("utf-8", "replace"))
        self.reply = reply


class Platform(ABC):
    """One robot, app or receiver."""

    def __init__(
        self,
        *,
        per_second: int = 0,
        per_minute: int = 0,
        faults: Iterable[Fault | None] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.seen: list[Seen] = []
        self.calls: list[Call] = []
        self.replies: list[Reply] = []
        self._windows = [(1.0, per_second), (60.0, per_minute)]
        self._taken: deque[float] = deque()
        self._faults = iter(faults)
        self._clock = clock

    def next_fault(self) -> Fault | None:
        """What goes wrong with the next call; nothing once the plan is at its end."""
        return next(self._faults, None)

    def handle(self, call: Call, fault: Fault | None = None) -> Reply:
        """Check the call, keep the message, answer."""
        self.calls.append(call)
        reply = self._answer(call, fault)
        self.replies.append(reply)
        return reply

    def _answer(self, call: Call, fault: Fault | None) -> Reply:
        if fault is not None and (answered := self._failed(fault)) is not None:
            return answered
        try:
            self._limit()
            return self.take(call)
        except Refused as refused:
            return refused.reply
        except (ValueError, KeyError, TypeError) as error:
            return self.malformed(str(error))

    def _failed(self, fault: Fault) -> Reply | None:
        match fault.kind:
            case FaultKind.STATUS:
                return Reply(fault.status, b"upstream failed", fault.headers)
            case FaultKind.BUSY:
                return self.busy()
            case FaultKind.TOO_LONG:
                return self.too_long()
            case FaultKind.DEAD:
                return self.gone()
            case FaultKind.GARBAGE:
                return Reply(200, b"<html>login</html>")
            case FaultKind.SILENT | FaultKind.CUT | FaultKind.LOST:
                return None
        return None

    def _limit(self) -> None:
        now = self._clock()
        for seconds, most in self._windows:
            if most and sum(1 for at in self._taken if now - at < seconds) >= most:
                raise Refused(self.busy())
        self._taken.append(now)
        while self._taken and now - self._taken[0] > 60:
            self._taken.popleft()

    @abstractmethod
    def take(self, call: Call) -> Reply:
        """Keep the message and say that it was taken. Raises `Refused` otherwise."""

    @abstractmethod
    def busy(self) -> Reply:
        """The platform's word for its limit."""

    @abstractmethod
    def too_long(self) -> Reply: ...

    @abstractmethod
    def gone(self) -> Reply:
        """The robot was removed."""

    @abstractmethod
    def malformed(self, why: str) -> Reply:
        """The body is not what the platform reads."""


def texts_in(value: Any, *names: str) -> list[str]:
    """Every text under one of the names, at any depth."""
    found: list[str] = []
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in names and isinstance(inner, str):
                found.append(inner)
            found += texts_in(inner, *names)
    elif isinstance(value, list):
        for inner in value:
            found += texts_in(inner, *names)
    return found
