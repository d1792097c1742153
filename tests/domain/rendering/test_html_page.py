"""The HTML form: one page by itself, on which nothing from a cluster is more than text."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from datetime import tzinfo
from html.parser import HTMLParser

import pytest

from kubetriage.domain.language import Language
from kubetriage.domain.rendering.html_page import render_html
from kubetriage.domain.rendering.sample import sample_report
from kubetriage.domain.report import Report

VOID = {"meta"}
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "article", "h1", "h2", "h3", "p", "ul", "ol", "li"),
    *("dl", "dt", "dd", "pre", "code", "blockquote", "details", "summary", "div", "span", "strong", "a"),
}
ATTRIBUTES = {"lang", "class", "id", "href", "rel", "translate", "charset", "http-equiv", "content", "name"}


class Page(HTMLParser):
    """Everything that matters of a page, read as a browser reads it."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self.misnested: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.misnested.append(tag)

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.texts.append(data)

    def values(self, name: str) -> list[str]:
        return [value for _, attribute, value in self.attributes if attribute == name]


def page_of(report: Report, zone: tzinfo) -> Page:
    return Page(render_html(report, headings=Language.BOTH, zone=zone))


def test_nothing_is_fetched_and_nothing_runs(zone: tzinfo) -> None:
    """The page has no script, no outside address but the runbook's link, and allows only its own style."""
    source = render_html(sample_report(Language.EN), headings=Language.EN, zone=zone)
    page = Page(source)
    style = source.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = next(value for value in page.values("content") if "default-src" in value)
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert set(page.tags) <= TAGS
    assert "url(" not in style and "@import" not in style
    assert re.findall(r"https?://[^\s\"<]+", source) == ["https://runbooks.example.com/pod-pending"] * 2


def test_evidence_is_folded_and_its_ids_lead_to_it(zone: tzinfo) -> None:
    """Each piece of evidence is a closed fold with an anchor, and every cited id links to one."""
    report = sample_report(Language.EN)
    page = page_of(report, zone)
    anchors = page.values("id")
    assert anchors == [each.id for each in report.evidence]
    links = [value for value in page.values("href") if value.startswith("#")]
    assert links and {link[1:] for link in links} <= set(anchors)
    assert "open" not in {name for _, name, _ in page.attributes}


@pytest.mark.parametrize(("language", "tag"), [(Language.EN, "en"), (Language.ZH, "zh-CN")])
def test_the_page_says_its_language(language: Language, tag: str, zone: tzinfo) -> None:
    """`lang` is the language of the values; headings in the other language say theirs."""
    page = Page(render_html(sample_report(language), headings=Language.BOTH, zone=zone))
    assert page.values("lang")[:2] == [tag, tag]
    assert set(page.values("lang")[2:]) == {"en" if tag == "zh-CN" else "zh-CN"}


def test_severity_colours_the_page(zone: tzinfo) -> None:
    """The page's edge has the colour of the severity."""
    sample = sample_report(Language.EN)
    for severity, tone in (("critical", "bad"), ("warning", "warn"), ("info", "note"), ("odd", "neutral")):
        alert = sample.alert.model_copy(update={"severity": severity})
        source = render_html(sample.model_copy(update={"alert": alert}), headings=Language.EN, zone=zone)
        assert f'<article lang="en" class="{tone}">' in source


def test_hostile_text_stays_text(hostile: Report, zone: tzinfo) -> None:
    """Whatever an alert, a log or a model says, the page keeps its tags, its attributes and its nesting."""
    page = page_of(hostile, zone)
    clean = page_of(sample_report(Language.EN), zone)
    assert page.misnested == [] and page.open == []
    assert set(page.tags) <= TAGS
    assert {name for _, name, _ in page.attributes} <= ATTRIBUTES
    assert page.values("rel") == [] and not any("javascript" in value for value in page.values("href"))
    assert page.tags["h2"] == clean.tags["h2"]
    assert "alert(1)" not in hostile.summary or "alert(1)" in "".join(page.texts)


def test_only_web_addresses_become_links(zone: tzinfo) -> None:
    """A runbook of another scheme is shown as text."""
    sample = sample_report(Language.EN)
    for address, linked in (
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("https://a.example", True),
    ):
        alert = sample.alert.model_copy(update={"annotations": {"runbook_url": address}})
        page = page_of(sample.model_copy(update={"alert": alert}), zone)
        assert (address in page.values("href")) is linked
        assert address in "".join(page.texts)


def test_the_whole_excerpt_is_there(zone: tzinfo) -> None:
    """The page holds each excerpt in full, and long lists folded rather than cut."""
    report = sample_report(Language.EN)
    text = "".join(page_of(report, zone).texts)
    assert all(each.excerpt in text for each in report.evidence)
    gaps = tuple(report.gaps[0].model_copy(update={"what": f"gap number {n}"}) for n in range(50))
    page = page_of(report.model_copy(update={"gaps": gaps}), zone)
    assert "gap number 49" in "".join(page.texts) and "… 另有" not in "".join(page.texts)
    assert "… 30 more" in page.texts


def test_several_reports_share_a_page(zone: tzinfo) -> None:
    """Anchors of several reports on one page are distinct, and every link leads to one of them."""
    report = sample_report(Language.EN)
    page = Page(render_html(report, report, headings=Language.EN, zone=zone))
    assert page.tags["article"] == 2
    assert len(page.values("id")) == len(set(page.values("id"))) == 2 * len(report.evidence)
    assert {value[1:] for value in page.values("href") if value.startswith("#")} <= set(page.values("id"))


def test_a_huge_report_is_still_one_page(huge: Report, zone: tzinfo) -> None:
    """Names of 10,000 characters and thousands of entries leave the page well-formed."""
    page = page_of(huge, zone)
    assert page.misnested == [] and page.open == []
    assert max(len(text) for text in page.texts) <= 20_000
