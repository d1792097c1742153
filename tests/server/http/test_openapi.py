"""The description of the API: complete, with examples that hold, and true."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
OPEN = ("/healthz", "/readyz")


@pytest.fixture(scope="module")
def described(served: Any) -> dict[str, Any]:
    found: dict[str, Any] = served.client.get("/api/v1/openapi.json").json()
    return found


def operations(described: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def test_every_route_is_described(described: dict[str, Any]) -> None:
    """Each operation has an id of its own, a tag and a description, and each parameter a schema."""
    found = dict(operations(described))
    assert len(found) > 25
    assert len({operation["operationId"] for operation in found.values()}) == len(found)
    for name, operation in found.items():
        assert operation["tags"], name
        assert operation["description"].endswith((".", "now.")), name
        for parameter in operation.get("parameters", ()):
            assert "schema" in parameter, (name, parameter["name"])
            assert parameter.get("description"), (name, parameter["name"])


def test_what_people_would_guess_at_has_an_example(described: dict[str, Any]) -> None:
    """Every body that is asked for or answered in JSON, and every id whose form has a pattern."""
    for name, operation in operations(described):
        asked = operation.get("requestBody", {}).get("content", {})
        told = [each.get("content", {}) for each in operation["responses"].values()]
        for contents in (asked, *told):
            for media, content in contents.items():
                if media.endswith("json"):
                    assert shown(described, content), (name, media)
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "path" and "pattern" in parameter["schema"]:
                assert shown(described, parameter), (name, parameter["name"])


def shown(described: dict[str, Any], content: dict[str, Any]) -> bool:
    schema = content.get("schema", {})
    referred = [described["components"]["schemas"][each] for each in re.findall(r"/(\w+)'", str(schema))]
    return any({"example", "examples"} & set(each) for each in (content, schema, *referred))


def test_every_error_is_a_problem(described: dict[str, Any]) -> None:
    """Errors have one schema, `application/problem+json`; what needs a token says 401, 403 and 503."""
    for name, operation in operations(described):
        errors = {status: each for status, each in operation["responses"].items() if status >= "400"}
        assert all(each["content"] == PROBLEM for each in errors.values()), name
        if not name.endswith(OPEN):
            assert {"401", "403", "503"} <= set(errors), name


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    """No `$ref` names a schema that is not there."""
    referred = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(described)))
    assert referred <= set(described["components"]["schemas"])


def test_tokens_are_described(described: dict[str, Any]) -> None:
    """Every route needs a token but those for health; alerts take one in the address too."""
    assert set(described["components"]["securitySchemes"]) == {"bearer", "basic", "query"}
    for name, operation in operations(described):
        if name.endswith(OPEN):
            assert operation["security"] == []
        elif "/alerts" in name and "incidents" not in name:
            assert {"query": []} in operation["security"]
        else:
            assert operation.get("security", described["security"]) == described["security"]


def examples(described: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Name, schema and value of every example of a body."""
    for name, operation in operations(described):
        bodies = [("request", operation.get("requestBody", {})), *operation["responses"].items()]
        for place, body in bodies:
            for media, content in body.get("content", {}).items():
                given = [content["example"]] if "example" in content else []
                given += [each["value"] for each in content.get("examples", {}).values()]
                yield from ((f"{name} {place} {media}", content.get("schema", {}), value) for value in given)
    for name, schema in described["components"]["schemas"].items():
        for value in [*schema.get("examples", ()), *([schema["example"]] if "example" in schema else ())]:
            yield name, schema, value


def test_examples_are_of_their_schema(described: dict[str, Any]) -> None:
    """Every example of a body is valid for the schema beside it."""
    found = list(examples(described))
    assert len(found) > 10
    for name, schema, value in found:
        whole = {**schema, "components": described["components"]}
        errors = list(jsonschema.Draft202012Validator(whole).iter_errors(value))
        assert not errors, (name, errors[0].message)


def test_examples_of_alerts_are_taken(served: Any, described: dict[str, Any]) -> None:
    """The bodies shown for the intake are accepted by it."""
    for path in ("/api/v1/alerts", "/api/v2/alerts"):
        for media, content in described["paths"][path]["post"]["requestBody"]["content"].items():
            for example in content["examples"].values():
                value = example["value"]
                body = value if isinstance(value, str) else json.dumps(value)
                headers = {"Content-Type": media}
                assert served.client.post(path, content=body, headers=headers).status_code in (200, 202)
