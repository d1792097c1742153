"""What an endpoint can do, found out by asking it: a dozen short requests."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import httpx2
from pydantic import SecretStr

from kubetriage.adapters.failing import cause_of
from kubetriage.adapters.model.envelope import text_of
from kubetriage.adapters.model.failures import Kind, failure_of_status, said_in
from kubetriage.adapters.model.forms import first_form
from kubetriage.adapters.model.ledger import Used
from kubetriage.adapters.model.probed import Check, Probed, RawAnswer, event_of, loaded
from kubetriage.adapters.model.profile import Method, ModelProfile
from kubetriage.adapters.model.schemas import openai_tool, response_format
from kubetriage.adapters.model.secrets import hidden
from kubetriage.adapters.model.tokens import estimated_tokens
from kubetriage.adapters.model.tool_calls import recover_tool_calls
from kubetriage.domain.errors import ModelMisconfigured, ModelUnavailable
from kubetriage.domain.redaction import redact_text

SMALL, SHORT, LONG = 16, 24, 160
"""Tokens asked for: a word, an answer that must be cut off, a text whose speed is measured."""
THINKING_ROOM = 1_024
"""Tokens beside, for models that think before each answer."""

WORD = "k7q"
_SCHEMA = {
    "type": "object",
    "properties": {"token": {"type": "string", "enum": [WORD]}},
    "required": ["token"],
    "additionalProperties": False,
}
"""Nothing in the prompt names the word: only a server that enforces the schema can give it."""
_TOOL = openai_tool(
    "get_time",
    "The time in a city.",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)
_COUNT = "Count from 1 to 200 in words, one after the other, separated by commas. No other text."


def planned(profile: ModelProfile) -> list[str]:
    """What a probe would send, a line each."""
    asked = "POST chat/completions"
    lines = [f"GET {profile.base_url}/models"]
    lines += [
        f"{asked}: a word, at most {SMALL} tokens",
        f"{asked}: a long text cut off after {SHORT} tokens",
    ]
    lines += [f"{asked}: response_format json_object", f"{asked}: response_format json_schema"]
    lines += [f"{asked}: a tool that should be called"]
    if profile.switched(True):
        lines += [f"{asked}: {json.dumps(profile.switched(on))}" for on in (False, True)]
    return [*lines, f"{asked}: a stream of {LONG} tokens, for the speed"]


async def probe_profile(profile: ModelProfile, key: SecretStr | None) -> Probed:
    """Ask the endpoint; raises `ModelMisconfigured` or `ModelUnavailable` if it gives no answer at all."""
    if profile.key_env and key is None:
        raise ModelMisconfigured(
            f"The model {profile.name} needs a key: the variable {profile.key_env} is not set."
        )
    secret = key.get_secret_value().strip() if key else ""
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    timeout = httpx2.Timeout(profile.read_timeout, connect=profile.connect_timeout)
    try:
        async with httpx2.AsyncClient(timeout=timeout, headers=headers, follow_redirects=False) as http:
            return await _Probe(profile, secret, http).run()
    except UnicodeEncodeError:  # its own words would hold the key
        sentence = (
            f"The environment variable {profile.key_env} holds no key: it has characters that no key has."
        )
        raise ModelMisconfigured(sentence) from None
    except httpx2.TransportError as error:
        raise ModelUnavailable(f"{profile.host} could not be reached ({cause_of(error)}).") from None


class _Probe:
    def __init__(self, profile: ModelProfile, key: str, http: httpx2.AsyncClient) -> None:
        self._profile = profile
        self._key = key
        self._http = http
        self._form = first_form(profile)
        self._checks: list[Check] = []
        self._used = Used(0, 0, 0)

    async def run(self) -> Probed:
        await self._listed()
        await self._plain()
        await self._cut_off()
        enforced = await self._json_schema()
        some_json = await self._json_object()
        self._choose_method(enforced, some_json)
        await self._tools()
        await self._thinking()
        await self._stream()
        return Probed(self._profile, self._form, tuple(self._checks), self._used)

    def _found(self, name: str, good: bool | None, said: str) -> None:
        self._checks.append(Check(name, good, said))

    def _form_with(self, **changes: Any) -> None:
        self._form = self._form.model_copy(update=changes)

    # --- requests ---------------------------------------------------------------------------------

    def _payload(self, prompt: str, tokens: int, **rest: Any) -> dict[str, Any]:
        room = tokens + (THINKING_ROOM if self._profile.thinking else 0)
        made: dict[str, Any] = {
            "model": self._profile.model,
            "messages": [{"role": "user", "content": prompt}],
        }
        made[self._form.max_tokens_field] = room
        if self._form.temperature and self._profile.temperature != "default":
            made["temperature"] = self._profile.temperature
        if self._form.thinking != "unsent":
            made |= self._profile.switched(self._profile.thinking)
        return made | rest

    async def _ask(self, payload: Mapping[str, Any]) -> RawAnswer:
        answered = await self._http.post(f"{self._profile.base_url}/chat/completions", json=payload)
        try:
            body: Any = answered.json()
        except ValueError:
            body = None
        raw = RawAnswer(answered.status_code, body, said_in(body, answered.text[:500])[0])
        self._count(raw.usage)
        return raw

    def _count(self, usage: Mapping[str, Any]) -> None:
        prompt, completion = (int(usage.get(f"{name}_tokens") or 0) for name in ("prompt", "completion"))
        self._used = Used(self._used.prompt + prompt, 0, self._used.completion + completion)

    def _refused(self, answer: RawAnswer) -> str:
        """Why an answer is none; empty if it is one."""
        if answer.status == 200 and answer.message:
            return ""
        words = answer.words if answer.status != 200 else answer.words or "not a completion"
        return failure_of_status(answer.status, words, self._profile, self._key).sentence

    def _shown(self, answer: RawAnswer) -> str:
        """The beginning of an answer; masked first, since a secret that is cut off looks like none."""
        return repr(redact_text(hidden(answer.text, self._key))[:40])

    # --- what is tried ----------------------------------------------------------------------------

    async def _listed(self) -> None:
        answered = await self._http.get(f"{self._profile.base_url}/models")
        try:
            body = answered.json() if answered.status_code == 200 else {}
        except ValueError:
            body = {}
        data = body.get("data") if isinstance(body, dict) else None
        names = [str(each.get("id")) for each in data or () if isinstance(each, dict)]
        if not names:
            self._found("models", None, f"the endpoint lists none ({answered.status_code})")
        elif self._profile.model in names:
            self._found("models", True, f"{self._profile.model} is one of {len(names)}")
        else:
            self._found("models", False, f"{self._profile.model} is not among {len(names)}")

    async def _plain(self) -> None:
        """One word; parts that the endpoint refuses are left out from here on."""
        for _ in range(4):
            answer = await self._ask(self._payload("Say the word ready.", SMALL))
            if not (refused := self._refused(answer)):
                break
            if not self._leave_out(answer):
                kind = failure_of_status(answer.status, answer.words, self._profile, self._key).kind
                broken = kind in (Kind.BUSY, Kind.DOWN)
                raise ModelUnavailable(refused) if broken else ModelMisconfigured(refused)
        self._found("plain", True, f"answers: {self._shown(answer)}")
        usage = answer.usage
        counted = f"{usage.get('prompt_tokens')} + {usage.get('completion_tokens')} tokens"
        self._found("usage", bool(usage), counted if usage else "says none; tokens are reckoned")

    def _leave_out(self, answer: RawAnswer) -> bool:
        words = answer.words.lower()
        if "max_completion_tokens" in words and self._form.max_tokens_field == "max_tokens":
            self._form_with(max_tokens_field="max_completion_tokens")
        elif "temperature" in words and self._form.temperature:
            self._form_with(temperature=False)
        elif any(word in words for word in ("thinking", "reasoning_effort", "chat_template_kwargs")):
            if self._form.thinking == "unsent" or not self._profile.switched(True):
                return False
            self._form_with(thinking="unsent")
        else:
            return False
        return answer.status in (400, 422)

    async def _cut_off(self) -> None:
        field = self._form.max_tokens_field
        answer = await self._ask(self._payload(_COUNT, SHORT) | {field: SHORT})
        if refused := self._refused(answer):
            self._found("max_tokens", False, refused)
            return
        made = answer.usage.get("completion_tokens") or estimated_tokens(answer.text + answer.reasoning)
        self._found("max_tokens", made <= SHORT * 1.5, f"{field}={SHORT} gave {made} tokens")

    async def _json_schema(self) -> bool:
        wanted = response_format(Method.JSON_SCHEMA, "answer", _SCHEMA)
        answer = await self._ask(self._payload("Answer in JSON.", SMALL * 2, response_format=wanted))
        if refused := self._refused(answer):
            self._found("json_schema", False, refused)
            return False
        enforced: bool = loaded(answer.text) == {"token": WORD}
        said = "enforced" if enforced else f"taken, and ignored: {self._shown(answer)}"
        self._found("json_schema", enforced, said)
        return enforced

    async def _json_object(self) -> bool:
        wanted = {"type": "json_object"}
        prompt = 'Give a JSON object with the field "colour" and the name of a colour.'
        answer = await self._ask(self._payload(prompt, SMALL * 2, response_format=wanted))
        if refused := self._refused(answer):
            self._found("json_object", False, refused)
            return False
        kept = isinstance(loaded(answer.text), dict)
        self._found("json_object", kept, "kept to" if kept else f"taken, and ignored: {self._shown(answer)}")
        return kept

    def _choose_method(self, enforced: bool, some_json: bool) -> None:
        if enforced:
            self._form_with(method=Method.JSON_SCHEMA)
        elif self._form.method is not Method.FUNCTION_CALLING:
            self._form_with(method=Method.JSON_OBJECT if some_json else Method.PROMPT)

    async def _tools(self) -> None:
        prompt = "What time is it in Paris? Call the tool get_time."
        answer = await self._ask(self._payload(prompt, 64, tools=[_TOOL]))
        if refused := self._refused(answer):
            self._found("tools", False, refused)
            self._form_with(tools=False)
            return
        if answer.message.get("tool_calls"):
            self._found("tools", True, "native calls")
            return
        schema = _TOOL["function"]["parameters"]
        found = recover_tool_calls(text_of(answer.message.get("content")), {"get_time": schema})
        if found.calls:
            self._found(
                "tools", None, f"written into the text ({found.calls[0].format}); recovered from there"
            )
        else:
            self._found("tools", None, f"taken, and no call made: {self._shown(answer)}")

    async def _thinking(self) -> None:
        if not self._profile.switched(True) or self._form.thinking == "unsent":
            self._found(
                "thinking", None, "no switch" if self._form.thinking != "unsent" else "switch refused"
            )
            return
        thought: dict[bool, bool] = {}
        for on in (False, True):
            payload = self._payload("What is 17 times 23?", THINKING_ROOM) | self._profile.switched(on)
            answer = await self._ask(payload)
            if refused := self._refused(answer):
                self._found("thinking", False, f"{'on' if on else 'off'}: {refused}")
                if on == self._profile.thinking:
                    self._form_with(thinking="unsent")
                return
            thought[on] = bool(answer.reasoning)
        works = not thought[False] and thought[True]
        said = "switches" if works else f"off: {_yes(thought[False])}, on: {_yes(thought[True])}"
        self._found("thinking", works, said)

    async def _stream(self) -> None:
        options = {"stream": True, "stream_options": {"include_usage": True}}
        begun = time.perf_counter()
        first = last = 0.0
        text, usage = "", None
        request = self._http.stream(
            "POST", f"{self._profile.base_url}/chat/completions", json=self._payload(_COUNT, LONG, **options)
        )
        async with request as answered:
            async for line in answered.aiter_lines():
                piece, counted = event_of(line)
                usage = counted or usage
                if piece:
                    last = time.perf_counter()
                    first, text = first or last, text + piece
        self._count(usage or {})
        if not text:
            self._found("stream", False, f"none came ({answered.status_code}); asked without streams")
            self._form_with(stream=False)
            return
        self._found("stream", True, "with usage" if usage else "without usage; tokens are reckoned")
        tokens = (usage or {}).get("completion_tokens") or estimated_tokens(text)
        rate = f"{(tokens - 1) / (last - first):.0f} tokens/s" if last > first else "all at once"
        self._found("speed", None, f"first token after {first - begun:.2f} s, then {rate}")


def _yes(thinks: bool) -> str:
    return "thinks" if thinks else "does not think"
