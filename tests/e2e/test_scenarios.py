"""Every bundled scenario through the whole graph, over the embedded MCP server, by rules alone.

One test a scenario, since its reports are made once for all that is looked at: the functions in `CHECKS`, each
of which yields a line for whatever breaks its requirement.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import pytest

from kubetriage.bootstrap.incidents import incidents_in
from kubetriage.bootstrap.services import build_services
from kubetriage.bootstrap.settings import Settings
from kubetriage.bootstrap.triaging import triage_incidents
from kubetriage.cli.demo import bundled_scenarios
from kubetriage.domain.language import Language
from kubetriage.domain.ports import NoProgress
from kubetriage.domain.report import Report
from kubetriage.evals.language_check import english_sentences, spacing_faults
from kubetriage.evals.scenario import Scenario, find, load
from kubetriage.evals.score import score
from kubetriage.state.triage_alert import TriageContext

NAMES = sorted(scenario.name for scenario in find(bundled_scenarios()))
LONGEST = 300
READING = frozenset(
    {"get", "describe", "logs", "events", "top", "explain", "api-resources", "api-versions", "version"}
)
READING_PAIRS = frozenset(
    {("auth", "can-i"), ("rollout", "status"), ("rollout", "history"), ("config", "view")}
)
ON_A_HOST = re.compile(
    r"(sudo )?(systemctl status|journalctl|crictl (ps|logs|images|info)|df|free|ip route) ?.*"
)
"""What may be read where no kubectl reaches: on a node."""
QUOTED = re.compile(r"“[^”]*”|`[^`]*`")
HOLE = re.compile(r"(?:^|[\s(（])\?(?=[\s)）:：,，.;；。]|$)|\bNone\b|\{\w*\}|\(\)|（）")
"""What a value that was not there leaves in a sentence."""

Comparable = Callable[[dict[str, Any]], dict[str, Any]]
SCHEMA = json.loads(
    (Path(__file__).resolve().parents[2] / "docs" / "report.schema.json").read_text(encoding="utf-8")
)


class Ran(NamedTuple):
    """A scenario and its reports in both languages."""

    scenario: Scenario
    english: dict[str, Any]
    chinese: dict[str, Any]

    @property
    def both(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return self.english, self.chinese


async def reports(scenario: Scenario, *languages: Language) -> list[dict[str, Any]]:
    """A report in each language, each of a run of its own."""
    incidents = incidents_in(scenario.alert_path.read_bytes(), scenario.snapshot).groups[:1]
    async with build_services(Settings(), snapshot=scenario.snapshot, progress=NoProgress()) as services:
        return [
            report.to_json()
            for language in languages
            async for report in triage_incidents(services, incidents, TriageContext(language=language))
        ]


# --- what is looked at --------------------------------------------------------------------------------


def claims(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [*report["root_causes"], *report["contributing"], *report["risks"]]


def headlines(report: dict[str, Any]) -> list[str]:
    return [report["summary"], *(cause["statement"] for cause in report["root_causes"])]


def statements(report: dict[str, Any]) -> list[str]:
    findings = [said for row in report["checked"] for said in row["findings"]]
    return [
        report["summary"],
        report["impact"]["statement"],
        *(c["statement"] for c in claims(report)),
        *findings,
    ]


def own_words(report: dict[str, Any]) -> list[str]:
    """All that a report says itself, with what it quotes in its sentences."""
    found = [report["first_reading"], *statements(report)]
    found += [r[key] for r in report["recommendations"] for key in ("title", "detail")]
    found += [c["why"] for c in report["checked"]] + [c["what"] for c in report["changes"]]
    return found + [g[key] for g in report["gaps"] for key in ("what", "why")]


def commands(report: dict[str, Any]) -> list[tuple[str, str]]:
    return [(c["effect"], c["command"]) for r in report["recommendations"] for c in r["commands"]]


# --- requirements -------------------------------------------------------------------------------------


def right(ran: Ran) -> Iterator[str]:
    """Outcome, culprit and statement are those of the answer key, and nothing is wrong with confidence."""
    verdict = score(ran.english, ran.scenario)
    yield from (f"{check.name}: {check.reason}" for check in verdict.checks if not check.passed)
    if verdict.wrong_with_confidence:
        yield "wrong with confidence"


def same_in_chinese(ran: Ran) -> Iterator[str]:
    """The language changes the words alone: outcome, causes, evidence, what was checked and commands stay."""
    for key in ("outcome", "primary", "alert", "evidence"):
        if ran.chinese[key] != ran.english[key]:
            yield f"{key} is another in Chinese"
    for key in ("rank", "category", "culprit", "likelihood", "confirmed", "evidence"):
        if [c[key] for c in ran.chinese["root_causes"]] != [c[key] for c in ran.english["root_causes"]]:
            yield f"the root causes' {key} is another in Chinese"
    looked = [[(row["resource"], row["state"]) for row in report["checked"]] for report in ran.both]
    if looked[0] != looked[1]:
        yield "what was checked is another in Chinese"
    if commands(ran.chinese) != commands(ran.english):
        yield "the commands are others in Chinese"


def chinese_is_chinese(ran: Ran) -> Iterator[str]:
    """Outside quoted evidence no English sentence stands in a Chinese report."""
    for found in english_sentences(Report.model_validate(ran.chinese)):
        yield f"English in the Chinese report: {found}"


def chinese_is_spaced(ran: Ran) -> Iterator[str]:
    """A blank stands between Chinese and other words, none between two Chinese ones, and marks are wide."""
    names = [ran.chinese["alert"]["name"], *ran.chinese["alert"]["labels"].values()]
    for said in own_words(ran.chinese):
        yield from (f"spacing: {fault}" for fault in spacing_faults(said, names))


def english_is_english(ran: Ran) -> Iterator[str]:
    """An English report says nothing in Chinese but names and what it quotes."""
    names = [ran.english["alert"]["name"], *ran.english["alert"]["labels"].values()]
    for said in own_words(ran.english):
        rest = QUOTED.sub("", said)
        for name in names:
            rest = rest.replace(name, "")
        if re.search("[\u4e00-\u9fff]", rest):
            yield f"Chinese in the English report: {said}"


def short_and_whole(ran: Ran) -> Iterator[str]:
    """Summary and statements have at most 300 characters; no headline is cut off; no value is missing."""
    for report in ran.both:
        for said in statements(report):
            if not 0 < len(said) <= LONGEST:
                yield f"{len(said)} characters: {said}"
        for said in headlines(report):
            if "…" in QUOTED.sub("", said) or said.endswith("…"):
                yield f"cut off: {said}"
        for said in own_words(report):
            if HOLE.search(QUOTED.sub("“”", said)):
                yield f"a value is missing: {said}"


def something_to_do(ran: Ran) -> Iterator[str]:
    """Each root cause has a change or is handed to somebody; no advice is for a cause that is not named."""
    for report in ran.both:
        ranks = [cause["rank"] for cause in report["root_causes"]]
        if ranks != list(range(1, len(ranks) + 1)):
            yield f"ranks {ranks}"
        acting = {r["addresses"] for r in report["recommendations"] if r["kind"] in ("change", "escalate")}
        if not set(ranks) <= acting:
            yield f"nothing to do about root causes {sorted(set(ranks) - acting)}"
        if not {r["addresses"] for r in report["recommendations"]} <= {None, *ranks}:
            yield "a recommendation is for a root cause that is not there"


def confirmed(ran: Ran) -> Iterator[str]:
    """Code found what each claim says in the evidence it cites, and each cited id is in the report."""
    for report in ran.both:
        for claim in claims(report):
            if not (claim["confirmed"] and claim["evidence"]):
                yield f"not confirmed: {claim['statement']}"
        told = report["verification"]
        if (told["claims"], told["confirmed"], told["notes"]) != (len(claims(report)),) * 2 + ([],):
            yield f"verification: {told}"
        known = {evidence["id"] for evidence in report["evidence"]}
        citing = [*claims(report), report["impact"], *report["checked"], *report["changes"]]
        if unknown := {id_ for one in citing for id_ in one["evidence"]} - known:
            yield f"cited and not there: {sorted(unknown)}"


def harmless_reads(ran: Ran) -> Iterator[str]:
    """No command that is offered as reading can change anything; each is one line that a shell takes."""
    for effect, command in commands(ran.english):
        if "\n" in command or not shlex.split(command):
            yield f"not one line: {command}"
        if effect == "read" and not only_reads(command):
            yield f"not only reading: {command}"


def of_the_schema(ran: Ran) -> Iterator[str]:
    """The JSON of either language validates against docs/report.schema.json."""
    for report in ran.both:
        yield from (error.message for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(report))


CHECKS: tuple[Callable[[Ran], Iterator[str]], ...] = (
    right,
    same_in_chinese,
    chinese_is_chinese,
    chinese_is_spaced,
    english_is_english,
    short_and_whole,
    something_to_do,
    confirmed,
    harmless_reads,
    of_the_schema,
)


# --- tests --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
async def test_scenario(name: str) -> None:
    """The reports in both languages are right, honest, readable and of the contract's form: `CHECKS`."""
    scenario = load(bundled_scenarios() / name)
    english, chinese = await reports(scenario, Language.EN, Language.ZH)
    ran = Ran(scenario, english, chinese)
    problems = [f"{check.__name__}: {line}" for check in CHECKS for line in check(ran)]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("name", NAMES[::6])
