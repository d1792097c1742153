"""The chat completions of one server: each request decided, timed, answered and written down."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from urllib.parse import unquote

from starlette.types import Receive, Scope, Send

from kubetriage.adapters.model.fake.deciding import Decider, Decision
from kubetriage.adapters.model.fake.envelope import Labels, Usage
from kubetriage.adapters.model.fake.exchange import ClientGone, Exchange, TooLarge
from kubetriage.adapters.model.fake.journal import Journal, Line
from kubetriage.adapters.model.fake.replies import Oracle
from kubetriage.adapters.model.fake.request import CaseKey
from kubetriage.adapters.model.fake.sending import Sending
from kubetriage.adapters.model.fake.settings import Settings
from kubetriage.adapters.model.fake.timing import Pace, Places, PrefixCache, Timing, timing
from kubetriage.adapters.model.fake.tokens import TokenCounter, token_counter

NOTHING = "-"
"""Stands for an empty run, arm or case in a path."""


def case_key(params: Mapping[str, str]) -> CaseKey:
    """Whose request it is, from the parameters of its path."""
    run, arm, case = (unquote(params.get(name, "")) for name in ("run", "arm", "case"))
    return CaseKey(*("" if part == NOTHING else part for part in (run, arm, case)))


class Completions:
    """The endpoint as an ASGI application, with all that it remembers."""

    def __init__(
        self, settings: Settings, oracle: Oracle | None, counter: TokenCounter | None = None
    ) -> None:
        self.counter = counter or token_counter()
        self.decider = Decider(settings, oracle, self.counter)
        self.journal = Journal()
        self.born = time.monotonic()
        self._cache = PrefixCache()
        self._places = Places(settings.max_parallel)
        self._running: set[Exchange] = set()

    @property
    def settings(self) -> Settings:
        return self.decider.settings

    def configure(self, settings: Settings) -> None:
        """Go on with other settings; requests under way keep theirs."""
        self.decider.configure(settings)
        self._places = Places(settings.max_parallel)

    def reset(self, run: str | None = None) -> None:
        """Forget a run, or all: journal, counters and prefix cache."""
        self.journal.forget(run)
        self.decider.uses.forget(run)
        self._cache.forget(run)

    def stop(self) -> None:
        """End the connections of all requests under way."""
        for exchange in list(self._running):
            exchange.abort()

    def now(self) -> float:
        """Seconds since the server began."""
        return time.monotonic() - self.born

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange(scope, receive, send)
        self._running.add(exchange)
        try:
            await self._serve(exchange, case_key(scope["path_params"]))
        except ClientGone:
            pass  # before the whole request was there: nothing to write down
        finally:
            self._running.discard(exchange)
            exchange.done()

    async def _serve(self, exchange: Exchange, key: CaseKey) -> None:
        try:
            raw = await exchange.body()
        except TooLarge:
            await exchange.answer(413, {"content-type": "application/json", "connection": "close"}, b"{}")
            return
        arrived = time.monotonic()
        body = _parsed(raw)
        if isinstance(body, dict):
            self.journal.keep_request(key.run, body, len(raw))
        decision = self.decider.decide(key, body, exchange.headers)
        places = self._places
        await places.take()
        sending = self._sending(exchange, decision, arrived)
        noted = False

        def note(*, gone: bool = False) -> None:
            nonlocal noted
            if not noted:
                noted = True
                self.journal.write(self._line(decision, sending, arrived, gone))

        # Before the last byte: who has the answer finds its line.
        exchange.ending = note
        try:
            await self._send(sending, decision)
        except ClientGone:
            note(gone=True)
        finally:
            places.leave()
            note()

    def _sending(self, exchange: Exchange, decision: Decision, arrived: float) -> Sending:
        started, settings, run = time.monotonic(), self.settings, decision.request.key.run
        # Waiting for a place is time too; without a limit the clock starts with the request.
        pace = Pace(settings.mode, started if settings.max_parallel else arrived)
        ids, said = decision.prompt_ids, decision.said
        if said is None:
            return Sending(exchange, decision.plan, pace, Timing(0, 0, 0, 0))
        cached = self._cache.cached(run, ids) if settings.prefix_cache else 0
        modelled = timing(settings, len(ids), cached, said.tokens, self._places.in_flight)
        queue = pace.modelled(started - arrived) if settings.max_parallel else 0.0
        usage = Usage(len(ids), cached, said.tokens, said.reasoning_tokens)
        return Sending(
            exchange, decision.plan, pace, modelled, usage, queue, lambda: self._cache.remember(run, ids)
        )

    async def _send(self, sending: Sending, decision: Decision) -> None:
        request, said = decision.request, decision.said
        if said is None:
            await sending.send_error(self._facts(decision))
            return
        self.decider.limiter.spend(decision.api_key, said.tokens, time.monotonic())
        options = request.body.get("stream_options")
        await sending.send(
            said,
            Labels(_completion_id(decision), request.model),
            stream=request.stream,
            size=self.settings.stream_chunk_tokens,
            include_usage=isinstance(options, dict) and options.get("include_usage") is True,
        )

    def _facts(self, decision: Decision) -> dict[str, object]:
        prompt, wanted = decision.request.prompt_tokens, decision.request.max_tokens or 0
        return {
            "model": decision.request.model,
            "prompt": prompt,
            "completion": wanted,
            "total": prompt + wanted,
            "context": self.settings.context,
        }

    def _line(self, decision: Decision, sending: Sending, arrived: float, gone: bool) -> Line:
        request, said, usage = decision.request, decision.said, sending.usage
        ended = time.monotonic()
        return {
            "run": request.key.run,
            "arm": request.key.arm,
            "case": request.key.case,
            "seq": request.call_no,
            "stage": request.stage,
            "model": request.model,
            "profile": self.settings.profile.name,
            "counter": self.counter.name,
            "t_start": round(arrived - self.born, 6),
            "t_first": None if sending.first is None else round(sending.first - self.born, 6),
            "t_end": round(ended - self.born, 6),
            "measured_ms": round((ended - arrived) * 1000, 3),
            "modelled": {
                "queue": round(sending.queue_ms, 3),
                "ttft": sending.timing.ttft,
                "prefill": round(sending.timing.prefill, 3),
                "decode": round(sending.timing.decode, 3),
            },
            "prompt_tokens": usage.prompt,
            "cached_tokens": usage.cached,
            "completion_tokens": usage.completion,
            "reasoning_tokens": usage.reasoning,
            "n_messages": len(request.messages) if isinstance(request.body.get("messages"), list) else 0,
            "tools_hash": request.tools_hash,
            "request_hash": request.hash,
            "stream": request.stream,
            "reply": decision.kind,
            "faults": list(decision.faults),
            "unknown_params": list(decision.unknown),
            "http_status": sending.status,
            "finish_reason": said.finish if said else None,
            "client_gone": gone,
        }


def _parsed(raw: bytes) -> object:
    try:
        return json.loads(raw)
    except ValueError:
        return None


def _completion_id(decision: Decision) -> str:
    named = f"{decision.request.hash}\0{decision.request.call_no}"
    return "chatcmpl-" + hashlib.sha256(named.encode()).hexdigest()[:24]
