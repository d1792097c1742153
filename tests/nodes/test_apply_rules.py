"""nodes.apply_rules: findings of all rules, each once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kubetriage.domain.alert import Subject, SubjectScope
from kubetriage.domain.evidence import get
from kubetriage.domain.finding import Finding, Role, Want
from kubetriage.domain.language import Text
from kubetriage.domain.reading import ask
from kubetriage.domain.resource import resource
from kubetriage.domain.view import ClusterView
from kubetriage.nodes.apply_rules import apply_rules
from kubetriage.state.triage_alert import MAX_VISITS

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


@pytest.mark.parametrize(
    ("visits", "wants", "wanted", "bounds"),
    [(MAX_VISITS - 1, True, 1, []), (MAX_VISITS, True, 0, ["visits"]), (MAX_VISITS, False, 0, [])],
)
async def test_the_last_visit_is_a_bound_where_something_is_still_wanted(
    known: Any, services_of: Any, runtime: Any, parsed: Any, monkeypatch: pytest.MonkeyPatch,
    visits: int, wants: bool, wanted: int, bounds: list[str],
) -> None:  # fmt: skip
    """What rules want is read as long as reading may be gone back to; a bound that held nothing back is none."""

    def rule(view: ClusterView) -> Iterator[Want]:
        if wants:
            ref = resource("ConfigMap", "shop", "settings")
            yield Want(read=get(ref), about=ref, why=Text(en="used by the pod", zh="由该 Pod 使用"))

    monkeypatch.setattr("kubetriage.domain.rules.RULES", (rule,))
    services = services_of(known())
    state = parsed(Subject(scope=SubjectScope.RESOURCE, resource=POD), primary=POD, visits=visits)
    await ask(services, services.clusters, "r", [Want(read=get(POD), about=POD, why=Text(en="x", zh="x"))],
              state["deadline_at"])  # fmt: skip
    update = await apply_rules(state, runtime(), services=services)
    assert (len(update["wanted"]), update["bounds_hit"]) == (wanted, bounds)
