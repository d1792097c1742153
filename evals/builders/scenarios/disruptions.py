"""Budgets that block, and deletions that do not end."""

from __future__ import annotations

from kubetriage.evals.builders.access import api_service
from kubetriage.evals.builders.alerts import alert, exported, webhook
from kubetriage.evals.builders.custom import condition, defined
from kubetriage.evals.builders.identity import Json
from kubetriage.evals.builders.objects import made
from kubetriage.evals.builders.policies import disruption_budget
from kubetriage.evals.builders.scenario import Built
from kubetriage.evals.builders.scenarios.pod_life import placed
from kubetriage.evals.builders.scenarios.short import NO_OOM, NO_PULL, fires, key, lean, running
from kubetriage.evals.builders.states import PodState, Waiting
from kubetriage.evals.builders.templates import from_key
from kubetriage.evals.builders.world import World


def pdb_allows_no_disruption() -> Built:
    """A budget that keeps every replica: the node that should be drained keeps its pod."""
    world = lean("2026-07-07T13:00:00Z")
    work = running(world, "ledger", "bank", replicas=2)
    budget = world.add(
        disruption_budget(
            "ledger",
            "bank",
            world.clock.ago("20d"),
            pods={"app": "ledger"},
            healthy=2,
            expected=2,
            at_least=2,
            desired=2,
            changed=world.clock.ago("20d"),
        )
    )
    return Built(
        "pdb-allows-no-disruption",
        webhook(
            [
                fires(
                    world,
                    "PodDisruptionBudgetAtLimit",
                    "PodDisruptionBudget bank/ledger has allowed no disruption for an hour.",
                    "19d",
                    namespace="bank",
                    poddisruptionbudget="ledger",
                )
            ]
        ),
        key(
            budget,
            budget,
            "pdb",
            "PodDisruptionBudget bank/ledger allows no disruption: its minAvailable of 2 equals the 2 "
            "replicas of "
            "Deployment ledger, so no pod can ever be evicted.",
            (r"ledger", r"minAvailable|min available|at least", r"\b2\b"),
            NO_OOM,
            NO_PULL,
            also=(work.object,),
            tags=("pdb", "subject-pdb"),
        ),
        world,
    )


def pdb_too_few_healthy() -> Built:
    """The budget wants two healthy pods; one of the two never came up, for want of a ConfigMap key."""
    world = lean("2026-07-08T10:40:00Z")
    world.configmap("fx-settings", "bank", {"base": "EUR"})
    missing = world.say("configmap-key-not-found", key="spread", namespace="bank", name="fx-settings")
    broken = PodState(containers={"fx": Waiting("CreateContainerConfigError", missing)}, age="31m")
    work = running(
        world,
        "fx",
        "bank",
        replicas=2,
        states=[PodState(age="18d"), broken],
        main={"env": {"SPREAD": from_key("ConfigMap", "fx-settings", "spread")}},
        changed="31m",
    )
    placed(world, work.pods[1], "31m")
    world.event(work.replica_set, "replicaset-created-pod", last="31m", pod=work.pods[1]["metadata"]["name"])
    world.event(
        work.pods[1], "start-failed", first="30m58s", last="8s", count=143, container="fx", why=missing
    )
    budget = world.add(
        disruption_budget(
            "fx",
            "bank",
            world.clock.ago("18d"),
            pods={"app": "fx"},
            healthy=1,
            expected=2,
            at_least=2,
            desired=2,
            changed=world.clock.ago("31m"),
        )
    )
    return Built(
        "pdb-too-few-healthy",
        [
            alert(
                "KubePdbNotEnoughHealthyPods",
                exported({"namespace": "bank", "poddisruptionbudget": "fx"}),
                world.clock,
                since="15m40s",
                summary="PDB does not have enough healthy pods.",
                description="PDB bank/fx expects 1 more healthy pods. The desired number of healthy pods "
                "has not been "
                "met for at least 15m.",
            )
        ],
        key(
            budget,
            ("ConfigMap", "bank", "fx-settings"),
            "config-key-missing",
            "PodDisruptionBudget bank/fx has 1 of 2 healthy pods because a pod of Deployment fx cannot "
            "start: ConfigMap "
            "fx-settings has no key spread.",
            (r"fx-settings", r"spread"),
            NO_OOM,
            NO_PULL,
            also=(work.object,),
            tags=("pdb", "subject-pdb"),
        ),
        world,
    )


