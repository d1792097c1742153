"""What a request gets: checked, limited, matched with the script, and spoilt by its faults."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from kubetriage.adapters.model.fake.checks import request_problem, unknown_parameters
from kubetriage.adapters.model.fake.drafting import answer_of, drafted, musing
from kubetriage.adapters.model.fake.error_bodies import OVERFLOW
from kubetriage.adapters.model.fake.faults.table import apply_fault
from kubetriage.adapters.model.fake.limiter import Limiter, Refusal
from kubetriage.adapters.model.fake.matching import Uses, without
from kubetriage.adapters.model.fake.plan import ErrorAnswer, Plan, Turn
from kubetriage.adapters.model.fake.replies import Fault, Oracle, Reply
from kubetriage.adapters.model.fake.request import CaseKey, ChatRequest, asked_to_think, draw
from kubetriage.adapters.model.fake.settings import FaultRule, Settings
from kubetriage.adapters.model.fake.tokens import TokenCounter, prompt_text
from kubetriage.adapters.model.fake.turn_text import Spoken, spoken

_MOST_CALLS = 64
"""Ids that are made for the calls of one turn."""


@dataclass(frozen=True)
class Decision:
    request: ChatRequest
    plan: Plan
    """With an error, or with the turn."""
    said: Spoken | None
    prompt_ids: tuple[int, ...] = ()
    faults: tuple[str, ...] = ()
    """Ids of what went wrong on purpose; empty for an answer as it should be."""
    unknown: tuple[str, ...] = ()
    """Parameters that no server knows."""

    @property
    def api_key(self) -> str:
        return api_key(self.request.headers)

    @property
    def kind(self) -> str:
        """`error`, `calls`, `answer`, `text` or `empty`."""
        draft = self.plan.draft
        if self.plan.error is not None or self.said is None:
            return "error"
        if draft.calls:
            return "calls"
        if answer_of(draft) is not None:
            return "answer"
        return "text" if (draft.text or "").strip() else "empty"


class Refused(Exception):
    """The request gets an error before any model sees it."""

    def __init__(self, error: ErrorAnswer, fault: str) -> None:
        super().__init__(fault)
        self.error = error
        self.fault = fault


class Decider:
    """Decides on requests one by one; what it remembers is counted for each run, arm and case."""

    def __init__(self, settings: Settings, oracle: Oracle | None, counter: TokenCounter) -> None:
        self.settings = settings
        self.oracle = oracle
        self.counter = counter
        self.uses = Uses()
        self.limiter = Limiter(settings.limits)

    def configure(self, settings: Settings) -> None:
        """Go on with other settings; rules count anew, and buckets are full again."""
        self.settings = settings
        self.uses.restart_rules()
        self.limiter = Limiter(settings.limits)

    def decide(self, key: CaseKey, body: object, headers: Mapping[str, str]) -> Decision:
        """The whole decision; nothing in it depends on time but the limiter."""
        call_no = self.uses.called(key)
        seen = without(body, self.settings.quirks.ignores) if isinstance(body, dict) else {}
        request = ChatRequest(seen, key, call_no, _stage(seen, headers), headers=headers)
        unknown = tuple(unknown_parameters(seen))
        try:
            self._admit(body, headers, unknown)
        except Refused as refused:
            return Decision(request, Plan(error=refused.error), None, (), (refused.fault,), unknown)
        ids = tuple(self.counter.ids(prompt_text(seen)))
        request = replace(request, prompt_tokens=len(ids), thinks=self._thinks(seen))
        try:
            plan, faults = self._planned(request, headers)
        except Refused as refused:
            return Decision(request, Plan(error=refused.error), None, ids, (refused.fault,), unknown)
        said = None if plan.error else spoken(plan, self.counter, _ids(self.settings.seed, request))
        return Decision(request, plan, said, ids, faults, unknown)

    # --- before the model --------------------------------------------------------------------------

    def _error(self, status: int, message: str | None = None, **more: Any) -> ErrorAnswer:
        return ErrorAnswer(status, self.settings.quirks.style, message, **more)

    def _admit(self, body: object, headers: Mapping[str, str], unknown: tuple[str, ...]) -> None:
        keys = self.settings.api_keys
        if keys and api_key(headers) not in keys:
            raise Refused(self._error(401), "api_key")
        if problem := request_problem(body):
            raise Refused(self._error(400, problem), "request_check")
        if unknown and self.settings.unknown_parameters == "refuse":
            named = f"Unrecognized request argument supplied: {', '.join(unknown)}"
            raise Refused(self._error(400, named), "unknown_parameter")
        models = self.settings.models
        if models and isinstance(body, dict) and body["model"] not in models:
            raise Refused(self._error(404), "unknown_model")

    def _limit(self, request: ChatRequest, headers: Mapping[str, str]) -> None:
        refusal = self.limiter.take(api_key(headers), request.prompt_tokens, time.monotonic())
        if refusal is None:
            return
        wait = round(refusal.seconds, 3) if self.settings.quirks.retry_after else None
        raise Refused(self._error(429, self._limit_text(refusal), retry_after=wait), f"limit_{refusal.what}")

    def _limit_text(self, refusal: Refusal) -> str:
        if self.settings.quirks.style == "siliconflow":
            return f"Request was rejected due to rate limiting. Details: {refusal.what} limit reached."
        what = "requests per min (RPM)" if refusal.what == "RPM" else "tokens per min (TPM)"
        return f"Rate limit reached on {what}. Please try again in {refusal.seconds:.1f}s."

    def _thinks(self, body: Mapping[str, Any]) -> bool:
        asked = asked_to_think(body)
        habit = self.settings.thinking or self.settings.profile.thinks
        return {"never": False, "always": True, "asked": asked is True, "unless_off": asked is not False}[
            habit
        ]

    # --- the model's turn --------------------------------------------------------------------------

    def _planned(self, request: ChatRequest, headers: Mapping[str, str]) -> tuple[Plan, tuple[str, ...]]:
        self._limit(request, headers)
        context, wanted = self.settings.context, request.max_tokens or 0
        over = context is not None and request.prompt_tokens + max(wanted, 1) > context
        turn = self._turn(request)
        rules = list(self._fault_rules(request, over))
        early = [f for rule in rules for f in rule.do if f.name == "status"]
        if early:
            plan = apply_fault(early[0], Plan(), turn)
            return plan, tuple(_fault_id(r) for r in rules if early[0] in r.do)
        if over and not self.settings.quirks.truncates:
            style = self.settings.quirks.style
            text, code = OVERFLOW.get(style, OVERFLOW["openai"])
            code = code if style in OVERFLOW else None
            raise Refused(self._error(400, text, code=code), "context_overflow")
        reply = self._reply(request, over)
        if reply is None:
            nothing = ErrorAnswer(
                500, "openai", "sim_no_rule: no rule fits this request.", "sim_no_rule", None, False
            )
            raise Refused(nothing, "sim_no_rule")
        faults = [*reply.do, *(fault for rule in rules for fault in rule.do)]
        plan = self._spoilt(reply, request, turn, faults)
        return plan, (*(fault.name for fault in reply.do), *(_fault_id(rule) for rule in rules))

    def _turn(self, request: ChatRequest) -> Turn:
        return Turn(request, self.counter, self.settings.quirks.style, self._chance(request), self._unmatched)

    def _chance(self, request: ChatRequest) -> Any:
        return lambda name: draw(self.settings.seed, request, name, salt=self.settings.retry_salt)

    def _fault_rules(self, request: ChatRequest, over: bool) -> Iterator[FaultRule]:
        rules = (*self.settings.faults, *self.settings.quirks.faults)
        return self.uses.fault_rules(rules, request, self._chance(request), over_context=over)

    def _reply(self, request: ChatRequest, over: bool) -> Reply | None:
        rule = self.uses.reply_rule(self.settings.replies, request, self._chance(request), over_context=over)
        if rule is not None:
            return rule.reply
        return self.oracle(request) if self.oracle else None

    def _unmatched(self, request: ChatRequest) -> Reply | None:
        """What would be said to another request, without counting it."""
        rule = Uses().reply_rule(self.settings.replies, request, self._chance(request))
        return rule.reply if rule else self.oracle(request) if self.oracle else None

    def _spoilt(self, reply: Reply, request: ChatRequest, turn: Turn, faults: list[Fault]) -> Plan:
        thinking = musing(self.settings.profile.thinking_tokens, self.counter) if request.thinks else ""
        form = self.settings.quirks.reasoning_as
        plan = Plan(drafted(reply, request, thinking=thinking, reasoning_as=form))
        for fault in faults:
            plan = apply_fault(fault, plan, turn)
        limits = [request.max_tokens, plan.token_limit]
        if self.settings.context is not None:
            limits.append(max(self.settings.context - request.prompt_tokens, 1))
        own = plan.token_limit
        limit = min((one for one in limits if one is not None), default=None)
        finish = plan.limit_finish if limit == own else "length"
        text = _stopped(plan.draft.text, request.body.get("stop"))
        return replace(plan, draft=replace(plan.draft, text=text), token_limit=limit, limit_finish=finish)


def _stage(body: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    metadata = body.get("metadata")
    given = metadata.get("stage") if isinstance(metadata, dict) else None
    return headers.get("x-stage") or str(given or "")


def api_key(headers: Mapping[str, str]) -> str:
    return headers.get("authorization", "").removeprefix("Bearer ")


def _fault_id(rule: FaultRule) -> str:
    return rule.id or "+".join(fault.name for fault in rule.do)


def _stopped(text: str | None, stop: object) -> str | None:
    """The text up to the first stop sequence."""
    stops = [stop] if isinstance(stop, str) else stop if isinstance(stop, list) else []
    if text is None:
        return None
    places = [place for one in stops if isinstance(one, str) and one and (place := text.find(one)) >= 0]
    return text[: min(places)] if places else text


def _ids(seed: int, request: ChatRequest) -> list[str]:
    """Ids for the calls of a turn: the same for the same request, others for any other."""
    start = f"{seed}\0{request.hash}\0"
    return ["call_" + hashlib.sha256(f"{start}{i}".encode()).hexdigest()[:24] for i in range(_MOST_CALLS)]
