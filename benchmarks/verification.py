"""How well verification tells a true claim from one that is wrong by a digit, a letter or a namespace.

    python benchmarks/verification.py [--seed N]… [--fresh] [--claims 200] [--show]

True claims are of two sources, half of each sample from either: statements as a language model words them, in
English and in Chinese, written by hand in `claims.yaml`, and what the rules themselves state. Each is looked
up in the evidence that it cites, as it stands and with one character or its namespace changed. A changed
claim whose new value stands in that evidence, too (`node-1` became `node-2`, and both are cited), is not
counted; how many there were is shown. A seed gives the same sample every time; `--fresh` takes one that
nobody has seen. The written claims are known to whoever mends verification: how it did on them at first sight
stands in `claims.yaml`.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import secrets
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from kubetriage.bootstrap.incidents import incidents_in
from kubetriage.bootstrap.services import build_services
from kubetriage.bootstrap.settings import Settings
from kubetriage.domain.claims import Checks
from kubetriage.domain.diagnosing import Case
from kubetriage.domain.evidence import ASKS_PROMETHEUS, Evidence
from kubetriage.domain.hypotheses import hypotheses_of
from kubetriage.domain.language import Language
from kubetriage.domain.ports import NoProgress
from kubetriage.evals.misstating import Claim, Misstatement, Slip, misstatements
from kubetriage.evals.scenario import Scenario, find
from kubetriage.graphs.triage_alert import RECURSION_LIMIT, build_triage_alert
from kubetriage.state.run_view import run_view
from kubetriage.state.triage_alert import TriageContext

ROOT = Path(__file__).resolve().parents[1]
CLAIMS = Path(__file__).with_name("claims.yaml")
SEEDS = (1, 2, 3, 4, 5)
CAUGHT = 0.95
"""Share of changed claims that must be caught."""
DROPPED = 0.02
"""Share of unchanged claims that may be dropped."""
EACH = 2
"""Statements of rules of one scenario and language: many scenarios rather than many of one."""
WRITTEN, RULES = "written", "rules"


class TrueClaim(NamedTuple):
    """A claim that holds, with where it comes from."""

    claim: Claim
    language: Language
    source: str
    scenario: str


class Trial(NamedTuple):
    """What became of one claim, changed or not."""

    of: TrueClaim
    made: Misstatement | None
    """What was changed; None for the claim as it stands."""
    unsupported: tuple[str, ...]
    """What verification did not find in the evidence; empty if it let the claim pass."""

    @property
    def counts(self) -> bool:
        return self.made is None or not self.made.still_true


class Known(NamedTuple):
    """One scenario after its triage: what can be claimed of it and checked."""

    case: Case
    checks: Checks
    claims: tuple[TrueClaim, ...]


def written_claims() -> dict[str, list[list[str]]]:
    """By scenario: language, statement and what is cited of each claim that was written by hand."""
    found: dict[str, list[list[str]]] = yaml.safe_load(CLAIMS.read_text(encoding="utf-8"))
    return found


async def known(scenarios: Sequence[Scenario]) -> dict[str, Known]:
    """Triage each scenario by rules and collect the true claims about it."""
    written = written_claims()
    found: dict[str, Known] = {}
    for scenario in scenarios:
        name, case = scenario.name, await triaged(scenario)
        hypotheses = hypotheses_of(case)
        claims = [_cited(name, words, case.evidence) for words in written.get(name, ())]
        for language in Language.EN, Language.ZH:
            stated = [h for h in hypotheses if h.evidence][:EACH]
            claims += [
                TrueClaim(Claim(h.finding.statement.say(language), h.evidence), language, RULES, name)
                for h in stated
            ]
        found[name] = Known(case, Checks(case.evidence, case.view, hypotheses), tuple(claims))
    return found


async def triaged(scenario: Scenario) -> Case:
    """What one triage without a model read and found."""
    incident = incidents_in(scenario.alert_path.read_bytes(), scenario.snapshot).groups[0]
    async with build_services(Settings(), snapshot=scenario.snapshot, progress=NoProgress()) as services:
        ended: Any = await build_triage_alert(services).compile().ainvoke(
            {"alert": incident[0], "companions": list(incident[1:])},
            {"recursion_limit": RECURSION_LIMIT},
            context=TriageContext(),
        )  # fmt: skip
        if "evidence" not in ended:  # by design, nothing was read
            ended |= {"findings": [], "evidence": [], "gaps": []}
        view = await run_view(ended, services)
    return Case(view, ended["findings"], ended["evidence"], ended["gaps"], Language.EN)


def _cited(scenario: str, words: Sequence[str], evidence: Sequence[Evidence]) -> TrueClaim:
    language, statement, *cites = words
    ids: list[str] = []
    for cite in cites:
        what, _, name = cite.partition(" ")
        matching = [item.id for item in evidence if _is_meant(item, what, name)]
        if not matching:
            raise SystemExit(f"{scenario}: nothing read is {cite!r}")
        ids += matching
    return TrueClaim(Claim(statement, tuple(dict.fromkeys(ids))), Language(language), WRITTEN, scenario)


def _is_meant(item: Evidence, what: str, name: str) -> bool:
    """Whether an evidence is `Pod web-`, `log web-`, `list Node` or `query checkout`."""
    verb, ref = item.cite.partition("|")[0], item.resource
    match what:
        case "log":
            return verb == "log" and ref.name.startswith(name)
        case "list":
            return verb == "list" and ref.kind == name
        case "query":
            return verb in ASKS_PROMETHEUS and name in item.cite
        case "Event" if verb == "list":
            return ref.kind == "Event" and f"involvedObject.name={name}" in item.cite
    return verb in ("object", "get", "top") and ref.kind == what and ref.name.startswith(name)


def sample(scenarios: dict[str, Known], count: int, chance: random.Random) -> Iterator[TrueClaim]:
    """So many true claims, half of each source, in an order of chance."""
    for source in WRITTEN, RULES:
        of_source = [c for each in scenarios.values() for c in each.claims if c.source == source]
        yield from chance.sample(of_source, min(count // 2, len(of_source)))


def unchanged(scenarios: dict[str, Known], count: int, seed: int) -> list[Trial]:
    """True claims as they stand."""
    chosen = sample(scenarios, count, random.Random(seed))
    return [Trial(c, None, _unsupported(scenarios[c.scenario], c.claim)) for c in chosen]


def changed(scenarios: dict[str, Known], count: int, seed: int) -> list[Trial]:
    """So many claims that are false by one change, half of each source, the kinds of change in turn."""
    chance = random.Random(seed)
    trials: list[Trial] = []
    for source in WRITTEN, RULES:
        left, made = count // 2, Counter[Slip]()
        pool = [c for each in scenarios.values() for c in each.claims if c.source == source]
        while left:
            chance.shuffle(pool)
            for true in pool:
                if not left:
                    break
                slips = list(misstatements(true.claim, scenarios[true.scenario].case, chance))
                if not slips:
                    continue
                false = min(slips, key=lambda m: made[m.slip])
                trial = Trial(true, false, _unsupported(scenarios[true.scenario], false.claim))
                trials.append(trial)
                made[false.slip] += 1
                left -= trial.counts
    return trials


def _unsupported(of: Known, claim: Claim) -> tuple[str, ...]:
    return of.checks.of(claim.evidence).unsupported(claim.statement)


class Tally(NamedTuple):
    """How often verification objected."""

    objected: int
    of: int

    @property
    def share(self) -> float:
        return self.objected / self.of if self.of else 0.0

    def __str__(self) -> str:
        return f"{self.objected}/{self.of}"


def tally(trials: Sequence[Trial], **wanted: str) -> Tally:
    """The trials that count, of one `slip`, `language` or `source` if that is told."""
    chosen = [
        t
        for t in trials
        if t.counts
        and wanted.get("slip", t.made and t.made.slip) == (t.made and t.made.slip)
        and wanted.get("language", t.of.language) == t.of.language
        and wanted.get("source", t.of.source) == t.of.source
    ]
    return Tally(sum(bool(t.unsupported) for t in chosen), len(chosen))


def row(name: str, trials: Sequence[Trial], slips: bool) -> str:
    total = tally(trials)
    cells = [f"{slip} {tally(trials, slip=slip)}" for slip in Slip] if slips else []
    cells += [f"{language} {tally(trials, language=language)}" for language in (Language.EN, Language.ZH)]
    cells += [f"{source} {tally(trials, source=source)}" for source in (WRITTEN, RULES)]
    return f"{name:>12}  {total.share:6.1%}  {total!s:>9}   " + "  ".join(cells)


def show(trials: Sequence[Trial]) -> None:
    """The claims that verification judged wrongly."""
    for trial in trials:
        if trial.made is not None and trial.counts and not trial.unsupported:
            print(f"MISSED {trial.of.scenario}: {trial.made.before} → {trial.made.after}: ", end="")
            print(f"{trial.made.claim.statement} {list(trial.of.claim.evidence)}")
        elif trial.made is None and trial.unsupported:
            print(f"DROPPED {trial.of.scenario}: {list(trial.unsupported)}: ", end="")
            print(f"{trial.of.claim.statement} {list(trial.of.claim.evidence)}")


def report(scenarios: dict[str, Known], seeds: Sequence[int], count: int, wrong: bool) -> bool:
    """Print the figures of each seed and of all, and the claims judged wrongly if wanted; whether they do."""
    counts = Counter((c.source, str(c.language)) for each in scenarios.values() for c in each.claims)
    told = {c.scenario for each in scenarios.values() for c in each.claims if c.source == WRITTEN}
    parts = ", ".join(f"{n} {source} {language}" for (source, language), n in counts.items())
    print(f"{sum(counts.values())} true claims: {parts}")
    print(f"written ones about {len(told)} scenarios, rules' own about {len(scenarios)}\n")
    every: dict[str, list[Trial]] = {"caught": [], "dropped": []}
    for seed in seeds:
        trials = {"caught": changed(scenarios, count, seed), "dropped": unchanged(scenarios, count, seed)}
        open_ = sum(not t.counts for t in trials["caught"])
        print(f"seed {seed} ({open_} more that were still true after the change)")
        for name, made in trials.items():
            print(row(name, made, slips=name == "caught"))
            every[name] += made
    print(f"\nall {len(seeds)} seeds")
    for name, made in every.items():
        print(row(name, made, slips=name == "caught"))
        if wrong:
            show(made)
    met = tally(every["caught"]).share >= CAUGHT and tally(every["dropped"]).share <= DROPPED
    print(f"\naims: at least {CAUGHT:.0%} caught, at most {DROPPED:.0%} dropped:", "met" if met else "missed")
    return met


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, action="append", help="may be given more than once")
    parser.add_argument("--fresh", action="store_true", help="a seed of chance, which is printed")
    parser.add_argument("--claims", type=int, default=200, help="claims of each sample (default 200)")
    parser.add_argument("--show", action="store_true", help="the claims that were judged wrongly")
    options = parser.parse_args()
    seeds = options.seed or ([secrets.randbelow(10**9)] if options.fresh else list(SEEDS))
    scenarios = asyncio.run(known(find(ROOT / "evals" / "scenarios")))
    return 0 if report(scenarios, seeds, options.claims, options.show) else 1


if __name__ == "__main__":
    sys.exit(main())
