"""Adversarial: what surrounds the fault is louder than the fault."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import (
    container_waiting,
    crash_looping,
    not_ready,
    renamed,
    replicas_mismatch,
    webhook,
)
from kubetriage.evals.builders.identity import Json
from kubetriage.evals.builders.objects import quota
from kubetriage.evals.builders.objects import webhook as webhook_configuration
from kubetriage.evals.builders.policies import network_policy, peers
from kubetriage.evals.builders.scenario import Built, blames
from kubetriage.evals.builders.scenarios.pod_life import (
    crash_loop,
    placed,
    pull_waiting,
    pulls,
    refused,
    restarts,
)
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
from kubetriage.evals.builders.states import READY, Ended, PodState, Running, Waiting
from kubetriage.evals.builders.templates import from_key, http_probe
from kubetriage.evals.builders.texts import failed_scheduling
from kubetriage.evals.builders.world import World

OOM = Ended(137, "OOMKilled", began="4m", ended="3m10s")


def one_of_three_pods_crashes() -> Built:
    """Two siblings are ready; the third is OOMKilled again and again."""
    world = lean("2026-11-01T09:00:00Z")
    work = running(
        world,
        "shard",
        "search",
        replicas=3,
        age="9d",
        states=[READY, crash_loop(world, "shard", OOM, 14), READY],
        main={"limits": {"memory": "192Mi"}, "requests": {"cpu": "50m", "memory": "96Mi"}},
        changed="50m",
    )
    bad = work.pods[1]
    restarts(world, bad, "shard", image_of("shard", "search"), first="50m", tries=14)
    for pod in work.pods:
        world.log(pod, "shard", "INFO shard 1.4.2 serving\nINFO merged segment 12\n")
    return Built(
        "one-of-three-pods-crashes",
        webhook([crash_looping(bad, "shard", world.clock, since="34m")]),
        key(
            bad,
            work.object,
            "oom-killed",
            "One of the three pods of Deployment search/shard is OOMKilled again and again at its memory "
            "limit of "
            "192Mi; its two siblings are ready.",
            (r"OOM|out of memory|memory limit", r"192\s?Mi", r"shard"),
            NO_PULL,
            NO_PROBE,
            r"all (3|three)( of its)? pods",
            tags=("adversarial", "healthy-sibling", "memory"),
        ),
        world,
    )


def neighbour_is_worse_off() -> Built:
    """The alert's Deployment lacks a ConfigMap key; a neighbour in the namespace crashes far more loudly."""
    world = lean("2026-11-02T10:00:00Z")
    crashing(world, "importer", "crm", OOM, "INFO importing 9 GB\n", age="12d", changed="55m", tries=40,
             main={"limits": {"memory": "64Mi"}})  # fmt: skip
    world.configmap("forms-settings", "crm", {"theme": "dark"})
    missing = world.say("configmap-key-not-found", key="locale", namespace="crm", name="forms-settings")
    work = running(
        world,
        "forms",
        "crm",
        age="28m",
        states=PodState(containers={"forms": Waiting("CreateContainerConfigError", missing)}),
        main={"env": {"LOCALE": from_key("ConfigMap", "forms-settings", "locale")}},
        progress="stuck",
    )
    world.event(work.pod, "start-failed", first="28m", last="7s", count=131, container="forms", why=missing)
    return Built(
        "neighbour-is-worse-off",
        [replicas_mismatch("forms", "crm", world.clock, since="12m")],
        key(
            work.object,
            ("ConfigMap", "crm", "forms-settings"),
            "config-key-missing",
            "Deployment crm/forms cannot start because ConfigMap forms-settings has no key locale.",
            (r"forms-settings", r"locale"),
            NO_OOM,
            NO_PULL,
            r"importer",
            also=(work.object,),
            tags=("adversarial", "other-workload", "config"),
        ),
        world,
    )


