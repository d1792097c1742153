"""What a message says, and in which order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from kubetriage.domain.finding import Effect, RemedyKind
from kubetriage.domain.language import Language
from kubetriage.domain.messages.composing import compose
from kubetriage.domain.messages.dialects import PLAIN, WECOM_V2
from kubetriage.domain.messages.message import Message, SectionName
from kubetriage.domain.messages.notice import Event, Notice, notice_of
from kubetriage.domain.messages.trial import Trial, changed_report, long_report, trial_notice
from kubetriage.domain.messages.writing import Writer
from kubetriage.domain.rendering.document import Code, Tone
from kubetriage.domain.rendering.sample import sample_report
from kubetriage.domain.report import Outcome, Report, ReportResource

SHANGHAI = timezone(timedelta(hours=8))


def composed(notice: Notice, language: Language = Language.EN) -> Message:
    return compose(notice, language=language, zone=SHANGHAI)


def text_of(notice: Notice, language: Language = Language.EN) -> str:
    return Writer(composed(notice, language), PLAIN).whole()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            Language.EN,
            [
                *(
                    "[firing · warning]",
                    "Cluster",
                    "Resource",
                    "Since",
                    "12 more of the same incident",
                    "Root cause",
                ),
                *("likelihood: high", "Impact", "What to do", "1. check", "Evidence", "Changed before"),
                "Full report",
            ],
        ),
        (
            Language.ZH,
            [
                *("[告警中 · 警告]", "集群", "资源", "开始时间", "另有 12 条告警", "根因", "可能性：高"),
                *("影响", "建议操作", "1. 检查", "证据", "近期变更", "完整报告"),
            ],
        ),
    ],
)
def test_the_order_is_that_of_somebody_on_call(language: Language, words: list[str]) -> None:
    """State, facts, cause with likelihood, impact, steps, evidence, changes, links: in both languages."""
    text = text_of(trial_notice(Trial.SAMPLE, language), language)
    places = [text.find(each) for each in words]
    assert -1 not in places
    assert places == sorted(places)


def test_what_reads_comes_before_what_changes() -> None:
    """Steps are numbered from 1; a destructive one is last and says so."""
    report = sample_report(Language.EN)
    turned = report.model_copy(update={"recommendations": report.recommendations[::-1]})
    section = composed(notice_of(turned)).section(SectionName.STEPS)
    assert section is not None
    codes = [block for block in section.blocks if isinstance(block, Code)]
    assert "describe pvc" in codes[0].text
    assert codes[-1].effect is Effect.DESTRUCTIVE
    assert "destructive" in text_of(notice_of(turned))


def test_what_cannot_be_undone_comes_after_asking() -> None:
    """To give it to somebody else, and to read with them, comes before a destructive step of one's own."""
    report = sample_report(Language.EN)
    look = report.recommendations[0]
    drastic = next(
        it for it in report.recommendations if Effect.DESTRUCTIVE in {c.effect for c in it.commands}
    )
    ask = look.model_copy(update={"kind": RemedyKind.ESCALATE, "title": "Ask the owner"})
    both = report.model_copy(update={"recommendations": (drastic, ask)})
    text = text_of(notice_of(both))
    assert text.index("1. escalate: Ask the owner") < text.index(f"2. change: {drastic.title}")


def test_a_report_without_a_cause_says_so() -> None:
    """No cause is said in plain words, with what is known instead."""
    given = {"root_causes": (), "outcome": Outcome.INCONCLUSIVE, "summary": "The Pod is gone."}
    report = sample_report(Language.EN).model_copy(update=given)
    text = text_of(notice_of(report))
    assert "No root cause was found.\nThe Pod is gone." in text


def test_a_healthy_report_says_that_nothing_is_wrong() -> None:
    """What is said of the resource stands under no cause without a word that there is none."""
    report = sample_report(Language.ZH).model_copy(update={"outcome": Outcome.HEALTHY, "root_causes": ()})
    assert "根因\n无：现在没有异常。\n" in text_of(notice_of(report), Language.ZH)


def test_code_in_a_sentence_can_be_copied() -> None:
    """Rules quote commands between backticks: they stay code, in bold sentences too."""
    report = sample_report(Language.EN)
    step = report.recommendations[0].model_copy(update={"detail": "Run `df -h` on *it* `x"})
    cause = report.root_causes[0].model_copy(update={"statement": "its command `/app/run` is not found"})
    report = report.model_copy(update={"recommendations": (step,), "root_causes": (cause,)})
    text = Writer(composed(notice_of(report)), WECOM_V2).whole()
    assert "\nRun `df -h` on ＊it＊ ｀x\n" in text
    assert "\n**its command** `/app/run` **is not found** (likelihood" in text