async def test_the_same_snapshot_gives_the_same_report(name: str, comparable: Comparable) -> None:
    """Run twice, the JSON is the same to the byte but for id, created_at and usage, and as many reads."""
    scenario = load(bundled_scenarios() / name)
    first, again = [(await reports(scenario, Language.EN))[0] for _ in range(2)]
    assert json.dumps(comparable(first), ensure_ascii=False) == json.dumps(
        comparable(again), ensure_ascii=False
    )
    assert first["id"] != again["id"]
    assert first["usage"]["cluster_reads"] == again["usage"]["cluster_reads"]


def only_reads(command: str) -> bool:
    """Whether nothing in a command line, pipes and lists taken apart, can change anything."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    parts: list[list[str]] = [[]]
    for word in lexer:
        if set(word) <= set("|&;"):
            parts.append([])
        else:
            parts[-1].append(word)
    return not any(set(word) <= {">"} for part in parts for word in part) and all(map(_reads, parts))


def _reads(words: list[str]) -> bool:
    if words[:1] != ["kubectl"]:
        return ON_A_HOST.fullmatch(" ".join(words)) is not None
    return words[1] in READING or tuple(words[1:3]) in READING_PAIRS


@pytest.mark.parametrize(
    ("command", "harmless"),
    [
        ("kubectl get pods -n shop", True),
        ("kubectl get pods -A | sort", False),
        ("kubectl logs web -n shop; kubectl delete pod web -n shop", False),
        ("kubectl rollout undo deployment/web -n shop", False),
        ("kubectl rollout history deployment/web -n shop", True),
        ("kubectl get pods > pods.txt", False),
        ("systemctl status kubelet", True),
        ("systemctl restart kubelet", False),
    ],
)
def test_a_writing_command_is_seen(command: str, harmless: bool) -> None:
    """What these tests take for reading is what only reads."""
    assert only_reads(command) is harmless


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ("it has no right to ?: “open: denied”", True),
        ("数据库结构不匹配（?）：“x”。", True),
        ("revision None was seen", True),
        ("GET /items?id=1 fails", False),
        ("the log ends with “why ? None”", False),
    ],
)
def test_a_missing_value_is_seen(said: str, missing: bool) -> None:
    """What these tests take for a value that is missing is one, and no question mark in a quote or a path."""
    assert (HOLE.search(QUOTED.sub("“”", said)) is not None) is missing
