"""A service mesh in the way: policies that shut callers out, and routes that lead nowhere or fail on purpose."""

from __future__ import annotations

from typing import Any

from kubetriage.evals.builders.alerts import webhook
from kubetriage.evals.builders.custom import defined
from kubetriage.evals.builders.deployments import Workload
from kubetriage.evals.builders.identity import Json
from kubetriage.evals.builders.objects import made
from kubetriage.evals.builders.scenario import Built
from kubetriage.evals.builders.scenarios.short import NO_OOM, NO_PULL, fires, key, lean, main_of, running
from kubetriage.evals.builders.templates import container
from kubetriage.evals.builders.world import World

_SECURITY, _NETWORKING = "security.istio.io", "networking.istio.io"


def _proxied(world: World, name: str, ns: str, **more: Any) -> Workload:
    """A Deployment whose pods have the mesh's sidecar."""
    proxy = container(
        "istio-proxy", "docker.io/istio/proxyv2:1.23.2", args=["proxy", "sidecar"], ports=[15090],
        requests={"cpu": "100m", "memory": "128Mi"},
    )  # fmt: skip
    return world.deployment(name, ns, [main_of(name, ns), proxy], **more)


def _istio(world: World, group: str, kind: str, name: str, ns: str, age: str, spec: Json) -> Json:
    defined(world, group, kind, f"{kind.lower()[:-1]}ies" if kind.endswith("y") else f"{kind.lower()}s", "v1")
    return world.add(made(f"{group}/v1", kind, name, ns, world.clock.ago(age), generation=1, spec=spec))


def mesh_allows_nobody() -> Built:
    """An AuthorizationPolicy without rules, meant as a lock for the night: its pods refuse every caller."""
    world = lean("2027-02-15T07:05:00Z")
    work = _proxied(world, "ledger", "bank", age="50d")
    service = world.service("ledger", "bank")
    policy = _istio(
        world, _SECURITY, "AuthorizationPolicy", "closed-for-the-night", "bank", "9h",
        {"selector": {"matchLabels": {"app": "ledger"}}},
    )  # fmt: skip
    line = (
        '[2027-02-15T07:0{n}:11.310Z] "GET /balance HTTP/1.1" 403 - rbac_access_denied_matched_policy[none] - '
        '"-" 0 19 0 - "-" "Go-http-client/1.1" "5c1f" "ledger.bank" "-" inbound|8080|| - 10.244.1.11:8080 '
        "10.244.0.31:41822\n"
    )
    world.log(work.pod, "istio-proxy", "".join(line.format(n=n) for n in range(5)))
    world.log(work.pod, "ledger", "INFO listening on :8080\n")
    return Built(
        "mesh-allows-nobody",
        webhook(
            [
                fires(
                    world, "LedgerForbidden", "Every call of Service bank/ledger is answered with 403.", "55m",
                    "critical", namespace="bank", service="ledger",
                )
            ]
        ),
        key(
            service,
            policy,
            "mesh-policy",
            "Every call of Service bank/ledger is refused because AuthorizationPolicy closed-for-the-night has no "
            "rules and so allows nobody.",
            (r"ledger", r"closed-for-the-night", r"allows nobody|no rule|denies|refuse"),
            NO_OOM,
            NO_PULL,
            also=(work.object,),
            tags=("mesh", "log", "custom-resource", "subject-service"),
        ),
        world,
    )  # fmt: skip


