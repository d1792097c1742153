"""Updates that stop or take everything down, and who changes a workload again and again."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import alert, crash_looping, exported, not_ready, webhook
from kubetriage.evals.builders.deployments import Revision
from kubetriage.evals.builders.identity import Json
from kubetriage.evals.builders.objects import made, owner_reference
from kubetriage.evals.builders.scenario import Built
from kubetriage.evals.builders.scenarios.pod_life import born, crash_loop, placed, restarts
from kubetriage.evals.builders.scenarios.short import (
    NO_OOM,
    NO_PROBE,
    NO_PULL,
    NO_ROOM,
    fires,
    image_of,
    key,
    lean,
    main_of,
    running,
)
from kubetriage.evals.builders.states import Ended, PodState, Running, Waiting
from kubetriage.evals.builders.templates import container, http_probe, template
from kubetriage.evals.builders.world import World

_HISTORY = "deployment.kubernetes.io/revision-history"


def limits_squeezed_by_cronjob() -> Built:
    """Every half hour a CronJob sets the memory limit back to 96Mi; whoever raises it has peace until then."""
    world = lean("2027-02-01T10:14:00Z")
    before = main_of("catalog-api", "shop", limits={"memory": "512Mi"})
    state = crash_loop(world, "catalog-api", Ended(137, "OOMKilled", began="3m2s", ended="2m50s"), 6)
    work = world.deployment(
        "catalog-api",
        "shop",
        [main_of("catalog-api", "shop", limits={"memory": "96Mi"})],
        age="30d",
        rolled="2d",
        old=Revision([before]),
        states=[PodState(containers=state.containers, age="13m50s")],
        changed="13m",
    )
    for one, number, history in (
        (work.replica_set, 14, "8,10,12"),
        (work.old_replica_set, 13, "1,9,11"),
    ):
        notes = one["metadata"]["annotations"]
        notes |= {"deployment.kubernetes.io/revision": str(number), _HISTORY: history}
    work.object["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "14"
    for seen in (work.object["metadata"], work.object["status"]):
        seen["generation" if "name" in seen else "observedGeneration"] = 14
    new, old = (one["metadata"]["name"] for one in (work.replica_set, work.old_replica_set))
    world.event(work.object, "scaled-up", last="13m50s", replica_set=new, was=0, to=1)
    world.event(work.object, "scaled-down", last="13m40s", replica_set=old, was=1, to=0)
    placed(world, work.pod, "13m50s")
    restarts(world, work.pod, "catalog-api", image_of("catalog-api", "shop"), first="13m45s", tries=6)
    for previous in (False, True):
        world.log(work.pod, "catalog-api", "INFO loading the catalog\n", previous=previous)
    cron = _trimmer(world, "-n shop set resources deployment/catalog-api -c catalog-api --limits=memory=96Mi")
    return Built(
        "limits-squeezed-by-cronjob",
        webhook([crash_looping(work.pod, "catalog-api", world.clock, since="3m")]),
        key(
            work.pod,
            cron,
            "oom-killed",
            "Container catalog-api of Deployment shop/catalog-api is OOMKilled because CronJob "
            "nightly-rightsizer sets its memory limit from 512Mi to 96Mi every half hour.",
            (r"catalog-api", r"nightly-rightsizer", r"96Mi"),
            NO_PULL,
            NO_PROBE,
            also=(work.object,),
            tags=("memory", "cronjob", "crash", "change"),
        ),
        world,
    )


def _trimmer(world: World, arguments: str) -> Json:
    """A CronJob that runs kubectl with these arguments every half hour, last 14 minutes ago."""
    tool = container("kubectl", "registry.k8s.io/kubectl:v1.31.4", command=["kubectl", *arguments.split()])
    cron = world.cronjob("nightly-rightsizer", "shop", [tool], schedule="*/30 * * * *", last="14m")
    done = PodState(containers={"kubectl": Ended(0, "Completed", began="13m57s", ended="13m55s")})
    work = world.job(
        world.scheduled_job(cron, "14m"), "shop", [tool], [done], age="14m", ended="13m54s", owner=cron
    )
    cron["status"]["lastSuccessfulTime"] = work.object["status"]["completionTime"]
    return cron


def statefulset_updates_on_delete() -> Built:
    """updateStrategy OnDelete: the new image waits until somebody deletes the pods."""
    world = lean("2027-02-02T09:20:00Z")
    work = world.statefulset("search", "logs", [main_of("search", "logs")], replicas=3, age="150d")
    old, new = work.object["status"]["currentRevision"], "search-5d8b6f9c77"
    work.object["spec"]["updateStrategy"] = {"type": "OnDelete"}
    work.object["spec"]["template"]["spec"]["containers"][0]["image"] = image_of("search", "logs", "2.0.0")
    work.object["metadata"]["generation"] = 2
    work.object["status"] |= {"observedGeneration": 2, "updateRevision": new}
    work.object["status"].pop("updatedReplicas")
    for name, number, tag in ((old, 1, "1.4.2"), (new, 2, "2.0.0")):
        kept = template(
            {"app": "search"},
            {"containers": [main_of("search", "logs", image=image_of("search", "logs", tag))]},
        )
        world.add(
            made(
                "apps/v1",
                "ControllerRevision",
                name,
                "logs",
                world.clock.ago("150d" if number == 1 else "3h"),
                labels={"app": "search"},
                owner=owner_reference(work.object),
                data={"spec": {"template": kept | {"$patch": "replace"}}},
                revision=number,
            )
        )
    return Built(
        "statefulset-updates-on-delete",
        alert(
            "KubeStatefulSetUpdateNotRolledOut",
            exported({"namespace": "logs", "statefulset": "search"}),
            world.clock,
            since="2h44m",
            summary="StatefulSet update has not been rolled out.",
            description="StatefulSet logs/search update has not been rolled out.",
        ),
        key(
            work.object,
            work.object,
            "rollout-stuck",
            "The update of StatefulSet logs/search to image 2.0.0 reaches no pod because its updateStrategy "
            "is OnDelete and none of its 3 pods has been deleted.",
            (r"search", r"OnDelete"),
            NO_OOM,
            NO_PULL,
            NO_PROBE,
            tags=("statefulset", "subject-statefulset"),
        ),
        world,
    )


def all_pods_replaced_at_once() -> Built:
    """maxUnavailable 100%: a revision that cannot start takes every pod of the former one down with it."""
    world = lean("2027-02-03T13:31:00Z")
    main = main_of("checkout", "shop", env={"LEDGER_URL": "http://ledger.shop"})
    broken = main_of("checkout", "shop", image=image_of("checkout", "shop", "1.5.0"))
    state = crash_loop(world, "checkout", Ended(1, began="1m41s", ended="1m40s"), 8)
    work = world.deployment(
        "checkout",
        "shop",
        [broken],
        replicas=3,
        age="60d",
        rolled="21m",
        old=Revision([main]),
        states=[state] * 3,
        progress="stuck",
        changed="20m58s",
    )
    work.object["spec"]["strategy"]["rollingUpdate"] = {"maxSurge": 0, "maxUnavailable": "100%"}
    born(world, work, "21m")
    for pod in work.pods:
        placed(world, pod, "21m")
        restarts(world, pod, "checkout", image_of("checkout", "shop", "1.5.0"), first="20m55s", tries=8)
        for previous in (False, True):
            world.log(
                pod, "checkout", "FATAL environment variable LEDGER_URL is not set\n", previous=previous
            )
    return Built(
        "all-pods-replaced-at-once",
        webhook(
            [
                fires(
                    world,
                    "NoCheckout",
                    "No pod of Deployment shop/checkout is available.",
                    "18m",
                    "critical",
                    namespace="shop",
                    deployment="checkout",
                )
            ]
        ),
        key(
            work.object,
            work.object,
            "missing-env",
            "All 3 pods of Deployment shop/checkout end because revision 2 no longer sets the environment "
            "variable LEDGER_URL; maxUnavailable 100% let it replace all of them at once.",
            (r"checkout", r"LEDGER_URL"),
            NO_OOM,
            NO_PULL,
            NO_PROBE,
            tags=("rollout", "log", "crash", "change", "subject-deployment"),
        ),
        world,
    )


def statefulset_waits_for_first_pod() -> Built:
    """Ordinals are made one after the other: the first is never ready, so that two are never made."""
    world = lean("2027-02-04T08:45:00Z")
    probe = http_probe("/ready", 9200)
    bad = PodState(containers={"index": Running(since="34m", ready=False)}, node="node-1", changed="34m")
    work = world.statefulset(
        "index", "search", [main_of("index", "search", ports=[9200], readinessProbe=probe)],
        replicas=1, age="34m30s", states=[bad],
    )  # fmt: skip
    work.object["spec"]["replicas"] = 3
    world.service("index", "search", port=9200, target=9200, age="34m30s", more={"clusterIP": "None"})
    world.event(
        work.object, "statefulset-created-pod", last="34m30s", pod=work.pod["metadata"]["name"], name="index"
    )
    placed(world, work.pod, "34m30s")
    world.event(
        work.pod, "probe-status", first="34m", last="9s", count=204, container="index",
        probe="Readiness", code=404,
    )  # fmt: skip
    world.log(work.pod, "index", "INFO node started\nINFO cluster health is green\n")
    return Built(
        "statefulset-waits-for-first-pod",
        [
            alert(
                "KubeStatefulSetReplicasMismatch",
                exported({"namespace": "search", "statefulset": "index"}),
                world.clock,
                since="19m",
                summary="StatefulSet has not matched the expected number of replicas.",
                description="StatefulSet search/index has not matched the expected number of replicas for longer "
                "than 15 minutes.",
            )
        ],
        key(
            work.object,
            work.object,
            "probe-failure",
            "StatefulSet search/index has one of 3 pods: index-0 runs but its readiness probe gets 404 from "
            "/ready, and the next ones are made only when it is ready.",
            (r"index", r"404|/ready"),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            also=(work.pod,),
            tags=("statefulset", "probe", "subject-statefulset"),
        ),
        world,
    )


def readiness_gate_never_set() -> Built:
    """All containers are ready; the load balancer's controller never set the pod's readiness gate."""
    world = lean("2027-02-05T15:05:00Z")
    gate = "target-health.elbv2.k8s.aws/k8s-web-front-0c1d2e3f4a"
    waits = {
        "lastProbeTime": None,
        "lastTransitionTime": world.clock.ago("26m"),
        "message": "Initial health checks in progress",
        "reason": "Elb.InitialHealthChecking",
        "status": "False",
        "type": gate,
    }
    work = running(
        world,
        "front",
        "web",
        age="26m",
        states=PodState(conditions=(waits,)),
        more={"readinessGates": [{"conditionType": gate}]},
        progress="stuck",
    )
    for condition in work.pod["status"]["conditions"]:
        if condition["type"] == "Ready":
            condition |= {
                "lastTransitionTime": world.clock.ago("26m"),
                "message": f'corresponding condition of pod readiness gate "{gate}" does not exist.',
                "reason": "ReadinessGatesNotReady",
                "status": "False",
            }
            condition["message"] = f'the status of pod readiness gate "{gate}" is not "True", but False'
    _unavailable(world, work.object, "26m")
    work.replica_set["status"].pop("readyReplicas")
    work.replica_set["status"].pop("availableReplicas")
    born(world, work, "26m")
    placed(world, work.pod, "26m")
    return Built(
        "readiness-gate-never-set",
        webhook([not_ready(work.pod, world.clock, since="10m")]),
        key(
            work.pod,
            work.object,
            "probe-failure",
            "Pod of Deployment web/front is not ready although its containers are: the readiness gate "
            "target-health.elbv2.k8s.aws/k8s-web-front-0c1d2e3f4a is not set by its controller.",
            (r"front", r"readiness gate|target-health"),
            NO_OOM,
            NO_PULL,
            r"(readiness|liveness) probe fails",
            tags=("probe", "rollout"),
        ),
        world,
    )


def _unavailable(world: World, work: Json, since: str) -> None:
    """A Deployment of one pod whose pod is not ready, though its containers are."""
    status = work["status"]
    for count in ("readyReplicas", "availableReplicas"):
        status.pop(count, None)
    status["unavailableReplicas"] = 1
    available = status["conditions"][0]
    available |= {
        "lastTransitionTime": world.clock.ago(since),
        "lastUpdateTime": world.clock.ago(since),
        "message": world.say("deployment-unavailable"),
        "reason": "MinimumReplicasUnavailable",
        "status": "False",
    }


def runs_without_being_ready() -> Built:
    """Not ready for hours, and the API server no longer keeps the probe's first failures, nor any other."""
    world = lean("2027-02-06T20:10:00Z")
    state = PodState(containers={"relay": Running(since="9h", ready=False)}, changed="8h40m")
    work = running(
        world, "relay", "mail", age="9h", states=state,
        main={"readinessProbe": {"exec": {"command": ["/bin/relay", "status"]}, "periodSeconds": 3600}},
        changed="8h40m",
    )  # fmt: skip
    world.log(work.pod, "relay", "INFO listening on :8080\n")
    return Built(
        "runs-without-being-ready",
        webhook([not_ready(work.pod, world.clock, since="8h")]),
        key(
            work.pod,
            work.object,
            "probe-failure",
            "Container relay of Deployment mail/relay runs but its readiness probe (exec /bin/relay status) "
            "has not succeeded; no event is left that says why.",
            (r"relay", r"not ready|readiness"),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            outcome=("inconclusive", "diagnosed"),
            tags=("probe", "missing-evidence", "expired-events"),
        ),
        world,
    )


def image_takes_long_to_pull() -> Built:
    """A large image: kubelet has been pulling it for eighteen minutes, and nothing has failed."""
    world = lean("2027-02-07T11:25:00Z")
    image = image_of("llm-server", "ml", "70b-awq")
    waits = PodState(containers={"llm-server": Waiting("ContainerCreating")}, age="19m")
    work = running(
        world, "llm-server", "ml", age="19m", states=waits, main={"image": image}, progress="stuck"
    )
    born(world, work, "19m")
    placed(world, work.pod, "19m")
    world.event(work.pod, "pulling", last="18m40s", image=image, container="llm-server")
    return Built(
        "image-takes-long-to-pull",
        webhook([not_ready(work.pod, world.clock, since="3m30s")]),
        key(
            work.pod,
            work.object,
            "image-pull",
            "Pod of Deployment ml/llm-server is still pulling its image ml/llm-server:70b-awq after 18 minutes; "
            "nothing has failed.",
            (r"llm-server", r"still pulling|pulling|large image|slow"),
            NO_OOM,
            NO_ROOM,
            r"does not exist|not found|denied",
            tags=("image", "too-early"),
        ),
        world,
    )
