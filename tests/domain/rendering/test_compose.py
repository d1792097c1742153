"""What a report says, whatever form it then gets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

import pytest

from kubetriage.domain.language import Language
from kubetriage.domain.rendering.compose import compose
from kubetriage.domain.rendering.document import Bullets, Document, Fold, Heading, KeyValues, Paragraph
from kubetriage.domain.rendering.moments import lasted, moment
from kubetriage.domain.rendering.sample import sample_report
from kubetriage.domain.rendering.text import render_text
from kubetriage.domain.report import Outcome, Report, ReportResource, Usage


def composed(report: Report, zone: tzinfo, headings: Language = Language.EN) -> Document:
    return compose(report, headings=headings, zone=zone)


def headings_of(document: Document, level: int) -> list[str]:
    return [
        "".join(span.text for span in block.content)
        for block in document.blocks
        if isinstance(block, Heading) and block.level == level
    ]


def text_of(report: Report, zone: tzinfo) -> str:
    language = Language.ZH if report.language is Language.ZH else Language.EN
    return render_text(report, colour=False, width=200, headings=language, zone=zone)


def changed_alert(report: Report, **changes: Any) -> Report:
    return report.model_copy(update={"alert": report.alert.model_copy(update=changes)})


def test_the_sections_stand_in_the_order_of_the_contract(zone: tzinfo) -> None:
    """Overview, diagnosis, recommendations, evidence, gaps, then knowledge and verification."""
    document = composed(sample_report(Language.EN), zone)
    assert headings_of(document, 2) == [
        "Alert overview",
        "Diagnosis",
        "Recommendations",
        "Evidence",
        "Gaps",
        "Knowledge",
        "Verification",
    ]
    assert headings_of(document, 3) == [
        "First reading",
        "Primary resource",
        "Related resources",
        "Root cause",
        "Causal chain",
        "Risks",
        "Recent changes",
        "Impact",
    ]


def test_headings_come_in_english_chinese_and_both(zone: tzinfo) -> None:
    """Headings follow the language asked for, values stay in the report's own."""
    report = sample_report(Language.ZH)
    assert headings_of(composed(report, zone, Language.ZH), 2)[:2] == ["告警概览", "诊断"]
    assert headings_of(composed(report, zone, Language.EN), 2)[:2] == ["Alert overview", "Diagnosis"]
    both = headings_of(composed(report, zone, Language.BOTH), 3)
    assert "根因 Root cause" in both
    assert composed(report, zone, Language.EN).language is Language.ZH


@pytest.mark.parametrize(("language", "said"), [(Language.EN, "2 h 5 min"), (Language.ZH, "2 小时 5 分钟")])
def test_the_overview_says_since_when(language: Language, said: str) -> None:
    """The start is local with offset; the duration runs to the time the cluster was read at."""
    report = changed_alert(sample_report(language), starts_at=datetime(2026, 3, 2, 1, 8, tzinfo=UTC))
    text = text_of(report, timezone(timedelta(hours=-3, minutes=-30)))
    assert "2026-03-01 21:38:00 -03:30" in text
    assert said in text


def test_a_resolved_alert_has_no_duration(zone: tzinfo) -> None:
    """How long a resolved alert has been firing is not known from its start."""
    text = text_of(changed_alert(sample_report(Language.EN), status="resolved"), zone)
    assert "Status:          resolved" in text
    assert "Duration" not in text


def test_labels_that_place_the_subject_come_first(zone: tzinfo) -> None:
    """Labels about the collection of the metric are left out, at most twelve are shown."""
    labels = {f"x{number:02}": "1" for number in range(20)}
    labels |= {"prometheus": "monitoring/k8s", "endpoint": "http", "pod": "p-0", "namespace": "shop"}
    text = text_of(changed_alert(sample_report(Language.EN), labels=labels), zone)
    line = next(line for line in text.splitlines() if "Labels:" in line)
    assert line.split()[1:4] == ["namespace=shop", "pod=p-0", "x00=1"]
    assert line.endswith("… 10 more")
    assert "prometheus" not in line and "endpoint" not in line


def test_an_annotation_in_the_language_of_the_report_wins(zone: tzinfo) -> None:
    """`summary_zh` is shown in a Chinese report, `summary` in an English one."""
    annotations = {"summary": "Pod is not ready", "summary_zh": "Pod 未就绪"}
    assert "Pod 未就绪" in text_of(changed_alert(sample_report(Language.ZH), annotations=annotations), zone)
    assert "Pod is not ready" in text_of(
        changed_alert(sample_report(Language.EN), annotations=annotations), zone
    )


def test_an_empty_report_says_what_it_does_not_have(zone: tzinfo) -> None:
    """A report without subject, checks, causes, evidence and actions says so, section by section."""
    empty = {"checked": (), "root_causes": (), "recommendations": (), "evidence": (), "gaps": ()}
    report = sample_report(Language.EN).model_copy(
        update={"primary": None, "outcome": Outcome.INCONCLUSIVE, **empty}
    )
    text = text_of(report, zone)
    for said in (
        "[inconclusive]",
        "The alert does not say which object it is about.",
        "No other resource was looked at.",
        "None: the evidence does not decide on a cause.",
        "Nothing needs to be done.",
        "Nothing was read from the cluster.",
        "None: every question got an answer.",
    ):
        assert said in text


