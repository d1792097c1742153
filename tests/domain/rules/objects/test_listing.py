"""Commands that list objects."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.rules.listing import list_endpoints, list_kind, list_on_node


def test_only_what_was_seen_is_listed(k8s: Any, view_of: Any, endpoints: Any, node: Any) -> None:
    """kubectl would show nothing for what is not there: such a command is not given."""
    view = view_of([k8s.pod("Pod shop/a"), endpoints("web", ("10.0.0.1", True, "n1")), node()])
    assert [c.command for c in list_kind(view, "Pod", "shop", "--show-labels")] == [
        "kubectl get pods -n shop --show-labels"
    ]
    assert [c.command for c in list_kind(view, "Node")] == ["kubectl get nodes"]
    assert list_kind(view, "Pod", "other") == [] and list_kind(view, "Unheard", "shop") == []
    assert [c.command for c in list_endpoints(view, "shop", "web")] == [
        "kubectl get endpointslices -n shop -l kubernetes.io/service-name=web"
    ]
    assert list_endpoints(view, "shop", "db") == []
    assert [c.command for c in list_on_node(view, "n1")] == [
        "kubectl get pods -A -o wide --field-selector spec.nodeName=n1"
    ]
    assert list_on_node(view, "n2") == []
