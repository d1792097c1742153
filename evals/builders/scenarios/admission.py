"""Pods that the API server refuses, so that a workload has none or too few."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import replicas_mismatch, webhook
from kubetriage.evals.builders.deployments import Workload
from kubetriage.evals.builders.identity import suffix
from kubetriage.evals.builders.objects import limit_range, quota
from kubetriage.evals.builders.objects import webhook as webhook_configuration
from kubetriage.evals.builders.scenario import Answer, Built, blames, place_of
from kubetriage.evals.builders.scenarios.common import ABSENT, REQUESTS
from kubetriage.evals.builders.states import READY
from kubetriage.evals.builders.templates import container
from kubetriage.evals.builders.world import World

_NO_IMAGE = blames("image (cannot|could not) be pulled|image pull")
_NO_NODE = r"insufficient (cpu|memory)|no node (fits|has)|cannot be scheduled|unschedulable"


def _next_pod(name: str, hash_: str) -> str:
    """The name that the refused pod would have had."""
    return f"{name}-{hash_}-{suffix('refused', name)}"


def _refused(world: World, work: Workload, why: str, *, first: str, tries: int) -> None:
    """The ReplicaSet's event; each try has another pod's name, so the recorder combines them after ten."""
    world.event(work.replica_set, "create-failed", first=first, last=first, why=why)
    world.event(
        work.replica_set, "create-failed", first=first, last="1m5s", count=tries, combined=True, why=why
    )


def quota_exceeded() -> Built:
    """Two replicas are wanted, the quota of CPU allows one."""
    world = World("2026-05-18T13:00:00Z")
    main = container(
        "matcher",
        "registry.example.com/dating/matcher:1.6.0",
        requests={"cpu": "1500m", "memory": "256Mi"},
        limits={"cpu": "1500m", "memory": "256Mi"},
    )
    why = world.say(
        "quota-exceeded",
        pod=_next_pod("matcher", "75d9cbf4d8"),
        quota="team-quota",
        requested="requests.cpu=1500m",
        used="requests.cpu=1500m",
        limited="requests.cpu=2",
    )
    work = world.deployment(
        "matcher",
        "dating",
        [main],
        replicas=2,
        age="55m",
        states=[READY],
        refused=why,
        progress="stuck",
        hash_="75d9cbf4d8",
    )
    hard = {"requests.cpu": "2", "requests.memory": "4Gi", "pods": "20"}
    used = {"requests.cpu": "1500m", "requests.memory": "256Mi", "pods": "1"}
    made = world.add(quota("team-quota", "dating", world.clock.ago("80d"), hard, used))
    _refused(world, work, why, first="55m", tries=17)
    return Built(
        "quota-exceeded",
        webhook([replicas_mismatch("matcher", "dating", world.clock, since="39m")]),
        Answer(
            root_cause="ResourceQuota dating/team-quota limits requests.cpu to 2 and 1500m are "
            "used, so a second pod of "
            "Deployment matcher, which requests 1500m, is refused.",
            primary=place_of(work.object),
            culprit=place_of(made),
            also=(place_of(work.object),),
            category="quota",
            must_mention=("team-quota", r"exceed|used up|exhaust|limit|full", r"cpu"),
            must_not_claim=(_NO_IMAGE, _NO_NODE, r"must specify"),
            tags=("admission",),
        ),
        world,
    )


def quota_must_specify_limits() -> Built:
    """The quota counts limits.memory, so that every container must say one; this one does not."""
    world = World("2026-05-19T09:10:00Z", kubernetes="1.24.17", runtime="containerd://1.6.18")
    main = container(
        "digest", "registry.example.com/news/digest:0.3.0", requests={"cpu": "50m", "memory": "64Mi"}
    )
    why = world.say(
        "quota-must-specify",
        pod=_next_pod("digest", "6fc5d9b777"),
        quota="news-limits",
        resources="limits.memory",
        resources_for="limits.memory for: digest",
    )
    work = world.deployment(
        "digest",
        "news",
        [main],
        age="26m",
        states=[],
        refused=why,
        progress="stuck",
        hash_="6fc5d9b777",
    )
    made = world.add(
        quota("news-limits", "news", world.clock.ago("3h"), {"limits.memory": "8Gi"}, {"limits.memory": "0"})
    )
    _refused(world, work, why, first="26m", tries=14)
    return Built(
        "quota-must-specify-limits",
        replicas_mismatch("digest", "news", world.clock, since="10m50s"),
        Answer(
            root_cause="ResourceQuota news/news-limits demands limits.memory of every container "
            "and container digest sets "
            "none, so Deployment digest gets no pod.",
            primary=place_of(work.object),
            culprit=place_of(work.object),
            also=(place_of(made),),
            category="quota",
            must_mention=(
                "news-limits",
                r"limits\.memory|memory limit|limit (on|for|of) memory",
                r"must|requires?|required|demand|without|no (memory )?limit|sets? none|specif|missing|lacks?",
            ),
            must_not_claim=(
                _NO_IMAGE,
                _NO_NODE,
                r"quota[^.;]{0,30} (is |was )?(exceeded|exhausted|used up|full)",
            ),
            tags=("admission", "old-wording"),
        ),
        world,
    )


def limit_range_refuses() -> Built:
    """A LimitRange's maximum is below the container's limit."""
    world = World("2026-05-20T20:20:00Z")
    main = container(
        "index",
        "registry.example.com/docs/index:1.0.1",
        requests={"cpu": "100m", "memory": "512Mi"},
        limits={"memory": "4Gi"},
    )
    why = world.say(
        "limit-range-maximum",
        pod=_next_pod("index", "5d8b6cf9f9"),
        resource="memory",
        maximum="1Gi",
        limit="4Gi",
    )
    work = world.deployment(
        "index",
        "docs",
        [main],
        age="23m",
        states=[],
        refused=why,
        progress="stuck",
        hash_="5d8b6cf9f9",
    )
    made = world.add(
        limit_range(
            "container-limits", "docs", world.clock.ago("30d"), max={"memory": "1Gi"}, min={"memory": "16Mi"}
        )
    )
    _refused(world, work, why, first="23m", tries=14)
    return Built(
        "limit-range-refuses",
        [replicas_mismatch("index", "docs", world.clock, since="7m40s")],
        Answer(
            root_cause="Container index of Deployment docs/index has a memory limit of 4Gi, more "
            "than the 1Gi that "
            "LimitRange docs/container-limits allows, so its pod is refused.",
            primary=place_of(work.object),
            culprit=place_of(work.object),
            also=(place_of(made),),
            category="quota",
            must_mention=(r"4\s?Gi", r"1\s?Gi", r"limit ?range|maximum|container-limits"),
            must_not_claim=(_NO_IMAGE, _NO_NODE, r"OOM"),
            tags=("admission",),
        ),
        world,
    )


def pod_security_refuses() -> Built:
    """The namespace enforces the restricted level; the template sets no security context."""
    world = World("2026-05-21T11:40:00Z")
    world.namespace("hardened", {"pod-security.kubernetes.io/enforce": "restricted"}, age="2d")
    main = container("agent", "registry.example.com/ops/agent:2.2.0", requests=REQUESTS)
    violations = (
        'allowPrivilegeEscalation != false (container "agent" must set '
        "securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "
        '"agent" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or '
        'container "agent" '
        'must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "agent" must set '
        'securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")'
    )
    why = world.say(
        "pod-security",
        pod=_next_pod("agent", "7c5b9d8d6f"),
        level="restricted:latest",
        violations=violations,
    )
    work = world.deployment(
        "agent",
        "hardened",
        [main],
        age="42m",
        states=[],
        refused=why,
        progress="stuck",
        hash_="7c5b9d8d6f",
    )
    _refused(world, work, why, first="42m", tries=16)
    return Built(
        "pod-security-refuses",
        webhook([replicas_mismatch("agent", "hardened", world.clock, since="26m")]),
        Answer(
            root_cause="Namespace hardened enforces the PodSecurity level restricted, and the "
            "template of Deployment agent "
            "violates it (allowPrivilegeEscalation, capabilities, runAsNonRoot, seccompProfile), "
            "so no pod is created.",
            primary=place_of(work.object),
            culprit=place_of(work.object),
            also=(("Namespace", "", "hardened"),),
            category="pod-security",
            must_mention=(r"pod ?security|restricted", r"violat|refus|reject|forbid|forbidden|denied"),
            must_not_claim=(_NO_IMAGE, _NO_NODE, blames("quota|webhook")),
            tags=("admission",),
        ),
        world,
    )


def webhook_service_missing() -> Built:
    """A validating webhook with failurePolicy Fail calls a Service that is gone: no new pods anywhere."""
    world = World("2026-05-22T16:35:00Z")
    spared = {
        "key": "kubernetes.io/metadata.name",
        "operator": "NotIn",
        "values": ["kube-system", "policy"],
    }
    made = world.add(
        webhook_configuration(
            "Validating",
            "image-policy",
            world.clock.ago("95d"),
            service=("policy", "image-policy-webhook"),
            hook="images.policy.example.com",
            namespaces={"matchExpressions": [spared]},
        )
    )
    world.namespace("policy")
    main = container("tracker", "registry.example.com/parcel/tracker:3.0.2", ports=[8080], requests=REQUESTS)
    why = world.say(
        "webhook-service-not-found",
        webhook="images.policy.example.com",
        url="https://image-policy-webhook.policy.svc:443/validate?timeout=10s",
        service="image-policy-webhook",
    )
    work = world.deployment(
        "tracker",
        "parcel",
        [main],
        replicas=3,
        age="66d",
        states=[READY, READY],
        refused=why,
        changed="33m",
    )
    world.event(work.replica_set, "create-failed", first="33m", last="2m10s", count=19, why=why)
    exporter = world.metrics["metadata"]["name"]
    return Built(
        "webhook-service-missing",
        webhook([replicas_mismatch("tracker", "parcel", world.clock, since="17m", exporter=exporter)]),
        Answer(
            root_cause="ValidatingWebhookConfiguration image-policy (failurePolicy Fail) calls the Service "
            "policy/image-policy-webhook, which does not exist, so every new pod of Deployment "
            "tracker is refused.",
            primary=place_of(work.object),
            culprit=place_of(made),
            also=(("Service", "policy", "image-policy-webhook"),),
            category="admission-webhook",
            must_mention=("webhook", "image-policy", ABSENT),
            must_not_claim=(_NO_IMAGE, _NO_NODE, blames("quota"), r"(readiness|liveness) probe"),
            tags=("admission", "exporter-pod-in-labels"),
            absent=(("Service", "policy", "image-policy-webhook"),),
        ),
        world,
    )
