"""Long lists are written in pieces, and the answer is what it would be in one."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import BaseModel, Field

from kubetriage.server.long_lists import AT_ONCE, written


class Item(BaseModel):
    name: str
    words: tuple[str, ...] = ()


class Document(BaseModel):
    title: str = 'a "title", 标题'
    items: tuple[Item, ...] = ()
    others: list[Item] = Field(default_factory=list)
    next: str = ""


def items(count: int) -> tuple[Item, ...]:
    return tuple(Item(name=f'"{number}": ],[', words=("告警",) * (number % 3)) for number in range(count))


@pytest.mark.parametrize("count", [0, 1, AT_ONCE, AT_ONCE + 1, 3 * AT_ONCE])
async def test_the_answer_is_the_same(count: int) -> None:
    """Byte for byte what the library writes in one piece, with the type and length of JSON."""
    document = Document(items=items(count), others=list(items(count)), next="c")
    answer = await written(document)
    assert answer.body == document.model_dump_json().encode()
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-length"] == str(len(answer.body))


async def test_others_have_their_turn_between_pieces() -> None:
    """Who waits on the same loop goes on after each piece, not after the last."""
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.ensure_future(count())
    await written(Document(items=items(10 * AT_ONCE)))
    counting.cancel()
    assert turns >= 10
