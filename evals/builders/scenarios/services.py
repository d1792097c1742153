"""Services that lead to the wrong port, the wrong pods, or nowhere, as their callers see it."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import webhook
from kubetriage.evals.builders.deployments import Workload
from kubetriage.evals.builders.identity import Json
from kubetriage.evals.builders.policies import network_policy, peers
from kubetriage.evals.builders.scenario import Built
from kubetriage.evals.builders.scenarios.pod_life import ABSENT
from kubetriage.evals.builders.scenarios.short import (
    NO_OOM,
    NO_PULL,
    crashing,
    fires,
    key,
    lean,
    main_of,
    running,
)
from kubetriage.evals.builders.states import Ended, PodState
from kubetriage.evals.builders.world import World

_REFUSED = r"refus|nothing listens|not listen|target ?port|port"
_RESOLVE = r"resol|look ?up|dns|name"


def errors(
    world: World, name: str, ns: str, since: str, what: str = "more than 5% of its requests fail"
) -> Json:
    """An alert of a service's own error rate."""
    return fires(
        world,
        "HighErrorRate",
        f"{name} in {ns}: {what}.",
        since,
        "critical",
        namespace=ns,
        service=name,
    )


def service_target_port_wrong() -> Built:
    """The Service forwards to 8081; the pods listen on 8080 and are ready."""
    world = lean("2026-07-28T10:00:00Z")
    back = running(world, "stock", "shop", log="INFO listening on 0.0.0.0:8080\n")
    service = world.service("stock", "shop", target=8081)
    running(
        world,
        "storefront",
        "shop",
        main={"env": {"STOCK_URL": "http://stock.shop.svc.cluster.local"}},
        log='level=error ts=2026-07-28T09:59:41Z msg="stock lookup failed" err="Get '
        '\\"http://stock.shop.svc.cluster.local/v1/items/7\\": dial tcp 10.96.13.48:80: connect: '
        'connection refused"\n' * 8,
    )
    world.service("storefront", "shop")
    return Built(
        "service-target-port-wrong",
        webhook([errors(world, "storefront", "shop", "26m")]),
        key(
            ("Service", "shop", "storefront"),
            service,
            "port-mismatch",
            "storefront is refused by Service shop/stock because its targetPort is 8081, while the "
            "containers of "
            "Deployment stock listen on 8080.",
            (r"stock", r"8081", _REFUSED),
            NO_OOM,
            NO_PULL,
            also=(back.object,),
            tags=("service", "log", "caller"),
        ),
        world,
    )


def service_name_in_log_absent() -> Built:
    """The caller asks for a Service that is not there; the Deployment behind it is."""
    world = lean("2026-07-29T15:15:00Z")
    running(world, "payments", "shop", replicas=2, age="50d")
    caller = running(
        world,
        "checkout",
        "shop",
        main={"env": {"PAYMENTS_ADDR": "payments.shop.svc.cluster.local:8080"}},
        log="2026-07-29T15:14:02Z ERROR charge failed: dial tcp: lookup payments.shop.svc.cluster.local on "
        "10.96.0.10:53: no such host\n" * 6,
    )
    world.service("checkout", "shop")
    gone = ("Service", "shop", "payments")
    return Built(
        "service-name-in-log-absent",
        [errors(world, "checkout", "shop", "18m")],
        key(
            ("Service", "shop", "checkout"),
            gone,
            "missing-service",
            "checkout cannot resolve payments.shop.svc.cluster.local because there is no Service payments "
            "in namespace "
            "shop; the pods of Deployment payments run.",
            (r"payments", rf"{ABSENT}|there is no|no Service", _RESOLVE),
            NO_OOM,
            NO_PULL,
            r"coredns (is|was) (down|crash|misconfig)",
            also=(caller.object,),
            tags=("service", "log", "caller", "dns"),
            absent=(gone,),
        ),
        world,
    )


def service_selects_foreign_pods() -> Built:
    """The selector is so broad that the pods of a worker, which serve nothing, are endpoints too."""
    world = lean("2026-07-30T09:30:00Z")
    labels = {"app": "orders", "role": "api"}
    running(world, "orders-api", "shop", labels=labels)
    running(
        world,
        "orders-worker",
        "shop",
        labels={"app": "orders", "role": "worker"},
        main={"ports": []},
        age="1h30m",
    )
    service = world.service("orders", "shop", selector={"app": "orders"})
    running(
        world,
        "gateway",
        "shop",
        log='{"level":"error","msg":"upstream orders: dial tcp 10.96.13.48:80: connect: connection refused"}\n'
        '{"level":"info","msg":"upstream orders: 200"}\n' * 6,
    )
    return Built(
        "service-selects-foreign-pods",
        webhook([errors(world, "orders", "shop", "1h10m", "half of its requests fail")]),
        key(
            service,
            service,
            "selector-mismatch",
            "Service shop/orders selects app=orders, and so besides the pods of orders-api also those of "
            "orders-worker, "
            "which do not serve: about half of its requests are refused.",
            (r"orders-worker", r"select"),
            NO_OOM,
            NO_PULL,
            tags=("service", "subject-service"),
        ),
        world,
    )


