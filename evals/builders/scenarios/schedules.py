"""Runs that are not started, and commands, claims and references that answer for themselves."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import (
    alert,
    crash_looping,
    exported,
    not_ready,
    replicas_mismatch,
    webhook,
)
from kubetriage.evals.builders.identity import Json, uid
from kubetriage.evals.builders.objects import made
from kubetriage.evals.builders.objects import webhook as webhook_configuration
from kubetriage.evals.builders.policies import priority_class
from kubetriage.evals.builders.scenario import Built
from kubetriage.evals.builders.scenarios.pod_life import refused, unbound, unfit
from kubetriage.evals.builders.scenarios.short import (
    NO_OOM,
    NO_PROBE,
    NO_PULL,
    NO_ROOM,
    crashing,
    fires,
    key,
    lean,
    main_of,
    running,
)
from kubetriage.evals.builders.states import Ended, PodState, Running, pending
from kubetriage.evals.builders.templates import claim_volume, from_key, http_probe
from kubetriage.evals.builders.world import World

_DRIVER = "disk.csi.example.com"


def _cron(world: World, schedule: str, last: str) -> Json:
    return world.cronjob("invoices", "billing", [main_of("invoices", "billing", ports=[])],
                         schedule=schedule, last=last)  # fmt: skip


def cronjob_schedule_never_comes() -> Built:
    """A day that no such month has: the schedule is taken, and can never be met."""
    world = lean("2027-02-08T06:30:00Z")
    cron = _cron(world, "0 4 31 4,6,9,11 *", "70d")
    del cron["status"]["lastScheduleTime"]
    world.event(
        cron, "cronjob-invalid-schedule", first="58m", last="2m", count=6, schedule="0 4 31 4,6,9,11 *"
    )
    return Built(
        "cronjob-schedule-never-comes",
        fires(
            world, "InvoicesMissing", "CronJob billing/invoices has not run for 40 days.", "2d", "critical",
            namespace="billing", cronjob="invoices",
        ),
        key(
            cron,
            cron,
            "suspended",
            "CronJob billing/invoices starts no Job because its schedule 0 4 31 4,6,9,11 * can never be met "
            "(InvalidSchedule).",
            (r"invoices", r"schedule", r"0 4 31 4,6,9,11|invalid|cannot be used|never"),
            NO_OOM,
            NO_PULL,
            tags=("cronjob", "subject-cronjob"),
        ),
        world,
    )  # fmt: skip


def cronjob_time_zone_unknown() -> Built:
    """The time zone is one that the controller manager's image does not know."""
    world = lean("2027-02-09T06:30:00Z")
    cron = _cron(world, "30 5 * * *", "1d1h")
    cron["spec"]["timeZone"] = "Asia/Qostanay"
    cron["metadata"]["generation"] = 2
    world.event(cron, "cronjob-unknown-zone", first="57m", last="4m", count=9, zone="Asia/Qostanay")
    return Built(
        "cronjob-time-zone-unknown",
        webhook(
            [
                fires(
                    world, "InvoicesMissing", "CronJob billing/invoices has not run for a day.", "40m",
                    namespace="billing", cronjob="invoices",
                )
            ]
        ),
        key(
            cron,
            cron,
            "suspended",
            "CronJob billing/invoices starts no Job because its time zone Asia/Qostanay is not known to the "
            "controller manager.",
            (r"invoices", r"time ?zone", r"Asia/Qostanay"),
            NO_OOM,
            NO_PULL,
            tags=("cronjob", "subject-cronjob"),
        ),
        world,
    )  # fmt: skip


