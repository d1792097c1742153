"""The language models, made from the settings; keys come from the environment and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pydantic import SecretStr

from kubetriage.bootstrap.folders import cache_folder, state_folder
from kubetriage.bootstrap.model_settings import NONE, profiles_of
from kubetriage.bootstrap.settings import Settings
from kubetriage.bootstrap.tracing import otlp_spans
from kubetriage.domain.errors import BadSettings, ModelFailed, UnknownModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubetriage.adapters.model.asking import OpenAIModels
    from kubetriage.adapters.model.ledger import Ledger, Spent
    from kubetriage.adapters.model.memory import EndpointMemory
    from kubetriage.adapters.model.probed import Probed
    from kubetriage.adapters.model.profile import ModelProfile
    from kubetriage.domain.model import Completion, ModelLimits, Question


def build_models(settings: Settings, book: Ledger | None = None) -> OpenAIModels:
    """Every profile, ready to be asked, its calls booked in the user's ledger unless another is given.

    Nothing is connected to before one is asked.
    """
    from kubetriage.adapters.model.asking import OpenAIModels
    from kubetriage.adapters.model.cache import AnswerCache

    profiles = profiles_of(settings.models)
    return OpenAIModels(
        profiles,
        keys_of(profiles.values()),
        ledger=book or ledger(settings),
        cache=AnswerCache(cache_folder() / "model-answers.sqlite", settings.model_cache, _now),
        memory=endpoint_memory(),
        spans=otlp_spans(),
        clock=_now,
    )


class ConfiguredModels:
    """The port `Models`, made when it is first used: most of what the command line does asks no model."""

    def __init__(self, settings: Settings, book: Callable[[], Ledger] | None = None) -> None:
        """`book` makes the ledger that calls are booked in; without it, the user's."""
        self._settings = settings
        self._book = book
        self._made: OpenAIModels | None = None

    def limits(self, profile: str) -> ModelLimits:
        return self._models().limits(profile)

    async def ask(self, question: Question) -> Completion:
        return await self._models().ask(question)

    async def aclose(self) -> None:
        """Close the connections, if any were opened."""
        if self._made is not None:
            await self._made.aclose()

    def _models(self) -> OpenAIModels:
        if self._made is None:
            self._made = build_models(self._settings, self._book() if self._book else None)
        return self._made


def keys_of(profiles: Iterable[ModelProfile]) -> dict[str, SecretStr]:
    """The values of the variables that profiles name, as far as they are set."""
    names = {each.key_env for each in profiles if each.key_env}
    return {name: SecretStr(os.environ[name]) for name in sorted(names) if os.environ.get(name)}


def ledger(settings: Settings) -> Ledger:
    """What was spent by this user."""
    from kubetriage.adapters.model.ledger import Ledger

    return Ledger(state_folder() / "spent.sqlite", settings.budget, _now)


def endpoint_memory() -> EndpointMemory:
    """What endpoints have shown to take."""
    from kubetriage.adapters.model.memory import EndpointMemory

    return EndpointMemory(state_folder() / "models", _now)


def _now() -> datetime:
    return datetime.now(UTC)


# --- for people ---------------------------------------------------------------------------------------


class Listed(NamedTuple):
    """One profile as `kubetriage models` shows it."""

    profile: ModelProfile
    key_set: bool
    default: bool
    methods: tuple[str, ...]
    """In the order of trying; what a probe or a refusal has ruled out is left out."""
    tools: bool
    probed: datetime | None


def listed(settings: Settings) -> list[Listed]:
    """Every profile and what is known of it."""
    memory = endpoint_memory()
    profiles = profiles_of(settings.models)
    keys = keys_of(profiles.values())
    return [_listed(each, keys, memory, settings) for each in profiles.values()]


def _listed(
    profile: ModelProfile, keys: dict[str, SecretStr], memory: EndpointMemory, settings: Settings
) -> Listed:
    form = memory.form(profile)
    methods = [method.value for method in profile.methods]
    if form.method.value in methods:
        methods = methods[methods.index(form.method.value) :]
    else:
        methods.insert(0, form.method.value)
    known = memory.learned(profile)
    return Listed(
        profile=profile,
        key_set=not profile.key_env or profile.key_env in keys,
        default=settings.model == profile.name,
        methods=tuple(methods),
        tools=form.tools,
        probed=known.at if known and known.probed else None,
    )


def spent(settings: Settings, days: int = 1) -> Sequence[Spent]:
    """What was spent today and on the days before; raises `BadSettings` if the file cannot be read."""
    import sqlite3

    kept = ledger(settings)
    try:
        return kept.spent(days)
    except (sqlite3.Error, OSError) as error:
        raise BadSettings(
            f"What was spent cannot be read: {kept.path} ({error}); if it is broken, delete it."
        ) from None


async def probe(settings: Settings, name: str) -> tuple[Probed, Path | None]:
    """Ask the endpoint of a profile what it takes, and write that down for later runs; says where.

    Raises `UnknownModel`, and `ModelFailed` if it gives no answer at all or a budget has no room for it. What
    it takes is booked as a call of a run named `probe`.
    """
    from kubetriage.adapters.model.accounts import Accounts
    from kubetriage.adapters.model.probed import MOST_TOKENS
    from kubetriage.adapters.model.probing import probe_profile

    profile, accounts = profile_of(settings, name), Accounts(ledger(settings))
    entry = await accounts.reserve("probe", profile, MOST_TOKENS, [])
    try:
        found = await probe_profile(profile, keys_of([profile]).get(profile.key_env))
    except ModelFailed:
        await accounts.release(entry)
        raise
    await accounts.settle(entry, profile, found.used)
    return found, endpoint_memory().learn(profile, found.form, found.findings())


def profile_of(settings: Settings, name: str) -> ModelProfile:
    """The profile of that name; raises `UnknownModel`."""
    settings.require_model(name)
    profiles = profiles_of(settings.models)
    if name not in profiles:
        raise UnknownModel("No model is not a profile.")
    return profiles[name]


async def model_state(settings: Settings) -> str:
    """One sentence for the doctor: which model is asked by default, and whether it can be."""
    name = settings.model
    if name in ("", NONE):
        return ""
    profiles = profiles_of(settings.models)
    if name not in profiles:
        return f"{name}: THERE IS NO SUCH PROFILE (`kubetriage models` lists them)"
    profile = profiles[name]
    keys = keys_of([profile])
    if profile.key_env and profile.key_env not in keys:
        return f"{name}: NO KEY, the environment variable {profile.key_env} is not set"
    from kubetriage.adapters.model.reachability import reached

    said = await reached(profile, keys.get(profile.key_env))
    known = endpoint_memory().learned(profile)
    probed = f"probed {known.at:%Y-%m-%d}" if known and known.probed else "never probed"
    return f"{name}: {said}; {profile.model} at {profile.base_url}; {probed}"