def test_the_primary_resource_stands_apart(zone: tzinfo) -> None:
    """The check of the primary resource is not among the related ones, wherever it stands in the list."""
    report = sample_report(Language.EN)
    turned = report.model_copy(update={"checked": report.checked[::-1]})
    blocks = composed(turned, zone).blocks
    at = blocks.index(heading(blocks, "Primary resource"))
    primary = blocks[at + 1]
    assert isinstance(primary, Paragraph) and "test-deployment-6db6fb878d-mgzzn" in primary.content[2].text
    related = next(block for block in blocks[at + 3 :] if isinstance(block, Bullets))
    assert len(related.items) == len(report.checked) - 1


def heading(blocks: tuple[Any, ...], name: str) -> Heading:
    found = (block for block in blocks if isinstance(block, Heading) and block.content[0].text == name)
    return next(found)


def test_related_resources_that_are_not_well_come_first(zone: tzinfo) -> None:
    """Abnormal, absent and unreadable resources come before those that are well, else in the given order."""
    report = sample_report(Language.EN)
    normal_first = tuple(sorted(report.checked, key=lambda it: it.state.value, reverse=True))
    text = text_of(report.model_copy(update={"checked": normal_first}), zone)
    related = text.split("Related resources")[1].split("Root cause")[0]
    assert related.index("[absent]") < related.index("[abnormal]") < related.index("[normal]")


def test_only_shown_evidence_is_cited_as_a_link(zone: tzinfo) -> None:
    """An id whose evidence the report does not hold is named but not linked."""
    report = sample_report(Language.EN)
    blocks = composed(report.model_copy(update={"evidence": report.evidence[:1]}), zone).blocks
    impact = blocks[blocks.index(heading(blocks, "Impact")) + 1]
    assert isinstance(impact, Paragraph)
    assert [span.text for span in impact.content if span.mark == "evidence"] == ["E1"]
    assert len([block for block in blocks if isinstance(block, Fold)]) == 1
    assert "[E3, E4]" in text_of(report, zone)


def test_the_closing_line_says_who_wrote_it(zone: tzinfo) -> None:
    """The last line says how much was confirmed, which model wrote how much, and what was read."""
    usage = Usage(
        model="some-model", model_calls=2, prompt_tokens=4000, completion_tokens=321, cluster_reads=9
    )
    said = text_of(sample_report(Language.EN).model_copy(update={"usage": usage}), zone).splitlines()[-1]
    assert "4 of 4 claims confirmed" in said
    assert "2 calls (4,321 tokens) to model some-model" in said
    assert "9 cluster reads" in said
    assert "rules only, no model" in text_of(sample_report(Language.EN), zone)
    once = usage.model_copy(update={"model_calls": 1, "cluster_reads": 1})
    said = text_of(sample_report(Language.EN).model_copy(update={"usage": once}), zone)
    assert "1 call (4,321 tokens)" in said and "1 cluster read ·" in " ".join(said.split())
    kept = usage.model_copy(update={"model_calls": 0, "prompt_tokens": 0, "completion_tokens": 0})
    said = text_of(sample_report(Language.EN).model_copy(update={"usage": kept}), zone)
    assert "rules only" not in said and "0 calls (0 tokens) to model" in " ".join(said.split())


def test_a_cluster_is_named_once(zone: tzinfo) -> None:
    """The cluster comes from the primary resource, or else from the alert's label."""
    report = sample_report(Language.EN)
    assert "Cluster:         prod-guangzhou" in text_of(report, zone)
    bare = ReportResource(kind="Node", name="n1")
    without = report.model_copy(update={"primary": bare, "checked": ()})
    relabelled = changed_alert(without, labels={"cluster": "from-label"})
    assert "Cluster:         from-label" in text_of(relabelled, zone)
    rows = next(block for block in composed(relabelled, zone).blocks if isinstance(block, KeyValues)).rows
    assert "cluster=" not in "".join(span.text for _, value in rows for span in value)


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (0, "0 s", "0 秒"),
        (59, "59 s", "59 秒"),
        (60, "1 min", "1 分钟"),
        (12_000, "3 h 20 min", "3 小时 20 分钟"),
        (90_061, "1 d 1 h", "1 天 1 小时"),
        (86_400 + 30, "1 d", "1 天"),
        (-1, "", ""),
    ],
)
def test_durations_have_at_most_two_units(seconds: int, english: str, chinese: str) -> None:
    """A duration is said in its two largest units; a start in the future has none."""
    start = datetime(2026, 3, 1, tzinfo=UTC)
    until = start + timedelta(seconds=seconds)
    assert lasted(start, until, Language.EN) == english
    assert lasted(start, until, Language.ZH) == chinese


def test_odd_times_are_shown_rather_than_failing() -> None:
    """A time without zone is UTC; the first year of the calendar is no error in any zone."""
    assert moment(datetime(2026, 3, 1, 12), timezone(timedelta(hours=8))) == "2026-03-01 20:00:00 +08:00"
    first = datetime(1, 1, 1, tzinfo=UTC)
    assert moment(first, timezone(timedelta(hours=-8))) == "0001-01-01 00:00:00 +00:00"
