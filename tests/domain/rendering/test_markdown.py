"""The Markdown form: what was read from a cluster never acts as markup, nor as a mention or a link."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import tzinfo
from itertools import pairwise
from typing import Any

import pytest

from kubetriage.domain.finding import Command, RemedyKind
from kubetriage.domain.language import Language
from kubetriage.domain.rendering.markdown import render_markdown
from kubetriage.domain.rendering.sample import sample_report
from kubetriage.domain.report import Recommendation, Report

SECTIONS = ["Alert overview", "Diagnosis", "Recommendations", "Evidence", "Gaps", "Knowledge", "Verification"]
RAW_HTML = re.compile(r"<details><summary>(?:<b>E\d+</b>) <code>[^<>]*</code></summary>|</details>")
ACTS_ON_SITES = re.compile(r"@\w|https?://|www\.|#\d|\bGH-\d")


def markdown(report: Report, zone: tzinfo) -> str:
    return render_markdown(report, headings=Language.EN, zone=zone)


def tokens_of(source: str) -> list[Any]:
    """The source as a CommonMark parser with GitHub's tables and strikethrough reads it."""
    parser = pytest.importorskip("markdown_it", reason="markdown-it-py is not installed")
    return list(parser.MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(source))


def leaves(tokens: list[Any]) -> Iterator[Any]:
    for token in tokens:
        yield from leaves(token.children) if token.children else [token]


def test_hostile_text_cannot_act_as_markup(hostile: Report, zone: tzinfo) -> None:
    """Read by a Markdown parser, a hostile report has our headings and HTML, no link, rule or table."""
    tokens = tokens_of(markdown(hostile, zone))
    headings = [after.content for token, after in pairwise(tokens) if token.tag == "h2"]
    kinds = {token.type for token in tokens} | {token.type for token in leaves(tokens)}
    assert headings[::2] == SECTIONS
    assert sum(token.type == "heading_open" and token.tag == "h1" for token in tokens) == 1
    assert kinds.isdisjoint({"hr", "table_open", "image", "link_open", "html_inline", "em_open", "s_open"})
    raw = [token.content.strip() for token in tokens if token.type == "html_block"]
    assert raw and all(RAW_HTML.fullmatch(each) for each in raw)


def test_hostile_text_mentions_nobody(hostile: Report, zone: tzinfo) -> None:
    """Mentions, issue numbers and bare addresses stand in code, where no site makes anything of them."""
    prose = [token.content for token in leaves(tokens_of(markdown(hostile, zone))) if token.type == "text"]
    assert [text for text in prose if ACTS_ON_SITES.search(text)] == []


def test_what_is_shown_is_what_was_said(zone: tzinfo) -> None:
    """Escaping is not seen: a statement with markup in it reads as it was written, quoted code as code."""
    said = "Container *app* of _x_ [exited] <1> & `ls` ~~ | $HOME #tag 1. \\n !"
    tokens = tokens_of(markdown(sample_report(Language.EN).model_copy(update={"summary": said}), zone))
    shown = ["".join(leaf.content for leaf in token.children) for token in tokens if token.children]
    assert any(text.endswith(said.replace("`ls`", "ls")) for text in shown)
    assert any(leaf.type == "code_inline" and leaf.content == "ls" for leaf in leaves(tokens))


@pytest.mark.parametrize("statement", ["1. a", "- a", "+ a", "> a", "# a", "===", "---", "    a", "| a |"])
def test_a_statement_cannot_begin_a_block(statement: str, zone: tzinfo) -> None:
    """A statement that looks like a list, a quote, a heading, a rule or code stays a paragraph."""
    report = sample_report(Language.EN)
    before = [token.type for token in tokens_of(markdown(report, zone)) if token.level == 0]
    changed = markdown(report.model_copy(update={"first_reading": statement}), zone)
    assert [token.type for token in tokens_of(changed) if token.level == 0] == before


def test_a_fence_is_longer_than_any_in_the_excerpt(zone: tzinfo) -> None:
    """An excerpt with fences of its own stays in one block of code."""
    sample = sample_report(Language.EN)
    excerpt = "before\n`````\n# not a heading\n```\nafter"
    evidence = sample.evidence[0].model_copy(update={"excerpt": excerpt})
    tokens = tokens_of(markdown(sample.model_copy(update={"evidence": (evidence,)}), zone))
    assert excerpt + "\n" in [token.content for token in tokens if token.type == "fence"]


def test_commands_are_verbatim_in_code(zone: tzinfo) -> None:
    """Every command stands unchanged in a block of shell code; those that only read stand together."""
    report = sample_report(Language.EN)
    reads = tuple(Command(command=f"kubectl get pod {name}") for name in ("a", "b"))
    check = Recommendation(kind=RemedyKind.CHECK, title="Look", detail="", commands=reads)
    report = report.model_copy(update={"recommendations": (check, *report.recommendations)})
    blocks = [token.content for token in tokens_of(markdown(report, zone)) if token.type == "fence"]
    assert "kubectl get pod a\nkubectl get pod b\n" in blocks
    others = [command.command for it in report.recommendations[1:] for command in it.commands]
    assert {f"{command}\n" for command in others} <= set(blocks)


def test_a_strange_runbook_is_not_a_link(zone: tzinfo) -> None:
    """Only a plain web address is a link; anything else that calls itself a runbook stands in code."""
    sample = sample_report(Language.EN)
    for address, linked in (
        ("https://a.example/b?c=d", True),
        ("https://a.example/>x", False),
        ("data:x", False),
    ):
        alert = sample.alert.model_copy(update={"annotations": {"runbook_url": address}})
        source = markdown(sample.model_copy(update={"alert": alert}), zone)
        assert (f"<{address}>" in source) is linked
        assert (f"`{address}`" in source) is not linked


def test_several_reports_stand_in_one_file(zone: tzinfo) -> None:
    """Several reports follow each other with a rule between them."""
    report = sample_report(Language.EN)
    tokens = tokens_of(render_markdown(report, report, headings=Language.EN, zone=zone))
    assert [token.type for token in tokens].count("hr") == 1
    assert [token.tag for token in tokens if token.type == "heading_open"].count("h1") == 2