def strict_mtls_cuts_off_caller() -> Built:
    """A caller without a sidecar speaks plain text to pods that take mutual TLS only."""
    world = lean("2027-02-16T10:35:00Z")
    _proxied(world, "orders", "shop", age="80d")
    world.service("orders", "shop")
    policy = _istio(
        world, _SECURITY, "PeerAuthentication", "default", "shop", "52m", {"mtls": {"mode": "STRICT"}}
    )
    text = (
        'ERROR report failed: Get "http://orders.shop/export": read tcp 10.244.0.12:51810->10.96.12.37:80: '
        "read: connection reset by peer\n"
    )
    work = running(
        world, "reporter", "batch", main={"env": {"ORDERS": "http://orders.shop/export"}}, log=text * 7
    )
    return Built(
        "strict-mtls-cuts-off-caller",
        fires(
            world, "ReporterErrors", "reporter in batch fails every run.", "45m",
            namespace="batch", deployment="reporter",
        ),
        key(
            work.object,
            policy,
            "mesh-policy",
            "reporter loses its calls to orders.shop (connection reset) because PeerAuthentication shop/default "
            "is STRICT, so its pods take mutual TLS only, and reporter has no mesh proxy.",
            (r"orders", r"PeerAuthentication|STRICT|mutual TLS|mTLS"),
            NO_OOM,
            NO_PULL,
            also=(work.object,),
            tags=("mesh", "log", "custom-resource", "subject-deployment"),
        ),
        world,
    )  # fmt: skip


def route_to_subset_that_is_not_defined() -> Built:
    """A VirtualService sends half of the calls to a subset that no DestinationRule knows."""
    world = lean("2027-02-17T13:15:00Z")
    work = _proxied(world, "pricing", "shop", age="60d", labels={"app": "pricing", "version": "v1"})
    service = world.service("pricing", "shop", selector={"app": "pricing"})
    route = _istio(
        world, _NETWORKING, "VirtualService", "pricing", "shop", "38m",
        {
            "hosts": ["pricing"],
            "http": [
                {
                    "route": [
                        {"destination": {"host": "pricing", "subset": name}, "weight": 50}
                        for name in ("v1", "v2")
                    ]
                }
            ],
        },
    )  # fmt: skip
    _istio(
        world, _NETWORKING, "DestinationRule", "pricing", "shop", "60d",
        {"host": "pricing", "subsets": [{"labels": {"version": "v1"}, "name": "v1"}]},
    )  # fmt: skip
    return Built(
        "route-to-subset-that-is-not-defined",
        [
            fires(
                world, "PricingErrors", "Half of the calls of Service shop/pricing are answered with 503.", "33m",
                "critical", namespace="shop", service="pricing",
            )
        ],
        key(
            service,
            route,
            "mesh-policy",
            "Half of the calls of Service shop/pricing fail because VirtualService pricing leads to subset v2, "
            "which no DestinationRule defines.",
            (r"VirtualService", r"subset", r"\bv2\b"),
            NO_OOM,
            NO_PULL,
            also=(("DestinationRule", "shop", "pricing"), work.object),
            tags=("mesh", "custom-resource", "subject-service"),
        ),
        world,
    )  # fmt: skip


def route_fails_calls_on_purpose() -> Built:
    """A fault injection of a test that was forgotten: a third of the calls is answered with 500."""
    world = lean("2027-02-18T18:25:00Z")
    work = _proxied(world, "cart", "shop", age="60d")
    service = world.service("cart", "shop")
    route = _istio(
        world, _NETWORKING, "VirtualService", "cart-game-day", "shop", "2h",
        {
            "hosts": ["cart.shop.svc.cluster.local"],
            "http": [
                {
                    "fault": {"abort": {"httpStatus": 500, "percentage": {"value": 33}}},
                    "route": [{"destination": {"host": "cart.shop.svc.cluster.local"}}],
                }
            ],
        },
    )  # fmt: skip
    return Built(
        "route-fails-calls-on-purpose",
        fires(
            world, "CartErrorRate", "33% of the calls of Service shop/cart are answered with 500.", "1h50m",
            "critical", namespace="shop", service="cart",
        ),
        key(
            service,
            route,
            "mesh-policy",
            "A third of the calls of Service shop/cart fails because VirtualService cart-game-day injects a fault: "
            "it answers 33% of them with 500.",
            (r"cart-game-day", r"500", r"33"),
            NO_OOM,
            NO_PULL,
            also=(work.object,),
            tags=("mesh", "custom-resource", "subject-service"),
        ),
        world,
    )  # fmt: skip
