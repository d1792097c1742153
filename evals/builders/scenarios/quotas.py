"""Pods that a quota refuses, so that a workload has none or too few."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import replicas_mismatch, webhook
from kubetriage.evals.builders.objects import autoscaler, quota
from kubetriage.evals.builders.scenario import Answer, Built, place_of
from kubetriage.evals.builders.scenarios.pod_life import NO_IMAGE, NO_NODE, next_pod, refused
from kubetriage.evals.builders.states import READY
from kubetriage.evals.builders.templates import container
from kubetriage.evals.builders.world import World


def quota_exceeded() -> Built:
    """Two replicas are wanted, the quota of CPU allows one."""
    world = World("2026-05-18T13:00:00Z")
    size = {"cpu": "1500m", "memory": "256Mi"}
    image = "registry.example.com/dating/matcher:1.6.0"
    main = container("matcher", image, requests=size, limits=size)
    why = world.say(
        "quota-exceeded",
        pod=next_pod("matcher", "75d9cbf4d8"),
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
    sizes = {"low": 1, "high": 6, "now": 2, "target": 70, "usage": 64}
    world.add(autoscaler("matcher", "dating", world.clock.ago("80d"), deployment="matcher", **sizes))
    refused(world, work, why, first="55m", tries=17)
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
            must_not_claim=(NO_IMAGE, NO_NODE, r"must specify"),
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
    asked = {"resources": "limits.memory", "resources_for": "limits.memory for: digest"}
    pod = next_pod("digest", "6fc5d9b777")
    why = world.say("quota-must-specify", pod=pod, quota="news-limits", **asked)
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
    hard, used = {"limits.memory": "8Gi"}, {"limits.memory": "0"}
    made = world.add(quota("news-limits", "news", world.clock.ago("3h"), hard, used))
    refused(world, work, why, first="26m", tries=14)
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
                NO_IMAGE,
                NO_NODE,
                r"quota[^.;]{0,30} (is |was )?(exceeded|exhausted|used up|full)",
            ),
            tags=("admission", "old-wording"),
        ),
        world,
    )
