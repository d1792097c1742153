"""Short ways to say what most scenarios need: an application that runs or crashes, an alert, an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kubetriage.evals.builders.alerts import alert
from kubetriage.evals.builders.clock import span
from kubetriage.evals.builders.deployments import Workload
from kubetriage.evals.builders.identity import Json
from kubetriage.evals.builders.scenario import Answer, Place, blames, place_of
from kubetriage.evals.builders.scenarios.pod_life import REQUESTS, born, crash_loop, placed, restarts
from kubetriage.evals.builders.states import READY, Ended, PodState
from kubetriage.evals.builders.templates import container
from kubetriage.evals.builders.world import World

NO_OOM = blames(r"\bOOM|out of memory|memory limit")
NO_PULL = blames("image (cannot|could not|can not) be pulled|image pull|ErrImagePull|ImagePullBackOff")
NO_PROBE = blames("(liveness|readiness|startup) probe")
NO_ROOM = blames("insufficient (cpu|memory)")
TWO = ("node-1", "node-2")
HOUR = span("1h")


def lean(time: str, **more: Any) -> World:
    """A small world: two nodes, one coredns, no exporter."""
    return World(time, lean=True, **{"names": TWO, **more})


def image_of(name: str, ns: str, tag: str = "1.4.2") -> str:
    return f"registry.example.com/{ns}/{name}:{tag}"


def main_of(name: str, ns: str, **more: Any) -> Json:
    """The container of an application: port 8080 and small requests unless said otherwise."""
    image = more.pop("image", "") or image_of(name, ns)
    return container(name, image, **{"ports": [8080], "requests": REQUESTS, **more})


def running(
    world: World,
    name: str,
    ns: str,
    *,
    replicas: int = 1,
    age: str = "20d",
    states: PodState | Sequence[PodState] = READY,
    main: Json | None = None,
    log: str = "",
    **more: Any,
) -> Workload:
    """A Deployment of an application; `log` is that of each pod's container."""
    of_container = dict(main or {})
    work = world.deployment(
        name,
        ns,
        [main_of(name, ns, **of_container)],
        replicas=replicas,
        age=age,
        states=states,
        **more,
    )
    for pod in work.pods if log else ():
        world.log(pod, name, log)
    return work


def crashing(
    world: World,
    name: str,
    ns: str,
    last: Ended,
    log: str | None,
    *,
    age: str = "40m",
    tries: int = 12,
    main: Json | None = None,
    **more: Any,
) -> Workload:
    """A Deployment whose only pod ends again and again with `log` (None: not recorded)."""
    young = span(age) < HOUR
    progress = "stuck" if young else "complete"
    changed = {} if young else {"changed": more.pop("changed", "38m")}
    state = crash_loop(world, name, last, tries)
    work = running(
        world, name, ns, age=age, states=state, main=main, **{"progress": progress, **changed, **more}
    )
    if young:
        born(world, work, age)
        placed(world, work.pod, age)
    first = age if young else changed["changed"]
    restarts(world, work.pod, name, work.pod["spec"]["containers"][0]["image"], first=first, tries=tries)
    if log is not None:
        world.log(work.pod, name, log)
        world.log(work.pod, name, log, previous=True)
    return work


def fires(
    world: World,
    name: str,
    text: str,
    since: str,
    severity: str = "warning",
    resolved: str = "",
    **labels: str,
) -> Json:
    """An alert of someone's own rule: its labels are the subject's, and its text says it in a sentence."""
    return alert(
        name,
        labels,
        world.clock,
        since=since,
        summary=text,
        description=text,
        severity=severity,
        resolved=resolved,
    )


def at(where: Json | Place | None) -> Place | None:
    return place_of(where) if isinstance(where, dict) else where


def key(
    primary: Json | Place | None,
    culprit: Json | Place | None,
    category: str,
    root_cause: str,
    mention: Sequence[str],
    *claims: str,
    also: Sequence[Json | Place] = (),
    outcome: str | tuple[str, ...] = "diagnosed",
    tags: Sequence[str] = (),
    absent: Sequence[Place] = (),
) -> Answer:
    """An answer; objects stand for their places, and `claims` must not be made."""
    return Answer(
        root_cause=root_cause,
        primary=at(primary),
        culprit=at(culprit),
        also=tuple(place for one in also if (place := at(one))),
        category=category,
        outcome=outcome,
        must_mention=tuple(mention),
        must_not_claim=claims,
        tags=tuple(tags),
        absent=tuple(absent),
    )