def service_keeps_traffic_on_the_node() -> Built:
    """internalTrafficPolicy Local: the caller's node has no endpoint of the Service."""
    world = lean("2026-07-31T13:40:00Z")
    back = running(world, "tokens", "auth", states=[PodState(node="node-2")])
    service = world.service("tokens", "auth", more={"internalTrafficPolicy": "Local"})
    running(
        world,
        "login",
        "auth",
        states=[PodState(node="node-1")],
        main={"env": {"TOKENS_URL": "http://tokens.auth:80"}},
        log="ERROR login: POST http://tokens.auth:80/issue: dial tcp 10.96.13.48:80: i/o timeout\n" * 7,
    )
    world.service("login", "auth")
    return Built(
        "service-keeps-traffic-on-the-node",
        [errors(world, "login", "auth", "31m")],
        key(
            ("Service", "auth", "login"),
            service,
            "traffic-policy",
            "login on node-1 does not reach Service auth/tokens, because its internalTrafficPolicy is "
            "Local and its only "
            "endpoint is on node-2.",
            (r"tokens", r"internalTrafficPolicy|traffic ?policy|Local\b"),
            NO_OOM,
            NO_PULL,
            r"network ?policy [a-z-]+ (blocks|denies)",
            also=(back.object,),
            tags=("service", "log", "caller"),
        ),
        world,
    )


def network_policy_blocks_caller() -> Built:
    """A policy lets only role=api to the database; the new caller has another role."""
    world = lean("2026-08-01T08:50:00Z")
    world.statefulset("db", "shop", [_postgres()], age="60d")
    world.service("db", "shop", port=5432, target=5432)
    policy = world.add(
        network_policy(
            "db-clients",
            "shop",
            world.clock.ago("2h"),
            pods={"app": "db"},
            ingress=[peers({"role": "api"}, ports=[5432])],
        )
    )
    work = running(
        world,
        "reports",
        "shop",
        labels={"app": "reports", "role": "batch"},
        main={"env": {"DB_HOST": "db.shop", "DB_PORT": "5432"}},
        log='ERROR: connection to server at "db.shop" (10.96.13.48), port 5432 failed: Connection timed '
        "out\n" * 6,
    )
    return Built(
        "network-policy-blocks-caller",
        webhook(
            [
                fires(
                    world,
                    "ReportsFailing",
                    "reports has written no report for an hour.",
                    "58m",
                    namespace="shop",
                    deployment="reports",
                )
            ]
        ),
        key(
            work.object,
            policy,
            "networkpolicy",
            "Deployment shop/reports cannot connect to db:5432 because NetworkPolicy db-clients lets only "
            "pods with "
            "role=api in; those of reports have role=batch.",
            (r"db-clients|network ?policy", r"reports", r"role|allow|only|let"),
            NO_OOM,
            NO_PULL,
            also=(work.object,),
            tags=("network", "log", "subject-deployment"),
        ),
        world,
    )


def _postgres() -> Json:
    return main_of("db", "shop", image="postgres:16.4", ports=[5432])


def network_policy_blocks_dns() -> Built:
    """Egress is denied but for the API's subnet port: names no longer resolve."""
    world = lean("2026-08-02T11:10:00Z")
    policy = world.add(
        network_policy(
            "default-deny-egress",
            "billing",
            world.clock.ago("38m"),
            egress=[peers({"app": "ledger"}, ports=[8080])],
        )
    )
    running(world, "ledger", "billing")
    world.service("ledger", "billing")
    work = running(
        world,
        "invoices",
        "billing",
        replicas=1,
        main={"env": {"LEDGER_URL": "http://ledger.billing"}},
        log="Traceback (most recent call last):\n"
        '  File "/app/client.py", line 41, in post\n    raise ConnectionError(e, request=request)\n'
        "requests.exceptions.ConnectionError: HTTPConnectionPool(host='ledger.billing', port=80): Max "
        "retries "
        "exceeded with url: /entries (Caused by NameResolutionError(\"Failed to resolve 'ledger.billing' "
        '([Errno -3] Temporary failure in name resolution)"))\n' * 3,
    )
    return Built(
        "network-policy-blocks-dns",
        [
            fires(
                world,
                "InvoicesNotSent",
                "invoices has sent nothing for 30 minutes.",
                "7m30s",
                "critical",
                namespace="billing",
                pod=work.pod["metadata"]["name"],
            )
        ],
        key(
            work.pod,
            policy,
            "networkpolicy",
            "invoices cannot resolve names because NetworkPolicy billing/default-deny-egress allows no "
            "egress to DNS "
            "(port 53).",
            (r"default-deny-egress|network ?policy", r"dns|resol", r"egress|53"),
            NO_OOM,
            NO_PULL,
            r"coredns (is|was) (down|crash|misconfig)",
            tags=("network", "dns", "log"),
        ),
        world,
    )