def old_warnings_are_over() -> Built:
    """Fifty minutes ago the pod had no room and no volume; now it runs a command that is not there."""
    world = lean("2026-11-03T11:00:00Z")
    work = crashing(
        world,
        "batcher",
        "data",
        Ended(127, began="2m33s", ended="2m33s"),
        "/bin/sh: 1: batchd: not found\n",
        age="57m",
        tries=11,
        main={"command": ["/bin/sh", "-c"], "args": ["batchd --once"]},
    )
    why = failed_scheduling(world.kubernetes, 2, {"Insufficient memory": 2}, unresolvable=0)
    world.event(work.pod, "failed-scheduling", first="57m", last="55m", count=2, why=why)
    world.event(
        work.pod, "mount-secret-not-found", first="54m", last="53m", count=3, volume="keys", name="keys"
    )
    return Built(
        "old-warnings-are-over",
        crash_looping(work.pod, "batcher", world.clock, since="18m"),
        key(
            work.pod,
            work.object,
            "bad-command",
            "Container batcher of Deployment data/batcher ends with 127: its shell does not find batchd.",
            (r"batchd", r"not found|127|no such|missing"),
            NO_ROOM,
            NO_OOM,
            NO_PULL,
            blames("secret|keys|volume"),
            tags=("adversarial", "stale-events", "command"),
        ),
        world,
    )


def old_restarts_are_over() -> Built:
    """41 restarts by OOM twelve days ago; today the readiness probe gets 404."""
    world = lean("2026-11-04T12:00:00Z")
    old = Running(
        since="12d", ready=False, restarts=41, last=Ended(137, "OOMKilled", began="12d1h", ended="12d")
    )
    work = running(
        world,
        "viewer",
        "docs",
        age="30d",
        states=PodState(containers={"viewer": old}, changed="26m"),
        main={"readinessProbe": http_probe("/readyz", 8080), "limits": {"memory": "512Mi"}},
        changed="26m",
        log="INFO 404 GET /readyz\n" * 12,
    )
    world.event(
        work.pod,
        "probe-status",
        first="26m",
        last="4s",
        count=157,
        container="viewer",
        probe="Readiness",
        code=404,
    )
    return Built(
        "old-restarts-are-over",
        webhook([not_ready(work.pod, world.clock, since="10m")]),
        key(
            work.pod,
            work.object,
            "probe-failure",
            "Pod of Deployment docs/viewer is not ready because its readiness probe gets 404 from /readyz.",
            (r"readiness|not ready", r"404"),
            NO_OOM,
            NO_PULL,
            r"OOMKilled (again|repeatedly|now)",
            tags=("adversarial", "stale-restarts", "probe"),
        ),
        world,
    )


def exporter_hides_the_subject() -> Built:
    """honor_labels is false: namespace, pod and container are the exporter's; the subject is `exported_…`."""
    world = World("2026-11-05T13:00:00Z", names=("node-1", "node-2"))
    world.need_namespace("games")
    made = world.add(
        quota(
            "pods-only-two",
            "games",
            world.clock.ago("30d"),
            {"pods": "2"},
            {"pods": "2"},
        )
    )
    why = world.say(
        "quota-exceeded",
        pod="lobby-7f9b5d6c84-x2v8k",
        quota="pods-only-two",
        requested="pods=1",
        used="pods=2",
        limited="pods=2",
    )
    work = running(
        world,
        "lobby",
        "games",
        replicas=3,
        states=[READY, READY],
        refused=why,
        changed="44m",
        hash_="7f9b5d6c84",
    )
    refused(world, work, why, first="44m", tries=17)
    one = replicas_mismatch("lobby", "games", world.clock, since="28m")
    exporter = world.metrics["metadata"]["name"]
    labels = renamed({"deployment": "lobby", "namespace": "games"}, exporter)
    one["labels"] = dict(
        sorted({"alertname": "KubeDeploymentReplicasMismatch", "severity": "warning", **labels}.items())
    )
    return Built(
        "exporter-hides-the-subject",
        [one],
        key(
            work.object,
            made,
            "quota",
            "Deployment games/lobby has 2 of 3 pods because ResourceQuota pods-only-two allows no more "
            "than 2 pods.",
            (r"lobby", r"quota", r"\b2\b"),
            NO_OOM,
            NO_PULL,
            r"kube-state-metrics (pod )?(is|has|fail)",
            also=(work.object,),
            tags=("adversarial", "exporter-pod-in-labels", "admission", "subject-deployment"),
        ),
        world,
    )


