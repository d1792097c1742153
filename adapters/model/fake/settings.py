"""What a scripted server is told: replies, faults, provider and time. The form of script files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from kubetriage.adapters.model.fake.error_bodies import STYLES
from kubetriage.adapters.model.fake.faults.table import checked_params
from kubetriage.adapters.model.fake.plan import ReasoningForm
from kubetriage.adapters.model.fake.profiles import Thinks, TimeProfile, time_profile
from kubetriage.adapters.model.fake.replies import Fault, Reply, Strict
from kubetriage.adapters.model.fake.request import ResponseForm, ToolChoice
from kubetriage.domain.errors import BadSettings

Numbers = int | tuple[int, ...]


class Match(Strict):
    """Conditions on a request; all that are given must hold."""

    run: str | None = None
    arm: str | None = None
    case: str | None = None
    stage: str | None = None
    call_no: Numbers | None = None
    """Which request of its case, from 1; one number or several."""
    model: str | None = None
    """A regular expression, searched without regard to case."""
    has_tools: bool | None = None
    tool: str | None = None
    """A tool of that name is offered."""
    tool_results: Numbers | None = None
    """How many tool messages the transcript holds; one number or several."""
    tool_choice: ToolChoice | None = None
    response_format: ResponseForm | None = None
    stream: bool | None = None
    thinking: bool | None = None
    """The model thinks in this turn."""
    reasoning_left_out: bool | None = None
    """A turn with tool calls stands in the transcript without its `reasoning_content`."""
    has_param: str | None = None
    """The body has this key; dots go deeper (`thinking.type`)."""
    over_context: bool | None = None
    """Prompt and requested answer are more than `context`."""
    regex: str | None = None
    """Searched in all messages."""
    last_regex: str | None = None
    """Searched in the last message."""
    p: float | None = Field(default=None, ge=0, le=1)
    """Holds with this probability, the same for equal requests."""

    @field_validator("model", "regex", "last_regex")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except re.error as error:
            raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error
        return pattern


class ReplyRule(Strict):
    """What the model says where the conditions hold, at most `times` times in each case."""

    match: Match = Match()
    reply: Reply
    times: int | None = Field(default=None, ge=1)


class FaultRule(Strict):
    """What goes wrong where the conditions hold, at most `times` times in each case."""

    when: Match = Match()
    do: tuple[Fault, ...]
    times: int | None = Field(default=None, ge=1)
    id: str = ""
    """How the journal names it; else by the names of its faults."""


class Limits(Strict):
    """Requests and tokens a minute, for each API key; None: unlimited."""

    rpm: int | None = Field(default=None, ge=1)
    tpm: int | None = Field(default=None, ge=1)


class Quirks(Strict):
    """How a provider departs from OpenAI: its errors, its thinking, what it ignores, what always fails."""

    style: str = "openai"
    reasoning_as: ReasoningForm = "reasoning_content"
    ignores: tuple[str, ...] = ()
    """Parameters that have no effect; dots go deeper, `tool_choice.named` and `.required` are values."""
    truncates: bool = False
    """A prompt that does not fit is cut without a word; else it is refused."""
    retry_after: bool = True
    """The limiter's 429 says when to come again."""
    faults: tuple[FaultRule, ...] = ()

    @field_validator("style")
    @classmethod
    def _known(cls, style: str) -> str:
        if style not in STYLES:
            raise ValueError(f"there is no style of errors {style!r}; known are {', '.join(STYLES)}")
        return style


