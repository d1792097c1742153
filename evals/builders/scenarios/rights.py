"""Accounts and what they may do, and aggregated APIs and certificates of the control plane."""

from __future__ import annotations

from kubetriage.evals.builders.access import api_service, role, role_binding, signing_request
from kubetriage.evals.builders.alerts import alert, replicas_mismatch, webhook
from kubetriage.evals.builders.identity import Json
from kubetriage.evals.builders.objects import service_account
from kubetriage.evals.builders.scenario import Built
from kubetriage.evals.builders.scenarios.pod_life import ABSENT, refused
from kubetriage.evals.builders.scenarios.short import (
    NO_OOM,
    NO_PULL,
    crashing,
    fires,
    key,
    lean,
    running,
)
from kubetriage.evals.builders.states import Ended
from kubetriage.evals.builders.world import World


def _forbidden(who: str, verb: str, resource: str, group: str, ns: str) -> str:
    """The API server's refusal, as client-go logs it."""
    return (
        f'{resource} is forbidden: User "system:serviceaccount:{who}" cannot {verb} resource "{resource}" '
        f"in API "
        f'group "{group}" in the namespace "{ns}"'
    )


def role_lacks_a_verb() -> Built:
    """The operator may get and watch Jobs, and not list them."""
    world = lean("2026-08-12T07:00:00Z")
    world.need_namespace("batch")
    world.add(service_account("reaper", "batch", world.clock.ago("60d")))
    made_ = world.add(role("reaper", "batch", world.clock.ago("60d"), ("batch", "jobs", "get,watch,delete")))
    world.add(role_binding("reaper", "batch", world.clock.ago("60d"), to=made_, account=("batch", "reaper")))
    why = _forbidden("batch:reaper", "list", "jobs", "batch", "batch")
    log = (
        'E0812 06:59:02.118232       1 reflector.go:166] "Unhandled Error" err="failed to list '
        f'*v1.Job: {why}"\n'
    )
    work = running(world, "reaper", "batch", account="reaper", log=log * 6, age="60d")
    return Built(
        "role-lacks-a-verb",
        webhook(
            [
                fires(
                    world,
                    "ReaperIdle",
                    "reaper has deleted no finished Job for a day.",
                    "20h",
                    namespace="batch",
                    deployment="reaper",
                )
            ]
        ),
        key(
            work.object,
            made_,
            "rbac",
            "Deployment batch/reaper may not list jobs: Role reaper of its ServiceAccount has only get, "
            "watch and delete "
            "for them.",
            (r"reaper", r"forbidden|may not|cannot|not allowed|lacks|denied|no right", r"\blist\b", r"jobs"),
            NO_OOM,
            NO_PULL,
            also=(("RoleBinding", "batch", "reaper"), ("ServiceAccount", "batch", "reaper")),
            tags=("rbac", "log", "subject-deployment"),
        ),
        world,
    )


def role_bound_to_another_account() -> Built:
    """The binding names the account of another namespace; the pod crashes on its first call."""
    world = lean("2026-08-13T12:30:00Z")
    world.need_namespace("sync")
    world.add(service_account("mirror", "sync", world.clock.ago("2d")))
    made_ = world.add(role("mirror", "sync", world.clock.ago("2d"), ("", "configmaps", "get,list,watch")))
    binding = world.add(
        role_binding("mirror", "sync", world.clock.ago("2d"), to=made_, account=("sync-staging", "mirror"))
    )
    why = _forbidden("sync:mirror", "list", "configmaps", "", "sync")
    work = crashing(
        world,
        "mirror",
        "sync",
        Ended(1, began="2m41s", ended="2m40s"),
        f"I0813 12:27:19.020117       1 main.go:44] starting mirror\nF0813 12:27:19.431009       1 "
        f"main.go:71] {why}\n",
        account="mirror",
        age="44m",
    )
    return Built(
        "role-bound-to-another-account",
        [replicas_mismatch("mirror", "sync", world.clock, since="28m")],
        key(
            work.object,
            binding,
            "rbac",
            "Deployment sync/mirror ends because its ServiceAccount may not list configmaps: RoleBinding "
            "mirror names "
            "the account of namespace sync-staging instead of sync.",
            (r"mirror", r"forbidden|may not|cannot|not allowed|lacks|denied|no right", r"configmaps"),
            NO_OOM,
            NO_PULL,
            also=(made_, ("ServiceAccount", "sync", "mirror")),
            tags=("rbac", "log", "crash", "subject-deployment"),
        ),
        world,
    )


def service_account_absent() -> Built:
    """The template names a ServiceAccount that does not exist: the pod is refused."""
    world = lean("2026-08-14T10:20:00Z")
    world.need_namespace("ops")
    why = world.say(
        "service-account-not-found", generate_name="janitor-66d7b5c7f8-", namespace="ops", name="janitor"
    )
    work = running(
        world,
        "janitor",
        "ops",
        states=[],
        age="34m",
        account="janitor",
        refused=why,
        progress="stuck",
        hash_="66d7b5c7f8",
    )
    refused(world, work, why, first="34m", tries=15)
    gone = ("ServiceAccount", "ops", "janitor")
    return Built(
        "service-account-absent",
        webhook([replicas_mismatch("janitor", "ops", world.clock, since="18m50s")]),
        key(
            work.object,
            gone,
            "missing-serviceaccount",
            "Deployment ops/janitor gets no pod because its ServiceAccount janitor does not exist.",
            (r"service ?account", r"janitor", ABSENT),
            NO_OOM,
            NO_PULL,
            also=(work.object,),
            tags=("admission", "rbac", "subject-deployment"),
            absent=(gone,),
        ),
        world,
    )