def prober_is_not_the_subject() -> Built:
    """A blackbox probe: namespace and pod are the prober's, the target is a URL."""
    world = lean("2026-11-06T14:00:00Z")
    prober = running(world, "blackbox-exporter", "monitoring", main={"ports": [9115]})
    missing = world.say("secret-not-found", name="quiz-session")
    work = running(
        world,
        "quiz",
        "school",
        age="33m",
        states=PodState(containers={"quiz": Waiting("CreateContainerConfigError", missing)}),
        main={"env": {"SESSION_KEY": from_key("Secret", "quiz-session", "key")}},
        progress="stuck",
    )
    world.service("quiz", "school")
    world.event(work.pod, "start-failed", first="33m", last="9s", count=151, container="quiz", why=missing)
    gone = ("Secret", "school", "quiz-session")
    return Built(
        "prober-is-not-the-subject",
        webhook(
            [
                fires(
                    world,
                    "ProbeFailed",
                    "http://quiz.school.svc:80/ has not answered for 5 minutes.",
                    "27m",
                    "critical",
                    namespace="monitoring",
                    pod=prober.pod["metadata"]["name"],
                    container="blackbox-exporter",
                    job="blackbox",
                    instance="http://quiz.school.svc:80/",
                )
            ]
        ),
        key(
            ("Service", "school", "quiz"),
            gone,
            "missing-secret",
            "quiz.school does not answer because the pod of Deployment quiz cannot start: Secret "
            "quiz-session does not "
            "exist.",
            (r"quiz-session", r"not found|not exist|missing|does ?n.t exist|absent"),
            NO_OOM,
            NO_PULL,
            r"blackbox-exporter[^.;]{0,30}(crash|fail|not ready)",
            also=(work.object,),
            tags=("adversarial", "exporter-pod-in-labels", "service"),
            absent=(gone,),
        ),
        world,
    )


def successor_fails_too() -> Built:
    """The alert's pod was replaced, and its successor fails in the same way."""
    world = lean("2026-11-07T15:00:00Z")
    image = image_of("export", "crm", "8.8.8")
    why = world.pull_error("not-found", image)
    work = running(
        world,
        "export",
        "crm",
        age="50m",
        states=PodState(containers={"export": pull_waiting(world, image, why)}, age="12m"),
        main={"image": image},
        progress="stuck",
    )
    placed(world, work.pod, "12m")
    pulls(world, work.pod, "export", image, why, first="11m58s", tries=7)
    name = f"{work.replica_set['metadata']['name']}-zz7kp"
    world.event(work.replica_set, "replicaset-created-pod", last="12m", pod=work.pod["metadata"]["name"])
    gone: Json = {"metadata": {"name": name, "namespace": "crm"}}
    return Built(
        "successor-fails-too",
        [container_waiting(gone, "export", "ImagePullBackOff", world.clock, since="31m")],
        key(
            ("Pod", "crm", name),
            work.object,
            "image-pull",
            "The alert's pod is gone, and its successor fails too: image crm/export:8.8.8 of Deployment "
            "crm/export is "
            "not in the registry.",
            (r"export:8\.8\.8", r"not found|not in the registry|not exist|does ?n.t exist|absent|no such"),
            NO_OOM,
            NO_ROOM,
            blames("unauthorized|denied|credential"),
            tags=("adversarial", "deleted-pod", "image"),
            absent=(("Pod", "crm", name),),
        ),
        world,
    )


def pull_secret_is_not_the_reason() -> Built:
    """A pull secret that does not exist is only warned of; the registry answers without, and has no such tag."""
    world = lean("2026-11-08T16:00:00Z")
    image = "public.example.com/tools/lint:0.0.1"
    why = world.pull_error("not-found", image)
    work = running(
        world,
        "lint",
        "ci",
        age="24m",
        states=PodState(containers={"lint": pull_waiting(world, image, why)}),
        main={"image": image},
        progress="stuck",
        more={"imagePullSecrets": [{"name": "old-registry"}]},
    )
    placed(world, work.pod, "24m")
    world.event(work.pod, "pull-secret-missing", first="24m", last="10s", count=99, secret="old-registry")
    pulls(world, work.pod, "lint", image, why, first="23m58s", tries=9)
    return Built(
        "pull-secret-is-not-the-reason",
        webhook([not_ready(work.pod, world.clock, since="8m")]),
        key(
            work.pod,
            work.object,
            "image-pull",
            "The image public.example.com/tools/lint:0.0.1 of Deployment ci/lint cannot be pulled because "
            "the registry "
            "has no such tag (not found).",
            (r"lint:0\.0\.1", r"not found|no such|not exist|does ?n.t exist|absent"),
            NO_OOM,
            NO_ROOM,
            blames("old-registry|pull secret|unauthorized|credential"),
            tags=("adversarial", "look-alike", "image"),
        ),
        world,
    )