def job_waits_in_its_queue() -> Built:
    """Kueue suspended the Job until its queue has room."""
    world = lean("2027-02-10T17:00:00Z")
    work = world.job("train-0210", "ml", [main_of("train", "ml", ports=[])], [], age="14h")
    at = world.clock.ago("14h")
    work.object["spec"]["suspend"] = True
    work.object["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] = "gpu-night"
    work.object["status"] = {
        "conditions": [
            {
                "lastProbeTime": at,
                "lastTransitionTime": at,
                "message": "Job suspended",
                "reason": "JobSuspended",
                "status": "True",
                "type": "Suspended",
            }
        ],
        "ready": 0,
        "terminating": 0,
    }
    return Built(
        "job-waits-in-its-queue",
        alert(
            "KubeJobNotCompleted",
            exported({"job_name": "train-0210", "namespace": "ml"}),
            world.clock,
            since="1h55m",
            summary="Job did not complete in time",
            description="Job ml/train-0210 is taking more than 12h0m to complete.",
        ),
        key(
            work.object,
            work.object,
            "suspended",
            "Job ml/train-0210 has no pods because it is suspended: it waits in the Kueue queue gpu-night.",
            (r"train-0210", r"suspend", r"gpu-night"),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            tags=("job", "subject-job"),
        ),
        world,
    )


def command_exits_by_itself() -> Built:
    """A placeholder that was never replaced: the command says itself that it exits with 3."""
    world = lean("2027-02-11T12:40:00Z")
    work = crashing(
        world,
        "importer",
        "geo",
        Ended(3, began="2m31s", ended="2m31s"),
        "TODO: import\n",
        main={"command": ["/bin/sh", "-c", "echo 'TODO: import'; exit 3"]},
    )
    return Built(
        "command-exits-by-itself",
        webhook([crash_looping(work.pod, "importer", world.clock, since="20m")]),
        key(
            work.pod,
            work.object,
            "bad-command",
            "Container importer of Deployment geo/importer ends with 3 because its own command says so: echo "
            "'TODO: import'; exit 3.",
            (r"importer", r"exit 3|command"),
            NO_OOM,
            NO_PULL,
            NO_PROBE,
            tags=("crash", "command"),
        ),
        world,
    )


def configmap_deleted_under_running_pod() -> Built:
    """The probe asks a path that is not there; and the next pod would not even start: its ConfigMap is gone."""
    world = lean("2027-02-12T09:50:00Z")
    state = PodState(containers={"rates": Running(since="33m", ready=False)}, changed="33m")
    work = running(
        world,
        "rates",
        "bank",
        age="33m30s",
        states=state,
        main={
            "env": {"BASE": from_key("ConfigMap", "rates-settings", "base")},
            "readinessProbe": http_probe("/health", 8080),
        },
        progress="stuck",
    )
    world.event(
        work.pod, "probe-status", first="33m", last="7s", count=198, container="rates", probe="Readiness",
        code=404,
    )  # fmt: skip
    world.log(work.pod, "rates", "INFO listening on :8080\nWARN 404 GET /health\n")
    gone = ("ConfigMap", "bank", "rates-settings")
    return Built(
        "configmap-deleted-under-running-pod",
        webhook([not_ready(work.pod, world.clock, since="18m")]),
        key(
            work.pod,
            work.object,
            "probe-failure",
            "Pod of Deployment bank/rates is not ready because its readiness probe gets 404 from /health; a new "
            "pod would not start, since ConfigMap rates-settings no longer exists.",
            (r"rates", r"404|/health"),
            NO_OOM,
            NO_PULL,
            tags=("probe", "config", "risk"),
            absent=(gone,),
        ),
        world,
    )


def claim_names_a_volume_that_is_taken() -> Built:
    """A restored claim names its former volume, which is Released: reserved for the claim that was deleted."""
    world = lean("2027-02-13T16:15:00Z", csi=("standard", _DRIVER))
    volume = world.add(
        made(
            "v1",
            "PersistentVolume",
            "wiki-data-restored",
            "",
            world.clock.ago("90d"),
            annotations={"pv.kubernetes.io/bound-by-controller": "yes"},
            finalizers=["kubernetes.io/pv-protection"],
            spec={
                "accessModes": ["ReadWriteOnce"],
                "capacity": {"storage": "20Gi"},
                "claimRef": {
                    "apiVersion": "v1",
                    "kind": "PersistentVolumeClaim",
                    "name": "wiki-data",
                    "namespace": "docs",
                    "uid": uid("PersistentVolumeClaim", "docs", "wiki-data", "former"),
                },
                "csi": {"driver": _DRIVER, "fsType": "ext4", "volumeHandle": "disk-8c1f02aa"},
                "persistentVolumeReclaimPolicy": "Retain",
                "storageClassName": "standard",
                "volumeMode": "Filesystem",
            },
            status={"phase": "Released"},
        )
    )
    claim = world.claim("wiki-data", "docs", size="20Gi", storage_class="standard", age="25m")
    claim["spec"]["volumeName"] = "wiki-data-restored"
    work = running(
        world, "wiki", "docs", age="25m", states=pending(unbound(world)), progress="stuck",
        volumes=[claim_volume("data", "wiki-data")], main={"mounts": {"data": "/data"}},
    )  # fmt: skip
    unfit(world, work, "25m", 6)
    world.event(
        claim, "volume-bound-elsewhere", first="25m", last="20s", count=100, volume="wiki-data-restored"
    )
    return Built(
        "claim-names-a-volume-that-is-taken",
        webhook([not_ready(work.pod, world.clock, since="9m")]),
        key(
            work.pod,
            volume,
            "pvc-lost",
            "Pod of Deployment docs/wiki waits for claim wiki-data, which names PersistentVolume "
            "wiki-data-restored; that is Released, reserved for a claim that was deleted.",
            (r"wiki-data", r"wiki-data-restored", r"released|reserved|claimRef|bound"),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            also=(claim,),
            tags=("storage",),
        ),
        world,
    )


def claim_cannot_grow() -> Built:
    """The claim asks for more, and the storage refuses to give it."""
    world = lean("2027-02-14T02:05:00Z", csi=("standard", _DRIVER))
    claim = world.claim(
        "data-tsdb-0", "metrics", size="40Gi", storage_class="standard", provisioner=_DRIVER, bound=True,
        age="200d",
    )  # fmt: skip
    claim["spec"]["resources"]["requests"]["storage"] = "80Gi"
    claim["status"]["allocatedResources"] = {"storage": "80Gi"}
    claim["status"]["conditions"] = [
        {
            "lastProbeTime": None,
            "lastTransitionTime": world.clock.ago("50m"),
            "status": "True",
            "type": "Resizing",
        }
    ]
    volume = claim["spec"]["volumeName"]
    work = world.statefulset(
        "tsdb", "metrics", [main_of("tsdb", "metrics", mounts={"data": "/data"})], age="200d",
        volumes=[claim_volume("data", "data-tsdb-0")],
    )  # fmt: skip
    world.service("tsdb", "metrics", age="200d")
    world.event(claim, "claim-resizing", first="50m", last="4m", count=11, volume=volume)
    world.event(
        claim, "claim-resize-failed", first="50m", last="4m", count=11, volume=volume, driver=_DRIVER,
        code="ResourceExhausted", why="quota of pool ssd-eu is used up: 2000Gi of 2000Gi",
    )  # fmt: skip
    return Built(
        "claim-cannot-grow",
        [
            alert(
                "KubePersistentVolumeFillingUp",
                {
                    **exported({"namespace": "metrics", "persistentvolumeclaim": "data-tsdb-0"}),
                    "job": "kubelet",
                    "service": "kubelet",
                },
                world.clock,
                since="45m",
                severity="critical",
                summary="PersistentVolume is filling up.",
                description="The PersistentVolume claimed by data-tsdb-0 in Namespace metrics is only 2.4% free.",
            )
        ],
        key(
            claim,
            claim,
            "volume-filling-up",
            "Claim metrics/data-tsdb-0 (StatefulSet tsdb) is nearly full, and its expansion from 40Gi to 80Gi "
            "fails: quota of pool ssd-eu is used up.",
            (r"data-tsdb-0", r"80Gi|expan|grow", r"quota|pool ssd-eu|used up"),
            NO_OOM,
            NO_PULL,
            also=(work.object,),
            tags=("storage", "subject-claim", "alert-text"),
        ),
        world,
    )  # fmt: skip


def priority_class_absent() -> Built:
    """The template names a PriorityClass that this cluster does not have: every pod is refused."""
    world = lean("2027-03-01T07:20:00Z")
    world.add(priority_class("critical-apps", world.clock.ago("200d"), 100000))
    why = world.say("priority-class-not-found", generate_name="gateway-5f7d9c8b6c-", name="critical-app")
    work = running(
        world, "gateway", "edge", age="26m", states=[], refused=why, progress="stuck", hash_="5f7d9c8b6c",
        more={"priorityClassName": "critical-app"},
    )  # fmt: skip
    refused(world, work, why, first="26m", tries=15)
    return Built(
        "priority-class-absent",
        [replicas_mismatch("gateway", "edge", world.clock, since="10m")],
        key(
            work.object,
            work.object,
            "admission-policy",
            "Deployment edge/gateway gets no pod because its PriorityClass critical-app does not exist; there is "
            "critical-apps.",
            (r"gateway", r"PriorityClass", r"critical-app"),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            also=(("PriorityClass", "", "critical-app"),),
            tags=("admission", "subject-deployment"),
            absent=(("PriorityClass", "", "critical-app"),),
        ),
        world,
    )


def webhooks_outlast_the_deadline() -> Built:
    """Two webhooks that may be skipped, and only after their timeouts: together longer than a request may take."""
    world = lean("2027-03-02T19:45:00Z")
    hooks = []
    for name, service, seconds in (("label-adder", "labels", 12), ("agent-injector", "injector", 25)):
        running(world, service, "hooks", age="60d", main={"ports": [8443]})
        world.service(service, "hooks", port=443, target=8443, age="60d")
        hooks.append(
            world.add(
                webhook_configuration(
                    "Mutating", name, world.clock.ago("60d"), service=("hooks", service),
                    hook=f"{service}.hooks.example.com", fails=False, timeout=seconds,
                )
            )
        )  # fmt: skip
    why = world.say("request-deadline")
    work = running(
        world, "shipping", "shop", age="37m", states=[], refused=why, progress="stuck", hash_="7d4b9c6f58"
    )
    refused(world, work, why, first="37m", tries=17)
    return Built(
        "webhooks-outlast-the-deadline",
        webhook([replicas_mismatch("shipping", "shop", world.clock, since="21m")]),
        key(
            work.object,
            hooks[1],
            "admission-webhook",
            "Deployment shop/shipping gets no pod: the webhooks label-adder (12 s) and agent-injector (25 s) do not "
            "answer, and together they outlast the API server's deadline of 30 s for a request.",
            (r"shipping", r"agent-injector", r"deadline|timeout|30 s|in time"),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            also=(hooks[0], ("Service", "hooks", "injector"), ("Deployment", "hooks", "injector")),
            tags=("admission", "subject-deployment"),
        ),
        world,
    )
