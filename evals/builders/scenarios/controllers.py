"""Workloads that their controllers don't bring on: paused, blocked, suspended, scaled away."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import alert, exported, webhook
from kubetriage.evals.builders.deployments import Revision
from kubetriage.evals.builders.identity import Json, template_hash
from kubetriage.evals.builders.objects import lease, made
from kubetriage.evals.builders.scenario import Built
from kubetriage.evals.builders.scenarios.pod_life import REQUESTS, crash_loop, placed, pull_waiting, pulls
from kubetriage.evals.builders.scenarios.short import (
    NO_OOM,
    NO_PROBE,
    NO_PULL,
    fires,
    image_of,
    key,
    lean,
    main_of,
    running,
)
from kubetriage.evals.builders.states import READY, Ended, PodState
from kubetriage.evals.builders.templates import container, template
from kubetriage.evals.builders.world import World


def deployment_scaled_to_zero() -> Built:
    """Someone scaled the Deployment behind a Service to 0, and its callers get nothing."""
    world = lean("2026-07-11T07:35:00Z")
    work = running(world, "pricing", "shop", replicas=0, states=[], age="80d")
    work.object["metadata"]["generation"] = 4
    work.object["status"]["observedGeneration"] = 4
    service = world.service("pricing", "shop")
    rs = work.replica_set["metadata"]["name"]
    world.event(work.object, "scaled-down", last="41m", replica_set=rs, was=3, to=0)
    for end in ("4xk2p", "9wvtd", "hh7qz"):
        world.event(work.replica_set, "replicaset-deleted-pod", last="41m", pod=f"{rs}-{end}")
    return Built(
        "deployment-scaled-to-zero",
        webhook(
            [
                fires(
                    world,
                    "ServiceWithoutEndpoints",
                    "Service shop/pricing has had no endpoints for 5 minutes.",
                    "35m",
                    "critical",
                    namespace="shop",
                    service="pricing",
                )
            ]
        ),
        key(
            service,
            work.object,
            "scaled-to-zero",
            "Service shop/pricing has no endpoints because Deployment pricing was scaled to 0 replicas "
            "(from 3).",
            (r"pricing", r"scaled (down )?(to|from)|replicas|scale", r"\b0\b|zero"),
            NO_OOM,
            NO_PULL,
            r"selector (does not|doesn.t) match|selector mismatch",
            tags=("service", "scaled-to-zero", "subject-service"),
        ),
        world,
    )


def rollout_paused() -> Built:
    """A Deployment was paused in the middle of its rollout and forgotten."""
    world = lean("2026-07-12T12:05:00Z")
    before = main_of("profile", "users", image=image_of("profile", "users", "2.0.0"))
    work = world.deployment(
        "profile",
        "users",
        [before | {"image": image_of("profile", "users", "2.1.0")}],
        replicas=4,
        age="90d",
        rolled="5h",
        old=Revision([before], [READY, READY, READY]),
        states=[READY, READY],
        progress="ongoing",
    )
    work.object["spec"]["paused"] = True
    progressing = work.object["status"]["conditions"][1]
    progressing |= {
        "lastTransitionTime": world.clock.ago("4h58m"),
        "lastUpdateTime": world.clock.ago("4h58m"),
        "message": world.say("deployment-paused"),
        "reason": "DeploymentPaused",
        "status": "Unknown",
    }
    return Built(
        "rollout-paused",
        webhook(
            [
                alert(
                    "DeploymentUpdateIncomplete",
                    exported({"deployment": "profile", "namespace": "users"}),
                    world.clock,
                    since="4h",
                    summary="Deployment is not up to date.",
                    description="Deployment users/profile has had pods of an old revision for more than "
                    "30 minutes.",
                )
            ]
        ),
        key(
            work.object,
            work.object,
            "rollout-stuck",
            "The rollout of Deployment users/profile does not go on because the Deployment is paused; 2 "
            "of its pods "
            "are of the new revision and 3 of the old one.",
            (r"profile", r"pause"),
            NO_OOM,
            NO_PULL,
            NO_PROBE,
            tags=("rollout", "subject-deployment"),
        ),
        world,
    )


def controller_manager_down() -> Built:
    """The Deployment's change of 20 minutes ago was not seen: the controller manager crashes on a flag."""
    world = lean("2026-07-13T09:25:00Z")
    work = running(world, "feed", "social", replicas=2, age="30d")
    work.object["metadata"]["generation"] = 3
    work.object["status"]["observedGeneration"] = 2
    world.get("Node", "node-1")["metadata"]["labels"]["node-role.kubernetes.io/control-plane"] = ""
    node = world.get("Node", "node-1")
    main = container(
        "kube-controller-manager",
        f"registry.k8s.io/kube-controller-manager:v{world.kubernetes}",
        command=["kube-controller-manager", "--cluster-signing-cert-file=/etc/kubernetes/pki/ca.pem"],
        requests={"cpu": "200m"},
    )
    state = crash_loop(world, "kube-controller-manager", Ended(1, began="1m3s", ended="1m2s"), 9)
    mirror = {
        "apiVersion": "v1",
        "controller": True,
        "kind": "Node",
        "name": "node-1",
        "uid": node["metadata"]["uid"],
    }
    spec = template(
        {"component": "kube-controller-manager", "tier": "control-plane"},
        {"containers": [main], "hostNetwork": True, "restartPolicy": "Always", "priority": 2000001000},
    )
    spec["metadata"]["annotations"] = {
        "kubernetes.io/config.source": "file",
        "kubernetes.io/config.mirror": "8c7f3b0d1c0e4b1f9f1f3d9a6a0b1c2d",
    }
    pod = world.pod(
        "kube-controller-manager-node-1",
        "kube-system",
        spec,
        PodState(containers=state.containers, node="node-1"),
        age="25m",
        owner=mirror,
    )
    world.log(
        pod,
        "kube-controller-manager",
        'E0713 09:23:57.771903       1 run.go:74] "command failed" err="error initializing csrsigning '
        "controller: "
        'open /etc/kubernetes/pki/ca.pem: no such file or directory"\n',
        previous=True,
    )
    own = lease("kube-controller-manager", world.clock.ago("120d"), world.clock.ago_micro("24m40s"))
    own["metadata"] |= {"namespace": "kube-system", "uid": "0f0e7a0c-5d53-5b5e-8a11-0d3f4c2b9a77"}
    del own["metadata"]["ownerReferences"]
    own["spec"] |= {"holderIdentity": "node-1_5b0c7f3e", "leaseTransitions": 4}
    world.add(own)
    return Built(
        "controller-manager-down",
        webhook(
            [
                alert(
                    "KubeDeploymentGenerationMismatch",
                    exported({"deployment": "feed", "namespace": "social"}),
                    world.clock,
                    since="5m",
                    summary="Deployment generation mismatch due to possible roll-back",
                    description="Deployment generation for social/feed does not match, this indicates "
                    "that the "
                    "Deployment has failed but has not been rolled back.",
                )
            ]
        ),
        key(
            work.object,
            pod,
            "controller-stalled",
            "Deployment social/feed is at generation 3 but only 2 was observed: kube-controller-manager "
            "crashes "
            "(no such file /etc/kubernetes/pki/ca.pem), so nothing reconciles.",
            (r"controller", r"observed|generation|reconcil|crash|no such file"),
            NO_OOM,
            NO_PULL,
            also=(("Lease", "kube-system", "kube-controller-manager"), ("Node", "", "node-1"), work.object),
            tags=("control-plane", "subject-deployment", "cross-namespace"),
        ),
        world,
    )


