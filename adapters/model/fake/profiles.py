"""How long a model takes: assumed or measured figures, to be swept and never taken for a benchmark."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from kubetriage.adapters.model.fake.replies import Strict
from kubetriage.domain.errors import BadSettings

Thinks = Literal["never", "asked", "unless_off", "always"]


class TimeProfile(Strict):
    """A turn takes `ttft_base_ms`, plus `prefill_ms` a token read, plus `tpot_ms` a token written."""

    name: str = "custom"
    ttft_base_ms: float = Field(ge=0)
    prefill_ms: float = Field(ge=0)
    tpot_ms: float = Field(ge=0)
    thinking_tokens: int = Field(default=0, ge=0)
    """Written before the answer in a turn in which the model thinks."""
    thinks: Thinks = "asked"
    """When it does: `asked` if the request switches it on, `unless_off` if it does not switch it off."""
    measured: bool = False
    """Else an assumption."""


def _profile(
    name: str, base: float, prefill: float, tpot: float, thinking: int, thinks: Thinks = "asked", **more: bool
) -> TimeProfile:
    return TimeProfile(
        name=name,
        ttft_base_ms=base,
        prefill_ms=prefill,
        tpot_ms=tpot,
        thinking_tokens=thinking,
        thinks=thinks,
        **more,
    )


PROFILES = {
    profile.name: profile
    for profile in (
        _profile("qwen3-30b-a3b", 250, 0.08, 12, 300),
        _profile("qwen3-235b-a22b", 450, 0.25, 30, 400),
        _profile("deepseek-v3", 700, 0.30, 35, 0, "never"),
        _profile("deepseek-r1", 700, 0.30, 35, 900, "always"),
        _profile("busy-235b", 1500, 0.50, 120, 400),
        _profile("local-0.5b-2cpu", 40, 7.3, 45, 0, "never", measured=True),
    )
}
"""Public figures beside them: 123 ms a token for a 235B model on four A100 under full load (GPUStack's
report), 25 ms for a 35B-A3B on an H200 under a ShareGPT load."""


def time_profile(name: str) -> TimeProfile:
    """The profile of that name; raises `BadSettings` that lists the names there are."""
    if name not in PROFILES:
        raise BadSettings(f"There is no time profile {name!r}; known are {', '.join(PROFILES)}.")
    return PROFILES[name]
