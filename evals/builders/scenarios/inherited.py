"""What a workload has from elsewhere: a namespace's default, a release, another revision, an adapter's metrics."""

from __future__ import annotations

from kubetriage.evals.builders.access import api_service, role, role_binding
from kubetriage.evals.builders.alerts import alert, exported, not_ready, replicas_mismatch, webhook
from kubetriage.evals.builders.autoscaling import scaler, scaler_alert_labels
from kubetriage.evals.builders.custom import condition, defined
from kubetriage.evals.builders.identity import Json
from kubetriage.evals.builders.objects import limit_range, made, service_account
from kubetriage.evals.builders.scenario import Built
from kubetriage.evals.builders.scenarios.pod_life import born, placed
from kubetriage.evals.builders.scenarios.short import (
    NO_OOM,
    NO_PROBE,
    NO_PULL,
    NO_ROOM,
    crashing,
    key,
    lean,
    main_of,
    running,
)
from kubetriage.evals.builders.states import Ended, PodState, Running, Waiting
from kubetriage.evals.builders.templates import claim_volume, from_key
from kubetriage.evals.builders.texts import failed_scheduling

_DRIVER = "disk.csi.example.com"


def memory_limit_is_the_namespaces_default() -> Built:
    """The template sets no limits; the LimitRange's default is too small, and the kernel kills the process."""
    world = lean("2027-03-17T08:10:00Z")
    world.need_namespace("reports")
    limits = world.add(
        limit_range(
            "small", "reports", world.clock.ago("3h"),
            default={"cpu": "500m", "memory": "96Mi"},
            defaultRequest={"cpu": "50m", "memory": "96Mi"},
        )
    )  # fmt: skip
    work = crashing(
        world, "pdf-maker", "reports", Ended(137, "OOMKilled", began="6m20s", ended="6m2s"),
        "INFO loading fonts\nINFO rendering 212 pages\n", age="44m", tries=11, main={"requests": {}},
    )  # fmt: skip
    for pod in work.pods:
        pod["metadata"].setdefault("annotations", {})["kubernetes.io/limit-ranger"] = (
            "LimitRanger plugin set: cpu, memory request for container pdf-maker; cpu, memory limit for container "
            "pdf-maker"
        )
        pod["spec"]["containers"][0]["resources"] = {
            "limits": {"cpu": "500m", "memory": "96Mi"},
            "requests": {"cpu": "50m", "memory": "96Mi"},
        }
        pod["status"]["qosClass"] = "Burstable"
    return Built(
        "memory-limit-is-the-namespaces-default",
        [replicas_mismatch("pdf-maker", "reports", world.clock, since="24m")],
        key(
            work.object,
            limits,
            "oom-killed",
            "Deployment reports/pdf-maker is killed for memory at 96Mi: its template sets no limit, and the default of "
            "LimitRange small applies.",
            (r"pdf-maker", r"96Mi", r"\bsmall\b|LimitRange", r"memory|OOM"),
            NO_PULL,
            NO_PROBE,
            also=(work.object,),
            tags=("oom", "limit-range", "subject-deployment"),
        ),
        world,
    )


def init_container_never_ends() -> Built:
    """The init container runs a server: it does not end, and the application's container never begins."""
    world = lean("2027-03-18T09:20:00Z")
    init = main_of("warm-up", "feeds", ports=[], command=["/bin/feed-server"], args=["--warm-up=false"])
    work = running(
        world, "feeds", "feeds", age="52m", states=PodState(init={"warm-up": Running(ready=False)}),
        more={"initContainers": [init]}, progress="stuck",
    )  # fmt: skip
    born(world, work, "52m")
    placed(world, work.pod, "52m")
    world.log(work.pod, "warm-up", "INFO feed-server starting\nINFO listening on :8080\n")
    return Built(
        "init-container-never-ends",
        webhook([not_ready(work.pod, world.clock, since="37m")]),
        key(
            work.pod,
            work.object,
            "init-container",
            "Pod of Deployment feeds/feeds stays in its init container warm-up, whose command is a server and never "
            "ends.",
            (r"warm-up", r"init", r"does not end|never ends|still run|not (yet )?(end|finish|complete)|runs for|has run"),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            tags=("init", "log"),
        ),
        world,
    )  # fmt: skip


