"""The sample report in each format and language, as it was looked at and found good.

After a change that is meant: `KUBETRIAGE_WRITE_GOLDEN=1 pytest tests/domain/rendering/test_golden.py`, then
look at what changed.
"""

from __future__ import annotations

import os
from datetime import tzinfo
from pathlib import Path

import pytest

from kubetriage.domain.language import Language
from kubetriage.domain.rendering.formats import Format, render
from kubetriage.domain.rendering.sample import sample_report

GOLDEN = Path(__file__).parent / "golden"
ENDINGS = {Format.TEXT: "txt", Format.MARKDOWN: "md", Format.JSON: "json", Format.HTML: "html"}

CASES = [(f"sample.{values.value}", values, values) for values in (Language.EN, Language.ZH)] + [
    ("sample.zh-both", Language.ZH, Language.BOTH)
]


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize(("name", "values", "headings"), CASES)
def test_the_sample_report_looks_as_before(
    form: Format, name: str, values: Language, headings: Language, zone: tzinfo
) -> None:
    """Each format of the sample report, in English, Chinese and under both headings, stays as it is."""
    rendered = render([sample_report(values)], form, headings=headings, zone=zone, width=100)
    golden = GOLDEN / f"{name}.{ENDINGS[form]}"
    if os.environ.get("KUBETRIAGE_WRITE_GOLDEN"):
        golden.write_text(rendered, encoding="utf-8")
    assert rendered == golden.read_text(encoding="utf-8")


def test_no_golden_file_is_left_over() -> None:
    """Every file of the golden folder is compared with something."""
    expected = {f"{name}.{ending}" for name, _, _ in CASES for ending in ENDINGS.values()}
    assert {path.name for path in GOLDEN.iterdir()} == expected
