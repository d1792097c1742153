"""graphs.triage_alert: one diagnosis, told in several languages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from kubetriage.domain.alert import Alert
from kubetriage.domain.finding import Likelihood
from kubetriage.domain.language import Language
from kubetriage.domain.messages.composing import compose
from kubetriage.domain.messages.notice import notice_of
from kubetriage.domain.model import Completion, ModelLimits, Question
from kubetriage.domain.ports import Services
from kubetriage.domain.report import Outcome, Report
from kubetriage.graphs.triage_alert import build_triage_alert
from kubetriage.state.triage_alert import TriageContext

Raw = dict[str, Any]
Told = Callable[..., Any]
HAN = re.compile("[\u3400-\u9fff]")
LAST_LINE = "seat 41 went to lic-7 and nothing was issued today"
"""What no rule knows."""


class Model:
    """The port `Models`, whose one answer is made of the question."""

    def __init__(self, answer: Callable[[str], Raw]) -> None:
        self._answer = answer
        self.asked = 0

    def limits(self, profile: str) -> ModelLimits:
        return ModelLimits()

    async def ask(self, question: Question) -> Completion:
        self.asked += 1
        answer = self._answer(question.user[0])
        return Completion(profile="small", model="small-30b", text=json.dumps(answer), answer=answer)


@pytest.fixture
def told(
    shop: Any, recorded: Any, services_of: Callable[..., Services], alert_of: Callable[..., Alert]
) -> Told:
    """The run's report, and those in the other languages asked for."""

    async def run(*others: Language, model: Model | None = None, **given: Any) -> list[Report]:
        objects = given.pop("objects", shop)
        cluster = recorded(objects, logs=given.pop("logs", Path("no-logs-here")))
        services = services_of(cluster, **({"models": model} if model else {}))
        context = TriageContext(
            run="r", model="small" if model else "", other_languages=others, **{"language": "en", **given}
        )
        graph = build_triage_alert(services).compile()
        state = await graph.ainvoke({"alert": alert_of()}, {"recursion_limit": 60}, context=context)
        return [state["report"], *state["other_reports"]]

    return run


def crashing(shop: list[Raw], logs: Path) -> list[Raw]:
    """The container ends with status 1 after a line that means something to who knows licences."""
    made: list[Raw] = [each for each in json.loads(json.dumps(shop)) if each["kind"] != "Event"]
    pod = next(each for each in made if each["kind"] == "Pod")
    begun = pod["metadata"]["creationTimestamp"]
    ended = {"exitCode": 1, "reason": "Error", "startedAt": begun, "finishedAt": begun}
    pod["status"]["containerStatuses"][0] |= {
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": ended},
        "restartCount": 5,
    }
    folder = logs / "shop" / "web-6d-abcde"
    folder.mkdir(parents=True)
    for name in ("app.log", "app.previous.log"):
        (folder / name).write_text(f"starting\n{LAST_LINE}\n", encoding="utf-8")
    return made


def evidence(question: str, kind: str, name: str, tool: str = "") -> str:
    found = re.search(rf"⟦(E\d+) \w+⟧ {kind} (?:\S+/)?{re.escape(name)} \| {tool}", question)
    assert found is not None, question
    return found[1]


def verdict(**given: Any) -> Raw:
    parts = ("root_causes", "contributing", "risks", "refuted", "steps", "reads")
    return {"outcome": "diagnosed", "summary": "", **{part: [] for part in parts}, **given}


def chinese(question: str) -> Raw:
    """The rules' own cause in a model's words, and more than the rules say."""
    pod = evidence(question, "Pod", "web-6d-abcde")
    cause = {"finding": "F1", "statement": "Deployment web 的镜像不存在。", "likelihood": "high",
             "culprit": {"kind": "Deployment", "namespace": "shop", "name": "web"}, "evidence": [pod]}  # fmt: skip
    added = {"statement": "Pod web-6d-abcde 一直无法启动。", "evidence": [pod]}
    steps = [
        {"kind": "check", "title": "查看历史版本", "detail": "", "commands": [
            "kubectl rollout history deployment/web -n shop"
        ]},
        {"kind": "escalate", "title": "询问发布负责人", "detail": "", "commands": []},
    ]  # fmt: skip
    return verdict(summary="Pod web-6d-abcde 无法启动，因为 Deployment web 的镜像不存在。", root_causes=[cause],
                   contributing=[added], steps=steps)  # fmt: skip