def new_revision_runs_as_another_account() -> Built:
    """The new revision dropped its ServiceAccount; as `default` it may not do what the old one does."""
    world = lean("2027-03-19T10:05:00Z")
    world.need_namespace("infra")
    world.add(service_account("leaser", "infra", world.clock.ago("90d")))
    right = world.add(
        role(
            "leaser", "infra", world.clock.ago("90d"), ("coordination.k8s.io", "leases", "get,create,update")
        )
    )
    world.add(role_binding("leaser", "infra", world.clock.ago("90d"), to=right, account=("infra", "leaser")))
    why = (
        'leases.coordination.k8s.io "leaser" is forbidden: User "system:serviceaccount:infra:default" cannot get '
        'resource "leases" in API group "coordination.k8s.io" in the namespace "infra"'
    )
    work = crashing(
        world, "leaser", "infra", Ended(1, began="1m14s", ended="1m10s"),
        f"E0319 10:03:46.201733       1 leaderelection.go:332] error retrieving resource lock infra/leaser: {why}\n"
        "F0319 10:03:46.201801       1 main.go:88] lost the lease\n",
        age="26m", tries=9,
    )  # fmt: skip
    _before(work.object, work.replica_set, world.clock.ago("90d"))
    old = world.add(_old_set(work.object, work.replica_set, world.clock.ago("90d"), account="leaser"))
    return Built(
        "new-revision-runs-as-another-account",
        [replicas_mismatch("leaser", "infra", world.clock, since="10m")],
        key(
            work.object,
            work.object,
            "rbac",
            "Deployment infra/leaser may not get leases: its new revision runs as ServiceAccount default; the old one "
            "ran as leaser, which has the right.",
            (r"leaser", r"default", r"leases", r"forbidden|may not|cannot|not allowed|lacks"),
            NO_OOM,
            NO_PULL,
            also=(("ServiceAccount", "infra", "default"), old),
            tags=("rbac", "log", "crash", "rollout", "subject-deployment"),
        ),
        world,
    )


