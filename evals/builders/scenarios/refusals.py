"""Further ways in which admission refuses or changes pods."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import container_waiting, crash_looping, replicas_mismatch, webhook
from kubetriage.evals.builders.deployments import Workload
from kubetriage.evals.builders.identity import Json, suffix
from kubetriage.evals.builders.objects import limit_range
from kubetriage.evals.builders.objects import webhook as webhook_configuration
from kubetriage.evals.builders.scenario import Built
from kubetriage.evals.builders.scenarios.pod_life import born, crash_loop, placed, refused, restarts
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
from kubetriage.evals.builders.states import Ended, PodState, Waiting
from kubetriage.evals.builders.world import World


def _hook(
    world: World, name: str, hook: str, service: tuple[str, str], kind: str = "Validating", **more: int
) -> Json:
    """A webhook configuration for pods outside kube-system and its own namespace."""
    spared = {
        "key": "kubernetes.io/metadata.name",
        "operator": "NotIn",
        "values": ["kube-system", service[0]],
    }
    return world.add(
        webhook_configuration(
            kind,
            name,
            world.clock.ago("60d"),
            service=service,
            hook=hook,
            namespaces={"matchExpressions": [spared]},
            timeout=more.get("timeout", 10),
        )
    )


def _refused_by(world: World, name: str, ns: str, why: str, age: str) -> Workload:
    """A Deployment whose first pod is refused since `age` ago."""
    work = running(world, name, ns, states=[], age=age, refused=why, progress="stuck")
    refused(world, work, why, first=age, tries=15)
    return work


def webhook_without_endpoints() -> Built:
    """The pods behind a validating webhook crash for want of a setting; its Service has no endpoints."""
    world = lean("2026-08-18T09:40:00Z")
    made = _hook(world, "policy-guard", "guard.policy.example.com", ("policy", "guard"))
    guard = crashing(
        world,
        "guard",
        "policy",
        Ended(1, began="2m40s", ended="2m40s"),
        'level=info msg="guard 2.1 starting"\nlevel=fatal msg="required environment variable POLICY_DIR '
        'is not set"\n',
        age="60d",
        changed="55m",
        main={"ports": [8443]},
    )
    world.service("guard", "policy", port=443, target=8443)
    why = world.say(
        "webhook-no-endpoints",
        webhook="guard.policy.example.com",
        url="https://guard.policy.svc:443/validate?timeout=10s",
        service="guard",
    )
    work = _refused_by(world, "catalog", "shop", why, "33m")
    return Built(
        "webhook-without-endpoints",
        webhook([replicas_mismatch("catalog", "shop", world.clock, since="17m")]),
        key(
            work.object,
            guard.object,
            "admission-webhook",
            "No pod of Deployment shop/catalog is created because the webhook guard.policy.example.com "
            "has no endpoints: "
            "its Deployment policy/guard ends at once, POLICY_DIR is not set.",
            (r"guard", r"endpoints|webhook", r"POLICY_DIR|crash|exit|not set|ends"),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            also=(made, ("Service", "policy", "guard")),
            tags=("admission", "cross-namespace", "subject-deployment"),
        ),
        world,
    )


def webhook_certificate_not_trusted() -> Built:
    """The webhook's serving certificate was renewed by another CA than the caBundle's."""
    world = lean("2026-08-19T15:05:00Z")
    made = _hook(world, "sidecar-injector", "inject.mesh.example.com", ("mesh", "injector"), "Mutating")
    running(world, "injector", "mesh", age="60d", main={"ports": [8443]})
    world.service("injector", "mesh", port=443, target=8443)
    why = world.say(
        "webhook-x509",
        webhook="inject.mesh.example.com",
        url="https://injector.mesh.svc:443/validate?timeout=10s",
    )
    work = _refused_by(world, "booking", "travel", why, "28m")
    return Built(
        "webhook-certificate-not-trusted",
        [replicas_mismatch("booking", "travel", world.clock, since="12m")],
        key(
            work.object,
            made,
            "admission-webhook",
            "Pods of Deployment travel/booking are refused because the API server does not trust the "
            "certificate of "
            "the webhook inject.mesh.example.com (x509): the caBundle of MutatingWebhookConfiguration "
            "sidecar-injector "
            "does not fit.",
            (r"sidecar-injector|inject\.mesh\.example\.com", r"x509|certificate|caBundle"),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            also=(("Deployment", "mesh", "injector"), ("Service", "mesh", "injector")),
            tags=("admission", "tls", "subject-deployment"),
        ),
        world,
    )


def webhook_does_not_answer_in_time() -> Built:
    """The pods behind the webhook are ready, and the API server's calls still run into their timeout."""
    world = lean("2026-08-20T21:15:00Z")
    made = _hook(world, "image-scan", "scan.images.example.com", ("scan", "scanner"), timeout=5)
    running(world, "scanner", "scan", age="60d", main={"ports": [8443]})
    world.service("scanner", "scan", port=443, target=8443)
    why = world.say(
        "webhook-timeout",
        webhook="scan.images.example.com",
        url="https://scanner.scan.svc:443/validate?timeout=5s",
    )
    work = _refused_by(world, "player", "media", why, "41m")
    return Built(
        "webhook-does-not-answer-in-time",
        replicas_mismatch("player", "media", world.clock, since="25m"),
        key(
            work.object,
            made,
            "admission-webhook",
            "No pod of Deployment media/player is created because the webhook scan.images.example.com of "
            "ValidatingWebhookConfiguration image-scan does not answer within its timeout (context "
            "deadline exceeded).",
            (r"image-scan|scan\.images\.example\.com", r"deadline|time(d)? ?out|in time|not answer"),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            also=(("Deployment", "scan", "scanner"), ("Service", "scan", "scanner")),
            tags=("admission", "subject-deployment"),
        ),
        world,
    )


