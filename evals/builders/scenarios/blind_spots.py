"""Adversarial: reads that are refused, parts of the cluster that were not recorded, targets that are gone."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import crash_looping, not_ready, replicas_mismatch, webhook
from kubetriage.evals.builders.identity import Json
from kubetriage.evals.builders.scenario import Built, blames
from kubetriage.evals.builders.scenarios.pod_life import born, placed, pull_waiting, pulls, unfit
from kubetriage.evals.builders.scenarios.short import (
    NO_OOM,
    NO_PROBE,
    NO_PULL,
    NO_ROOM,
    crashing,
    fires,
    image_of,
    key,
    lean,
    main_of,
    running,
)
from kubetriage.evals.builders.states import Ended, PodState, Running, creating, pending
from kubetriage.evals.builders.templates import configmap_volume, http_probe
from kubetriage.evals.builders.texts import failed_scheduling

DIED = Ended(1, began="2m40s", ended="2m38s")
REFUSED = (
    r"forbidden|refused|not allowed|may not|no (right|access)|403|permission|unreadable|not readable"
    r"|(could not|cannot|can't) (be )?read"
)
"""Ways to say that a read was not allowed."""


def logs_are_forbidden() -> Built:
    """Exit code 1, and the log may not be read: the place is known, the reason is not."""
    world = lean("2026-12-01T09:00:00Z")
    world.scope["unreadable"] = ["pods/log"]
    work = crashing(world, "vat", "finance", DIED, "FATAL no rate for country XK\n", age="5d", changed="47m")
    return Built(
        "logs-are-forbidden",
        [crash_looping(work.pod, "vat", world.clock, since="31m")],
        key(
            work.pod,
            work.object,
            "insufficient-data",
            "Container vat of Deployment finance/vat exits with code 1; why cannot be said, because its "
            "log could not be "
            "read (forbidden).",
            (r"\bvat\b", r"exit(s|ed)?( with)?( code| status)? 1\b|code 1\b", r"\blogs?\b"),
            NO_OOM,
            NO_PULL,
            NO_PROBE,
            outcome="inconclusive",
            tags=("adversarial", "forbidden", "missing-evidence"),
        ),
        world,
    )


def events_are_forbidden() -> Built:
    """Old wording: without events the status says only that the image is not pulled, not why."""
    world = lean("2026-12-02T10:00:00Z", kubernetes="1.28.12")
    world.scope["unreadable"] = ["Event"]
    image = image_of("mesh-ui", "ops", "0.3.0")
    why = world.pull_error("unauthorized", image)
    work = running(
        world,
        "mesh-ui",
        "ops",
        age="41m",
        states=PodState(containers={"mesh-ui": pull_waiting(world, image, why)}),
        main={"image": image},
        progress="stuck",
    )
    placed(world, work.pod, "41m")
    pulls(world, work.pod, "mesh-ui", image, why, first="41m", tries=11)
    return Built(
        "events-are-forbidden",
        webhook([not_ready(work.pod, world.clock, since="25m")]),
        key(
            work.pod,
            work.object,
            "image-pull",
            "The image ops/mesh-ui:0.3.0 of Deployment ops/mesh-ui cannot be pulled (ImagePullBackOff); "
            "why is not known, "
            "because events may not be read.",
            (r"mesh-ui:0\.3\.0", r"pull"),
            NO_OOM,
            NO_ROOM,
            r"(tag|image|manifest)[^.;]{0,40} (does not|doesn.t) exist",
            r"not found in the registry",
            blames("unauthorized|denied|credential|pull secret"),
            outcome=("inconclusive", "diagnosed"),
            tags=("adversarial", "forbidden", "missing-evidence", "image"),
        ),
        world,
    )


def nodes_are_forbidden() -> Built:
    """The scheduler's message is enough to say what is short; the nodes may not be read."""
    world = lean("2026-12-03T11:00:00Z")
    world.scope["unreadable"] = ["Node"]
    why = failed_scheduling(world.kubernetes, 2, {"Insufficient memory": 2}, unresolvable=0)
    work = running(
        world,
        "warehouse",
        "bi",
        age="37m",
        states=pending(why),
        main={"requests": {"cpu": "1", "memory": "7500Mi"}},
        progress="stuck",
    )
    unfit(world, work, "37m", 9)
    return Built(
        "nodes-are-forbidden",
        not_ready(work.pod, world.clock, since="21m"),
        key(
            work.pod,
            work.object,
            "insufficient-resources",
            "Pod of Deployment bi/warehouse cannot be scheduled because no node has the 7500Mi of memory "
            "that it requests "
            "(Insufficient memory); the nodes themselves may not be read.",
            (r"warehouse", r"memory"),
            NO_OOM,
            NO_PULL,
            blames("taint|selector|cordon"),
            also=(("Node", "", "node-1"), ("Node", "", "node-2")),
            tags=("adversarial", "forbidden", "scheduling"),
        ),
        world,
    )


