"""Every bundled scenario through the whole graph, over the embedded MCP server, by rules alone."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import pytest

from kubetriage.bootstrap.settings import Settings
from kubetriage.cli.demo import bundled_scenarios
from kubetriage.domain.language import Language
from kubetriage.domain.report import Report
from kubetriage.evals.language_check import english_sentences
from kubetriage.evals.running import Result, run_scenario
from kubetriage.evals.scenario import Scenario, find, load

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

Comparable = Callable[[dict[str, Any]], dict[str, Any]]


class Ran(NamedTuple):
    """A scenario, triaged in English twice and in Chinese once."""

    scenario: Scenario
    first: Result
    again: Result
    chinese: Result

    @property
    def english(self) -> dict[str, Any]:
        return self.first.report

    @property
    def both(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return self.first.report, self.chinese.report


@pytest.fixture(scope="module", params=NAMES)
def ran(request: pytest.FixtureRequest, own_home: None) -> Iterator[Ran]:
    """Each scenario in turn; its reports are made once for all tests of this file."""
    scenario = load(bundled_scenarios() / request.param)

    async def results() -> list[Result]:
        languages = (Language.EN, Language.EN, Language.ZH)
        return [await run_scenario(scenario, Settings(), language) for language in languages]

    yield Ran(scenario, *asyncio.run(results()))


@pytest.fixture(scope="module")
def schema() -> jsonschema.Draft202012Validator:
    root = Path(__file__).resolve().parents[2]
    text = (root / "docs" / "report.schema.json").read_text(encoding="utf-8")
    return jsonschema.Draft202012Validator(json.loads(text))


def statements(report: dict[str, Any]) -> list[str]:
    claims = [*report["root_causes"], *report["contributing"], *report["risks"]]
    findings = [said for row in report["checked"] for said in row["findings"]]
    return [report["summary"], report["impact"]["statement"], *(c["statement"] for c in claims), *findings]


def commands(report: dict[str, Any]) -> list[tuple[str, str]]:
    return [(c["effect"], c["command"]) for r in report["recommendations"] for c in r["commands"]]


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


def test_the_diagnosis_is_right(ran: Ran) -> None:
    """Outcome, culprit and statement are those of the scenario's answer key."""
    assert ran.first.could_not_run == ""
    assert ran.first.verdict is not None
    wrong = [f"{check.name}: {check.reason}" for check in ran.first.verdict.checks if not check.passed]
    assert (wrong, ran.first.verdict.wrong_with_confidence) == ([], False)


def test_it_is_right_in_chinese_too(ran: Ran) -> None:
    """The language changes the words alone: outcome, causes, what was checked and commands stay."""
    english, chinese = ran.both
    for key in ("outcome", "primary", "alert", "evidence"):
        assert chinese[key] == english[key], key
    for key in ("rank", "category", "culprit", "likelihood", "confirmed", "evidence"):
        assert [c[key] for c in chinese["root_causes"]] == [c[key] for c in english["root_causes"]], key
    assert [(c["resource"], c["state"]) for c in chinese["checked"]] == [
        (c["resource"], c["state"]) for c in english["checked"]
    ]
    assert commands(chinese) == commands(english)


def test_no_english_sentence_in_a_chinese_report(ran: Ran) -> None:
    """Outside quoted evidence no English sentence stands in a Chinese report."""
    assert english_sentences(Report.model_validate(ran.chinese.report)) == []


def test_no_chinese_in_an_english_report(ran: Ran) -> None:
    """An English report says nothing in Chinese itself; names, labels and excerpts stay as they are."""
    own = [ran.english["first_reading"], *statements(ran.english)]
    own += [r[key] for r in ran.english["recommendations"] for key in ("title", "detail")]
    own += [c["why"] for c in ran.english["checked"]] + [g["what"] + g["why"] for g in ran.english["gaps"]]
    names = [ran.english["alert"]["name"], *ran.english["alert"]["labels"].values()]
    for name in names:
        own = [said.replace(name, "") for said in own]
    assert [said for said in own if re.search("[\u4e00-\u9fff]", said)] == []


def test_statements_are_short_and_whole(ran: Ran) -> None:
    """A summary or a statement has at most 300 characters in either language, and none is cut off."""
    said = [one for report in ran.both for one in statements(report)]
    assert [one for one in said if not 0 < len(one) <= LONGEST] == []
    heads = [one for report in ran.both for one in (report["summary"], *causes(report))]
    assert [one for one in heads if one.endswith("…")] == []


def causes(report: dict[str, Any]) -> list[str]:
    return [cause["statement"] for cause in report["root_causes"]]


def test_every_root_cause_has_something_to_do(ran: Ran) -> None:
    """Each root cause has a change or is handed to somebody; no advice is for a cause that is not named."""
    for report in ran.both:
        ranks = [cause["rank"] for cause in report["root_causes"]]
        assert ranks == list(range(1, len(ranks) + 1))
        acting = {r["addresses"] for r in report["recommendations"] if r["kind"] in ("change", "escalate")}
        assert set(ranks) <= acting
        assert {r["addresses"] for r in report["recommendations"]} <= {None, *ranks}


def test_every_claim_is_confirmed_in_its_evidence(ran: Ran) -> None:
    """Code found what each claim says in the evidence it cites, and each cited id is in the report."""
    for report in ran.both:
        claims = [*report["root_causes"], *report["contributing"], *report["risks"]]
        assert [c["statement"] for c in claims if not c["confirmed"]] == []
        assert [c["statement"] for c in claims if not c["evidence"]] == []
        told = report["verification"]
        assert (told["claims"], told["confirmed"], told["notes"]) == (len(claims), len(claims), [])
        known = {e["id"] for e in report["evidence"]}
        cited = [*claims, report["impact"], *report["checked"], *report["changes"]]
        assert {id_ for one in cited for id_ in one["evidence"]} <= known


def test_reading_commands_only_read(ran: Ran) -> None:
    """No command that is offered as reading can change anything."""
    reading = [command for effect, command in commands(ran.english) if effect == "read"]
    assert [command for command in reading if not only_reads(command)] == []


def test_commands_are_shell(ran: Ran) -> None:
    """Every command is one line that a shell can take apart; what is to be filled in stands in <>."""
    lines = [command for _, command in commands(ran.english)]
    assert all(shlex.split(command) for command in lines)
    assert [command for command in lines if "\n" in command] == []


def test_the_report_is_of_the_published_schema(ran: Ran, schema: jsonschema.Draft202012Validator) -> None:
    """The JSON of either language validates against docs/report.schema.json."""
    for report in ran.both:
        assert [error.message for error in schema.iter_errors(report)] == []


def test_the_same_snapshot_gives_the_same_report(ran: Ran, comparable: Comparable) -> None:
    """Run twice, the JSON is the same to the byte but for id, created_at and usage."""
    first, again = (json.dumps(comparable(r.report), ensure_ascii=False) for r in (ran.first, ran.again))
    assert first == again
    assert ran.first.report["id"] != ran.again.report["id"]
    reads = [r.report["usage"]["cluster_reads"] for r in (ran.first, ran.again)]
    assert reads[0] == reads[1]


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
