"""What CoreDNS's configuration does to a name, and Services whose names do not resolve."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.finding import Finding, Likelihood
from kubetriage.domain.kube import Obj
from kubetriage.domain.rules.corefile import override
from kubetriage.domain.rules.log_causes import log_causes

NAME = "db.shop.svc.cluster.local"
PLAIN = ".:53 {\n    errors\n    kubernetes cluster.local in-addr.arpa {\n        pods insecure\n    }\n}\n"


def _config(part: str = "") -> Obj:
    data = {"Corefile": PLAIN.replace("    errors\n", f"    errors\n{part}")}
    return Obj(
        {"kind": "ConfigMap", "metadata": {"name": "coredns", "namespace": "kube-system"}, "data": data}
    )


@pytest.mark.parametrize(
    ("part", "does"),
    [
        (f"    template ANY ANY {NAME} {{\n        rcode NXDOMAIN\n    }}\n", "NXDOMAIN"),
        ("    template IN A svc.cluster.local {\n        rcode SERVFAIL\n    }\n", "SERVFAIL"),
        ("    template ANY A cluster.local {\n match ^db\\.shop\\.svc\\.cluster\\.local\\.$\n rcode NXDOMAIN\n }\n",
         "NXDOMAIN"),
        (f"    rewrite name {NAME} old.shop.svc.cluster.local\n", "rewrites it to old"),
    ],
)  # fmt: skip
def test_what_answers_before_the_services(part: str, does: str) -> None:
    """Templates that refuse the name or its zone, and rewrites of it."""
    found = override(_config(part), NAME)
    assert (
        found is not None and does in found.does.en and found.line in _config(part).text("data", "Corefile")
    )


@pytest.mark.parametrize(
    "part",
    [
        "",
        "    template ANY ANY b.shop.svc.cluster.local {\n        rcode NXDOMAIN\n    }\n",
        f"    template ANY ANY {NAME} {{\n        answer \"{{{{ .Name }}}} 60 IN A 10.0.0.1\"\n    }}\n",
        "    template ANY AAAA cluster.local {\n match (a+)+$\n rcode NXDOMAIN\n }\n",
        "    rewrite name other.shop.svc.cluster.local db2.shop.svc.cluster.local\n",
    ],
)  # fmt: skip
def test_what_leaves_the_name_alone(part: str) -> None:
    """Other names, templates that answer, and patterns that would have to be tried."""
    assert override(_config(part), NAME) is None


def test_a_service_that_coredns_is_told_to_deny(k8s: Any, view_of: Any) -> None:
    """The ConfigMap is the culprit, surely; without such a part it is the cluster DNS, perhaps."""
    log = f"ERROR getaddrinfo ENOTFOUND {NAME}\n" * 12
    service = k8s.obj("Service shop/db", spec={"clusterIP": "10.96.0.9", "ports": [{"port": 5432}]})
    logs = {("shop", "app-1", "app", False): log}
    for part, culprit, likelihood in (
        (f"    template ANY ANY {NAME} {{\n rcode NXDOMAIN\n }}\n", "ConfigMap kube-system/coredns", "high"),
        ("", "Service kube-system/kube-dns", "medium"),
    ):
        view = view_of(
            [k8s.pod("Pod shop/app-1"), service, dict(_config(part).raw)], "Pod shop/app-1", logs=logs
        )
        (one,) = [f for f in log_causes(view) if isinstance(f, Finding)]
        assert (str(one.culprit), one.likelihood) == (culprit, Likelihood(likelihood))
        assert one.category == "dns"
