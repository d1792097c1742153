"""The port `Models`: questions to profiles of OpenAI-compatible endpoints."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from pydantic import SecretStr

from kubetriage.adapters.model import notes
from kubetriage.adapters.model.accounts import Accounts
from kubetriage.adapters.model.cache import AnswerCache, key_of
from kubetriage.adapters.model.ledger import Ledger
from kubetriage.adapters.model.limiter import Limiter
from kubetriage.adapters.model.loading import loaded
from kubetriage.adapters.model.memory import EndpointMemory
from kubetriage.adapters.model.profile import Method, ModelProfile
from kubetriage.adapters.model.spans import OtlpSpans
from kubetriage.domain.errors import ModelFailed, ModelMisconfigured, ModelUnavailable, UnknownModel
from kubetriage.domain.language import Text
from kubetriage.domain.model import Completion, ModelLimits, Question

if TYPE_CHECKING:
    from kubetriage.adapters.model.chat import KubetriageChat

SHARE = 0.6
"""The part of the time left that a profile gets when there is a fallback after it: one that hangs must not
take it all."""


class OpenAIModels:
    """Profiles by name. Use as an asynchronous context manager, or call `aclose`.

    `keys` maps names of environment variables to their values, for those that are set. Without a ledger
    nothing is booked and no budget holds; without a cache every question is asked.
    """

    def __init__(
        self,
        profiles: Mapping[str, ModelProfile],
        keys: Mapping[str, SecretStr],
        *,
        ledger: Ledger | None = None,
        cache: AnswerCache | None = None,
        memory: EndpointMemory | None = None,
        spans: OtlpSpans | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        stopwatch: Callable[[], float] = time.monotonic,
    ) -> None:
        self._profiles = dict(profiles)
        self._keys = dict(keys)
        self._accounts = Accounts(ledger)
        self._cache = cache
        self._memory = memory or EndpointMemory(None, clock)
        self._spans = spans
        self._clock = clock
        self._stopwatch = stopwatch
        self._chats: dict[str, KubetriageChat] = {}
        self._limiters: dict[tuple[str, str], Limiter] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections of the running event loop, and send the spans that are left."""
        if self._spans is not None:
            await self._spans.aclose()
        for chat in self._chats.values():
            await chat.clients.aclose()

    def limits(self, profile: str) -> ModelLimits:
        """What the prompt must keep to, as far as the endpoint is known by now; raises `UnknownModel`."""
        known = self._profile(profile)
        form = self._memory.form(known)
        return ModelLimits(
            evidence_characters=known.evidence_characters,
            native_tools=form.tools,
            fixed_schema=form.method in (Method.JSON_SCHEMA, Method.FUNCTION_CALLING),
        )

    async def ask(self, question: Question) -> Completion:
        """One completion: from the cache, the profile, or its fallbacks, until the deadline."""
        profile = self._profile(question.profile)
        if (kept := await self._kept(question, profile)) is not None:
            return kept
        said: list[Text] = []
        failures: list[ModelFailed] = []
        chain = self._chain(profile)
        for place, each in enumerate(chain):
            deadline = self._deadline(question, last=place == len(chain) - 1)
            if place:
                said.append(notes.fell_back(each))
            try:
                completion = await self._call(question, each, deadline, said)
            except ModelFailed as failure:
                failures.append(failure)
                said.append(notes.failed(each, str(failure)))
                continue
            made = completion.model_copy(update={"notes": (*said, *completion.notes)})
            await self._keep(question, profile, made)
            return made
        # A person must mend what is misconfigured, so that is what is said of several failures.
        worst = next((each for each in failures if isinstance(each, ModelMisconfigured)), failures[0])
        raise type(worst)(str(worst), said)

    async def _call(
        self, question: Question, profile: ModelProfile, deadline: float, said: list[Text]
    ) -> Completion:
        key = self._key(profile)
        await loaded()
        from kubetriage.adapters.model.calling import Call, Line

        line = Line(
            profile=profile,
            key=key,
            chat=self._chat(profile, key),
            limiter=self._limiter(profile),
            memory=self._memory,
            accounts=self._accounts,
            stopwatch=self._stopwatch,
            spans=self._spans,
        )
        if deadline <= self._stopwatch():
            raise ModelUnavailable("There was no time left to ask the model.")
        return await Call(line, question, deadline, said).answer()

    def _profile(self, name: str) -> ModelProfile:
        if name not in self._profiles:
            known = ", ".join(self._profiles) or "none"
            raise UnknownModel(f"There is no model profile named {name}; there are: {known}.")
        return self._profiles[name]

    def _chain(self, profile: ModelProfile) -> list[ModelProfile]:
        """The profile and its fallbacks; those of a fallback are its own business."""
        names = dict.fromkeys((profile.name, *profile.fallbacks))
        return [self._profile(name) for name in names]

    def _deadline(self, question: Question, *, last: bool) -> float:
        """Of the stopwatch."""
        left = (question.deadline_at - self._clock()).total_seconds()
        return self._stopwatch() + (left if last else left * SHARE)

    def _key(self, profile: ModelProfile) -> str:
        if not profile.key_env:
            return ""
        key = self._keys.get(profile.key_env, SecretStr("")).get_secret_value().strip()
        if not key:
            raise ModelMisconfigured(
                f"The model {profile.name} needs a key: the variable {profile.key_env} is not set."
            )
        if not key.isascii() or not key.isprintable() or " " in key:
            raise ModelMisconfigured(
                f"The environment variable {profile.key_env} holds no key: it has characters that no key has."
            )
        return key

    def _chat(self, profile: ModelProfile, key: str) -> KubetriageChat:
        from kubetriage.adapters.model.chat_of_profile import chat_model

        if profile.name not in self._chats:
            # What may be refused goes with each request; retries are ours.
            bare: dict[str, Any] = {
                "max_tokens": None,
                "max_tokens_field": "max_tokens",
                "temperature": None,
                "extra_body": None,
            }
            unstreamed = profile.model_copy(update={"stream": False})  # each request says so itself
            self._chats[profile.name] = chat_model(unstreamed, key, max_retries=0, cache=False, **bare)
        return self._chats[profile.name]

    def _limiter(self, profile: ModelProfile) -> Limiter:
        place = (profile.base_url, profile.key_env)
        if place not in self._limiters:
            limits = (profile.requests_per_minute, profile.tokens_per_minute)
            self._limiters[place] = Limiter(*limits, self._stopwatch)
        return self._limiters[place]

    # --- the cache: whatever is wrong with its file, the question is asked -------------------------

    async def _kept(self, question: Question, profile: ModelProfile) -> Completion | None:
        if self._cache is None or not self._cache.policy.seconds:
            return None
        try:
            kept = await asyncio.to_thread(self._cache.get, key_of(question, profile))
        except (sqlite3.Error, OSError):
            return None
        return kept and kept.model_copy(
            update={"notes": (notes.from_cache(self._profile_of(kept, profile)),)}
        )

    def _profile_of(self, kept: Completion, asked: ModelProfile) -> ModelProfile:
        return self._profiles.get(kept.profile, asked)

    async def _keep(self, question: Question, profile: ModelProfile, completion: Completion) -> None:
        """Only answers that are whole, and not those of a fallback: the profile may be back next time."""
        if self._cache is None or not self._cache.policy.seconds or completion.problem:
            return
        if completion.profile != profile.name or (completion.answer is None and not completion.calls):
            return
        try:
            await asyncio.to_thread(self._cache.put, key_of(question, profile), completion)
        except (sqlite3.Error, OSError):
            return
