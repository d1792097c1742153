"""Between the pods and the network: addresses, names, local ports, certificates, and experiments on a callee."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import not_ready, webhook
from kubetriage.evals.builders.custom import defined
from kubetriage.evals.builders.networking import ingress, ingress_class
from kubetriage.evals.builders.objects import made
from kubetriage.evals.builders.scenario import Built
from kubetriage.evals.builders.scenarios.pod_life import born, placed
from kubetriage.evals.builders.scenarios.short import (
    NO_OOM,
    NO_PROBE,
    NO_PULL,
    NO_ROOM,
    fires,
    key,
    lean,
    running,
)
from kubetriage.evals.builders.states import creating

_NGINX = "k8s.io/ingress-nginx"


def address_pool_of_the_network_is_disabled() -> Built:
    """Calico's only pool was disabled: no new pod on any node gets an address."""
    world = lean("2027-03-12T10:30:00Z")
    defined(world, "crd.projectcalico.org", "IPPool", "ippools", "v1", namespaced=False)
    pool = world.add(
        made(
            "crd.projectcalico.org/v1", "IPPool", "pods-v4", "", world.clock.ago("300d"), generation=3,
            spec={
                "allowedUses": ["Workload", "Tunnel"],
                "blockSize": 26,
                "cidr": "10.244.0.0/16",
                "disabled": True,
                "ipipMode": "Always",
                "natOutgoing": True,
                "nodeSelector": "all()",
                "vxlanMode": "Never",
            },
        )
    )  # fmt: skip
    states = [creating(["render"], node=node) for node in ("node-1", "node-2")]
    work = running(world, "render", "maps", replicas=2, age="24m", states=states, progress="stuck")
    born(world, work, "24m")
    for number, pod in enumerate(work.pods):
        placed(world, pod, "24m")
        world.event(
            pod, "sandbox-failed", first="24m", last=f"{6 + number}s", count=110, sandbox=f"5ad{number}c7e01b944f6a",
            why='plugin type="calico" failed (add): no configured Calico pools for node '
            f"{pod['spec']['nodeName']}",
        )  # fmt: skip
    return Built(
        "address-pool-of-the-network-is-disabled",
        [not_ready(work.pods[0], world.clock, since="9m")],
        key(
            work.pod,
            pool,
            "ip-exhaustion",
            "The pods of Deployment maps/render get no address, because the only Calico pool, IPPool pods-v4, is "
            "disabled.",
            (r"render", r"pods-v4", r"disabled"),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            also=(work.object,),
            tags=("network", "cni"),
        ),
        world,
    )


def cluster_dns_denies_one_service() -> Built:
    """A template left in the Corefile answers NXDOMAIN for one Service, which is there and has endpoints."""
    world = lean("2027-03-13T11:45:00Z")
    config = world.configmap(
        "coredns", "kube-system",
        {
            "Corefile": ".:53 {\n    errors\n    health\n    ready\n"
            "    template ANY ANY rates.forex.svc.cluster.local {\n        rcode NXDOMAIN\n    }\n"
            "    kubernetes cluster.local in-addr.arpa ip6.arpa {\n        fallthrough in-addr.arpa ip6.arpa\n    }\n"
            "    forward . /etc/resolv.conf\n    cache 30\n    reload\n}\n"
        },
        age="120d",
    )  # fmt: skip
    running(world, "rates", "forex", age="60d")
    world.service("rates", "forex", age="60d")
    work = running(
        world, "quoter", "forex", age="60d", main={"env": {"RATES_ADDR": "rates.forex.svc.cluster.local:80"}},
        log="2027/03/13 11:44:21 quote failed: dial tcp: lookup rates.forex.svc.cluster.local on 10.96.0.10:53: "
        "no such host\n" * 9,
    )  # fmt: skip
    return Built(
        "cluster-dns-denies-one-service",
        webhook(
            [
                fires(
                    world, "QuoterErrors", "Most quotes fail.", "27m", namespace="forex", deployment="quoter"
                )
            ]
        ),
        key(
            work.object,
            config,
            "dns",
            "Deployment forex/quoter cannot resolve rates.forex.svc.cluster.local, though its Service is there: a "
            "template in CoreDNS's Corefile (ConfigMap kube-system/coredns) answers NXDOMAIN for it.",
            (r"rates", r"coredns|Corefile", r"template|NXDOMAIN"),
            NO_OOM,
            NO_PULL,
            r"Service (forex/)?rates (does not|doesn't) exist",
            also=(("Service", "kube-system", "kube-dns"),),
            tags=("dns", "log", "cross-namespace", "subject-deployment"),
        ),
        world,
    )  # fmt: skip


def pod_leaves_itself_few_local_ports() -> Built:
    """A sysctl of the pod narrows the range of local ports; under load no connection can be opened."""
    world = lean("2027-03-14T12:55:00Z")
    running(world, "search", "catalog", age="80d")
    world.service("search", "catalog", age="80d")
    work = running(
        world, "fanout", "catalog", age="5h",
        main={"env": {"SEARCH_URL": "http://search.catalog"}},
        more={"securityContext": {"sysctls": [{"name": "net.ipv4.ip_local_port_range", "value": "61000 61050"}]}},
        log="ERROR query failed: dial tcp 10.96.13.48:80: connect: cannot assign requested address\n" * 12,
    )  # fmt: skip
    return Built(
        "pod-leaves-itself-few-local-ports",
        fires(
            world, "FanoutErrors", "Queries of fanout fail under load.", "38m", namespace="catalog",
            deployment="fanout",
        ),
        key(
            work.object,
            work.object,
            "os-limit",
            "Deployment catalog/fanout has no local ports left: the sysctl net.ipv4.ip_local_port_range of its pods "
            "leaves them 51.",
            (r"fanout", r"local ports?|ip_local_port_range", r"61000|\b51\b"),
            NO_OOM,
            NO_PULL,
            r"Service (catalog/)?search (is|has no)",
            tags=("log", "os-limit", "subject-deployment"),
        ),
        world,
    )  # fmt: skip


