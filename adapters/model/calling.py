"""One question to one profile: its forms one after the other, retries with backoff, limits, the ledger."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import openai
from langchain_core.messages import AIMessage

from kubetriage.adapters.model import notes
from kubetriage.adapters.model.accounts import Accounts
from kubetriage.adapters.model.chat import KubetriageChat
from kubetriage.adapters.model.failures import Failure, Kind, about_output_limit, failure_of
from kubetriage.adapters.model.forms import next_method, step_down
from kubetriage.adapters.model.ledger import Used
from kubetriage.adapters.model.limiter import Limiter, TooBusy
from kubetriage.adapters.model.memory import EndpointMemory
from kubetriage.adapters.model.profile import ModelProfile
from kubetriage.adapters.model.reading import completion_of, used_by
from kubetriage.adapters.model.requesting import Request, request_of
from kubetriage.adapters.model.secrets import masked
from kubetriage.adapters.model.spans import ModelSpan, OtlpSpans, tell
from kubetriage.adapters.model.waiting import within
from kubetriage.domain.errors import ModelMisconfigured, ModelRefused, ModelUnavailable
from kubetriage.domain.language import Text
from kubetriage.domain.model import Completion, Question

LONGEST_WAIT = 60.0
SERVER_ERROR = 500


class Line(NamedTuple):
    """What calls to one profile go through."""

    profile: ModelProfile
    key: str
    chat: KubetriageChat
    limiter: Limiter
    memory: EndpointMemory
    accounts: Accounts
    stopwatch: Callable[[], float]
    spans: OtlpSpans | None = None


class Call:
    """One question on its way to one profile. `notes` grows as things happen."""

    def __init__(self, line: Line, question: Question, deadline: float, said: list[Text]) -> None:
        self._line = line
        self._question = question
        self._deadline = deadline
        """Of the line's stopwatch."""
        self._said = said
        self._form = line.memory.form(line.profile)
        self._first = self._form
        self._failed = 0
        self._guessed = False

    async def answer(self) -> Completion:
        """The completion. Raises a `ModelFailed` of whichever class."""
        while True:
            request = request_of(self._question, self._line.profile, self._form)
            self._check_length(request)
            await self._wait_for_room(request)
            most = Used(request.prompt_tokens, 0, request.output_tokens)
            entry = await self._line.accounts.reserve(
                self._question.run, self._line.profile, most, self._said
            )
            began = time.time_ns()
            try:
                message = await self._ask(request)
            except (openai.APIError, ModelUnavailable, TimeoutError) as error:
                failure = failure_of(error, self._line.profile, self._line.key)
                self._tell(began, error=str(failure.status or failure.kind.value))
                await self._book(entry, failure, request)
                await self._react(failure)
                continue
            except BaseException:  # cancelled: the server has the prompt all the same
                self._tell(began, error="cancelled")
                await asyncio.shield(self._book(entry, None, request))
                raise
            used = used_by(message, request.prompt_tokens)
            self._tell(began, used, message.response_metadata)
            await self._line.accounts.settle(entry, self._line.profile, used)
            reckoned = request.prompt_tokens + request.output_tokens
            self._line.limiter.correct(reckoned, used.prompt + used.completion - reckoned)
            if self._form != self._first and not self._guessed:
                self._line.memory.learn(self._line.profile, self._form)
            made = completion_of(message, self._question, self._line.profile, request)
            return masked(made, self._line.key)

    async def _ask(self, request: Request) -> AIMessage:
        options: dict[str, Any] = request.options
        config = {
            "run_name": f"kubetriage {self._question.purpose.value}",
            "metadata": {"run": self._question.run, "profile": self._line.profile.name},
        }
        left = self._left()
        asked = self._line.chat.ainvoke(request.messages, config, **options)  # type: ignore[arg-type]
        answered = await within(left, asked)
        assert isinstance(answered, AIMessage)
        return answered

    def _tell(
        self, began: int, used: Used | None = None, said: Mapping[str, Any] | None = None, error: str = ""
    ) -> None:
        """One span for each request, whatever came of it."""
        profile, said = self._line.profile, said or {}
        span = ModelSpan(
            run=self._question.run,
            purpose=self._question.purpose.value,
            profile=profile.name,
            model=profile.model,
            host=profile.host,
            began=began,
            ended=time.time_ns(),
            prompt_tokens=used.prompt if used else 0,
            cached_tokens=used.cached if used else 0,
            completion_tokens=used.completion if used else 0,
            finish_reason=str(said.get("finish_reason") or ""),
            served_model=str(said.get("model_name") or ""),
            error=error,
        )
        tell(span, self._line.spans)

    def _left(self) -> float:
        left = self._deadline - self._line.stopwatch()
        if left <= 0:
            raise ModelUnavailable("There was no time left to ask the model.")
        return left

    def _check_length(self, request: Request) -> None:
        profile = self._line.profile
        if request.prompt_tokens > profile.context_tokens:
            raise ModelRefused(
                f"The prompt, about {request.prompt_tokens} tokens, does not fit into the context of"
                f" {profile.name}, {profile.context_tokens} tokens."
            )

    async def _wait_for_room(self, request: Request) -> None:
        tokens = request.prompt_tokens + request.output_tokens
        try:
            seconds = await self._line.limiter.take(tokens, self._deadline)
        except TooBusy as error:
            raise ModelUnavailable(
                f"The rate limit of {self._line.profile.name} leaves no room before the deadline"
                f" ({error.seconds:.0f} s)."
            ) from None
        if seconds >= 0.1:
            self._said.append(notes.waited(self._line.profile, seconds))

    async def _book(self, entry: int, failure: Failure | None, request: Request) -> None:
        """What was answered with an error costs nothing; what was cut off has cost its prompt."""
        if failure is not None and failure.status:
            await self._line.accounts.release(entry)
        else:
            used = Used(request.prompt_tokens, 0, 0)
            await self._line.accounts.settle(entry, self._line.profile, used)

    # --- what a failure leads to ------------------------------------------------------------------

    async def _react(self, failure: Failure) -> None:
        """Prepare the next try, or raise."""
        match failure.kind:
            case Kind.MISCONFIGURED:
                raise ModelMisconfigured(failure.sentence)
            case Kind.TOO_LONG:
                raise ModelRefused(failure.sentence)
            case Kind.REFUSED:
                self._step_down(failure)
            case Kind.NOT_STREAMED:
                self._form = self._form.model_copy(update={"stream": False})
                self._said.append(notes.not_streamed(self._line.profile))
            case Kind.BUSY | Kind.DOWN:
                self._without_schema(failure)
                await self._back_off(failure)

    def _step_down(self, failure: Failure) -> None:
        profile = self._line.profile
        if about_output_limit(failure.words) and "max_completion_tokens" not in failure.words:
            raise ModelMisconfigured(
                f"{failure.sentence} (models.{profile.name}.output_tokens is {profile.output_tokens})"
            )
        stepped = step_down(self._form, profile, failure.words, with_tools=bool(self._question.tools))
        if stepped is None:
            raise ModelRefused(failure.sentence)
        self._form, note = stepped
        self._said.append(note)

    def _without_schema(self, failure: Failure) -> None:
        """Some servers answer 500 to a `response_format` that they don't know (llama_cpp.server)."""
        method = next_method(self._form, self._line.profile)
        if failure.status >= SERVER_ERROR and self._failed == 1 and method is not None:
            self._said.append(notes.without_format(self._line.profile, self._form.method.value))
            self._form = self._form.model_copy(update={"method": method})
            self._guessed = True  # the server may just have been overloaded: nothing to remember

    async def _back_off(self, failure: Failure) -> None:
        profile = self._line.profile
        self._failed += 1
        if self._failed > profile.retries:
            raise ModelUnavailable(failure.sentence)
        floor = profile.backoff if failure.kind is Kind.BUSY else profile.backoff / 5
        seconds = min(LONGEST_WAIT, floor * 2 ** (self._failed - 1)) * random.uniform(0.8, 1.2)
        if failure.retry_after is not None:
            seconds = failure.retry_after + random.uniform(0, min(1.0, profile.backoff / 5))
        if seconds >= self._deadline - self._line.stopwatch():
            sentence = notes.ended(failure.sentence)
            raise ModelUnavailable(f"{sentence} There is no time left for another try.")
        if failure.kind is Kind.BUSY:
            self._line.limiter.pause(seconds)
        self._said.append(notes.retried(failure.sentence, seconds))
        await asyncio.sleep(seconds)
