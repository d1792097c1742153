"""Messages on their way to people: what was sent, what waits, what was given up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from kubetriage.domain.intake.messages import Attempt, Message, MessageState
from kubetriage.server.asking import KNOWN_PARAMETERS, Line, PageOfMessages, Parts
from kubetriage.server.parts import ServerParts
from kubetriage.server.problems import Refused, problems

router = APIRouter(prefix="/api/v1/messages", tags=["messages"], dependencies=[KNOWN_PARAMETERS])


class MessageView(BaseModel):
    """A message, without what it says."""

    id: int
    channel: str
    event: str = Field(description="What it tells of", examples=["reported"])
    state: MessageState
    incident: str | None
    run: str | None
    attempts: int
    error: str = Field(description="What the last attempt that was not delivered ended with")
    digest: int | None = Field(description="The message that told it instead")
    due_at: datetime
    created_at: datetime
    updated_at: datetime


class MessagesPage(BaseModel):
    """Messages, newest first."""

    items: Sequence[MessageView]
    next: str = Field("", description="The cursor of the next page; empty on the last")


class MessageDetail(BaseModel):
    """A message with what it says and how sending it went."""

    message: MessageView
    body: dict[str, Any] = Field(description="What the channel writes the message from")
    attempts: Sequence[Attempt]


MessageId = Annotated[int, Path(ge=1, le=2**53, description="Number of the message", examples=[7])]


@router.get("", operation_id="listMessages", responses=problems(400, 422))
async def messages(
    parts: Parts,
    page: PageOfMessages,
    state: Annotated[list[MessageState] | None, Query(description="Any of these")] = None,
    incident: Annotated[Line | None, Query(description="About this incident")] = None,
    channel: Annotated[Line | None, Query(description="The channel's configured name")] = None,
) -> MessagesPage:
    """The outbox, newest first."""
    found = await parts.messages.messages(page, incident=incident, channel=channel, states=tuple(state or ()))
    return MessagesPage(items=[view_of(each) for each in found.items], next=found.next)


@router.get("/{message}", operation_id="getMessage", responses=problems(404, 422))
async def one_message(message: MessageId, parts: Parts) -> MessageDetail:
    """One message with every attempt to send it."""
    found = await _message(parts, message)
    return MessageDetail(
        message=view_of(found), body=found.body, attempts=await parts.messages.attempts(message)
    )


@router.post("/{message}/retry", operation_id="retryMessage", responses=problems(404, 409, 422))
async def retry_message(message: MessageId, parts: Parts) -> MessageView:
    """Send one again that was given up, or whose delivery is not known."""
    await _message(parts, message)
    if not await parts.messages.retry(message, parts.clock()):
        raise Refused(409, "Only what was given up, or may not have arrived, can be sent again.")
    return view_of(await _message(parts, message))


def view_of(message: Message) -> MessageView:
    return MessageView.model_validate(message.model_dump(include=set(MessageView.model_fields)))


async def _message(parts: ServerParts, message: int) -> Message:
    found = await parts.messages.message(message)
    if found is None:
        raise Refused(404, "There is no message of that number.")
    return found
