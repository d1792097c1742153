"""The JSON form and its committed schema."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from kubetriage.domain.language import Language
from kubetriage.domain.rendering.reports_json import render_json, reports_json
from kubetriage.domain.rendering.sample import sample_report
from kubetriage.domain.rendering.schema import schema_json
from kubetriage.domain.report import Report

COMMITTED = Path(__file__).parents[3] / "docs" / "report.schema.json"


def test_the_committed_schema_is_that_of_the_model() -> None:
    """docs/report.schema.json is the schema of the report as it is serialized, byte for byte as written."""
    assert COMMITTED.read_text(encoding="utf-8") == schema_json()
    expected = Report.model_json_schema(by_alias=True, mode="serialization")
    assert json.loads(COMMITTED.read_text(encoding="utf-8")) == expected


@pytest.mark.parametrize("language", Language)
def test_a_report_validates_against_the_committed_schema(language: Language) -> None:
    """A whole report is valid, times as RFC 3339; one with a field renamed is not."""
    schema = json.loads(COMMITTED.read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    content = json.loads(render_json(sample_report(language)))
    validator.validate(content)
    assert content["created_at"] == "2026-03-02T03:13:28Z"
    content["severity"] = content.pop("outcome")
    assert not validator.is_valid(content)


def test_a_report_can_be_read_back() -> None:
    """The JSON of a report makes an equal report."""
    report = sample_report(Language.ZH)
    assert Report.model_validate_json(render_json(report)) == report


def test_several_reports_stand_under_one_key() -> None:
    """One report is itself, several are `{"reports": […]}`; Chinese is written as it is."""
    first, second = sample_report(Language.EN), sample_report(Language.ZH)
    assert json.loads(render_json(first)) == first.to_json()
    assert json.loads(render_json(first, second)) == reports_json([first, second])
    assert reports_json([first])["reports"] == [first.to_json()]
    assert "状态异常" in render_json(second)
