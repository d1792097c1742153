"""The rules as documentation: what each says, in the words it says it, over the bundled scenarios.

    python -m kubetriage.evals.catalogue > docs/rules.md

Rules are listed as `kubetriage.domain.rules` collects them. Each is run over what was read for every bundled
scenario; what it found there shows its categories, likelihoods, culprits and evidence.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from kubetriage.domain.finding import Finding, Likelihood
from kubetriage.domain.language import Text
from kubetriage.domain.rules import RULES, Rule
from kubetriage.domain.view import ClusterView
from kubetriage.evals.scenario import Scenario


@dataclass
class Saying:
    """One kind of finding of a rule, as far as scenarios showed it."""

    slug: str
    role: str
    example: Text
    categories: set[str] = field(default_factory=set)
    likelihoods: set[Likelihood] = field(default_factory=set)
    culprits: set[str] = field(default_factory=set)
    evidence: set[str] = field(default_factory=set)

    def take(self, finding: Finding) -> None:
        self.categories.add(finding.category)
        self.likelihoods.add(finding.likelihood)
        self.culprits |= {finding.culprit.kind} if finding.culprit is not None else set()
        self.evidence |= {what for cite in finding.cites if (what := evidence_of(cite))}


def slug_of(rule: str) -> str:
    """`family.what` of a finding's rule, without what tells two findings about one object apart."""
    return ".".join(rule.split(".")[:2])


def evidence_of(cite: str) -> str:
    """What kind of evidence a citation points at: `Pod`, `list of Node`, `log`, `absent Service`."""
    parts = cite.split("|")
    match parts[0]:
        case "object":
            return parts[1]
        case "log":
            return "log"
        case "list":
            return f"list of {parts[2]}"
        case "get":
            return f"absent {parts[2]}"
        case "top":
            return f"usage of {parts[2]}"
        case "query":
            return "Prometheus"
    return ""


class Catalogue:
    """What each rule was seen to say."""

    def __init__(self) -> None:
        self.sayings: dict[Rule, dict[tuple[str, str], Saying]] = {rule: {} for rule in RULES}

    def take(self, view: ClusterView) -> None:
        """Add what the rules find in a view."""
        for rule, known in self.sayings.items():
            for found in rule(view):
                if not isinstance(found, Finding):
                    continue
                slug, role = slug_of(found.rule), found.role.value
                saying = known.setdefault((slug, role), Saying(slug, role, found.statement))
                saying.take(found)

    def by_category(self) -> dict[str, list[str]]:
        """The causes that are told, by the fault's category."""
        found: dict[str, set[str]] = {}
        for known in self.sayings.values():
            for (slug, role), saying in known.items():
                for category in saying.categories if role == "cause" else ():
                    found.setdefault(category, set()).add(slug)
        return {category: sorted(slugs) for category, slugs in sorted(found.items())}

    def not_shown(self) -> list[str]:
        """Rules that are named in the code and that no view showed."""
        shown = {slug for known in self.sayings.values() for slug, _ in known}
        return sorted({slug_of(rule) for rule in named_rules()} - shown)


def named_rules() -> Iterator[str]:
    """The rule of every `Finding(rule="…")` that stands in the code as a plain string."""
    from kubetriage.domain import rules

    for path in sorted(Path(inspect.getfile(rules)).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "rule" and isinstance(node.value, ast.Constant):
                yield str(node.value.value)


def families() -> dict[ModuleType, list[Rule]]:
    """The rules by the file they stand in, in the order in which they are collected."""
    found: dict[ModuleType, list[Rule]] = {}
    for rule in RULES:
        found.setdefault(sys.modules[rule.__module__], []).append(rule)
    return found


# ---- as Markdown

_HEAD = """# Rules

<!-- Generated: python -m kubetriage.evals.catalogue > docs/rules.md -->

What kubetriage decides without a model. A rule reads what was observed and yields findings: a *cause* may
become a root cause, a *symptom* is explained by causes, a *risk* will fail next, a *change* was made around
the alert's start, *healthy* says that what the alert says is not true, a *hint* decides nothing. Each finding
is listed with its category, its part, the likelihoods it is given, the kinds of its culprit and of the
evidence it cites, and with what it says in one of the bundled scenarios, in both languages.
"""


def markdown(catalogue: Catalogue) -> str:
    parts = [_HEAD]
    for module, rules in families().items():
        parts += _family(module, rules, catalogue.sayings)
    parts += ["## Causes by category\n", "| category | findings |\n|---|---|"]
    parts += [f"| `{category}` | {_code(slugs)} |" for category, slugs in catalogue.by_category().items()]
    missing = catalogue.not_shown()
    if missing:
        parts += [f"\nNot shown by a bundled scenario: {_code(missing)}."]
    return "\n".join(parts) + "\n"


def _family(
    module: ModuleType, rules: Sequence[Rule], sayings: Mapping[Rule, dict[tuple[str, str], Saying]]
) -> Iterator[str]:
    name = module.__name__.rpartition(".")[2].replace("_", " ")
    yield f"## {name}\n"
    yield f"{_paragraph(module)}\n"
    for rule in rules:
        yield f"### {getattr(rule, '__name__', '').strip('_').replace('_', ' ')}\n"
        yield f"{_paragraph(rule)}\n"
        for _, saying in sorted(sayings[rule].items()):
            yield _saying(saying)
        if sayings[rule]:
            yield ""


def _paragraph(documented: object) -> str:
    """The docstring on one line per paragraph."""
    words = inspect.getdoc(documented) or ""
    return "\n\n".join(" ".join(part.split()) for part in words.split("\n\n"))


def _saying(saying: Saying) -> str:
    likely = ", ".join(one for one in Likelihood if one in saying.likelihoods)
    parts = [", ".join(sorted(saying.categories)), saying.role]
    parts += [likely] if saying.role in ("cause", "symptom") else []
    parts += [f"culprit {', '.join(sorted(saying.culprits))}"] if saying.culprits else []
    parts += [f"from {', '.join(sorted(saying.evidence))}"] if saying.evidence else []
    return f"- `{saying.slug}`: {'; '.join(parts)}\n  - {saying.example.en}\n  - {saying.example.zh}"


def _code(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


# ---- over scenarios


async def catalogue_of(scenarios: Iterable[Scenario]) -> Catalogue:
    """Triage every scenario and run each rule over what was read."""
    from kubetriage.bootstrap.settings import Settings
    from kubetriage.evals.replaying import replaying

    found = Catalogue()
    for scenario in scenarios:
        async with replaying(scenario, Settings()) as replayer:
            found.take((await replayer.triage()).view)
    return found


def bundled() -> Path:
    """The folder of the scenarios that come with kubetriage."""
    return Path(__file__).parent / "scenarios"


if __name__ == "__main__":
    from kubetriage.evals.scenario import find

    print(markdown(asyncio.run(catalogue_of(find(bundled())))), end="")