def dns_policy_of_the_node() -> Built:
    """dnsPolicy Default: the pod asks the node's resolver, which knows no Services."""
    world = lean("2026-08-03T07:20:00Z")
    running(world, "profiles", "users")
    world.service("profiles", "users")
    work = running(
        world,
        "avatars",
        "users",
        main={"env": {"PROFILES_URL": "http://profiles.users.svc.cluster.local"}},
        more={"dnsPolicy": "Default"},
        log='level=error msg="profile lookup" err="Get \\"http://profiles.users.svc.cluster.local/p/9\\": '
        "dial tcp: "
        'lookup profiles.users.svc.cluster.local on 169.254.169.253:53: no such host"\n' * 7,
    )
    return Built(
        "dns-policy-of-the-node",
        fires(
            world,
            "AvatarsFailing",
            "avatars in users fails more than half of its requests.",
            "40m",
            namespace="users",
            deployment="avatars",
        ),
        key(
            work.object,
            work.object,
            "dns",
            "Deployment users/avatars cannot resolve profiles.users.svc.cluster.local: its dnsPolicy is "
            "Default, so it "
            "asks the node's resolver 169.254.169.253, not the cluster's DNS.",
            (r"dnsPolicy|dns policy|169\.254\.169\.253", r"resol|look ?up", r"avatars"),
            NO_OOM,
            NO_PULL,
            r"coredns (is|was) (down|crash|misconfig)",
            r"Service [a-z/]*profiles (does not|doesn.t) exist",
            tags=("dns", "log", "subject-deployment"),
        ),
        world,
    )


def _broken_dns(time: str) -> tuple[World, Workload]:
    """A world whose coredns ends at once on a typo in its Corefile."""
    world = lean(time)
    for obj in [one for one in world.objects if "coredns" in one["metadata"]["name"]]:
        world.remove(obj)
    world.configmap(
        "coredns",
        "kube-system",
        {
            "Corefile": ".:53 {\n    errors\n    health\n    ready\n"
            "    kubernetes cluster.local in-addr.arpa ip6.arpa\n    frward . /etc/resolv.conf\n    cache "
            "30\n}\n"
        },
        age="120d",
    )
    dns = crashing(
        world,
        "coredns",
        "kube-system",
        Ended(1, began="1m31s", ended="1m31s"),
        "/etc/coredns/Corefile:6 - Error during parsing: Unknown directive 'frward'\n",
        age="120d",
        changed="26m",
        tries=10,
        labels={"k8s-app": "kube-dns"},
        volumes=[{"configMap": {"defaultMode": 420, "name": "coredns"}, "name": "config-volume"}],
        main={
            "image": "registry.k8s.io/coredns/coredns:v1.11.3",
            "args": ["-conf", "/etc/coredns/Corefile"],
            "ports": [53],
            "mounts": {"config-volume": "/etc/coredns"},
        },
    )
    return world, dns


def coredns_corefile_broken() -> Built:
    """Cluster DNS crashes on an unknown directive; an application's alert leads there."""
    world, dns = _broken_dns("2026-08-04T05:35:00Z")
    running(world, "quotes", "stock")
    world.service("quotes", "stock")
    work = running(
        world,
        "ticker",
        "stock",
        main={"env": {"QUOTES_URL": "http://quotes.stock"}},
        log="Error: getaddrinfo EAI_AGAIN quotes.stock\n    at GetAddrInfoReqWrap.onlookupall [as "
        "oncomplete] "
        "(node:dns:122:26) {\n  errno: -3001,\n  code: 'EAI_AGAIN',\n  syscall: 'getaddrinfo',\n  "
        "hostname: 'quotes.stock'\n}\n" * 4,
    )
    return Built(
        "coredns-corefile-broken",
        webhook(
            [
                fires(
                    world,
                    "TickerErrors",
                    "ticker in stock answers most requests with 500.",
                    "14m",
                    namespace="stock",
                    deployment="ticker",
                )
            ]
        ),
        key(
            work.object,
            ("ConfigMap", "kube-system", "coredns"),
            "dns",
            "ticker cannot resolve names because coredns in kube-system crashes: its Corefile in "
            "ConfigMap coredns has "
            "the unknown directive frward.",
            (r"coredns", r"frward|Corefile|crash|directive"),
            NO_OOM,
            NO_PULL,
            also=(dns.object, ("Service", "kube-system", "kube-dns")),
            tags=("dns", "log", "cross-namespace", "subject-deployment"),
        ),
        world,
    )
