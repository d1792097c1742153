"""Several things wrong at once."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import replicas_mismatch, webhook
from kubetriage.evals.builders.scenario import Answer, Built, blames, place_of
from kubetriage.evals.builders.scenarios.pod_life import ABSENT, REQUESTS, born, placed, pull_waiting, pulls
from kubetriage.evals.builders.states import PodState, Waiting
from kubetriage.evals.builders.templates import container, from_key
from kubetriage.evals.builders.world import World


def two_faults_at_once() -> Built:
    """Two containers of one pod: the image of one is absent, the other's ConfigMap is missing."""
    world = World("2026-06-22T06:30:00Z")
    image = "registry.example.com/hr/people-sync:0.4.9"
    why = world.pull_error("not-found", image)
    missing = world.say("configmap-not-found", name="people-settings")
    web = container(
        "people",
        "registry.example.com/hr/people:2.5.0",
        ports=[8080],
        requests=REQUESTS,
        env={"REGION": from_key("ConfigMap", "people-settings", "region")},
    )
    sync = container("sync", image, requests=REQUESTS)
    state = PodState(
        containers={
            "people": Waiting("CreateContainerConfigError", missing),
            "sync": pull_waiting(world, image, why),
        }
    )
    work = world.deployment("people", "hr", [web, sync], age="37m", states=state, progress="stuck")
    born(world, work, "37m")
    placed(world, work.pod, "37m")
    world.event(
        work.pod, "start-failed", first="36m58s", last="8s", count=175, container="people", why=missing
    )
    pulls(world, work.pod, "sync", image, why, first="36m57s", tries=11)
    return Built(
        "two-faults-at-once",
        webhook([replicas_mismatch("people", "hr", world.clock, since="21m30s")]),
        Answer(
            root_cause="Two faults keep Deployment hr/people from starting: ConfigMap "
            "people-settings, which container "
            "people needs, does not exist, and the image hr/people-sync:0.4.9 of container sync is "
            "not in the registry.",
            primary=place_of(work.object),
            culprit=("ConfigMap", "hr", "people-settings"),
            also=(place_of(work.object),),
            category="missing-configmap",
            must_mention=("people-settings", r"people-sync:0\.4\.9", ABSENT),
            must_not_claim=(
                blames("OOM|out of memory"),
                blames("insufficient (cpu|memory)"),
                blames("unauthorized|credential"),
            ),
            tags=("two-faults", "config", "image"),
            absent=(("ConfigMap", "hr", "people-settings"),),
        ),
        world,
    )
