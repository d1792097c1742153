"""The events of a stream as plain dictionaries, and answers of a bounded size."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import Any, Self

import httpx2
import openai

from kubetriage.domain.errors import ModelUnavailable

MOST_BYTES = 16 * 1024 * 1024
"""Of one answer: events have 200 to 350 bytes a token, so that 32,000 tokens with thinking fit."""
MOST_OF_ERROR = 256 * 1024
"""Of an answer that is an error; what is more is not read."""
ERROR = 400


class AnswerTooLong(ModelUnavailable):
    """More came than any answer has."""


class AsyncEvents:
    """Stands where langchain-openai expects a stream; raises `ModelUnavailable` for what is no event."""

    def __init__(self, stream: openai.AsyncStream[Any]) -> None:
        self._stream = stream

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stream.close()

    async def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        async for each in self._stream:
            yield plain(each)


class Events:
    """The same for synchronous calls."""

    def __init__(self, stream: openai.Stream[Any]) -> None:
        self._stream = stream

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for each in self._stream:
            yield plain(each)


def plain(event: Any) -> dict[str, Any]:
    """An event as the server sent it; openai's client passes on whatever JSON comes."""
    if isinstance(event, openai.BaseModel):
        event = event.model_dump(warnings=False)
    if not isinstance(event, dict):
        raise ModelUnavailable("The endpoint's stream holds something that is no event of a completion.")
    return event


class _Bounded(httpx2.AsyncByteStream, httpx2.SyncByteStream):
    """The bytes of an answer, counted as they come."""

    def __init__(self, stream: Any, most: int, *, error: bool) -> None:
        self._stream = stream
        self._left = most
        self._error = error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            if self._full(part):
                return
            yield part

    def __iter__(self) -> Iterator[bytes]:
        for part in self._stream:
            if self._full(part):
                return
            yield part

    def _full(self, part: bytes) -> bool:
        self._left -= len(part)
        if self._left < 0 and not self._error:
            raise AnswerTooLong(f"The endpoint's answer has more than {MOST_BYTES // 1024**2} MiB.")
        return self._left < 0

    async def aclose(self) -> None:
        await self._stream.aclose()

    def close(self) -> None:
        self._stream.close()


def bound(response: httpx2.Response) -> None:
    """Keep an answer from filling the memory; a hook of synchronous clients."""
    error = response.status_code >= ERROR
    response.stream = _Bounded(response.stream, MOST_OF_ERROR if error else MOST_BYTES, error=error)


async def abound(response: httpx2.Response) -> None:
    """The same for asynchronous clients."""
    bound(response)