def everything_is_forbidden() -> Built:
    """Nothing of the alert's namespace may be read."""
    world = lean("2026-12-04T12:00:00Z")
    world.scope["unreadable"] = ["*/vault", "pods/log/vault"]
    work = crashing(world, "unseal", "vault", DIED, "FATAL no key shares\n", age="5d", changed="47m")
    return Built(
        "everything-is-forbidden",
        webhook([crash_looping(work.pod, "unseal", world.clock, since="31m")]),
        key(
            work.pod,
            None,
            "insufficient-data",
            "Nothing can be said about the pod of vault/unseal, because the namespace may not be read "
            "(forbidden).",
            (r"unseal", REFUSED),
            NO_OOM,
            NO_PULL,
            NO_PROBE,
            r"(does not|doesn.t) exist",
            outcome="inconclusive",
            tags=("adversarial", "forbidden", "missing-evidence"),
        ),
        world,
    )


def configmaps_are_forbidden() -> Built:
    """The kubelet's event says which ConfigMap is missing; ConfigMaps themselves may not be read."""
    world = lean("2026-12-05T13:00:00Z")
    world.scope["unreadable"] = ["ConfigMap", "Secret"]
    work = running(
        world,
        "rules",
        "fraud",
        age="33m",
        states=creating(["rules"]),
        main={"mounts": {"config": "/etc/rules"}},
        volumes=[configmap_volume("config", "rules-2026")],
        progress="stuck",
    )
    born(world, work, "33m")
    placed(world, work.pod, "33m")
    world.event(
        work.pod,
        "mount-configmap-not-found",
        first="33m",
        last="40s",
        count=24,
        volume="config",
        name="rules-2026",
    )
    gone = ("ConfigMap", "fraud", "rules-2026")
    return Built(
        "configmaps-are-forbidden",
        [not_ready(work.pod, world.clock, since="17m")],
        key(
            work.pod,
            gone,
            "missing-configmap",
            "Pod of Deployment fraud/rules cannot start because ConfigMap rules-2026 for its volume "
            "config does not "
            "exist, as the kubelet's event says.",
            (r"rules-2026", r"not found|not exist|does ?n.t exist|missing|absent"),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            also=(work.object,),
            tags=("adversarial", "forbidden", "config"),
            absent=(gone,),
        ),
        world,
    )


def service_lies_outside_the_snapshot() -> Built:
    """Only the caller's namespace was recorded: the Service that its log names is unknown, not absent."""
    world = lean("2026-12-06T14:00:00Z")
    running(world, "sessions", "cache", main={"ports": [6379]})
    world.service("sessions", "cache", port=6379, target=6379)
    work = running(
        world,
        "frontend",
        "web",
        log="ERROR redis: dial tcp 10.96.13.48:6379: connect: connection refused (sessions.cache.svc:6379)\n"
        * 7,
    )
    world.scope["namespaces"] = ["web"]
    return Built(
        "service-lies-outside-the-snapshot",
        fires(
            world,
            "FrontendErrors",
            "frontend in web fails more than half of its requests.",
            "33m",
            namespace="web",
            deployment="frontend",
        ),
        key(
            work.object,
            ("Service", "cache", "sessions"),
            "app-dependency",
            "Deployment web/frontend is refused by sessions.cache.svc:6379; what is wrong there is not "
            "known, because "
            "namespace cache was not recorded.",
            (r"frontend", r"sessions", r"refus"),
            NO_OOM,
            NO_PULL,
            r"sessions[^.;]{0,40} (does not|doesn.t) exist",
            r"no Service sessions|there is no Service",
            also=(work.object,),
            outcome=("inconclusive", "diagnosed"),
            tags=("adversarial", "partial-scope", "log", "subject-deployment"),
            absent=(("Service", "cache", "sessions"),),
        ),
        world,
    )


