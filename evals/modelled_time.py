"""How long a run with a scripted model would take, reckoned from the tokens of its calls.

A run against the scripted server takes no time for the model (`mode: zero`); its journal says what each call
read and wrote, and a profile of assumed speeds says how long that is. So one run shows every speed, and a
course of many turns every shorter one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from kubetriage.adapters.model.fake import Settings


class Speeds(NamedTuple):
    """What model time is reckoned with: a time profile of the scripted server, and changes to it."""

    profile: str
    cache: bool = True
    """Whether the server keeps prefixes of prompts, which favours whoever sends a growing history."""
    thinking: bool = False
    """Whether the model thinks before each answer, as long as the profile says."""
    tpot: float = 1.0
    """Times the profile's time per token written."""
    prefill: float = 1.0
    """Times the profile's time per token read."""

    def __str__(self) -> str:
        said = [self.profile, f"prefix cache {'on' if self.cache else 'off'}"]
        said += ["thinking on"] if self.thinking else []
        said += [f"time per token ×{self.tpot:g}"] if self.tpot != 1 else []
        return ", ".join(said + ([f"prefill ×{self.prefill:g}"] if self.prefill != 1 else []))


class ModelCall(NamedTuple):
    """One completion, in tokens."""

    prompt: int
    cached: int
    """Among `prompt`, were the prefix cache on."""
    completion: int
    """Reasoning left out."""

    def seconds(self, speeds: Speeds) -> float:
        """The modelled time, alone on the server."""
        from kubetriage.adapters.model.fake.timing import timing

        chosen = _settings(speeds)
        written = self.completion + (chosen.profile.thinking_tokens if speeds.thinking else 0)
        return timing(chosen, self.prompt, self.cached if speeds.cache else 0, written, 1).total / 1000


@lru_cache(maxsize=256)
def _settings(speeds: Speeds) -> Settings:
    from kubetriage.adapters.model.fake import settings

    return settings(profile=speeds.profile, tpot_factor=speeds.tpot, prefill_factor=speeds.prefill)


class Timeline(NamedTuple):
    """The calls of one run, which came one after the other, and what the run took besides."""

    calls: tuple[ModelCall, ...]
    around: tuple[float, ...]
    """Measured seconds outside the model: before the first and behind the last call together, then between
    each two of them."""

    def wall(self, speeds: Speeds) -> float:
        """Seconds of the run."""
        return sum(self.around) + sum(call.seconds(speeds) for call in self.calls)

    @property
    def prompt(self) -> int:
        """Prompt tokens of all calls, those out of a cache too."""
        return sum(call.prompt for call in self.calls)

    @property
    def completion(self) -> int:
        return sum(call.completion for call in self.calls)

    def with_longer_answer(self, tokens: int) -> Timeline:
        """The same run with a last answer of so many tokens more."""
        last = self.calls[-1]._replace(completion=self.calls[-1].completion + tokens)
        return Timeline((*self.calls[:-1], last), self.around)

    def with_shorter_turns(self, tokens: int) -> Timeline:
        """The same run with so many tokens less said in each turn, which later prompts do not hold then."""
        calls = [
            call._replace(
                prompt=call.prompt - tokens * turn,
                cached=max(0, call.cached - tokens * turn),
                completion=call.completion - tokens * (turn < len(self.calls) - 1),
            )
            for turn, call in enumerate(self.calls)
        ]
        return Timeline(tuple(calls), self.around)

    def ended_after(self, turns: int) -> Timeline:
        """The same run, its last answer given after so many calls instead.

        Exact for an agent on a fixed course: what it is sent does not depend on what it will answer. Raises
        `ValueError` for more turns than the run has.
        """
        if not 0 <= turns < len(self.calls):
            raise ValueError(f"the run has {len(self.calls) - 1} turns before its answer, not {turns}")
        last = self.calls[turns]._replace(completion=self.calls[-1].completion)
        return Timeline((*self.calls[:turns], last), self.around[: turns + 1])


def timeline_of(lines: Sequence[Mapping[str, Any]], seconds: float) -> Timeline:
    """A run out of its lines in a scripted server's journal (`mode: zero`), given how long it took in all."""
    if not lines:
        return Timeline((), (seconds,))
    calls = [
        ModelCall(
            line["prompt_tokens"],
            line["cached_tokens"],
            line["completion_tokens"] - line["reasoning_tokens"],
        )
        for line in lines
    ]
    between = [later["t_start"] - earlier["t_end"] for earlier, later in pairwise(lines)]
    around = seconds - (lines[-1]["t_end"] - lines[0]["t_start"])
    return Timeline(tuple(calls), (around, *between))
