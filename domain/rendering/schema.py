"""The JSON Schema of a report: `python -m kubetriage.domain.rendering.schema > docs/report.schema.json`."""

from __future__ import annotations

import json

from kubetriage.domain.report import Report


def schema_json() -> str:
    """The schema of `Report.to_json()`, as it is committed beside the documentation."""
    schema = Report.model_json_schema(by_alias=True, mode="serialization")
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    print(schema_json(), end="")
