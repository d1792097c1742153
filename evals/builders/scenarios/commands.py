"""Containers whose command is wrong."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import crash_looping, renamed
from kubetriage.evals.builders.scenario import Answer, Built, blames, place_of
from kubetriage.evals.builders.scenarios.pod_life import (
    REQUESTS,
    backs_off,
    born,
    crash_loop,
    placed,
    restarts,
)
from kubetriage.evals.builders.states import Ended, PodState, Waiting
from kubetriage.evals.builders.templates import container
from kubetriage.evals.builders.world import World

_NO_PULL = blames("image (cannot|could not|can not) be pulled|image pull|ErrImagePull")
_NO_PROBE = r"(liveness|readiness|startup) probe (failed|fails|is failing|kill)"
_NO_OOM = blames("OOM|out of memory|memory limit")


def crash_command_not_in_path() -> Built:
    """The runtime cannot start the container: its command is no executable of the image."""
    world = World("2026-04-12T03:40:00Z")
    image = "registry.example.com/mail/sender:1.4.0"
    main = container("sender", image, command=["sendr"], args=["--queue", "outbox"], requests=REQUESTS)
    why = world.start_error("executable-not-found", "sendr")
    last = Ended(128, "StartError", ended="2m30s", message=why, started=False)
    waiting = Waiting("RunContainerError", why, restarts=8, last=last)
    work = world.deployment(
        "sender",
        "mail",
        [main],
        age="24m",
        states=PodState(containers={"sender": waiting}),
        progress="stuck",
    )
    born(world, work, "24m")
    placed(world, work.pod, "24m")
    world.event(
        work.pod, "already-present", first="23m58s", last="40s", count=9, container="sender", image=image
    )
    world.event(work.pod, "created", first="23m58s", last="40s", count=9, container="sender")
    world.event(work.pod, "start-failed", first="23m57s", last="39s", count=9, container="sender", why=why)
    backs_off(world, work.pod, "sender", first="23m50s", last="12s", count=97)
    return Built(
        "crash-command-not-in-path",
        [crash_looping(work.pod, "sender", world.clock, since="8m30s")],
        Answer(
            root_cause="Container sender of Deployment mail/sender cannot start: its command sendr "
            "is not an executable "
            "in the image's $PATH.",
            primary=place_of(work.pod),
            culprit=place_of(work.object),
            category="bad-command",
            must_mention=(
                r"\bsendr\b",
                r"not found|no such|does ?n.t exist|not exist|not an? executable|missing|\$PATH",
            ),
            must_not_claim=(_NO_PULL, _NO_PROBE, _NO_OOM),
            tags=("crash", "command"),
        ),
        world,
    )


def crash_command_exit_127() -> Built:
    """A shell starts, and cannot find the program it is to run: exit code 127 and the shell's own words."""
    world = World("2026-04-13T12:12:00Z", kubernetes="1.26.9", runtime="containerd://1.6.24")
    image = "registry.example.com/api/gateway:0.12.1"
    main = container(
        "gateway", image, command=["/bin/sh", "-c"], args=["gunicron app:app -b :8000"], requests=REQUESTS
    )
    last = Ended(127, began="2m33s", ended="2m33s")
    work = world.deployment(
        "gateway",
        "api",
        [main],
        age="35m",
        states=crash_loop(world, "gateway", last, 11),
        progress="stuck",
    )
    born(world, work, "35m")
    restarts(world, work.pod, "gateway", image, first="34m56s", tries=12)
    log = "/bin/sh: 1: gunicron: not found\n"
    world.log(work.pod, "gateway", log)
    world.log(work.pod, "gateway", log, previous=True)
    exporter = world.metrics["metadata"]["name"]
    alert = crash_looping(work.pod, "gateway", world.clock, since="19m", exporter=exporter)
    own = {key: alert["labels"][key] for key in ("container", "namespace", "pod", "reason", "uid")}
    labels = {"alertname": "KubePodCrashLooping", "severity": "warning", **renamed(own, exporter)}
    return Built(
        "crash-command-exit-127",
        [
            {
                "labels": dict(sorted(labels.items())),
                "annotations": alert["annotations"],
                "startsAt": alert["startsAt"],
            }
        ],
        Answer(
            root_cause="Container gateway of Deployment api/gateway exits with code 127: its shell "
            "command runs "
            "gunicron, which is not found (a typo of gunicorn).",
            primary=place_of(work.pod),
            culprit=place_of(work.object),
            category="bad-command",
            must_mention=("gunicron", r"not found|127|no such|does ?n.t exist|not exist|missing"),
            must_not_claim=(_NO_PULL, _NO_PROBE, _NO_OOM),
            tags=("crash", "command", "old-wording"),
        ),
        world,
    )
