"""The models of a run as its cells ask them: real ones as configured, scripted ones at servers of our own.

Answers never come out of a cache here. What every call took is taken from what is booked for it, calls that
brought nothing back included; real models are booked, and held to budgets, as everywhere else.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from pydantic import SecretStr

from kubetriage.adapters.model.ledger import Ledger, Reserve, Used
from kubetriage.adapters.model.policies import Budget
from kubetriage.evals.cells import CellKey, ModelUsed
from kubetriage.evals.scenario import Expected
from kubetriage.evals.scripted_agent import Course
from kubetriage.evals.simulated import PREFIX, described, manner, oracle_of, profile_table, skill_of

if TYPE_CHECKING:
    from kubetriage.adapters.model.asking import OpenAIModels
    from kubetriage.adapters.model.fake import ScriptedServer
    from kubetriage.adapters.model.profile import ModelProfile
    from kubetriage.bootstrap.settings import Settings


class Taken(NamedTuple):
    """What the calls of one cell took."""

    prompt: int = 0
    cached: int = 0
    completion: int = 0
    cost: float | None = None


class Booked(Ledger):
    """A ledger that also adds up by cell; in memory alone where there is none to write to."""

    def __init__(self, kept: Ledger | None) -> None:
        super().__init__(
            kept.path if kept else Path(), kept.budget if kept else Budget(), lambda: datetime.now(UTC)
        )
        self._kept = kept
        self._count = 0
        self._open: dict[int, str] = {}
        self._taken: dict[str, Taken] = defaultdict(Taken)

    def reserve(self, wanted: Reserve) -> int:
        self._count += 1
        entry = self._kept.reserve(wanted) if self._kept else self._count
        self._open[entry] = wanted.run
        return entry

    def settle(self, entry: int, used: Used, cost: float | None) -> None:
        run = self._open.pop(entry)
        before = self._taken[run]
        money = before.cost if cost is None else (before.cost or 0.0) + cost
        self._taken[run] = Taken(
            before.prompt + used.prompt,
            before.cached + used.cached,
            before.completion + used.completion,
            money,
        )
        if self._kept:
            self._kept.settle(entry, used, cost)

    def release(self, entry: int) -> None:
        self._open.pop(entry)
        if self._kept:
            self._kept.release(entry)

    def take(self, run: str) -> Taken:
        """What a cell took so far; asked for once."""
        return self._taken.pop(run, Taken())


class Endpoint(NamedTuple):
    """A model as one cell asks it."""

    profile: ModelProfile
    key: SecretStr | None
    models: OpenAIModels
    booked: Booked
    server: ScriptedServer | None = None
    """Where a script stands in."""
    manner: str = ""
    """How the script answers."""
    courses: dict[str, Course] | None = None
    """What the scripted agent does, by cell; to be filled before it is asked."""


class Scripted(NamedTuple):
    """A scripted model's server, and what it says by cell."""

    server: ScriptedServer
    cases: dict[str, tuple[str, Expected]]
    courses: dict[str, Course]