@pytest.mark.parametrize(
    ("namespace", "what", "shown"),
    [
        ("aiops", "Deployment web: Available turned False", "+08:00 Deployment web: Available turned False"),
        ("shop", "Deployment web was created", " Deployment shop/web: Deployment web was created"),
        ("shop", "Deployment shop/web was created", " Deployment shop/web was created"),
        ("aiops", "Deployment web-2 is new", " Deployment aiops/web: Deployment web-2 is new"),
        ("aiops", "created", " Deployment aiops/web: created"),
    ],
)
def test_a_change_names_its_object_once(namespace: str, what: str, shown: str) -> None:
    """A sentence that begins with the object is not put behind its name; another namespace is said."""
    report = sample_report(Language.EN)
    resource = ReportResource(kind="Deployment", namespace=namespace, name="web")
    change = report.changes[0].model_copy(update={"resource": resource, "what": what})
    text = text_of(notice_of(report.model_copy(update={"changes": (change,)})))
    (line,) = [line for line in text.splitlines() if "Deployment web" in line or "/web" in line]
    assert line.endswith(shown)


@pytest.mark.parametrize(
    ("excerpt", "line"),
    [
        (
            "status.containerStatuses[0].state.waiting.reason: CreateContainerConfigError\n"
            "status.conditions[2].message: containers with unready status: [web]",
            "status.containerStatuses[0].state.waiting.reason: CreateContainerConfigError",
        ),
        (
            "status.phase: Pending\nstatus.conditions[0].message: 0/3 nodes are available",
            "status.conditions[0].message: 0/3 nodes are available",
        ),
    ],
)
def test_evidence_shows_the_line_that_says_most(excerpt: str, line: str) -> None:
    """What a container says of itself comes before a condition that sums it up, and that before a phase."""
    report = sample_report(Language.EN)
    pieces = tuple(each.model_copy(update={"excerpt": excerpt}) for each in report.evidence)
    text = text_of(notice_of(report.model_copy(update={"evidence": pieces})))
    assert f": {line}\n" in text


def test_a_change_in_the_alerts_namespace_names_its_object_once() -> None:
    """Where no object is known the alert's namespace is near enough."""
    report = sample_report(Language.EN)
    resource = ReportResource(kind="Deployment", namespace="aiops", name="web")
    change = report.changes[0].model_copy(
        update={"resource": resource, "what": "Deployment web was created."}
    )
    alert = report.alert.model_copy(update={"labels": {"namespace": "aiops"}})
    lost = report.model_copy(update={"primary": None, "changes": (change,), "alert": alert})
    assert text_of(notice_of(lost)).count("Deployment") == 1 + text_of(
        notice_of(lost.model_copy(update={"changes": ()}))
    ).count("Deployment")


def test_an_unconfirmed_cause_is_marked() -> None:
    """A cause that code could not confirm is not told as if it were certain."""
    report = sample_report(Language.ZH)
    doubted = report.root_causes[0].model_copy(update={"confirmed": False})
    text = text_of(notice_of(report.model_copy(update={"root_causes": (doubted,)})), Language.ZH)
    assert "未在证据中得到证实" in text


def test_a_long_cause_is_three_sentences_at_most() -> None:
    """Of one cause three sentences are told, of several one each."""
    report = sample_report(Language.EN)
    wordy = report.root_causes[0].model_copy(update={"statement": "One. Two. Three. Four."})
    assert "One. Two. Three. (likelihood" in text_of(
        notice_of(report.model_copy(update={"root_causes": (wordy,)}))
    )
    several = (wordy, wordy.model_copy(update={"rank": 2}))
    text = text_of(notice_of(report.model_copy(update={"root_causes": several})))
    assert text.count("One. (likelihood") == 2


def test_commands_are_whole_or_not_there() -> None:
    """A command too long for a message is not cut: the message says where it is."""
    report = changed_report(lambda text: "kubectl get pod " + "x" * 900)
    text = text_of(notice_of(report))
    assert "A command too long for a message" in text
    assert "kubectl get pod xxx" not in [
        line.strip()[:19] for line in text.splitlines() if line.startswith("    ")
    ]


def test_times_are_local_with_their_offset() -> None:
    """Since when is said in the channel's zone, with how long that is."""
    assert "2026-03-02 11:05:30 +08:00 (7 min 58 s)" in text_of(trial_notice(Trial.SAMPLE, Language.EN))