def _before(top: Json, current: Json, born_at: str) -> None:
    """Make the workload older than its newest revision, which is its second."""
    top["metadata"] |= {"creationTimestamp": born_at, "generation": 2}
    top["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "2"
    top["status"]["observedGeneration"] = 2
    current["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "2"


def _old_set(top: Json, current: Json, born_at: str, *, account: str) -> Json:
    """The scaled-down ReplicaSet of the revision before, which ran as another account."""
    hash_ = "5f6d9b7c84"
    spec = current["spec"]["template"]
    labels = {**spec["metadata"]["labels"], "pod-template-hash": hash_}
    return made(
        "apps/v1", "ReplicaSet", f"{top['metadata']['name']}-{hash_}", top["metadata"]["namespace"], born_at,
        labels=labels,
        annotations={
            "deployment.kubernetes.io/desired-replicas": "1",
            "deployment.kubernetes.io/max-replicas": "2",
            "deployment.kubernetes.io/revision": "1",
        },
        owner=dict(current["metadata"]["ownerReferences"][0]),
        generation=2,
        spec={
            "replicas": 0,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {**spec["metadata"], "labels": labels},
                "spec": {**spec["spec"], "serviceAccount": account, "serviceAccountName": account},
            },
        },
        status={"observedGeneration": 2, "replicas": 0},
    )  # fmt: skip


def adapter_of_external_metrics_is_gone() -> Built:
    """An HPA on the length of a queue: the Service of the API that knows it has no pods."""
    world = lean("2027-03-20T11:40:00Z")
    work = running(world, "mailer", "notify", replicas=2, age="60d")
    adapter = running(world, "queue-adapter", "metrics", replicas=0, states=[], age="100d")
    world.service("queue-adapter", "metrics", port=443, target=6443, age="100d")
    api = world.add(
        api_service(
            "external.metrics.k8s.io", "v1beta1", world.clock.ago("100d"), service=("metrics", "queue-adapter"),
            since=world.clock.ago("73m"), reason="MissingEndpoints",
            message='endpoints for service/queue-adapter in "metrics" have no addresses with port name "http"',
        )
    )  # fmt: skip
    found = scaler(
        world, "mailer", "notify", target="mailer", usage=None, desired=0, since="72m",
        says={"AbleToScale": "hpa-got-scale", "ScalingActive": "hpa-inactive", "ScalingLimited": ""},
        fields={"why": "unable to get external metric notify/queue_depth/nil: unable to fetch metrics from external "
                "metrics API: the server is currently unable to handle the request (get queue_depth.external.metrics."
                "k8s.io)"},
    )  # fmt: skip
    found["spec"]["metrics"] = [
        {
            "external": {
                "metric": {"name": "queue_depth"},
                "target": {"averageValue": "40", "type": "AverageValue"},
            },
            "type": "External",
        }
    ]
    for one in found["status"]["conditions"]:
        if one["type"] == "ScalingActive":
            one["reason"] = "FailedGetExternalMetric"
    return Built(
        "adapter-of-external-metrics-is-gone",
        alert(
            "KubeHpaReplicasMismatch",
            exported(scaler_alert_labels("mailer", "notify")),
            world.clock,
            since="55m",
            summary="HPA has not matched desired number of replicas.",
            description="HPA notify/mailer has not matched the desired number of replicas for longer than 15 minutes.",
        ),
        key(
            found,
            adapter.object,
            "hpa",
            "HorizontalPodAutoscaler notify/mailer gets no external metrics: APIService v1beta1.external.metrics.k8s.io "
            "is not available, because Deployment metrics/queue-adapter is scaled to 0.",
            (
                r"queue-adapter",
                r"external",
                r"scaled to (0|zero)|0 replicas|no (endpoints|addresses|pods)|not available",
            ),
            NO_OOM,
            NO_PULL,
            also=(api, ("Service", "metrics", "queue-adapter"), work.object),
            tags=("hpa", "subject-hpa", "cross-namespace"),
        ),
        world,
    )


def release_waits_for_its_pods() -> Built:
    """Flux: the release's time ran out, because the pods of its new revision lack a Secret."""
    world = lean("2027-03-21T12:35:00Z")
    defined(world, "helm.toolkit.fluxcd.io", "HelmRelease", "helmreleases", "v2")
    labels = {
        "app": "ledger-ui",
        "helm.toolkit.fluxcd.io/name": "ledger-ui",
        "helm.toolkit.fluxcd.io/namespace": "finance",
    }
    why = 'secret "ledger-ui-oidc" not found'
    work = running(
        world, "ledger-ui", "finance", age="27m", progress="stuck",
        states=PodState(containers={"ledger-ui": Waiting("CreateContainerConfigError", why)}),
        main={"env": {"OIDC_SECRET": from_key("Secret", "ledger-ui-oidc", "client")}},
    )  # fmt: skip
    work.object["metadata"]["labels"] = labels
    born(world, work, "27m")
    placed(world, work.pod, "27m")
    world.event(work.pod, "start-failed", first="26m", last="9s", count=122, why=why, container="ledger-ui")
    text = "Helm install failed for release finance/ledger-ui with chart ledger-ui@0.4.1: context deadline exceeded"
    at = world.clock.ago("21m")
    found = world.add(
        made(
            "helm.toolkit.fluxcd.io/v2", "HelmRelease", "ledger-ui", "finance", world.clock.ago("28m"), generation=1,
            spec={"chart": {"spec": {"chart": "ledger-ui", "version": "0.4.1"}}, "interval": "10m"},
            status={
                "conditions": [
                    condition(kind, "False", "InstallFailed", text, at, 1) for kind in ("Ready", "Released")
                ],
                "observedGeneration": 1,
            },
        )
    )  # fmt: skip
    gone = ("Secret", "finance", "ledger-ui-oidc")
    return Built(
        "release-waits-for-its-pods",
        alert(
            "FluxReconciliationFailed",
            {"customresource_kind": "HelmRelease", "exported_namespace": "finance", "name": "ledger-ui"},
            world.clock,
            since="18m",
            summary="HelmRelease finance/ledger-ui fails to reconcile.",
            description="HelmRelease finance/ledger-ui fails to reconcile.",
        ),
        key(
            found,
            gone,
            "missing-secret",
            "HelmRelease finance/ledger-ui ran out of time, because the pods of its Deployment cannot start: Secret "
            "ledger-ui-oidc does not exist.",
            (r"ledger-ui-oidc", r"not exist|not found|missing|absent"),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            also=(work.object,),
            tags=("operator", "secret"),
            absent=(gone,),
        ),
        world,
    )  # fmt: skip


def replicas_share_a_volume_of_one_node() -> Built:
    """Two replicas must not share a node and share one volume that is bound to a node: the second fits nowhere."""
    world = lean("2027-03-22T13:25:00Z", csi=("local-disk", _DRIVER))
    claim = world.claim(
        "tiles", "maps", size="80Gi", storage_class="local-disk", provisioner=_DRIVER, bound=True, age="2h"
    )
    volume = world.get("PersistentVolume", claim["spec"]["volumeName"])
    volume["spec"]["nodeAffinity"] = {
        "required": {
            "nodeSelectorTerms": [
                {
                    "matchExpressions": [
                        {"key": "kubernetes.io/hostname", "operator": "In", "values": ["node-1"]}
                    ]
                }
            ]
        }
    }
    reasons = {world.say("no-fit-volume-affinity"): 1, world.say("no-fit-anti-affinity"): 1}
    why = failed_scheduling(world.kubernetes, 2, reasons, unresolvable=1)
    term = {"labelSelector": {"matchLabels": {"app": "tiles"}}, "topologyKey": "kubernetes.io/hostname"}
    work = running(
        world, "tiles", "maps", replicas=2, age="46m", progress="stuck",
        states=[PodState(node="node-1"), PodState(unschedulable=why, sandbox=False)],
        main={"mounts": {"tiles": "/tiles"}}, volumes=[claim_volume("tiles", "tiles")],
        more={"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}},
    )  # fmt: skip
    world.event(work.pods[1], "failed-scheduling", first="46m", last="1m10s", count=11, why=why)
    return Built(
        "replicas-share-a-volume-of-one-node",
        [replicas_mismatch("tiles", "maps", world.clock, since="30m")],
        key(
            work.object,
            work.object,
            "volume-node-affinity",
            "The second replica of Deployment maps/tiles fits no node: claim tiles is bound to node-1, and required "
            "anti-affinity keeps two replicas off one node.",
            (r"tiles", r"anti-?affinity", r"node-1|volume"),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            also=(claim,),
            tags=("scheduling", "storage", "subject-deployment"),
        ),
        world,
    )