def cronjob_suspended() -> Built:
    """The backup has not run for days, because its CronJob is suspended."""
    world = lean("2026-07-14T04:00:00Z")
    cron = world.cronjob(
        "pg-backup",
        "data",
        [main_of("backup", "data", ports=[])],
        schedule="0 1 * * *",
        last="6d3h",
    )
    cron["spec"]["suspend"] = True
    cron["metadata"]["generation"] = 2
    cron["status"]["lastSuccessfulTime"] = world.clock.ago("6d2h58m")
    return Built(
        "cronjob-suspended",
        [
            fires(
                world,
                "BackupTooOld",
                "The last successful run of CronJob data/pg-backup is more than 2 days old.",
                "4d2h",
                "critical",
                namespace="data",
                cronjob="pg-backup",
            )
        ],
        key(
            cron,
            cron,
            "suspended",
            "CronJob data/pg-backup makes no Jobs because it is suspended (spec.suspend: true); it last "
            "ran 6 days ago.",
            (r"pg-backup", r"suspend"),
            NO_OOM,
            NO_PULL,
            tags=("cronjob", "subject-cronjob"),
        ),
        world,
    )


def _blocked_job(world: World, cron: Json, image: str) -> Json:
    """The CronJob's Job that has been waiting for its image for a day."""
    why = world.pull_error("not-found", image)
    name = world.scheduled_job(cron, "1d2h")
    work = world.job(
        name,
        "data",
        [container("rollup", image, requests=REQUESTS)],
        [PodState(containers={"rollup": pull_waiting(world, image, why)})],
        age="1d2h",
        owner=cron,
    )
    pulls(world, work.pod, "rollup", image, why, first="59m", tries=12)
    return work.object


