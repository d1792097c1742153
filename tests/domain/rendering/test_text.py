"""The text form: readable in a terminal of any width, safe whatever the evidence holds."""

from __future__ import annotations

import re
from datetime import tzinfo
from itertools import pairwise

import pytest

from kubetriage.domain.language import Language
from kubetriage.domain.rendering.columns import width_of
from kubetriage.domain.rendering.sample import sample_report
from kubetriage.domain.rendering.text import render_text
from kubetriage.domain.report import Report

COLOURS = re.compile(r"\x1b\[(?:1|2|31|32|33|36)(?:;(?:2|31|32|33|36))?m|\x1b\[0m")


def plain(report: Report, zone: tzinfo, width: int = 100) -> str:
    return render_text(report, colour=False, width=width, headings=Language.EN, zone=zone)


def headings_of(lines: list[str]) -> list[str]:
    return [line for line, below in pairwise(lines) if re.fullmatch("-+", below)]


def commands_and_addresses(report: Report) -> set[str]:
    commands = {command.command for it in report.recommendations for command in it.commands}
    return commands | {report.alert.annotations["runbook_url"]}


@pytest.mark.parametrize("language", [Language.EN, Language.ZH])
@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_lines_fit_the_terminal(language: Language, width: int, zone: tzinfo) -> None:
    """No line is wider than the terminal, except a command or an address, which stays whole."""
    report = sample_report(language)
    text = render_text(report, colour=False, width=width, headings=Language.BOTH, zone=zone)
    whole = commands_and_addresses(report)
    wide = [line for line in text.splitlines() if width_of(line) > width]
    assert [line for line in wide if not any(line.endswith(each) for each in whole)] == []


def test_commands_are_never_broken(zone: tzinfo) -> None:
    """Each command stands whole on a line of its own, also in a narrow terminal."""
    report = sample_report(Language.EN)
    lines = {line.strip() for line in plain(report, zone, width=40).splitlines()}
    assert {command.command for it in report.recommendations for command in it.commands} <= lines


def test_colours_only_when_asked_and_only_ours(zone: tzinfo) -> None:
    """Without colour there is no escape; with colour the same text stands between our own colours."""
    for language in (Language.EN, Language.ZH):
        report = sample_report(language)
        coloured = render_text(report, colour=True, width=80, headings=language, zone=zone)
        uncoloured = render_text(report, colour=False, width=80, headings=language, zone=zone)
        assert "\x1b" not in uncoloured
        assert "\x1b[1;33mwarning" in coloured or "\x1b[1;33m警告" in coloured
        assert COLOURS.sub("", coloured) == uncoloured


def test_hostile_text_cannot_act(hostile: Report, zone: tzinfo) -> None:
    """No control, bidirectional or zero-width character of a log or a model reaches the terminal."""
    text = plain(hostile, zone)
    assert all(character.isprintable() or character == "\n" for character in text)
    coloured = render_text(hostile, colour=True, width=100, headings=Language.EN, zone=zone)
    assert "\x1b" not in COLOURS.sub("", coloured)


def test_hostile_text_cannot_forge_a_section(hostile: Report, zone: tzinfo) -> None:
    """What stands at the left edge is the title and our section headings, whatever a log says."""
    sections = headings_of(plain(sample_report(Language.EN), zone).splitlines())
    lines = plain(hostile, zone).splitlines()
    assert headings_of(lines) == sections and len(sections) == 7
    after_title = lines[lines.index("Alert overview") :]
    flush = [line for line in after_title if line and line[0] != " " and not re.fullmatch("-+", line)]
    assert flush == sections


def test_huge_lists_and_names_stay_readable(huge: Report, zone: tzinfo) -> None:
    """Thousands of entries are counted instead of listed, long names and excerpts are shortened."""
    text = plain(huge, zone)
    assert all(width_of(line) <= 100 for line in text.splitlines() if "x" * 500 not in line)
    assert "… 80 more" in text
    assert "… 270 more" in text
    assert len(text.splitlines()) < 10_000


def test_excerpts_are_shown_compactly(zone: tzinfo) -> None:
    """An excerpt of many lines shows eight of them and how many there are more."""
    sample = sample_report(Language.EN)
    long = sample.evidence[0].model_copy(update={"excerpt": "\n".join(f"line {n}" for n in range(1, 31))})
    text = plain(sample.model_copy(update={"evidence": (long,)}), zone)
    assert "| line 8\n" in text
    assert "line 9" not in text
    assert "… 22 more lines" in text


def test_what_is_well_takes_one_line(zone: tzinfo) -> None:
    """A resource that is well, and evidence that no claim depends on, take one line each."""
    text = plain(sample_report(Language.EN), zone)
    assert "\n    - [normal] StorageClass cbs: the claim's class [E5]\n" in text
    assert re.search(r"\n  E5 StorageClass cbs: \S.*\n\nGaps", text)


def test_several_reports_follow_each_other(zone: tzinfo) -> None:
    """Several reports are printed one after the other."""
    report = sample_report(Language.EN)
    both = render_text(report, report, colour=False, width=100, headings=Language.EN, zone=zone)
    assert both.count("Alert overview") == 2