def webhook_is_not_the_reason() -> Built:
    """A webhook whose Service is gone, but that is ignored when it fails; the quota refuses."""
    world = lean("2026-11-09T17:00:00Z")
    world.add(
        webhook_configuration(
            "Validating",
            "old-linter",
            world.clock.ago("200d"),
            service=("lint", "linter"),
            hook="lint.old.example.com",
            fails=False,
        )
    )
    world.need_namespace("maps")
    made = world.add(
        quota(
            "maps-compute",
            "maps",
            world.clock.ago("30d"),
            {"requests.cpu": "1"},
            {"requests.cpu": "1"},
        )
    )
    why = world.say(
        "quota-exceeded",
        pod="tiles-5b8d9c7f64-q7m2x",
        quota="maps-compute",
        requested="requests.cpu=500m",
        used="requests.cpu=1",
        limited="requests.cpu=1",
    )
    work = running(
        world,
        "tiles",
        "maps",
        replicas=3,
        states=[READY, READY],
        main={"requests": {"cpu": "500m", "memory": "64Mi"}},
        refused=why,
        changed="35m",
        hash_="5b8d9c7f64",
    )
    refused(world, work, why, first="35m", tries=16)
    return Built(
        "webhook-is-not-the-reason",
        [replicas_mismatch("tiles", "maps", world.clock, since="19m")],
        key(
            work.object,
            made,
            "quota",
            "Deployment maps/tiles has 2 of 3 pods because ResourceQuota maps-compute is used up: "
            "requests.cpu is 1 of "
            "1, and each pod asks for 500m.",
            (r"maps-compute|quota", r"requests\.cpu|cpu"),
            NO_OOM,
            NO_PULL,
            blames("webhook|old-linter"),
            also=(work.object,),
            tags=("adversarial", "look-alike", "admission", "subject-deployment"),
        ),
        world,
    )


def network_policy_is_not_the_reason() -> Built:
    """A NetworkPolicy selects the database and lets the caller in; the database itself crashes."""
    world = lean("2026-11-10T18:00:00Z")
    log = 'FATAL:  could not load server certificate file "server.crt": No such file or directory\n'
    state = crash_loop(world, "db", Ended(1, began="2m50s", ended="2m49s"), 11)
    db = world.statefulset(
        "db", "forum", [main_of("db", "forum", image="postgres:16.4", ports=[5432])], age="70d", states=state
    )
    restarts(world, db.pod, "db", "postgres:16.4", first="48m", tries=11)
    world.log(db.pod, "db", log, previous=True)
    world.service("db", "forum", port=5432, target=5432)
    world.add(
        network_policy(
            "db-from-board",
            "forum",
            world.clock.ago("70d"),
            pods={"app": "db"},
            ingress=[peers({"app": "board"}, ports=[5432])],
        )
    )
    work = running(
        world,
        "board",
        "forum",
        main={"env": {"DATABASE_HOST": "db.forum"}},
        log="ERROR connect to db.forum:5432: dial tcp 10.96.13.48:5432: connect: connection refused\n" * 9,
    )
    return Built(
        "network-policy-is-not-the-reason",
        fires(
            world,
            "BoardErrors",
            "board in forum answers every request with 500.",
            "41m",
            "critical",
            namespace="forum",
            deployment="board",
        ),
        key(
            work.object,
            db.object,
            "crash-app-error",
            "Deployment forum/board is refused by db.forum:5432 because StatefulSet db crashes: it cannot "
            "load its "
            "server certificate file server.crt.",
            (r"\bdb\b", r"server\.crt|crash|certificate"),
            NO_OOM,
            NO_PULL,
            blames("network ?policy|db-from-board"),
            tags=("adversarial", "look-alike", "dependency", "subject-deployment"),
        ),
        world,
    )