class Endpoints:
    """The models of one worker process; an asynchronous context manager."""

    def __init__(self, settings: Settings, time: str = "zero", seed: int = 0, processes: int = 1) -> None:
        self._settings = settings
        self._time = time
        """Of scripted models: `zero`, `real` or `scaled:FACTOR`."""
        self._seed = seed
        self._processes = processes
        """That share a key's limits."""
        self._closing = AsyncExitStack()
        self._scripted: dict[str, Scripted] = {}
        self._of_cell: dict[str, OpenAIModels] = {}
        self._real: tuple[OpenAIModels, Booked] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._closing.aclose()

    async def open(self, key: CellKey, expected: Expected) -> Endpoint:
        """The endpoint for a cell; raises `UnknownModel`, and `BadInput` for an unknown script."""
        if key.model.startswith(PREFIX):
            return await self._of_script(key, expected)
        models, booked = self._configured()
        profile = real_profiles(self._settings, self._processes)[key.model]
        from kubetriage.bootstrap.models import keys_of

        return Endpoint(profile, keys_of([profile]).get(profile.key_env), models, booked)

    async def close(self, key: CellKey) -> None:
        """Forget what was made for a cell of a scripted model."""
        if (models := self._of_cell.pop(key.id, None)) is not None:
            await models.aclose()
        scripted = self._scripted.get(key.model)
        if scripted is not None:
            scripted.cases.pop(key.id, None)
            scripted.courses.pop(key.id, None)
            scripted.server.reset(key.id)

    def _configured(self) -> tuple[OpenAIModels, Booked]:
        if self._real is None:
            from kubetriage.adapters.model.asking import OpenAIModels
            from kubetriage.bootstrap.models import endpoint_memory, keys_of, ledger

            profiles = real_profiles(self._settings, self._processes)
            booked = Booked(ledger(self._settings))
            models = OpenAIModels(
                profiles, keys_of(profiles.values()), ledger=booked, memory=endpoint_memory()
            )
            self._closing.push_async_callback(models.aclose)
            self._real = models, booked
        return self._real

    async def _of_script(self, key: CellKey, expected: Expected) -> Endpoint:
        from kubetriage.adapters.model.asking import OpenAIModels
        from kubetriage.bootstrap.model_settings import profiles_of

        scripted = await self._served(key.model)
        how = manner(key.model, key.scenario, key.repeat, self._seed)
        scripted.cases[key.id] = (how, expected)
        # The id as run and case: journal and counters of every cell apart.
        url = scripted.server.base_url_of(key.id, key.strategy.value, key.id)
        profile = profiles_of({"scripted": profile_table(key.model, url)})["scripted"]
        booked = Booked(None)
        models = OpenAIModels({profile.name: profile}, {}, ledger=booked)
        self._of_cell[key.id] = models
        return Endpoint(profile, None, models, booked, scripted.server, how, scripted.courses)

    async def _served(self, model: str) -> Scripted:
        if model not in self._scripted:
            from kubetriage.adapters.model.fake import scripted_server

            cases: dict[str, tuple[str, Expected]] = {}
            courses: dict[str, Course] = {}
            oracle = oracle_of(cases, courses, skill_of(model).leaks, self._seed)
            profile = model.removeprefix(PREFIX)
            server = await self._closing.enter_async_context(
                scripted_server([], oracle=oracle, profile=profile, mode=self._time, seed=self._seed)
            )
            self._scripted[model] = Scripted(server, cases, courses)
        return self._scripted[model]


def real_profiles(settings: Settings, processes: int = 1) -> dict[str, ModelProfile]:
    """Every configured profile, with its part of its key's limits where several processes ask."""
    from kubetriage.bootstrap.model_settings import profiles_of

    def shared(limit: int) -> int:
        return max(1, limit // processes) if limit else 0

    return {
        name: profile.model_copy(
            update={
                # A cell is one model's: what a fallback answers says nothing of it.
                "fallbacks": (),
                "requests_per_minute": shared(profile.requests_per_minute),
                "tokens_per_minute": shared(profile.tokens_per_minute),
            }
        )
        for name, profile in profiles_of(settings.models).items()
    }


def models_used(settings: Settings, names: list[str]) -> list[ModelUsed]:
    """What `run.json` says of models. Raises `UnknownModel`, and `BadInput` for an unknown script."""
    found = []
    for name in names:
        if name.startswith(PREFIX):
            skill_of(name)
            found.append(ModelUsed(name=name, id=name.removeprefix(PREFIX), profile=described(name)))
            continue
        settings.require_model(name)
        profile = real_profiles(settings)[name]
        said: dict[str, Any] = profile.model_dump(mode="json", exclude={"key_env", "name"})
        found.append(ModelUsed(name=name, id=profile.model, profile=said))
    return found


def needs_key(settings: Settings, names: list[str]) -> str:
    """The first variable with a key that is not set; empty if all are."""
    from kubetriage.bootstrap.models import keys_of

    profiles = real_profiles(settings)
    asked = [profiles[name] for name in names if name in profiles]
    there = keys_of(asked)
    return next((each.key_env for each in asked if each.key_env and each.key_env not in there), "")