def cronjob_waits_for_its_last_job() -> Built:
    """concurrencyPolicy Forbid: the last Job hangs on an image that is absent, and no other is started."""
    world = lean("2026-07-15T10:10:00Z")
    image = image_of("rollup", "data", "0.9.0-rc7")
    cron = world.cronjob(
        "hourly-rollup",
        "data",
        [container("rollup", image, requests=REQUESTS)],
        schedule="10 * * * *",
        last="1d2h",
    )
    job = _blocked_job(world, cron, image)
    cron["status"]["active"] = [
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "name": job["metadata"]["name"],
            "namespace": "data",
            "uid": job["metadata"]["uid"],
        }
    ]
    world.event(cron, "cronjob-active", first="50m", last="10s", count=9)
    return Built(
        "cronjob-waits-for-its-last-job",
        fires(
            world,
            "CronJobNotScheduled",
            "CronJob data/hourly-rollup has started no Job for 4 hours.",
            "22h",
            namespace="data",
            cronjob="hourly-rollup",
        ),
        key(
            cron,
            cron,
            "image-pull",
            "CronJob data/hourly-rollup starts no Job because its last one still waits: image "
            "data/rollup:0.9.0-rc7 is "
            "not found, and concurrencyPolicy Forbid allows no second.",
            (r"hourly-rollup|rollup", r"0\.9\.0-rc7", r"not found|absent|not exist|missing|pull"),
            NO_OOM,
            tags=("cronjob", "image", "subject-cronjob"),
        ),
        world,
    )


def job_kept_open_by_sidecar() -> Built:
    """The Job's own container is done; the proxy beside it never ends."""
    world = lean("2026-07-16T06:00:00Z")
    main = main_of("report", "finance", ports=[])
    proxy = container("sql-proxy", "gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.11.4", ports=[5432])
    done = Ended(0, "Completed", began="15h", ended="14h52m")
    work = world.job(
        "report-2026-07-15",
        "finance",
        [main, proxy],
        [PodState(containers={"report": done})],
        age="15h",
    )
    work.object["status"] |= {"active": 1, "ready": 0}
    world.log(work.pod, "report", "INFO report written: 1,922 rows\nINFO done\n")
    world.log(
        work.pod, "sql-proxy", "INFO The proxy has started successfully and is ready for new connections!\n"
    )
    return Built(
        "job-kept-open-by-sidecar",
        webhook(
            [
                alert(
                    "KubeJobNotCompleted",
                    {"job_name": "report-2026-07-15", "namespace": "finance", "prometheus": "monitoring/k8s"},
                    world.clock,
                    since="2h58m",
                    summary="Job did not complete in time",
                    description="Job finance/report-2026-07-15 is taking more than 12h to complete.",
                )
            ]
        ),
        key(
            work.object,
            work.object,
            "job-stuck",
            "Job finance/report-2026-07-15 does not complete because its sidecar sql-proxy keeps running, "
            "although "
            "container report ended with 0 14 hours ago.",
            (r"sql-proxy", r"report", r"running|never (ends|exits)|keeps|still|does not (end|exit)"),
            NO_OOM,
            NO_PULL,
            NO_PROBE,
            tags=("job", "subject-job"),
        ),
        world,
    )