def test_a_known_alert_has_its_chinese_title() -> None:
    """The alert's name stays as it is; a Chinese message adds what it means."""
    report = sample_report(Language.ZH)
    alert = report.alert.model_copy(update={"name": "KubePodCrashLooping"})
    notice = notice_of(report.model_copy(update={"alert": alert}))
    assert composed(notice, Language.ZH).name.startswith("KubePodCrashLooping ")
    assert composed(notice, Language.EN).name == "KubePodCrashLooping"


def test_both_languages_are_for_headings() -> None:
    """`both` writes headings twice and values once."""
    text = text_of(trial_notice(Trial.SAMPLE, Language.ZH), Language.BOTH)
    assert "根因 Root cause" in text
    assert text.count("拒绝创建小于 10Gi") == 1


def test_a_resolved_message_is_short_and_green() -> None:
    """It says for how long, what it was, and asks for nothing."""
    notice = trial_notice(Trial.RESOLVED, Language.EN)
    message = composed(notice)
    assert message.tone is Tone.GOOD
    assert [each.name for each in message.sections] == [SectionName.FACTS, SectionName.CAUSE]
    assert "lasted" in text_of(notice) and "kubectl" not in text_of(notice)


def test_still_firing_is_a_line() -> None:
    """A reminder repeats where and since when, and none of the report."""
    notice = trial_notice(Trial.SAMPLE, Language.ZH).model_copy(update={"event": Event.STILL_FIRING})
    assert text_of(notice, Language.ZH).startswith("[持续告警 · 警告] Pod状态异常")
    assert "根因" not in text_of(notice, Language.ZH)


def test_a_storm_lists_incidents() -> None:
    """A storm says how many there are and lists the first ones."""
    text = text_of(trial_notice(Trial.STORM, Language.ZH), Language.ZH)
    assert "[告警风暴] 短时间内出现 34 个事件" in text
    assert "另有 14 项" in text


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://runbooks.example.com/a", True),
        ("javascript:alert(1)", False),
        ("https://x.example/a b", False),
        ("https://x.example/" + "a" * 700, False),
        ('https://x.example/"onclick="x', False),
    ],
)
def test_only_proper_addresses_become_links(url: str, shown: bool) -> None:
    """Addresses come from annotations: only http and https ones of a fit length are shown."""
    report = sample_report(Language.EN)
    alert = report.alert.model_copy(update={"annotations": {"runbook_url": url}})
    links = composed(notice_of(report.model_copy(update={"alert": alert}))).links
    assert (url in [each.url for each in links]) is shown


def test_brackets_cannot_end_a_link() -> None:
    """Brackets of an address are percent-encoded, as every markup ends a link with one."""
    report = sample_report(Language.EN)
    given = {"runbook_url": "https://wiki.example/Pod_(crash)[1]"}
    alert = report.alert.model_copy(update={"annotations": given})
    (link,) = composed(notice_of(report.model_copy(update={"alert": alert}))).links
    assert link.url == "https://wiki.example/Pod_%28crash%29%5B1%5D"


def test_a_notice_survives_being_stored() -> None:
    """A notice goes through JSON and comes back equal, report included."""
    notice = trial_notice(Trial.HOSTILE, Language.ZH)
    assert Notice.model_validate_json(notice.model_dump_json(by_alias=True)) == notice


def test_the_trials_are_what_they_say() -> None:
    """The long report has 40 KB, and the sample's kinds of steps."""
    report: Report = long_report()
    assert 39 * 1024 <= len(report.model_dump_json(by_alias=True).encode()) <= 42 * 1024
    assert {step.kind for step in report.recommendations} == {RemedyKind.CHECK, RemedyKind.CHANGE}
    assert report.created_at < datetime.now(UTC)


@pytest.mark.parametrize(
    ("language", "title"),
    [(Language.EN, "[asked for by name] "), (Language.ZH, "[按名称查询] ")],
)
def test_a_resource_that_was_asked_for_is_not_firing(language: Language, title: str) -> None:
    """Without an alert the message has no severity, and calls nobody as an alert's does; healthy stays so."""
    report = sample_report(language)
    report = report.model_copy(update={"alert": report.alert.model_copy(update={"source": "resource"})})
    notice = notice_of(report)
    assert composed(notice, language).title.startswith(title)
    assert notice.severity == "none"
    healthy = notice_of(report.model_copy(update={"outcome": Outcome.HEALTHY}))
    assert composed(healthy).title.startswith("[healthy now] ")