def webhook_denies() -> Built:
    """A policy engine answers no: the template lacks a label that it demands."""
    world = lean("2026-08-21T06:45:00Z")
    made = _hook(
        world, "gatekeeper-validating-webhook-configuration", "validation.gatekeeper.sh",
        ("gatekeeper-system", "gatekeeper-webhook-service"),
    )  # fmt: skip
    running(world, "gatekeeper-controller-manager", "gatekeeper-system", age="60d", main={"ports": [8443]})
    world.service(
        "gatekeeper-webhook-service",
        "gatekeeper-system",
        port=443,
        target=8443,
        selector={"app": "gatekeeper-controller-manager"},
    )
    why = world.say(
        "webhook-denied",
        webhook="validation.gatekeeper.sh",
        why='[must-have-cost-center] you must provide labels: {"cost-center"}',
    )
    work = _refused_by(world, "surveys", "research", why, "37m")
    return Built(
        "webhook-denies",
        webhook([replicas_mismatch("surveys", "research", world.clock, since="21m")]),
        key(
            work.object,
            work.object,
            "admission-policy",
            "Pods of Deployment research/surveys are denied by the policy must-have-cost-center (validation."
            "gatekeeper.sh): its template lacks the label cost-center.",
            (r"cost-center", r"denied|refuse|reject|den(y|ies)", r"surveys"),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            r"webhook (is|was) (down|unreachable|not reachable)",
            also=(made,),
            tags=("admission", "subject-deployment"),
        ),
        world,
    )


def limits_rewritten_by_webhook() -> Built:
    """The template allows 1Gi; the pod that runs has 96Mi, because a mutating webhook rewrote it."""
    world = lean("2026-08-22T18:50:00Z")
    made = _hook(world, "right-sizer", "size.resources.example.com", ("sizing", "right-sizer"), "Mutating")
    running(world, "right-sizer", "sizing", age="60d", main={"ports": [8443]})
    world.service("right-sizer", "sizing", port=443, target=8443)
    work = running(
        world,
        "matcher",
        "ads",
        age="47m",
        states=crash_loop(world, "matcher", Ended(137, "OOMKilled", began="2m45s", ended="2m31s"), 12),
        main={"limits": {"memory": "1Gi"}, "requests": {"cpu": "100m", "memory": "512Mi"}},
        progress="stuck",
    )
    work.pod["spec"]["containers"][0]["resources"] = {
        "limits": {"memory": "96Mi"},
        "requests": {"cpu": "100m", "memory": "96Mi"},
    }
    work.pod["metadata"].setdefault("annotations", {})["sizing.example.com/applied"] = "profile-small"
    born(world, work, "47m")
    placed(world, work.pod, "47m")
    restarts(world, work.pod, "matcher", image_of("matcher", "ads"), first="46m50s", tries=12)
    return Built(
        "limits-rewritten-by-webhook",
        webhook([crash_looping(work.pod, "matcher", world.clock, since="31m")]),
        key(
            work.pod,
            made,
            "admission-webhook",
            "Container matcher of Deployment ads/matcher is OOMKilled at 96Mi, although its template "
            "allows 1Gi: a "
            "mutating webhook (MutatingWebhookConfiguration right-sizer) rewrote the pod's limit.",
            (r"OOM|out of memory|memory", r"96\s?Mi", r"1\s?Gi|template|rewr|changed|mutat|differs"),
            NO_PULL,
            NO_PROBE,
            also=(work.object,),
            tags=("admission", "memory", "crash"),
        ),
        world,
    )


