"""Reports over HTTP in the language that is asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kubetriage.domain.language import Language
from kubetriage.domain.rendering.sample import sample_report
from kubetriage.domain.report import Report

API = "/api/v1"
ENGLISH = sample_report(Language.EN)
CHINESE = sample_report(Language.ZH).model_copy(update={"original_language": Language.EN})


@pytest.fixture
def run(served: Any) -> str:
    """A run whose report is kept in both languages."""
    now = datetime.now(UTC)
    served.do(served.database.incidents.keep_report("two-languages", ENGLISH, now, [CHINESE]))
    return "two-languages"


@pytest.mark.parametrize(("language", "report"), [("zh", CHINESE), ("en", ENGLISH), (None, ENGLISH)])
def test_the_report_in_the_language_asked_for(
    served: Any, run: str, language: str | None, report: Report
) -> None:
    """`language` chooses among the run's reports; without it the run's own is answered."""
    query = {"format": "json"} | ({"language": language} if language else {})
    answer = served.client.get(f"{API}/runs/{run}/report", params=query)
    assert answer.json() == report.to_json()
    assert answer.headers["content-language"] == report.language


def test_both_is_for_headings(served: Any, run: str) -> None:
    """Both languages head the run's own sentences."""
    query = {"format": "text", "language": "both"}
    answer = served.client.get(f"{API}/runs/{run}/report", params=query)
    assert "根因 Root cause" in answer.text
    assert ENGLISH.root_causes[0].statement[:40] in answer.text
    assert answer.headers["content-language"] == "en"


def test_what_there_is_is_said_where_the_language_is_not_there(
    served: Any, reported: tuple[str, str]
) -> None:
    """A report of one language is answered in it, and `Content-Language` says which that is."""
    path = f"{API}/incidents/{reported[0]}/report"
    answer = served.client.get(path, params={"format": "json", "language": "zh"})
    assert answer.json() == ENGLISH.to_json()
    assert answer.headers["content-language"] == "en"


def test_a_page_in_the_other_language(served: Any, run: str) -> None:
    """Words, headings and the page's own language go together."""
    page = served.client.get(f"{API}/runs/{run}/report", params={"format": "html", "language": "zh"})
    assert '<html lang="zh' in page.text
    assert CHINESE.root_causes[0].statement[:20] in page.text
