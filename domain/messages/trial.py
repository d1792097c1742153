"""Notices for trying channels out: the sample report, a very long one, and one that is out to do harm."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import Any

from kubetriage.domain.finding import RemedyKind
from kubetriage.domain.intake.failing import FailureReason
from kubetriage.domain.language import Language
from kubetriage.domain.messages.notice import Event, Links, Notice, notice_of
from kubetriage.domain.rendering.sample import sample_report
from kubetriage.domain.report import Report

INCIDENT = "INC-SAMPLE"
REPORT_URL = "https://kubetriage.example.com/incidents/INC-SAMPLE"
LONG = 40 * 1024
"""Bytes of JSON of the long report."""

HARMFUL = (
    '<at id=all></at> <at user_id="all">everyone</at> <@all> <!channel> <!here> <@U012AB3CD> @all @所有人',
    "< at id=all></ at> <AT\tUSER_ID='all'/> ＜at id=all＞ <!subteam^S01AB|ops> <!here|x> <at>Li</at> @ALL",
    "# heading\n## another\n---\n***\n> quote\n1. one\n- two\n| a | b |\n|---|---|\n",
    "**bold *nested* __under__ ~~strike~~ `code` ```\nfence\n``` [a](https://evil.example/) ![](//e.example)",
    "<font color='red'>red</font><a href='https://evil.example'>x</a><script>alert(1)</script><img src=x>",
    "\u202etxet desrever\u202c \u200bzero\u200dwidth\u2066isolate\u2069 \x1b[31mred\x1b[0m \x07\r\n\u2028",
    "N" * 10_000,
    "国" * 10_000,
    "{{ 7*7 }} {% raw %} ${HOME} $(id) %s {0} &lt;at id=all&gt; &#60;at id=all&#62; \\<at id=all\\>",
    "https://evil.example/?a=<b>&c=[d](e) www.evil.example @channel @everyone @here",
    "Z̴̡͔a̵̛͈l̸̰͝g̶̳̈o̷̗͌" * 50,
)
"""Texts that a log line, an annotation or a label may hold."""

_OF_THE_CONTRACT = frozenset(
    {"schema", "language", "created_at", "starts_at", "at", "outcome", "likelihood", "effect", "state"}
    | {"id", "evidence", "status", "severity", "usage", "verification"}
)
"""Fields of a report whose values are not anybody's text."""


class Trial(StrEnum):
    SAMPLE = "sample"
    LONG = "long"
    """A report of 40 KB."""
    HOSTILE = "hostile"
    """Markup, mentions, very long names and right-to-left marks wherever text can come from outside."""
    RESOLVED = "resolved"
    STORM = "storm"
    FAILED = "failed"
    """A diagnosis that was given up."""


def trial_notice(trial: Trial, language: Language) -> Notice:
    """A notice of that kind, values in the language (English for both)."""
    report = sample_report(language)
    match trial:
        case Trial.SAMPLE:
            return _notice(report)
        case Trial.LONG:
            return _notice(long_report(language))
        case Trial.HOSTILE:
            return _notice(hostile_report(language))
        case Trial.RESOLVED:
            over = report.alert.model_copy(update={"status": "resolved"})
            at = report.created_at + timedelta(minutes=31)
            return _notice(report.model_copy(update={"alert": over}), event=Event.RESOLVED, at=at)
        case Trial.FAILED:
            failed = _notice(report).model_copy(
                update={
                    "event": Event.FAILED,
                    "report": None,
                    "title": f"{report.alert.name} aiops/test-deployment",
                }
            )
            error = "The MCP server of cluster prod-guangzhou could not be reached: connection refused."
            reason = FailureReason.CLUSTER_UNREACHABLE
            return failed.model_copy(update={"failure": reason, "lines": (error,)})
        case Trial.STORM:
            lines = tuple(f"INC-{each:02d} KubePodCrashLooping shop-{each}" for each in range(34))
            return Notice(
                event=Event.STORM,
                at=report.created_at,
                incident="",
                severity="critical",
                cluster="prod-guangzhou",
                count=len(lines),
                lines=lines,
                links=Links(report=REPORT_URL),
            )


def _notice(report: Report, **given: Any) -> Notice:
    return notice_of(report, incident=INCIDENT, alike=12, report_url=REPORT_URL, **given)


def changed_report(change: Callable[[str], str], language: Language = Language.EN) -> Report:
    """The sample report with every text that can come from outside changed; ids and their references stay."""
    given = sample_report(language).to_json()
    made = _changed(given, change)
    made["evidence"] = [{**_changed(each, change), "id": each["id"]} for each in given["evidence"]]
    return Report.model_validate(made)


def hostile_report(language: Language = Language.EN) -> Report:
    """Every text of the sample report is one of `HARMFUL`, in turn."""
    told = 0

    def harm(text: str) -> str:
        nonlocal told
        told += 1
        return HARMFUL[told % len(HARMFUL)]

    return changed_report(harm, language)


def long_report(language: Language = Language.EN, size: int = LONG) -> Report:
    """The sample report with more causes, steps, evidence and changes, until its JSON has that many bytes."""
    report = sample_report(language)
    steps = [
        step.model_copy(update={"title": f"{step.title} ({number})"})
        for number in range(1, 5)
        for step in report.recommendations
    ]
    line = "message: 'write /data/db: no space left on device 磁盘空间不足'\n"
    pieces = tuple(
        piece.model_copy(update={"id": f"E{number}", "excerpt": line * 4})
        for number, piece in enumerate(report.evidence * 8, 1)
    )
    cited = tuple(piece.id for piece in pieces[:9])
    causes = tuple(
        report.root_causes[0].model_copy(update={"rank": rank, "evidence": cited}) for rank in range(1, 5)
    )
    grown = {
        "recommendations": tuple(steps),
        "evidence": pieces,
        "root_causes": causes,
        "changes": report.changes * 20,
    }
    report = report.model_copy(update=grown)
    missing = size - len(report.model_dump_json(by_alias=True).encode())
    extra = pieces[0].model_copy(update={"id": "E99", "excerpt": "x" * max(missing - 400, 0)})
    return report.model_copy(update={"evidence": (*pieces, extra)})


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_changed(each, change) for each in value]
    if isinstance(value, dict):
        kept = _OF_THE_CONTRACT | ({"kind"} if value.get("kind") in set(RemedyKind) else set())
        return {key: each if key in kept else _changed(each, change) for key, each in value.items()}
    return value