def image_would_run_as_root() -> Built:
    """runAsNonRoot, and an image without a user: the kubelet does not create the container."""
    world = lean("2026-08-23T07:55:00Z")
    probe = Waiting("CreateContainerConfigError", "")
    work = running(
        world,
        "proxy",
        "edge",
        age="26m",
        states=PodState(containers={"proxy": probe}),
        main={"image": "nginx:1.27.1", "securityContext": {"runAsNonRoot": True}},
        progress="stuck",
    )
    meta = work.pod["metadata"]
    why = world.say("runs-as-root", pod=meta["name"], namespace="edge", uid=meta["uid"], container="proxy")
    work.pod["status"]["containerStatuses"][0]["state"]["waiting"]["message"] = why
    born(world, work, "26m")
    placed(world, work.pod, "26m")
    world.event(work.pod, "start-failed", first="25m57s", last="7s", count=121, container="proxy", why=why)
    return Built(
        "image-would-run-as-root",
        [container_waiting(work.pod, "proxy", "CreateContainerConfigError", world.clock, since="10m")],
        key(
            work.pod,
            work.object,
            "pod-security",
            "Container proxy of Deployment edge/proxy is not created: it must not run as root "
            "(runAsNonRoot), and its "
            "image nginx:1.27.1 runs as root.",
            (r"proxy", r"runAsNonRoot|non-?root", r"root"),
            NO_OOM,
            NO_PULL,
            tags=("security",),
        ),
        world,
    )


def file_system_is_read_only() -> Built:
    """readOnlyRootFilesystem, and an application that writes beside its binary."""
    world = lean("2026-08-24T13:25:00Z")
    work = crashing(
        world,
        "convert",
        "media",
        Ended(1, began="2m38s", ended="2m37s"),
        "Starting convert 1.4.2\n"
        "Error: EROFS: read-only file system, open '/app/cache/index.json'\n"
        "    at Object.openSync (node:fs:573:18)\n    at Object.writeFileSync (node:fs:2361:35)\n"
        "    at Object.<anonymous> (/app/server.js:18:4) {\n  errno: -30,\n  code: 'EROFS',\n  syscall: "
        "'open',\n"
        "  path: '/app/cache/index.json'\n}\n",
        main={"securityContext": {"readOnlyRootFilesystem": True}},
        age="36m",
    )
    return Built(
        "file-system-is-read-only",
        webhook([crash_looping(work.pod, "convert", world.clock, since="20m")]),
        key(
            work.pod,
            work.object,
            "pod-security",
            "Container convert of Deployment media/convert ends because it may not write "
            "/app/cache/index.json: its "
            "securityContext sets readOnlyRootFilesystem.",
            (r"convert", r"read-?only"),
            NO_OOM,
            NO_PULL,
            NO_PROBE,
            tags=("security", "log", "crash"),
        ),
        world,
    )


def job_pod_below_minimum() -> Built:
    """The namespace's minimum is above what the container requests: the Job gets no pod."""
    world = lean("2026-08-25T11:30:00Z")
    world.need_namespace("mail")
    made = world.add(
        limit_range("floor", "mail", world.clock.ago("9d"), min={"cpu": "250m"}, max={"cpu": "4"})
    )
    work = world.job("digest", "mail", [main_of("digest", "mail", ports=[])], [], age="49m")
    why = world.say(
        "limit-range-minimum",
        pod=f"digest-{suffix('mail', 'digest')}",
        resource="cpu",
        minimum="250m",
        request="100m",
    )
    world.event(work.object, "job-create-failed", first="49m", last="3m", count=9, why=why)
    return Built(
        "job-pod-below-minimum",
        webhook(
            [
                fires(
                    world,
                    "JobNotStarted",
                    "Job mail/digest has had no pod for 30 minutes.",
                    "18m",
                    namespace="mail",
                    job_name="digest",
                )
            ]
        ),
        key(
            work.object,
            work.object,
            "quota",
            "Job mail/digest gets no pod because its container requests 100m of CPU, less than the "
            "minimum of 250m that "
            "LimitRange floor demands.",
            (r"digest", r"250m", r"100m|minimum|limit ?range"),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            also=(made,),
            tags=("admission", "job", "subject-job"),
        ),
        world,
    )