def certificate_of_ingress_is_not_there() -> Built:
    """The Ingress names a Secret that nobody made; its controller goes on with a certificate of its own."""
    world = lean("2027-03-15T13:20:00Z")
    world.add(ingress_class("nginx", _NGINX, world.clock.ago("100d")))
    running(
        world, "ingress-nginx-controller", "ingress-nginx", age="100d", labels={"app.kubernetes.io/name": "ingress-nginx"},
        main={
            "image": "registry.k8s.io/ingress-nginx/controller:v1.11.3",
            "args": ["/nginx-ingress-controller", "--ingress-class=nginx", f"--controller-class={_NGINX}"],
            "ports": [80, 443],
        },
        log='W0315 13:18:40.118224       7 controller.go:1331] Error getting SSL certificate "desk/desk-cert": local SSL '
        "certificate desk/desk-cert was not found. Using default certificate\n" * 4,
    )  # fmt: skip
    running(world, "desk", "desk")
    world.service("desk", "desk")
    found = world.add(
        ingress(
            "desk", "desk", world.clock.ago("2h"), host="desk.example.com", service="desk", port=80,
            address="203.0.113.41",
        )
    )  # fmt: skip
    found["spec"]["tls"] = [{"hosts": ["desk.example.com"], "secretName": "desk-cert"}]
    gone = ("Secret", "desk", "desk-cert")
    return Built(
        "certificate-of-ingress-is-not-there",
        webhook(
            [
                fires(
                    world, "EndpointCertificateInvalid",
                    "https://desk.example.com/ shows a certificate that is not valid for it.", "110m", "critical",
                    namespace="desk", ingress="desk", instance="https://desk.example.com/",
                )
            ]
        ),
        key(
            found,
            gone,
            "cert-expired",
            "Ingress desk/desk shows its controller's own certificate, because its Secret desk-cert does not exist.",
            (r"desk-cert", r"not exist|not found|missing|absent"),
            NO_OOM,
            NO_PULL,
            NO_PROBE,
            also=(found,),
            tags=("ingress", "tls", "log", "subject-ingress"),
            absent=(gone,),
        ),
        world,
    )  # fmt: skip


def experiment_on_the_callee() -> Built:
    """A Litmus engine loses the packets of the pods that the alert's Deployment calls."""
    world = lean("2027-03-16T14:15:00Z")
    defined(world, "litmuschaos.io", "ChaosEngine", "chaosengines", "v1alpha1")
    running(world, "fraud", "pay", age="30d")
    world.service("fraud", "pay", age="30d")
    work = running(
        world, "intake", "pay", age="30d", main={"env": {"FRAUD_URL": "http://fraud.pay:80"}},
        log='{"level":"error","msg":"fraud check failed","error":"Get \\"http://fraud.pay:80/score\\": context deadline '
        'exceeded (Client.Timeout exceeded while awaiting headers)"}\n' * 9,
    )  # fmt: skip
    engine = world.add(
        made(
            "litmuschaos.io/v1alpha1", "ChaosEngine", "fraud-packet-loss", "pay", world.clock.ago("16m"), generation=1,
            finalizers=["chaosengine.litmuschaos.io/finalizer"],
            spec={
                "appinfo": {"appkind": "deployment", "applabel": "app=fraud", "appns": "pay"},
                "chaosServiceAccount": "litmus",
                "engineState": "active",
                "experiments": [{"name": "pod-network-loss", "spec": {"components": {"env": [
                    {"name": "NETWORK_PACKET_LOSS_PERCENTAGE", "value": "100"},
                ]}}}],
            },
            status={
                "engineStatus": "initialized",
                "experiments": [{
                    "experimentPod": "pod-network-loss-3kq7bd-9x2pl",
                    "lastUpdateTime": world.clock.ago("15m"),
                    "name": "pod-network-loss",
                    "runner": "fraud-packet-loss-runner",
                    "status": "Running",
                    "verdict": "Awaited",
                }],
            },
        )
    )  # fmt: skip
    return Built(
        "experiment-on-the-callee",
        webhook(
            [
                fires(
                    world, "IntakeFailing", "intake refuses most payments.", "12m", "critical", namespace="pay",
                    deployment="intake",
                )
            ]
        ),
        key(
            work.object,
            engine,
            "chaos-experiment",
            "Deployment pay/intake gets no answer from fraud, because the Litmus experiment fraud-packet-loss loses the "
            "packets of its pods.",
            (r"fraud-packet-loss", r"ChaosEngine|experiment|chaos"),
            NO_OOM,
            NO_PULL,
            also=(("Deployment", "pay", "fraud"), ("Service", "pay", "fraud")),
            tags=("chaos", "log", "callee", "subject-deployment"),
        ),
        world,
    )  # fmt: skip