_GOING_WELL = {
    "NamespaceDeletionDiscoveryFailure": ("ResourcesDiscovered", "All resources successfully discovered"),
    "NamespaceDeletionContentFailure": (
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
    "NamespaceContentRemaining": ("ContentRemoved", "All content successfully removed"),
    "NamespaceFinalizersRemaining": (
        "ContentHasNoFinalizers",
        "All content-preserving finalizers finished",
    ),
}
"""Conditions of a namespace's deletion while nothing is in its way (pkg/controller/namespace/deletion)."""


def _terminating(world: World, name: str, since: str, blocked: dict[str, tuple[str, str]]) -> Json:
    """A namespace whose deletion was asked for; `blocked` are the conditions that are true."""
    found, at = world.get("Namespace", name), world.clock.ago(since)
    found["metadata"]["deletionTimestamp"] = at
    conditions = [
        condition(kind, "True" if kind in blocked else "False", *blocked.get(kind, well), at)
        for kind, well in _GOING_WELL.items()
    ]
    found["status"] = {"conditions": conditions, "phase": "Terminating"}
    return found


def namespace_waits_for_finalizer() -> Built:
    """A custom resource keeps its finalizer because its operator has no pods; its namespace cannot go."""
    world = lean("2026-07-09T16:20:00Z")
    defined(world, "db.example.com", "Database", "databases", "v1")
    world.namespace("team-blue", age="70d")
    operator = running(world, "database-operator", "operators", replicas=0, states=[], age="70d")
    database = world.add(
        made(
            "db.example.com/v1",
            "Database",
            "ledger",
            "team-blue",
            world.clock.ago("60d"),
            generation=2,
            finalizers=["db.example.com/cleanup"],
            spec={"engine": "postgres", "size": "20Gi"},
            status={"phase": "Ready"},
        )
    )
    database["metadata"] |= {"deletionGracePeriodSeconds": 0, "deletionTimestamp": world.clock.ago("2h5m")}
    found = _terminating(
        world,
        "team-blue",
        "2h5m",
        {
            "NamespaceContentRemaining": (
                "SomeResourcesRemain",
                "Some resources are remaining: databases.db.example.com has 1 resource instances",
            ),
            "NamespaceFinalizersRemaining": (
                "SomeFinalizersRemain",
                "Some content in the namespace has finalizers remaining: "
                "db.example.com/cleanup in 1 resource instances",
            ),
        },
    )
    return Built(
        "namespace-waits-for-finalizer",
        webhook(
            [
                fires(
                    world,
                    "NamespaceStuckTerminating",
                    "Namespace team-blue has been terminating for more than 30 minutes.",
                    "1h34m",
                    namespace="team-blue",
                )
            ]
        ),
        key(
            found,
            database,
            "finalizer-deadlock",
            "Namespace team-blue cannot be deleted because Database team-blue/ledger keeps the finalizer "
            "db.example.com/cleanup, which its operator (scaled to 0) does not remove.",
            (r"finalizer", r"db\.example\.com"),
            NO_OOM,
            NO_PULL,
            also=(operator.object,),
            tags=("finalizer", "custom-resource", "subject-namespace"),
        ),
        world,
    )


def namespace_waits_for_discovery() -> Built:
    """An aggregated API without a Service blocks the deletion of every namespace."""
    world = lean("2026-07-10T05:50:00Z")
    world.namespace("preview-218", age="3d")
    api = world.add(
        api_service(
            "custom.metrics.k8s.io",
            "v1beta1",
            world.clock.ago("100d"),
            service=("monitoring", "prometheus-adapter"),
            since=world.clock.ago("6h"),
            reason="ServiceNotFound",
            message='service/prometheus-adapter in "monitoring" is not present',
        )
    )
    world.namespace("monitoring")
    text = (
        "Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: "
        "custom.metrics.k8s.io/v1beta1: stale GroupVersion discovery: custom.metrics.k8s.io/v1beta1"
    )
    found = _terminating(
        world, "preview-218", "4h", {"NamespaceDeletionDiscoveryFailure": ("DiscoveryFailed", text)}
    )
    return Built(
        "namespace-waits-for-discovery",
        fires(
            world,
            "NamespaceStuckTerminating",
            "Namespace preview-218 has been terminating for more than 30 minutes.",
            "3h29m",
            namespace="preview-218",
        ),
        key(
            found,
            api,
            "version-skew",
            "Namespace preview-218 cannot be deleted because discovery fails: APIService "
            "v1beta1.custom.metrics.k8s.io "
            "is not available, its Service monitoring/prometheus-adapter does not exist.",
            (r"custom\.metrics\.k8s\.io",),
            NO_OOM,
            NO_PULL,
            also=(("Service", "monitoring", "prometheus-adapter"),),
            tags=("finalizer", "apiservice", "subject-namespace"),
            absent=(("Service", "monitoring", "prometheus-adapter"),),
        ),
        world,
    )