def without(report: Report) -> Raw:
    """What two runs of the same case have in common."""
    apart = {"id", "created_at", "usage", "original_language"}
    return {name: value for name, value in report.to_json().items() if name not in apart}


@pytest.mark.parametrize(("own", "other"), [("en", "zh"), ("zh", "en")])
async def test_the_other_language_says_what_a_run_in_it_would(told: Told, own: str, other: str) -> None:
    """By rules alone both reports of one run are what two runs would have made, commands and names alike."""
    first, second = await told(Language(other), language=own)
    (alone,) = await told(language=other)
    assert (first.language, second.language, second.original_language) == (own, other, own)
    assert first.original_language is None
    assert without(second) == without(alone)
    assert second.usage == first.usage and second.id == first.id
    commands = [[step.commands for step in each.recommendations] for each in (first, second)]
    assert commands[0] == commands[1] and any(commands[0])


async def test_nobody_asks_for_what_there_is_already(told: Told) -> None:
    """The run's own language among the others, or one twice, makes no second report."""
    assert [each.language for each in await told(Language.EN, Language.ZH, Language.ZH)] == ["en", "zh"]


async def test_a_models_words_stay_in_their_language(told: Told) -> None:
    """The other report has the rules' words, the model's commands, says so, and costs no further call."""
    model = Model(chinese)
    own, other = await told(Language.EN, model=model, language="zh")
    assert model.asked == 1
    assert own.summary.startswith("Pod web-6d-abcde 无法启动")
    assert other.outcome is own.outcome
    assert [c.culprit for c in other.root_causes] == [c.culprit for c in own.root_causes]
    assert not HAN.search(json.dumps(other.to_json(), ensure_ascii=False).replace(own.alert.name, ""))
    commands = [[step.commands for step in each.recommendations if step.commands] for each in (own, other)]
    assert commands[0] == commands[1]
    assert other.recommendations[-1].title == "A step that the model suggests"
    assert other.verification.notes[-1] == (
        "told in the rules' words; what the model wrote is in the Chinese report, "
        "2 of its statements and steps only there"
    )
    notice = notice_of(other)
    footer = compose(notice, language=Language.EN, zone=UTC).footer[0].text
    assert footer == "By rules; what model small wrote is in the Chinese report"


async def test_a_cause_that_only_a_model_names_is_told_by_what_it_repeats(
    told: Told, shop: Any, tmp_path: Path
) -> None:
    """Object and log line are true in any language: nobody is told that no cause was found."""

    def answer(question: str) -> Raw:
        log = evidence(question, "Pod", "web-6d-abcde", "resources_log")
        said = f"Pod web-6d-abcde 没有拿到许可证：{LAST_LINE}"
        cause = {"category": "licence", "statement": said, "likelihood": "high", "evidence": [log],
                 "culprit": {"kind": "Deployment", "namespace": "shop", "name": "web"}}  # fmt: skip
        return verdict(summary=said, root_causes=[cause])

    objects = crashing(shop, tmp_path)
    own, other = await told(Language.EN, model=Model(answer), language="zh", objects=objects, logs=tmp_path)
    assert own.root_causes[0].statement.startswith("Pod web-6d-abcde 没有拿到许可证")
    assert (own.outcome, other.outcome) == (Outcome.DIAGNOSED, Outcome.DIAGNOSED)
    (cause,) = other.root_causes
    assert cause.likelihood is Likelihood.MEDIUM and cause.confirmed
    assert cause.statement.startswith("The model names Deployment shop/web as the cause by what E")
    assert LAST_LINE in cause.statement
    assert not HAN.search(cause.statement + other.summary)
    assert other.summary == f"Pod shop/web-6d-abcde: {cause.statement}"


async def test_a_disagreement_is_told_in_both(told: Told) -> None:
    """What the model holds against a certain finding stands among the notes of either report."""

    def answer(question: str) -> Raw:
        node = evidence(question, "Node", "n1")
        cause = {"category": "node", "statement": "Node n1 is the cause.", "likelihood": "high",
                 "culprit": {"kind": "Node", "name": "n1"}, "evidence": [node]}  # fmt: skip
        return verdict(summary="Node n1 is the cause.", root_causes=[cause])

    own, other = await told(Language.ZH, model=Model(answer))
    assert any(note.startswith("the model sees another cause") for note in own.verification.notes)
    assert any(note.startswith("模型认为另有原因") for note in other.verification.notes)
