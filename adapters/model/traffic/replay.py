"""In place of endpoints: what they answered when it was recorded, to the same questions in the same order."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

from kubetriage.adapters.model.fake.loopback import listening
from kubetriage.adapters.model.traffic import request as hop
from kubetriage.adapters.model.traffic.answers import NO_ANSWER, Answer
from kubetriage.adapters.model.traffic.naming import NOT_RECORDED
from kubetriage.adapters.model.traffic.questions import Question, difference, read_question, same_start
from kubetriage.adapters.model.traffic.recording import Recording
from kubetriage.domain.errors import BadInput

NEVER_RECORDED: Final = "never_recorded"
MOST_MISSES: Final = 100
"""Misses that are kept in words; the others are counted."""


class Miss(NamedTuple):
    """A question that nobody had asked when it was recorded."""

    model: str
    cell: str
    why: str
    """How it differs from the nearest one that was recorded, a clause."""

    def __str__(self) -> str:
        where = f"cell {self.cell}" if self.cell else "no cell"
        return f"{self.model}, {where}: {self.why}"


class Replay:
    """The application; `pace` is how much of the recorded time an answer takes, 0 for none of it."""

    def __init__(self, recording: Recording, pace: float = 0.0) -> None:
        self._recording = recording
        self._pace = pace
        self._given: dict[tuple[str, str], int] = defaultdict(int)
        self.misses: list[Miss] = []
        self.missed = 0
        self.answered = 0

    async def __call__(self, scope: hop.Scope, receive: hop.Receive, send: hop.Send) -> None:
        came = await hop.incoming(scope, receive)
        if came is None:
            return
        if came.path != hop.COMPLETIONS:
            await hop.refuse(send, 404, "Only chat completions were recorded.", NEVER_RECORDED)
            return
        try:
            question = read_question(came.model, came.cell, came.body)
        except BadInput as error:
            await hop.refuse(send, 400, str(error), "invalid_request")
            return
        answer = self.answer_to(question)
        if answer is None:
            why = self._missed(question)
            await hop.refuse(send, 404, f"{NOT_RECORDED}: {why}.", NEVER_RECORDED)
            return
        self.answered += 1
        await self._give(answer, scope, receive, send)

    def answer_to(self, question: Question) -> Answer | None:
        """The next answer to it in its cell, the last one again when there are no more.

        A form that the endpoint refused, and never took, is refused again whatever is asked in it: which cell
        had found that out first is chance.
        """
        place = (question.cell, question.key)
        answers = self._recording.answers.get(place)
        if not answers:
            return self._recording.refusals.get(question.form)
        turn = min(self._given[place], len(answers) - 1)
        self._given[place] += 1
        return answers[turn]

    def _missed(self, question: Question) -> str:
        same_cell = [each for each in self._recording.questions if each.cell == question.cell]
        near = [each for each in same_cell if each.model == question.model]
        if not same_cell:
            why = f"cell {question.cell} is not in the recording" if question.cell else "nothing is"
        elif not near:
            why = f"model {question.model} was not asked in this cell"
        else:
            nearest = max(near, key=lambda each: same_start(question.asked, each.asked))
            why = difference(question.asked, nearest.asked)
        self.missed += 1
        if len(self.misses) < MOST_MISSES:
            self.misses.append(Miss(question.model, question.cell, why))
        return why

    async def _give(self, answer: Answer, scope: hop.Scope, receive: hop.Receive, send: hop.Send) -> None:
        await asyncio.sleep(answer.seconds * self._pace)
        if answer.status == NO_ANSWER:
            await hop.hang_up(scope, receive)
            return
        headers = {"content-type": answer.type, **answer.headers}
        body = answer.written()
        if answer.broken:
            # A length that never comes: the connection ends before the answer does.
            await hop.begin(send, answer.status, {**headers, "content-length": str(len(body) + 1)})
            await hop.write(send, body, more=True)
            await hop.hang_up(scope, receive)
            return
        await hop.begin(send, answer.status, headers)
        await hop.write(send, body)


@asynccontextmanager
async def replaying_server(
    recording: Recording, models: Sequence[str] = (), pace: float = 0.0
) -> AsyncIterator[tuple[Replay, dict[str, str]]]:
    """The application, and the base URL by profile name, while the block runs; of all models that were asked
    unless some are named."""
    replay = Replay(recording, pace)
    async with listening(replay) as port:
        yield replay, {name: hop.address(port, name) for name in models or recording.models}
