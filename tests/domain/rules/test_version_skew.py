"""Nodes that run another version of Kubernetes than the rest."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.finding import Finding, Likelihood, Role
from kubetriage.domain.rules.version_skew import Version, nodes_of_other_versions, oldest_supported, version

MISMATCH = "There are 2 different semantic versions of Kubernetes components running."


def _nodes(k8s: Any, *versions: str) -> list[Any]:
    return [
        k8s.obj(f"Node n{i}", status={"nodeInfo": {"kubeletVersion": v}}) for i, v in enumerate(versions, 1)
    ]


def _server(k8s: Any, tag: str) -> Any:
    container = {"name": "kube-apiserver", "image": f"registry.k8s.io/kube-apiserver:{tag}"}
    return k8s.obj("Pod kube-system/kube-apiserver-cp", labels={"component": "kube-apiserver"},
                   spec={"containers": [container]})  # fmt: skip


def _found(
    k8s: Any, view_of: Any, objects: list[Any], words: str = MISMATCH, primary: str = "", whole: bool = True
) -> list[Finding]:
    view = view_of(objects, primary or None, lists=[("Node", "")] if whole else [])
    view.alert = view.alert.model_copy(update={"annotations": {"description": words}})
    return k8s.findings(nodes_of_other_versions(view))  # type: ignore[no-any-return]


def test_a_node_beyond_the_supported_skew_is_named_with_both_versions(k8s: Any, view_of: Any) -> None:
    """The kubelet that is too old is told beside what the others run."""
    (found,) = _found(k8s, view_of, _nodes(k8s, "v1.31.4", "v1.31.4", "v1.27.16"))
    assert found.culprit == k8s.ref("Node n3") and found.likelihood is Likelihood.HIGH
    assert "v1.27.16" in found.statement.en and "v1.31.4" in found.statement.en
    assert "at most 3 are supported" in found.statement.en


def test_the_api_server_is_what_kubelets_are_held_against(k8s: Any, view_of: Any) -> None:
    """A kubelet must not be newer than the API server, even where most of them are."""
    (found,) = _found(k8s, view_of, [*_nodes(k8s, "v1.31.4", "v1.31.4", "v1.30.1"), _server(k8s, "v1.30.1")])
    assert found.culprit == k8s.ref("Node n1") and "must not be newer" in found.statement.en


def test_a_supported_difference_is_told_only_to_who_asks(k8s: Any, view_of: Any) -> None:
    """An upgrade under way is the answer to an alert about versions, and to no other."""
    nodes = _nodes(k8s, "v1.31.4", "v1.31.4", "v1.30.9")
    (found,) = _found(k8s, view_of, nodes)
    assert found.role is Role.CAUSE and "which is supported" in found.statement.en
    assert not _found(k8s, view_of, nodes, "CPU requests exceed the capacity of the cluster")


def test_an_alert_about_something_else_makes_it_a_risk(k8s: Any, view_of: Any) -> None:
    """An unsupported skew is worth knowing; it is not why CPU is overcommitted."""
    (found,) = _found(
        k8s, view_of, _nodes(k8s, "v1.31.4", "v1.31.4", "v1.27.16"), "CPU requests exceed capacity"
    )
    assert found.role is Role.RISK


def test_equal_versions_other_objects_and_part_of_the_nodes_say_nothing(k8s: Any, view_of: Any) -> None:
    """Vendors' suffixes are no difference; a pod's alert and an incomplete list decide nothing."""
    odd = _nodes(k8s, "v1.31.4", "v1.31.4", "v1.27.16")
    assert not _found(k8s, view_of, _nodes(k8s, "v1.31.4-eks-1", "v1.31.4-eks-2"))
    assert not _found(k8s, view_of, [*odd, k8s.pod("Pod shop/a")], primary="Pod shop/a")
    assert not _found(k8s, view_of, odd, whole=False)
    assert not _found(k8s, view_of, odd, primary="Node n1")


@pytest.mark.parametrize(("text", "made"), [("v1.31.4", Version(1, 31, 4)), ("v1.27.16-gke.100", Version(1, 27, 16)),
                                            ("latest", None), ("", None)])  # fmt: skip
def test_versions_are_read_from_what_kubelets_and_tags_say(text: str, made: Version | None) -> None:
    """Suffixes of vendors are left out; what is no version is none."""
    assert version(text) == made


def test_the_supported_skew_grew_with_1_28() -> None:
    """Two minor versions before Kubernetes 1.28, three since (version skew policy)."""
    assert oldest_supported(Version(1, 27, 0)) == 25 and oldest_supported(Version(1, 28, 0)) == 25