def statefulset_waits_for_broken_pod() -> Built:
    """The template was corrected, but OrderedReady does not replace the pod that never got ready."""
    world = lean("2026-07-17T15:30:00Z")
    bad, good = image_of("broker", "mq", "3.13-alpine2"), image_of("broker", "mq", "3.13.7")
    why = world.pull_error("not-found", bad)
    broken = PodState(containers={"broker": pull_waiting(world, bad, why)}, age="55m")
    work = world.statefulset(
        "broker", "mq", [main_of("broker", "mq", image=bad)], replicas=2, states=[READY, broken], age="44d"
    )
    old = main_of("broker", "mq", image=image_of("broker", "mq", "3.12.14"))
    revisions = {one: f"broker-{template_hash('broker', {'image': one})}" for one in (old["image"], good)}
    first = work.pods[0]
    first["metadata"]["labels"]["controller-revision-hash"] = revisions[old["image"]]
    first["spec"]["containers"][0]["image"] = old["image"]
    first["status"]["containerStatuses"][0]["image"] = old["image"]
    work.object["spec"]["template"]["spec"]["containers"][0]["image"] = good
    work.object["metadata"]["generation"] = 3
    work.object["status"] |= {
        "currentReplicas": 1,
        "currentRevision": revisions[old["image"]],
        "observedGeneration": 3,
        "updateRevision": revisions[good],
    }
    del work.object["status"]["updatedReplicas"]
    placed(world, work.pods[1], "55m")
    pulls(world, work.pods[1], "broker", bad, why, first="54m50s", tries=15)
    return Built(
        "statefulset-waits-for-broken-pod",
        webhook(
            [
                alert(
                    "KubeStatefulSetUpdateNotRolledOut",
                    exported({"namespace": "mq", "statefulset": "broker"}),
                    world.clock,
                    since="29m",
                    summary="StatefulSet update has not been rolled out.",
                    description="StatefulSet mq/broker update has not been rolled out.",
                )
            ]
        ),
        key(
            work.object,
            work.pods[1],
            "statefulset-blocked",
            "Pod mq/broker-1 still has the image broker:3.13-alpine2, which does not exist; StatefulSet "
            "broker now asks "
            "for 3.13.7, but does not replace a pod that never got ready.",
            (r"broker-1", r"3\.13-alpine2"),
            NO_OOM,
            also=(work.object,),
            tags=("statefulset", "image", "subject-statefulset"),
        ),
        world,
    )


def statefulset_partition_holds_update() -> Built:
    """A partition as large as the number of replicas: the new revision reaches no pod."""
    world = lean("2026-07-18T18:00:00Z")
    work = world.statefulset("store", "kv", [main_of("store", "kv")], replicas=3, age="120d")
    old = work.object["status"]["currentRevision"]
    work.object["spec"]["updateStrategy"]["rollingUpdate"]["partition"] = 3
    new_template = work.object["spec"]["template"]["spec"]["containers"][0]
    new_template["image"] = image_of("store", "kv", "1.5.0")
    work.object["metadata"]["generation"] = 2
    work.object["status"] |= {"observedGeneration": 2, "updateRevision": "store-6f7c5b9d44"}
    work.object["status"].pop("updatedReplicas")
    for name, number, tag in ((old, 1, "1.4.2"), ("store-6f7c5b9d44", 2, "1.5.0")):
        revision = made(
            "apps/v1",
            "ControllerRevision",
            name,
            "kv",
            world.clock.ago("120d" if number == 1 else "2h"),
            labels={"app": "store"},
            data={"spec": {"template": _replacing(image_of("store", "kv", tag))}},
            revision=number,
        )
        revision["metadata"]["ownerReferences"] = [_owned_by(work.object)]
        world.add(revision)
    return Built(
        "statefulset-partition-holds-update",
        [
            alert(
                "KubeStatefulSetUpdateNotRolledOut",
                exported({"namespace": "kv", "statefulset": "store"}),
                world.clock,
                since="1h44m",
                summary="StatefulSet update has not been rolled out.",
                description="StatefulSet kv/store update has not been rolled out.",
            )
        ],
        key(
            work.object,
            work.object,
            "rollout-stuck",
            "The update of StatefulSet kv/store to image 1.5.0 reaches no pod because its updateStrategy "
            "has partition "
            "3, and only ordinals from 3 on are updated; it has 3 replicas.",
            (r"store", r"partition"),
            NO_OOM,
            NO_PULL,
            NO_PROBE,
            tags=("statefulset", "subject-statefulset"),
        ),
        world,
    )


def _owned_by(owner: Json) -> Json:
    meta = owner["metadata"]
    return {
        "apiVersion": owner["apiVersion"],
        "blockOwnerDeletion": True,
        "controller": True,
        "kind": owner["kind"],
        "name": meta["name"],
        "uid": meta["uid"],
    }


def _replacing(image: str) -> Json:
    """A template as a ControllerRevision keeps it."""
    made_ = template({"app": "store"}, {"containers": [main_of("store", "kv", image=image)]})
    return made_ | {"$patch": "replace"}
