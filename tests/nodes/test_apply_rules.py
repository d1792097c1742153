"""nodes.apply_rules: findings of all rules, each once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kubetriage.domain.alert import Subject, SubjectScope
from kubetriage.domain.finding import Finding, Role
from kubetriage.domain.language import Text
from kubetriage.domain.resource import resource
from kubetriage.domain.view import ClusterView
from kubetriage.nodes.apply_rules import apply_rules

POD = resource("Pod", "shop", "web-1")


def missing(name: str) -> Finding:
    return Finding(
        rule="config.missing",
        category="missing-configmap",
        role=Role.CAUSE,
        subject=POD,
        culprit=resource("ConfigMap", "shop", name),
        statement=Text(en=f"ConfigMap {name} does not exist.", zh=f"ConfigMap {name} 不存在。"),
        cites=("object|Pod|shop|web-1",),
    )


async def test_two_findings_of_one_rule_about_one_object_are_both_kept(
    known: Any, services_of: Any, runtime: Any, parsed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pod may lack two ConfigMaps; the same thing said twice is one finding."""

    def rule(view: ClusterView) -> Iterator[Finding]:
        yield from (missing("b"), missing("a"), missing("b"))

    monkeypatch.setattr("kubetriage.domain.rules.RULES", (rule,))
    state = parsed(Subject(scope=SubjectScope.RESOURCE, resource=POD), primary=POD, visits=1)
    update = await apply_rules(state, runtime(), services=services_of(known()))
    assert [f.culprit.name for f in update["findings"] if f.culprit] == ["a", "b"]
    assert update["wanted"] == []
