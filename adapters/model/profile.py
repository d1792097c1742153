"""What is known of one model at one endpoint: where it is, what it takes, what it costs."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

PROMPT_TOKENS = 4_000
"""Room kept for what a prompt holds beside evidence: 6,000 fixed characters, the alert, the findings."""
PROMPT_SHARE, ANSWER_SHARE = 0.6, 0.25
"""The most of a small context that is kept for that, and for an answer without thinking."""
LEAST_ANSWER = 1_024
"""Tokens; a diagnosis has 300 to 900."""
EVIDENCE_CHARACTERS, LEAST_EVIDENCE = 24_000, 1_000
CHARACTERS_PER_TOKEN = 2
"""What is reckoned with for evidence: logs and object views are full of digits and punctuation. Measured with
Qwen's tokenizer: 1.9 to 2.6 characters a token."""


class Method(StrEnum):
    """How an answer of a given JSON Schema is asked for."""

    JSON_SCHEMA = "json_schema"
    """`response_format` with the schema: the server constrains the decoding."""
    JSON_OBJECT = "json_object"
    """`response_format` for any JSON object; the schema is in the prompt."""
    FUNCTION_CALLING = "function_calling"
    """The answer is the arguments of a tool that must be called."""
    PROMPT = "prompt"
    """Nothing but words: the schema is in the prompt."""


class Spelling(StrEnum):
    """How a provider's thinking switch is spelled; what is wrong for a model is answered with 400 by many."""

    NONE = "none"
    """There is no switch: the model always thinks, or never."""
    ENABLE_THINKING = "enable_thinking"
    """`{"enable_thinking": …}`: SiliconFlow, DashScope, ModelScope."""
    CHAT_TEMPLATE = "chat_template_kwargs"
    """`{"chat_template_kwargs": {"enable_thinking": …}}`: vLLM and SGLang."""
    THINKING_TYPE = "thinking"
    """`{"thinking": {"type": "enabled"}}`: Volcengine Ark, DeepSeek."""
    REASONING_EFFORT = "reasoning_effort"
    """OpenAI, Ollama."""
    NO_THINK = "no_think"
    """`/no_think` in the prompt: Qwen3 hybrids behind any server."""


class Price(BaseModel):
    """Money per million tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompt: float = Field(ge=0)
    cached: float | None = Field(default=None, ge=0)
    """For prompt tokens out of the provider's prefix cache; as `prompt` when not set."""
    completion: float = Field(ge=0)
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    source: str = ""
    as_of: str = ""

    def of(self, prompt: int, cached: int, completion: int) -> float:
        """What a call costs; `cached` tokens are among `prompt`."""
        cached = min(cached, prompt)
        from_cache = self.prompt if self.cached is None else self.cached
        whole = (prompt - cached) * self.prompt + cached * from_cache + completion * self.completion
        return whole / 1_000_000


def _address(value: Any) -> Any:
    """A base URL without what would make it a secret, or a wrong path."""
    if not isinstance(value, str):
        return value
    parts = urlsplit(value.strip())
    if parts.port == 0:  # one that is none at all raises ValueError when it is read
        raise ValueError("Port out of range 1-65535")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an http or https URL")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError(
            "must hold no credentials and no query; a key goes into the variable that key_env names"
        )
    return value.strip().rstrip("/").removesuffix("/chat/completions")


class ModelProfile(BaseModel):
    """One model at one endpoint."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    about: str = ""
    base_url: Annotated[str, BeforeValidator(_address)]
    """The endpoint's address up to `/v1`, as OpenAI's clients take it."""
    key_env: str = Field(default="", pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$")
    """The environment variable that holds the key; empty where none is needed."""
    model: str = Field(min_length=1)
    """The model's id as the endpoint calls it."""

    context_tokens: int = Field(default=32_768, ge=2_048)
    """Prompt and answer together."""
    output_tokens: int = Field(default=4_096, ge=64)
    """The most that is asked for in one answer, thinking included where it is on."""
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    price: Price | None = None
    """None where it is not known; a budget in money then refuses the profile."""

    thinking: bool = False
    """Whether the model shall think before it answers."""
    thinking_switch: Spelling = Spelling.NONE
    effort: str = "medium"
    """`reasoning_effort` with thinking on."""
    effort_off: str = "none"
    """`reasoning_effort` with thinking off; what a model takes for it differs."""

    methods: tuple[Method, ...] = Field(
        default=(Method.JSON_SCHEMA, Method.JSON_OBJECT, Method.PROMPT), min_length=1
    )
    """Tried in this order; what the endpoint refuses is remembered."""
    native_tools: bool = True
    """Whether tools are offered as `tools`; else calls are asked for, and read, in the text."""
    reasoning_back: bool = False
    """Whether `reasoning_content` is sent back with tool calls (DeepSeek answers 400 without it)."""
    stream: bool = True
    """Ask for streams: a silent endpoint is noticed after `read_timeout`, however long the answer is."""
    temperature: Annotated[float, Field(ge=0, le=2)] | Literal["default"] = 0.0
    """`default` leaves it to the endpoint."""

    connect_timeout: float = Field(default=5.0, gt=0, le=60)
    read_timeout: float = Field(default=90.0, gt=0, le=600)
    """Seconds without a byte."""
    retries: int = Field(default=4, ge=0, le=20)
    """Tries after the first, within the question's deadline."""
    backoff: float = Field(default=5.0, ge=0, le=60)
    """Seconds before a retry after 429 without Retry-After, doubled each time; a fifth of it after other
    failures. Limits per minute make less useless."""
    requests_per_minute: int = Field(default=0, ge=0)
    """0 for no limit; counted per key, over all runs of this process."""
    tokens_per_minute: int = Field(default=0, ge=0)
    fallbacks: tuple[str, ...] = ()
    """Profiles that are asked, in this order, when this one gives no answer."""

    @property
    def endpoint(self) -> tuple[str, str]:
        """What refusals are remembered by."""
        return self.base_url, self.model

    @property
    def host(self) -> str:
        """Host and port, for sentences."""
        return urlsplit(self.base_url).netloc

    @property
    def evidence_characters(self) -> int:
        """The room for evidence in a prompt, from the context less prompt and answer."""
        context = self.context_tokens
        answer = self.output_tokens
        if not self.thinking:
            answer = min(answer, max(LEAST_ANSWER, int(context * ANSWER_SHARE)))
        prompt = min(PROMPT_TOKENS, int(context * PROMPT_SHARE))
        room = (context - answer - prompt) * CHARACTERS_PER_TOKEN
        return max(LEAST_EVIDENCE, min(EVIDENCE_CHARACTERS, room))

    def switched(self, on: bool) -> dict[str, Any]:
        """The request's fields that switch thinking on or off; empty where none do."""
        match self.thinking_switch:
            case Spelling.ENABLE_THINKING:
                return {"enable_thinking": on}
            case Spelling.CHAT_TEMPLATE:
                return {"chat_template_kwargs": {"enable_thinking": on}}
            case Spelling.THINKING_TYPE:
                return {"thinking": {"type": "enabled" if on else "disabled"}}
            case Spelling.REASONING_EFFORT:
                return {"reasoning_effort": self.effort if on else self.effort_off}
            case Spelling.NONE | Spelling.NO_THINK:
                return {}