def aggregated_api_down() -> Built:
    """The adapter behind an aggregated API cannot reach its Prometheus, and ends."""
    world = lean("2026-08-15T04:40:00Z")
    work = crashing(
        world,
        "prometheus-adapter",
        "monitoring",
        Ended(1, began="2m33s", ended="2m31s"),
        "I0815 04:37:29.000190       1 adapter.go:114] successfully using in-cluster auth\n"
        "F0815 04:37:30.512001       1 adapter.go:348] unable to parse metrics discovery rules: yaml: "
        "line 14: "
        "mapping values are not allowed in this context\n",
        age="70d",
        changed="51m",
        main={"image": "registry.k8s.io/prometheus-adapter/prometheus-adapter:v0.12.0", "ports": [6443]},
    )
    world.service("prometheus-adapter", "monitoring", port=443, target=6443)
    api = world.add(
        api_service(
            "custom.metrics.k8s.io",
            "v1beta1",
            world.clock.ago("70d"),
            service=("monitoring", "prometheus-adapter"),
            since=world.clock.ago("50m"),
            reason="MissingEndpoints",
            message='endpoints for service/prometheus-adapter in "monitoring" have no addresses with port '
            'name "http"',
        )
    )
    return Built(
        "aggregated-api-down",
        webhook([_aggregated_down(world)]),
        key(
            api,
            work.object,
            "version-skew",
            "APIService v1beta1.custom.metrics.k8s.io is not available because Deployment "
            "prometheus-adapter crashes: it "
            "cannot parse its discovery rules (yaml: line 14).",
            (r"prometheus-adapter", r"pars|yaml|crash|exit"),
            NO_OOM,
            NO_PULL,
            also=(api,),
            tags=("apiservice", "log", "crash", "subject-apiservice"),
        ),
        world,
    )


def _aggregated_down(world: World) -> Json:
    """KubeAggregatedAPIDown of kubernetes-mixin, whose `namespace` label is part of the API's name."""
    return alert(
        "KubeAggregatedAPIDown",
        {"name": "v1beta1.custom.metrics.k8s.io", "namespace": "default", "prometheus": "monitoring/k8s"},
        world.clock,
        since="44m",
        summary="Kubernetes aggregated API is down.",
        description="Kubernetes aggregated API v1beta1.custom.metrics.k8s.io/default has been only 11.7% "
        "available "
        "over the last 10m.",
    )


def kubelet_version_behind() -> Built:
    """One node was left behind by an upgrade, four minor versions."""
    world = lean("2026-08-16T09:15:00Z", names=("node-1", "node-2", "node-3"))
    node = world.get("Node", "node-3")
    for field in ("kubeletVersion", "kubeProxyVersion"):
        node["status"]["nodeInfo"][field] = "v1.27.16"
    return Built(
        "kubelet-version-behind",
        [
            alert(
                "KubeVersionMismatch",
                {"prometheus": "monitoring/k8s"},
                world.clock,
                since="5d",
                summary="Different semantic versions of Kubernetes components running.",
                description="There are 2 different semantic versions of Kubernetes components running.",
            )
        ],
        key(
            None,
            node,
            "version-skew",
            "Node node-3 still runs kubelet v1.27.16, while the other nodes run v1.31.4: more than the "
            "three minor "
            "versions that are supported.",
            (r"node-3", r"1\.27"),
            NO_OOM,
            NO_PULL,
            tags=("node", "alert-without-subject"),
        ),
        world,
    )


def kubelet_certificate_not_approved() -> Built:
    """A kubelet asks for a serving certificate, and nobody approves its requests."""
    world = lean("2026-08-17T18:35:00Z")
    requests = [
        world.add(signing_request(f"csr-{end}", world.clock.ago(age), node="node-2"))
        for end, age in (("7xk2m", "50m"), ("q4zvd", "35m"), ("tb9hw", "20m"))
    ]
    return Built(
        "kubelet-certificate-not-approved",
        webhook(
            [
                alert(
                    "KubeletServerCertificateExpiration",
                    {"node": "node-2", "prometheus": "monitoring/k8s"},
                    world.clock,
                    since="6h",
                    severity="critical",
                    summary="Kubelet server certificate is about to expire.",
                    description="Server certificate for Kubelet on node node-2 expires in 17h 12m.",
                )
            ]
        ),
        key(
            ("Node", "", "node-2"),
            requests[2],
            "cert-expired",
            "The serving certificate of node-2's kubelet is not renewed because its "
            "CertificateSigningRequests (3, the "
            "newest csr-tb9hw) are pending: nobody approves them.",
            (r"node-2", r"csr|signing ?request", r"pending|approv"),
            NO_OOM,
            NO_PULL,
            also=(requests[0], requests[1], ("Node", "", "node-2")),
            tags=("node", "csr", "subject-node"),
        ),
        world,
    )