class Settings(Strict):
    """Everything; a script file holds any part of it."""

    replies: tuple[ReplyRule, ...] = ()
    faults: tuple[FaultRule, ...] = ()
    quirks: Quirks = Quirks()
    """A mapping, or the name of a preset."""
    profile: TimeProfile = time_profile("qwen3-30b-a3b")
    """A mapping, or a name of `profiles.py`."""
    mode: str = "zero"
    """`real`: with the modelled times; `scaled:0.02`: times that; `zero`: at once."""
    seed: int = 0
    retry_salt: bool = False
    """Chances are drawn anew when a request is repeated."""
    thinking: Thinks | None = None
    """Instead of the profile's."""
    prefix_cache: bool = True
    beta: float = Field(default=0.05, ge=0)
    """How much slower tokens come for every other request in flight."""
    tpot_factor: float = Field(default=1.0, ge=0)
    prefill_factor: float = Field(default=1.0, ge=0)
    max_parallel: int | None = Field(default=None, ge=1)
    """More requests than that wait."""
    context: int | None = Field(default=None, ge=1)
    """Tokens of prompt and answer together; more is the provider's 400."""
    limits: Limits = Limits()
    stream_chunk_tokens: int = Field(default=1, ge=1)
    models: tuple[str, ...] = ()
    """What `/v1/models` lists; where it is given, other models are a 404."""
    api_keys: tuple[str, ...] = ()
    """Where it is given, other keys are a 401."""
    unknown_parameters: Literal["journal", "refuse"] = "journal"

    @field_validator("profile", mode="before")
    @classmethod
    def _profile_by_name(cls, given: object) -> object:
        return time_profile(given) if isinstance(given, str) else given

    @field_validator("quirks", mode="before")
    @classmethod
    def _quirks_by_name(cls, given: object) -> object:
        return preset(given) if isinstance(given, str) else given

    @model_validator(mode="after")
    def _is_usable(self) -> Self:
        factor(self.mode)
        rules = [fault for rule in (*self.faults, *self.quirks.faults) for fault in rule.do]
        for fault in [*rules, *(fault for rule in self.replies for fault in rule.reply.do)]:
            checked_params(fault)
        return self


def factor(mode: str) -> float:
    """How much of the modelled time passes: 1 for `real`, F for `scaled:F`, 0 for `zero`."""
    known = {"real": 1.0, "zero": 0.0}
    scaled = re.fullmatch(r"scaled:(\d*\.?\d+)", mode)
    if mode not in known and not scaled:
        raise BadSettings(f"The mode {mode!r} is none of real, zero and scaled:FACTOR.")
    return float(scaled[1]) if scaled else known[mode]


@lru_cache(maxsize=1)
def presets() -> Mapping[str, Quirks]:
    """The providers' quirks, from `quirks.yaml`."""
    text = (Path(__file__).parent / "quirks.yaml").read_text(encoding="utf-8")
    return {name: Quirks.model_validate(quirks or {}) for name, quirks in yaml.safe_load(text).items()}


def preset(name: str) -> Quirks:
    """The quirks of that name; raises `BadSettings` that lists the names there are."""
    if name not in presets():
        raise BadSettings(f"There are no quirks {name!r}; known are {', '.join(presets())}.")
    return presets()[name]


Script = Settings | Mapping[str, Any] | Sequence[Any] | Path | None


def settings(script: Script = None, **given: Any) -> Settings:
    """Settings from a script and single values, which win.

    A script is a file, a mapping of the same form, or just the list of its replies. Replies without
    conditions may stand alone: they are given one after the other, the last again and again.
    Raises `BadSettings`.
    """
    parts = _parts(script) | given
    if "replies" in parts:
        replies = list(parts["replies"])
        parts["replies"] = [_as_rule(rule, last=rule is replies[-1]) for rule in replies]
    try:
        return Settings.model_validate(parts)
    except ValidationError as error:
        reasons = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise BadSettings(f"The script cannot be used: {reasons}.") from error


def changed(old: Settings, script: Script = None, **given: Any) -> Settings:
    """The old settings but for what the script and the single values say. Raises `BadSettings`."""
    return settings(old, **(_parts(script) | given))


def _parts(script: Script) -> dict[str, Any]:
    if isinstance(script, Path):
        return _parts(_read(script))
    if isinstance(script, Settings):
        return {name: getattr(script, name) for name in script.model_fields_set}
    if isinstance(script, Mapping):
        return dict(script)
    if script is None:
        return {}
    if isinstance(script, Sequence) and not isinstance(script, str):
        return {"replies": script}
    raise BadSettings(f"A script is a mapping or a list, not {type(script).__name__}.")


def _as_rule(rule: Any, *, last: bool) -> Any:
    """A rule from its short form, a reply alone: said once, or as often as asked if it is the last."""
    short = isinstance(rule, Reply | str) or (
        isinstance(rule, Mapping) and "reply" not in rule and set(rule) <= set(Reply.model_fields)
    )
    if not short:
        return rule
    return {"reply": {"text": rule} if isinstance(rule, str) else rule, "times": None if last else 1}


def _read(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadSettings(f"The script {path} cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadSettings(f"The script {path} is not YAML: {error}.") from error
