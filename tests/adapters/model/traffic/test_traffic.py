"""Traffic through real sockets: recorded from a scripted server, and played again without it."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest

from kubetriage.adapters.model import chat_model
from kubetriage.adapters.model.fake import scripted_server
from kubetriage.adapters.model.profile import ModelProfile
from kubetriage.adapters.model.traffic.naming import asking_cell
from kubetriage.adapters.model.traffic.proxy import recording_proxy
from kubetriage.adapters.model.traffic.recording import Recorder, Recording, read_recording
from kubetriage.adapters.model.traffic.replay import Replay, replaying_server
from kubetriage.domain.errors import BadInput, ModelUnavailable

KEY = "plainwords-key-0815"


def profile(url: str, **given: Any) -> ModelProfile:
    return ModelProfile(name="tried", base_url=url, model="m", **given)


@asynccontextmanager
async def recording(path: Path, replies: Any, *, down: bool = False, **settings: Any) -> AsyncIterator[str]:
    """The address of a proxy before a scripted server, for any cell."""
    async with scripted_server(replies, mode="zero", **settings) as server:
        url = server.refused_url if down else server.base_url
        with Recorder(path, {"about": "a test"}) as recorder:
            async with recording_proxy({"tried": profile(url)}, recorder) as addresses:
                yield addresses["tried"]


@asynccontextmanager
async def replaying(path: Path) -> AsyncIterator[tuple[Replay, str]]:
    async with replaying_server(read_recording(path)) as (replay, addresses):
        yield replay, addresses["tried"]


async def say(address: str, words: str, cell: str = "c1", *, stream: bool = False, **given: Any) -> str:
    model = chat_model(profile(address, stream=stream), KEY, max_retries=0, **given)
    named = asking_cell.set(cell)
    try:
        if stream:
            return "".join([each.text async for each in model.astream(words)])
        return (await model.ainvoke(words)).text
    finally:
        asking_cell.reset(named)
        await model.clients.aclose()


@pytest.mark.parametrize("stream", [False, True], ids=["in one piece", "streamed"])
async def test_what_was_recorded_is_answered_without_the_model(tmp_path: Path, stream: bool) -> None:
    """The same question brings the same words, from the file alone."""
    path = tmp_path / "traffic.jsonl.gz"
    async with recording(path, ["The pod ran out of memory."]) as address:
        first = await say(address, "What broke?", stream=stream)
    async with replaying(path) as (replay, address):
        assert await say(address, "What broke?", stream=stream) == first == "The pod ran out of memory."
        assert (replay.answered, replay.missed) == (1, 0)


async def test_a_question_that_was_never_asked_is_an_error_that_says_so(tmp_path: Path) -> None:
    """404 in a sentence, with what the nearest recorded question had instead; it is not retried."""
    path = tmp_path / "traffic.jsonl.gz"
    async with recording(path, ["yes"]) as address:
        await say(address, "Is web-1 down?")
    async with replaying(path) as (replay, address):
        with pytest.raises(openai.NotFoundError, match=r"no answer to this question: messages\[0\] has"):
            await say(address, "Is web-2 down?")
        with pytest.raises(openai.NotFoundError, match="cell c9 is not in the recording"):
            await say(address, "Is web-1 down?", cell="c9")
        assert replay.missed == 2 and "web-2" in str(replay.misses[0])


async def test_repeats_get_their_own_answers(tmp_path: Path) -> None:
    """One question of several cells, and twice of one: each gets what it got, in whatever order they come."""
    path = tmp_path / "traffic.jsonl.gz"
    order = ["c1", "c2", "c1", "c3"]
    async with recording(path, ["one", "two", "three", "four"]) as address:
        told = [await say(address, "Well?", cell) for cell in order]
    assert told == ["one", "two", "three", "four"]
    async with replaying(path) as (_, address):
        again = [await say(address, "Well?", cell) for cell in ("c3", "c2", "c1", "c1")]
    assert again == ["four", "two", "one", "three"]


async def test_failures_are_played_again(tmp_path: Path) -> None:
    """A 429 with its Retry-After and then an answer: the same, in that order."""
    path = tmp_path / "traffic.jsonl.gz"
    faults = [{"when": {"call_no": 1}, "do": [{"status": {"status": 429, "retry_after": 7}}]}]
    async with recording(path, ["well"], faults=faults) as address:
        with pytest.raises(openai.RateLimitError):
            await say(address, "Well?")
        await say(address, "Well?")
    async with replaying(path) as (_, address):
        with pytest.raises(openai.RateLimitError) as caught:
            await say(address, "Well?")
        assert caught.value.response.headers["retry-after"] == "7"
        assert await say(address, "Well?") == "well"


async def test_a_stream_that_breaks_off_breaks_off_again(tmp_path: Path) -> None:
    """A connection that ends within an answer is no answer, when it is recorded and when it is replayed."""
    path = tmp_path / "traffic.jsonl.gz"
    cut = [{"when": {}, "do": [{"cut": {"tokens": 3, "abrupt": True}}]}]
    async with recording(path, ["one two three four five six seven"], faults=cut) as address:
        with pytest.raises((ModelUnavailable, openai.APIConnectionError)):
            await say(address, "Well?", stream=True)
    async with replaying(path) as (_, address):
        with pytest.raises((ModelUnavailable, openai.APIConnectionError)):
            await say(address, "Well?", stream=True)


async def test_an_endpoint_that_says_nothing_says_nothing_again(tmp_path: Path) -> None:
    """A connection that ends before any answer is no answer either time."""
    path = tmp_path / "traffic.jsonl.gz"
    async with recording(path, ["never"], faults=[{"when": {}, "do": ["reset"]}]) as address:
        with pytest.raises(openai.APIConnectionError):
            await say(address, "Well?")
    async with replaying(path) as (_, address):
        with pytest.raises(openai.APIConnectionError):
            await say(address, "Well?")


async def test_a_form_that_was_refused_is_refused_to_every_cell(tmp_path: Path) -> None:
    """Which cell found out first that a form is not taken is chance; a replay in another order goes well."""
    path = tmp_path / "traffic.jsonl.gz"
    refused = [{"when": {"response_format": "json_schema"}, "do": [{"status": {"status": 400}}]}]
    schema = {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {}}}}
    async with recording(path, ["well"], faults=refused) as address:
        with pytest.raises(openai.BadRequestError):
            await say(address, "One?", "c1", extra_body=schema)
        await say(address, "One?", "c1")
        await say(address, "Two?", "c2")
    async with replaying(path) as (replay, address):
        with pytest.raises(openai.BadRequestError):
            await say(address, "Two?", "c2", extra_body=schema)
        assert await say(address, "Two?", "c2") == "well"
        assert replay.missed == 0


async def test_an_endpoint_that_is_not_there_is_said(tmp_path: Path) -> None:
    """The proxy answers 502 in a sentence, and nothing is kept that looks like an answer."""
    path = tmp_path / "traffic.jsonl.gz"
    async with recording(path, ["never"], down=True) as address:
        with pytest.raises(openai.InternalServerError, match="could not be reached"):
            await say(address, "Well?")
    assert read_recording(path).questions == []


async def test_no_key_and_no_header_is_in_the_file(tmp_path: Path) -> None:
    """The key goes to the endpoint and nowhere else, even if the model repeats it; nor do other headers."""
    path = tmp_path / "traffic.jsonl.gz"
    async with recording(path, [f"Your key is {KEY}."]) as address:
        await say(address, "What is my key?", stream=True)
    content = gzip.decompress(path.read_bytes()).decode()
    assert KEY not in content and "Bearer" not in content and "user-agent" not in content.lower()


async def test_questions_at_once_are_all_kept(tmp_path: Path) -> None:
    """Forty questions at a time are forty records, each answered by its own again."""
    path = tmp_path / "traffic.jsonl.gz"
    replies = [{"match": {"regex": f"number {n}x"}, "reply": {"text": f"it is {n}"}} for n in range(40)]

    async def all_of_them(address: str) -> list[str]:
        return await asyncio.gather(*(say(address, f"number {n}x", f"c{n % 7}") for n in range(40)))

    async with recording(path, replies) as address:
        first = await all_of_them(address)
    async with replaying(path) as (_, address):
        assert await all_of_them(address) == first == [f"it is {n}" for n in range(40)]


# ---- the file


async def recorded(path: Path, count: int) -> Recording:
    async with recording(path, ["well"]) as address:
        for number in range(count):
            await say(address, f"Question {number}?")
    return read_recording(path)


async def test_a_recording_that_was_killed_holds_what_was_answered(tmp_path: Path) -> None:
    """A file that ends in the middle is read up to there, and says so."""
    path = tmp_path / "traffic.jsonl.gz"
    assert len((await recorded(path, 3)).questions) == 3
    path.write_bytes(path.read_bytes()[:-60])
    found = read_recording(path)
    assert found.cut and 1 <= len(found.questions) <= 3


async def test_a_history_is_written_once(tmp_path: Path) -> None:
    """An agent that sends a growing history does not fill the disk: each message is one line."""
    path = tmp_path / "traffic.jsonl.gz"
    async with recording(path, ["well"]) as address, httpx2.AsyncClient() as http:
        history: list[dict[str, str]] = []
        for turn in range(30):
            history.append({"role": "user", "content": f"turn {turn} " + "x" * 2000})
            body = {"model": "m", "messages": history}
            await http.post(f"{address}/chat/completions", json=body)
    content = gzip.decompress(path.read_bytes())
    assert content.count(b"turn 0 ") == 1 and len(content) < 150_000
    assert len(read_recording(path).questions[-1].asked["messages"]) == 30


@pytest.mark.parametrize(
    "content",
    [b"", b"no gzip", gzip.compress(b""), gzip.compress(b'{"schema": "x"}\n'), gzip.compress(b"[1]\n"),
     gzip.compress(b'{"schema": "kubetriage.model-traffic/1"}\n{"cell": 1}\n')],
    ids=["empty", "text", "nothing in it", "another schema", "a list", "half a line"],
)  # fmt: skip
def test_what_is_no_recording_is_refused(tmp_path: Path, content: bytes) -> None:
    """Any other file is bad input that names the file."""
    path = tmp_path / "other.gz"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"other\.gz"):
        read_recording(path)


def test_a_recording_is_not_written_over(tmp_path: Path) -> None:
    """A file that is there stays as it is; a folder that cannot be written is bad input too."""
    path = tmp_path / "there.jsonl.gz"
    path.write_bytes(b"precious")
    with pytest.raises(BadInput, match="is there already"):
        Recorder(path, {})
    assert path.read_bytes() == b"precious"
