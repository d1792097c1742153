"""What is asked of somebody outside: a node of the cloud, a name of another server, more than any node has."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import not_ready, replicas_mismatch
from kubetriage.evals.builders.custom import condition, defined
from kubetriage.evals.builders.identity import Json
from kubetriage.evals.builders.objects import made, owner_reference
from kubetriage.evals.builders.scenario import Built, blames
from kubetriage.evals.builders.scenarios.pod_life import unfit
from kubetriage.evals.builders.scenarios.short import (
    NO_OOM,
    NO_PULL,
    fires,
    key,
    lean,
    running,
)
from kubetriage.evals.builders.states import pending
from kubetriage.evals.builders.texts import failed_scheduling, say
from kubetriage.evals.builders.world import World

_KARPENTER = "karpenter.sh"


def _node_pool(world: World, name: str, machine: str) -> Json:
    """A NodePool of one machine type, ready itself."""
    defined(world, _KARPENTER, "NodePool", "nodepools", "v1", namespaced=False)
    defined(world, _KARPENTER, "NodeClaim", "nodeclaims", "v1", namespaced=False)
    at = world.clock.ago("60d")
    wanted = {"key": "node.kubernetes.io/instance-type", "operator": "In", "values": [machine]}
    node_class = {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": name}
    spec = {"nodeClassRef": node_class, "requirements": [wanted]}
    names = ("ValidationSucceeded", "NodeClassReady", "Ready")
    return world.add(
        made(
            f"{_KARPENTER}/v1",
            "NodePool",
            name,
            "",
            at,
            generation=2,
            spec={"template": {"metadata": {"labels": {"pool": name}}, "spec": spec}},
            status={"conditions": [condition(one, "True", one, "", at, 2) for one in names]},
        )
    )


def cloud_has_no_such_machine() -> Built:
    """Karpenter orders a node for a pod again and again, and the cloud has none of that type in the zone."""
    world = lean("2027-09-11T10:00:00Z")
    pool, claim_name = _node_pool(world, "render", "g5.12xlarge"), "render-7xk2p"
    why = (
        "creating instance, insufficient capacity, with fleet error(s), InsufficientInstanceCapacity: We currently do "
        "not have sufficient g5.12xlarge capacity in the Availability Zone you requested (eu-west-1b)."
    )
    waits = [condition(kind, "Unknown", "AwaitingReconciliation", "object is awaiting reconciliation",
                       world.clock.ago("1m"), 1) for kind in ("Initialized", "Registered")]  # fmt: skip
    failed = condition("Launched", "Unknown", "LaunchFailed", why, world.clock.ago("50s"), 1)
    claim = world.add(
        made(
            f"{_KARPENTER}/v1",
            "NodeClaim",
            claim_name,
            "",
            world.clock.ago("1m"),
            labels={f"{_KARPENTER}/nodepool": "render"},
            owner=owner_reference(pool),
            generation=1,
            spec=dict(pool["spec"]["template"]["spec"]),
            status={"conditions": [failed, *waits]},
        )
    )
    world.event(claim, "karpenter-no-capacity", last="50s", claim=claim_name, why=why)
    refused = say("no-fit-selector", world.kubernetes)
    message = failed_scheduling(world.kubernetes, 2, {refused: 2})
    work = running(world, "frames", "studio", age="37m", states=pending(message), progress="stuck",
                   more={"nodeSelector": {"pool": "render"}})  # fmt: skip
    unfit(world, work, "37m", 8)
    world.event(work.pod, "karpenter-nominated", first="36m", last="1m", count=12, claim=claim_name)
    return Built(
        "cloud-has-no-such-machine",
        not_ready(work.pod, world.clock, since="22m"),
        key(
            work.pod,
            claim,
            "insufficient-resources",
            "The pod of frames waits for a node that Karpenter cannot launch: the cloud has no g5.12xlarge "
            "capacity left in the zone.",
            (r"frames", r"g5\.12xlarge", r"capacity"),
            NO_PULL,
            NO_OOM,
            blames("node selector"),
            also=(pool, work.object),
            tags=("scheduling",),
        ),
        world,
    )


def upstream_name_server_is_silent() -> Built:
    """CoreDNS runs well, but gets no answer for names outside the cluster."""
    world = lean("2027-09-12T10:00:00Z")
    asked = "[ERROR] plugin/errors: 2 api.bank.example. {kind}: read udp 10.244.0.2:4{n:04}->192.0.2.53:53: i/o timeout\n"
    start = ".:53\n[INFO] plugin/reload: Running configuration SHA512 = 591c\nCoreDNS-1.11.3\n"
    lost = "".join(asked.format(kind="A" if n % 2 else "AAAA", n=n) for n in range(60))
    corefile = ".:53 {\n    errors\n    kubernetes cluster.local\n    forward . 192.0.2.53\n    cache 30\n    reload\n}\n"
    world.configmap("coredns", "kube-system", {"Corefile": corefile}, age="90d")
    for pod in world.dns.pods:
        world.log(pod, "coredns", start + lost)
    line = (
        '{{"level":"error","ts":"2027-09-12T09:{m}:11.402Z","msg":"transfer failed","error":"Post '
        '\\"https://api.bank.example/v2/transfers\\": dial tcp: lookup api.bank.example on 10.96.0.10:53: server '
        'misbehaving"}}\n'
    )
    log = "".join(line.format(m=minute) for minute in range(21, 59))
    work = running(world, "transfers", "ledger", replicas=2, age="25d", log=log)
    alert = fires(world, "TransfersFail", "transfers: every call of the bank fails", "34m", "critical",
                  namespace="ledger", deployment="transfers")  # fmt: skip
    answer = key(
        work.object,
        world.dns.object,
        "dns",
        "transfers cannot resolve api.bank.example: CoreDNS gets no answer from its upstream name server 192.0.2.53.",
        (r"transfers", r"api\.bank\.example", r"192\.0\.2\.53", r"timeout|no answer"),
        NO_OOM,
        blames(r"network ?policy"),
        also=(("Service", "kube-system", "kube-dns"), ("ConfigMap", "kube-system", "coredns"), work.object),
        tags=("dns", "subject-deployment"),
    )
    return Built("upstream-name-server-is-silent", alert, answer, world)


def autoscaler_asks_for_too_much() -> Built:
    """A VerticalPodAutoscaler writes a request into new pods that no node can meet; the template asks for little."""
    world = lean("2027-09-13T10:00:00Z")
    defined(world, "autoscaling.k8s.io", "VerticalPodAutoscaler", "verticalpodautoscalers", "v1")
    message = failed_scheduling(
        world.kubernetes, 2, {say("no-fit-insufficient", world.kubernetes, resource="memory"): 2}
    )
    work = running(world, "indexer", "docs", age="70d", states=pending(message, age="46m"), changed="46m")
    pod = work.pod
    pod["metadata"]["annotations"] = {
        "vpaObservedContainers": "indexer",
        "vpaUpdates": "Pod resources updated by indexer-vpa: container 0: memory request, cpu request",
    }
    pod["spec"]["containers"][0]["resources"]["requests"] = {"cpu": "200m", "memory": "22Gi"}
    world.event(pod, "failed-scheduling", first="46m", last="2m", count=11, why=message)
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "indexer"}
    wanted = {"containerName": "indexer", "target": {"cpu": "200m", "memory": "22Gi"}}
    vpa = world.add(
        made(
            "autoscaling.k8s.io/v1",
            "VerticalPodAutoscaler",
            "indexer-vpa",
            "docs",
            world.clock.ago("40d"),
            generation=3,
            spec={"targetRef": target, "updatePolicy": {"updateMode": "Recreate"}},
            status={"recommendation": {"containerRecommendations": [wanted]}},
        )
    )
    return Built(
        "autoscaler-asks-for-too-much",
        replicas_mismatch("indexer", "docs", world.clock, since="30m"),
        key(
            work.object,
            vpa,
            "insufficient-resources",
            "VerticalPodAutoscaler indexer-vpa sets the memory request of indexer's pods to 22Gi, more than any node has.",
            (r"indexer", r"22Gi", r"indexer-vpa|VerticalPodAutoscaler"),
            NO_PULL,
            NO_OOM,
            also=(work.object,),
            tags=("scheduling", "subject-deployment"),
        ),
        world,
    )
