"""Rollouts and Jobs that do not come to their end."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import job_failed, rollout_stuck, webhook
from kubetriage.evals.builders.deployments import Revision, Workload
from kubetriage.evals.builders.scenario import Answer, Built, blames, place_of
from kubetriage.evals.builders.scenarios.pod_life import ABSENT, REQUESTS, born, placed, pull_waiting, pulls
from kubetriage.evals.builders.states import READY, Ended, PodState
from kubetriage.evals.builders.templates import container, http_probe
from kubetriage.evals.builders.world import World

_NO_OOM = blames("OOM|out of memory|memory limit")


def rollout_stuck_bad_image() -> Built:
    """The new revision's image does not exist; all three pods of the previous one are ready."""
    world = World("2026-06-01T08:30:00Z", runtime="cri-o://1.31.3")
    image = "quay.example.com/search/api:5.0.0-rc1"
    before = container(
        "api",
        "quay.example.com/search/api:4.9.2",
        ports=[8080],
        requests=REQUESTS,
        readinessProbe=http_probe("/ready", 8080),
    )
    why = world.pull_error("not-found", image)
    work = world.deployment(
        "api",
        "search",
        [before | {"image": image}],
        replicas=3,
        age="140d",
        rolled="34m",
        old=Revision([before], [READY, READY, READY]),
        states=[PodState(containers={"api": pull_waiting(world, image, why)})],
        progress="stuck",
    )
    world.service("api", "search")
    born(world, work, "34m")
    placed(world, work.pod, "34m")
    pulls(world, work.pod, "api", image, why, first="33m58s", tries=11)
    return Built(
        "rollout-stuck-bad-image",
        webhook([rollout_stuck("api", "search", world.clock, since="8m50s")]),
        Answer(
            root_cause="The rollout of Deployment search/api is stuck because the image "
            "quay.example.com/search/api:"
            "5.0.0-rc1 of the new revision does not exist (manifest unknown); the 3 pods of the "
            "previous one are ready.",
            primary=place_of(work.object),
            culprit=place_of(work.object),
            category="image-pull",
            must_mention=(r"5\.0\.0-rc1", rf"{ABSENT}|manifest unknown|unknown"),
            must_not_claim=(
                _NO_OOM,
                blames("insufficient (cpu|memory)"),
                blames("unauthorized|denied|credential"),
                r"service (api )?(has no|without) endpoints|outage of the service",
            ),
            tags=("rollout", "image", "cri-o"),
        ),
        world,
    )


def _failed_export() -> tuple[World, Workload]:
    """A CronJob's last Job, and its four failed pods with their logs."""
    world = World("2026-06-02T03:00:00Z")
    image = "registry.example.com/data/export:1.3.0"
    main = container("export", image, args=["--bucket", "nightly-exports"], requests=REQUESTS)
    tries = [("28m", "27m58s"), ("27m40s", "27m38s"), ("27m10s", "27m8s"), ("26m20s", "26m18s")]
    states = [
        PodState(containers={"export": Ended(4, began=began, ended=ended)}, age=began)
        for began, ended in tries
    ]
    maker = world.cronjob("nightly-export", "data", [main], schedule="32 2 * * *", last="28m", backoff=3)
    name = world.scheduled_job(maker, "28m")
    work = world.job(
        name,
        "data",
        [main],
        states,
        age="28m",
        owner=maker,
        ended="26m17s",
        failed="job-backoff-limit",
        backoff=3,
    )
    for pod, (began, _) in zip(work.pods, tries, strict=True):
        world.event(work.object, "job-created-pod", last=began, pod=pod["metadata"]["name"])
        world.log(
            pod,
            "export",
            "export 1.3.0: 18 tables to bucket nightly-exports\n"
            "table customers: 120345 rows\n"
            "error: upload customers.parquet: bucket nightly-exports: 403 Forbidden: the bucket's storage "
            "quota is exhausted\n",
        )
    world.event(maker, "cronjob-created-job", last="28m", job=name)
    world.event(work.object, "job-backoff-limit", last="26m17s")
    return world, work


def job_backoff_limit() -> Built:
    """Every try of a Job fails; the log of each says why."""
    world, work = _failed_export()
    return Built(
        "job-backoff-limit",
        webhook([job_failed(work.object["metadata"]["name"], "data", world.clock, since="11m")]),
        Answer(
            root_cause="Job data/nightly-export reached its backoff limit after 4 tries: its "
            "upload to bucket "
            "nightly-exports is refused with 403 because the bucket's storage quota is exhausted, "
            "as its log says.",
            primary=place_of(work.object),
            culprit=place_of(work.object),
            category="job-failed",
            must_mention=("nightly-export", r"403|bucket|quota is"),
            must_not_claim=(_NO_OOM, blames("image"), r"resource ?quota", r"deadline"),
            tags=("job", "log"),
        ),
        world,
    )


def job_deadline_exceeded() -> Built:
    """A Job still worked when its deadline came; its pod was stopped and is gone."""
    world = World("2026-06-03T12:15:00Z")
    main = container("vacuum", "registry.example.com/db/vacuum:2.0.0", requests=REQUESTS)
    work = world.job(
        "vacuum",
        "db",
        [main],
        [],
        age="52m",
        ended="22m",
        failed="job-deadline",
        deadline=1800,
        counted=1,
    )
    name = "vacuum-x7k2q"
    world.event(work.object, "job-created-pod", last="52m", pod=name)
    world.event(work.object, "job-deadline", last="22m")
    return Built(
        "job-deadline-exceeded",
        job_failed("vacuum", "db", world.clock, since="6m50s"),
        Answer(
            root_cause="Job db/vacuum was stopped because it was active longer than its "
            "activeDeadlineSeconds of 1800; why "
            "it took so long is not visible, as its pod is gone.",
            primary=place_of(work.object),
            culprit=place_of(work.object),
            category="job-failed",
            must_mention=("vacuum", r"deadline"),
            must_not_claim=(_NO_OOM, blames("image"), r"backoff limit (was |is )?reached", r"exit code"),
            tags=("job",),
            absent=(("Pod", "db", name),),
        ),
        world,
    )
