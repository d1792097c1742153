"""Selectors choose what the API server would choose, and are refused as it refuses them."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.adapters.cluster.snapshot.selectors import field_matcher, label_matcher
from kubetriage.adapters.cluster.snapshot.status import ApiStatus

WEB = {"metadata": {"name": "web", "labels": {"app": "web", "tier": "front", "size": "3", "x.test/on": ""}}}


@pytest.mark.parametrize(
    ("selector", "chosen"),
    [
        ("", True),
        ("app", True), ("nope", False), ("!nope", True), ("!app", False), ("! nope", True),
        ("app=web", True), ("app==web", True), ("app = web", True), ("app=other", False), ("nope=", False),
        ("x.test/on=", True), ("x.test/on", True), ("x.test/on=,app=web", True),
        ("app!=web", False), ("app!=other", True), ("nope!=web", True),
        ("app in (web,api)", True), ("app in (api)", False), ("app in ( web , api )", True),
        ("nope in (a)", False),
        ("app notin (web)", False), ("app notin (api)", True), ("nope notin (a)", True),
        ("x.test/on in (,a)", True),
        ("size>2", True), ("size<3", False), ("size > 3", False), ("app>1", False), ("nope<1", False),
        ("app=web,tier=front", True), ("app=web,tier=back", False), 
        ("app in (web),tier notin (back),!nope", True),
    ],
)  # fmt: skip
def test_labels(selector: str, chosen: bool) -> None:
    """Equality, sets, presence and numbers, alone and together, with blanks anywhere."""
    assert label_matcher(selector)(WEB) is chosen


@pytest.mark.parametrize(
    "selector", ["=a", "a=b=c", "a in b", "a in (b", "a,,b", "(a)", "a>x", "-a=b", "a b", "!", ","]
)
def test_broken_label_selectors(selector: str) -> None:
    """What the API server cannot parse is a 400, never an empty list."""
    with pytest.raises(ApiStatus, match="unable to parse requirement") as refused:
        label_matcher(selector)
    assert refused.value.code == 400


def test_objects_without_labels() -> None:
    """An object without labels has none, rather than breaking the selector."""
    assert label_matcher("!app")({"metadata": {"labels": None}})
    assert not label_matcher("app")({})


POD = {
    "metadata": {"name": "a", "namespace": "shop"},
    "spec": {"nodeName": "n1", "hostNetwork": True},
    "status": {"phase": "Running", "podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}]},
}
EVENT = {
    "metadata": {"name": "e"},
    "involvedObject": {"kind": "Pod", "name": "a", "fieldPath": "spec.containers{web}"},
    "reportingComponent": "kubelet",
    "type": "Warning",
    "reason": "BackOff",
}


@pytest.mark.parametrize(
    ("kind", "obj", "selector", "chosen"),
    [
        ("Pod", POD, "", True),
        ("Pod", POD, "metadata.name=a,metadata.namespace=shop", True),
        ("Pod", POD, "spec.nodeName=n1,status.phase!=Succeeded,status.phase!=Failed", True),
        ("Pod", POD, "spec.nodeName==n2", False),
        ("Pod", POD, "spec.nodeName!=", True),
        ("Pod", POD, "spec.hostNetwork=true", True),
        ("Pod", {"metadata": {}}, "spec.hostNetwork=false,spec.nodeName=", True),
        ("Pod", POD, r"status.podIPs=10.0.0.1\,fd00::1", True),
        ("Event", EVENT, "involvedObject.kind=Pod,involvedObject.name=a,type=Warning", True),
        ("Event", EVENT, "involvedObject.fieldPath=spec.containers{web}", True),
        ("Event", EVENT, "reason=BackOff,source=kubelet,reportingComponent=kubelet", True),
        ("Event", EVENT, "involvedObject.uid=1", False),
        ("Node", {"metadata": {"name": "n"}}, "spec.unschedulable=false", True),
    ],
)
def test_fields(kind: str, obj: dict[str, Any], selector: str, chosen: bool) -> None:
    """The fields that the API server filters each kind by, with absent ones as their zero value."""
    assert field_matcher("", kind, selector)(obj) is chosen


@pytest.mark.parametrize(
    ("group", "kind", "selector", "words"),
    [
        ("", "Pod", "spec.priority=1", "field label not supported: spec.priority"),
        ("apps", "Deployment", "status.phase=x", '"status.phase" is not a known field selector'),
        ("", "Pod", "metadata.name", "invalid field selector"),
    ],
)
def test_fields_that_cannot_be_filtered_by(group: str, kind: str, selector: str, words: str) -> None:
    """Any other field is a 400 in the API server's words."""
    with pytest.raises(ApiStatus, match=words):
        field_matcher(group, kind, selector)
