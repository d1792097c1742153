"""Pods that admission refuses for other reasons: limit ranges, pod security, webhooks."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import replicas_mismatch, webhook
from kubetriage.evals.builders.deployments import Workload
from kubetriage.evals.builders.identity import Json
from kubetriage.evals.builders.objects import limit_range
from kubetriage.evals.builders.objects import webhook as webhook_configuration
from kubetriage.evals.builders.scenario import Answer, Built, blames, place_of
from kubetriage.evals.builders.scenarios.pod_life import (
    ABSENT,
    NO_IMAGE,
    NO_NODE,
    REQUESTS,
    next_pod,
    refused,
)
from kubetriage.evals.builders.states import READY
from kubetriage.evals.builders.templates import container
from kubetriage.evals.builders.world import World


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
        pod=next_pod("index", "5d8b6cf9f9"),
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
    refused(world, work, why, first="23m", tries=14)
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
            must_not_claim=(NO_IMAGE, NO_NODE, r"OOM"),
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
        pod=next_pod("agent", "7c5b9d8d6f"),
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
    refused(world, work, why, first="42m", tries=16)
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
            must_not_claim=(NO_IMAGE, NO_NODE, blames("quota|webhook")),
            tags=("admission",),
        ),
        world,
    )


def _webhook_without_service() -> tuple[World, Workload, Json]:
    """A Deployment that gets no third pod, and the webhook configuration."""
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
    return world, work, made


def webhook_service_missing() -> Built:
    """A validating webhook with failurePolicy Fail calls a Service that is gone: no new pods anywhere."""
    world, work, made = _webhook_without_service()
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
            must_not_claim=(NO_IMAGE, NO_NODE, blames("quota"), r"(readiness|liveness) probe"),
            tags=("admission", "exporter-pod-in-labels"),
            absent=(("Service", "policy", "image-policy-webhook"),),
        ),
        world,
    )