def owner_lies_outside_the_snapshot() -> Built:
    """Only Pods and Events were recorded: the fault is known, the Deployment only by its pod's owner."""
    world = lean("2026-12-07T15:00:00Z")
    work = crashing(
        world,
        "tagger",
        "photo",
        Ended(137, "OOMKilled", began="3m", ended="2m20s"),
        "INFO tagging\n",
        age="5d",
        changed="47m",
        main={"limits": {"memory": "400Mi"}},
    )
    rs: Json = work.replica_set["metadata"]
    world.scope["kinds"] = ["Pod", "Event"]
    return Built(
        "owner-lies-outside-the-snapshot",
        [crash_looping(work.pod, "tagger", world.clock, since="31m")],
        key(
            work.pod,
            work.pod,
            "oom-killed",
            "Container tagger of the pod photo/tagger is OOMKilled again and again at its memory limit of "
            "400Mi.",
            (r"tagger", r"OOM|out of memory|memory limit", r"400\s?Mi"),
            NO_PULL,
            NO_PROBE,
            NO_ROOM,
            also=(("ReplicaSet", "photo", rs["name"]), ("Deployment", "photo", "tagger")),
            tags=("adversarial", "partial-scope", "memory"),
            absent=(("ReplicaSet", "photo", rs["name"]), ("Deployment", "photo", "tagger")),
        ),
        world,
    )


def deployment_is_gone() -> Built:
    """The alert's Deployment was deleted; another one with a name that begins alike is well."""
    world = lean("2026-12-08T16:00:00Z")
    running(world, "search-v2", "docs")
    gone = ("Deployment", "docs", "search")
    return Built(
        "deployment-is-gone",
        webhook([replicas_mismatch("search", "docs", world.clock, since="24m")]),
        key(
            gone,
            None,
            "insufficient-data",
            "Deployment docs/search does not exist (any more), so it cannot be said why it lacked replicas.",
            (r"\bsearch\b", r"no longer|not found|does ?n.t exist|not exist|gone|deleted|removed|absent"),
            NO_OOM,
            NO_PULL,
            r"search-v2[^.;]{0,30}(fail|crash|not ready)",
            outcome="inconclusive",
            tags=("adversarial", "target-gone", "names-contain-names", "subject-deployment"),
            absent=(gone,),
        ),
        world,
    )


def log_was_not_recorded() -> Built:
    """Exit code 0 again and again: whatever its log says, the main process ends by itself."""
    world = lean("2026-12-09T17:00:00Z")
    last = Ended(0, "Completed", began="2m40s", ended="2m38s")
    work = crashing(world, "once", "tools", last, None, age="36m", main={"command": ["/bin/once"]})
    return Built(
        "log-was-not-recorded",
        [crash_looping(work.pod, "once", world.clock, since="20m")],
        key(
            work.pod,
            work.object,
            "bad-command",
            "Container once of Deployment tools/once ends with exit code 0 again and again: its command "
            "/bin/once "
            "finishes, and a Deployment restarts it for ever.",
            (r"\bonce\b", r"exit(s|ed)?( with)?( code| status)? 0\b|code 0\b|finish|complete"),
            NO_OOM,
            NO_PULL,
            NO_PROBE,
            outcome=("diagnosed", "inconclusive"),
            tags=("adversarial", "missing-evidence", "command"),
        ),
        world,
    )


def probe_killed_and_no_events_left() -> Built:
    """The events have expired; an exit code 137 without OOMKilled and a liveness probe leave two causes open."""
    world = lean("2026-12-10T18:00:00Z")
    main = main_of("feeder", "farm", livenessProbe=http_probe("/live", 8080), limits={"memory": "1Gi"})
    state = Running(since="2h", restarts=9, last=Ended(137, "Error", began="3h", ended="2h1m"))
    work = world.deployment(
        "feeder", "farm", [main], age="9d", states=PodState(containers={"feeder": state}), changed="2h"
    )
    world.log(work.pod, "feeder", "INFO feeding\n" * 4)
    world.log(work.pod, "feeder", "INFO feeding\n" * 4, previous=True)
    return Built(
        "probe-killed-and-no-events-left",
        [
            fires(
                world,
                "PodRestarted",
                f"Pod farm/{work.pod['metadata']['name']} was restarted.",
                "1h55m",
                namespace="farm",
                pod=work.pod["metadata"]["name"],
                container="feeder",
            )
        ],
        key(
            work.pod,
            None,
            "insufficient-data",
            "Container feeder of Deployment farm/feeder was killed with 137 two hours ago and runs and is "
            "ready since; "
            "what killed it cannot be said any more.",
            (r"feeder", r"137|ready|running|since|recovered|no longer"),
            NO_PULL,
            NO_ROOM,
            outcome=("healthy", "inconclusive"),
            tags=("adversarial", "missing-evidence", "expired-events"),
        ),
        world,
    )
