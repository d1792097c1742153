"""Custom objects asked for by kind and name on the command line."""

from __future__ import annotations

import pytest

from kubetriage.cli.alerts import asked_for, kind_named


@pytest.mark.parametrize(
    ("word", "kind"),
    [("certificate", "Certificate"), ("httproutes", "HTTPRoute"), ("Kustomization", "Kustomization"),
     ("applications.argoproj.io", "Application"), ("service", "Service")],
)  # fmt: skip
def test_well_known_custom_kinds_are_understood(word: str, kind: str) -> None:
    """By kind or plural, with or without the group; a built-in kind stays what it is."""
    assert kind_named(word) == kind


def test_a_cluster_scoped_custom_object_has_no_namespace() -> None:
    """The default namespace is for namespaced kinds."""
    assert "namespace" not in asked_for("clusterissuer", "le", None).labels
    assert asked_for("certificate", "tls", "shop").labels["namespace"] == "shop"
