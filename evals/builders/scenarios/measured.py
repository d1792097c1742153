"""Faults that only a Prometheus tells of, or that it tells better than the cluster's state."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import webhook
from kubetriage.evals.builders.prometheus import Prometheus
from kubetriage.evals.builders.scenario import Built
from kubetriage.evals.builders.scenarios.pod_life import crash_loop, restarts
from kubetriage.evals.builders.scenarios.short import (
    NO_OOM,
    NO_PROBE,
    NO_PULL,
    fires,
    key,
    lean,
    main_of,
    running,
)
from kubetriage.evals.builders.scenarios.volumes import MOUNT, bound, disks
from kubetriage.evals.builders.states import Ended
from kubetriage.evals.builders.templates import claim_volume

MIB = 1024**2
FULL = (
    'kubelet_volume_stats_available_bytes{job="kubelet"} / kubelet_volume_stats_capacity_bytes{job="kubelet"} '
    "< 0.10 and kubelet_volume_stats_used_bytes > 0"
)
THROTTLED = (
    'sum by (namespace, pod, container) (increase(container_cpu_cfs_throttled_periods_total{container!=""}[5m])) '
    "/ sum by (namespace, pod, container) (increase(container_cpu_cfs_periods_total[5m])) > (25 / 100)"
)
NEAR_LIMIT = (
    'max by (namespace, pod, container) (container_memory_working_set_bytes{container!=""}) / on (namespace, pod, '
    'container) kube_pod_container_resource_limits{resource="memory"} > 0.9'
)
ERRORS = (
    'sum by (namespace, deployment) (label_replace(rate(istio_requests_total{reporter="destination",'
    'response_code=~"5.."}[5m]), "deployment", "$1", "destination_workload", "(.+)")) / sum by (namespace, '
    'deployment) (label_replace(rate(istio_requests_total{reporter="destination"}[5m]), "deployment", "$1", '
    '"destination_workload", "(.+)")) > 0.05'
)
FAILING = "http_errors:ratio_rate5m > 0.05 and http_requests:rate5m > 1"


def volume_full_by_its_samples() -> Built:
    """The alert says that a volume fills up, and not how far; its kubelet knows."""
    world = disks("2026-11-02T04:10:00Z")
    claim = bound(world, "data-influx-0", "metrics", "100Gi")
    work = world.statefulset(
        "influx", "metrics", [main_of("influx", "metrics", ports=[8086], **MOUNT)], age="30d",
        volumes=[claim_volume("data", "data-influx-0")],
    )  # fmt: skip
    one = fires(
        world, "VolumeFillingUp", "A volume in metrics is running out of space.", "41m", "critical",
        namespace="metrics", persistentvolumeclaim="data-influx-0",
    )  # fmt: skip
    told = Prometheus(world, one, claim, FULL)
    told.fires(0.0347, "43m")
    told.volume(claim, used=101_711_872_000, capacity=105_152_176_128)
    return Built(
        "volume-full-by-its-samples",
        webhook([one]),
        key(
            claim,
            claim,
            "volume-filling-up",
            "The volume of claim metrics/data-influx-0, used by StatefulSet influx, is nearly full: 94.7Gi of "
            "97.9Gi are used.",
            (r"data-influx-0", r"94\.7 ?Gi", r"97\.9 ?Gi"),
            NO_OOM,
            NO_PULL,
            also=(work.object,),
            tags=("metrics", "storage", "subject-claim"),
        ),
        world,
    )


def throttled_by_its_samples() -> Built:
    """Throttled in most of its CPU periods; the alert gives no number and nothing else shows it."""
    world = lean("2026-11-03T13:40:00Z")
    work = running(
        world, "resizer", "images", log="INFO  resized 1200x900 to 300x225\n" * 6,
        main={"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "250m", "memory": "512Mi"}},
    )  # fmt: skip
    pod = work.pod["metadata"]["name"]
    one = fires(
        world, "CpuTooTight", "A container is short of CPU time.", "33m", namespace="images", pod=pod,
        container="resizer",
    )  # fmt: skip
    told = Prometheus(world, one, work.pod, THROTTLED)
    told.fires(0.8123, "38m")
    told.memory({(pod, "resizer"): 201 * MIB})
    told.throttling({(pod, "resizer"): 0.8123})
    told.no_requests()
    return Built(
        "throttled-by-its-samples",
        one,
        key(
            work.pod,
            work.object,
            "cpu-throttling",
            "Container resizer of Deployment images/resizer is throttled in 81.2% of its CPU periods by its "
            "CPU limit of 250m.",
            (r"resizer", r"throttl", r"250m", r"81\.2"),
            NO_OOM,
            NO_PROBE,
            tags=("metrics", "cpu"),
        ),
        world,
    )


def memory_near_its_limit() -> Built:
    """One of two pods is near its memory limit; neither was killed yet."""
    world = lean("2026-11-04T09:05:00Z")
    work = running(
        world, "session-store", "web", replicas=2, age="9d", log="INFO  sessions held: 48211\n" * 6,
        main={"requests": {"cpu": "100m", "memory": "512Mi"}, "limits": {"memory": "1Gi"}},
    )  # fmt: skip
    first, second = (pod["metadata"]["name"] for pod in work.pods)
    one = fires(
        world, "ContainerCloseToItsLimit", "A container of session-store uses nearly all that it may.", "17m",
        namespace="web", pod=second, container="session-store",
    )  # fmt: skip
    told = Prometheus(world, one, work.pods[1], NEAR_LIMIT)
    told.fires(0.9721, "17m")
    told.memory({(second, "session-store"): 1_043_845_120, (first, "session-store"): 312 * MIB})
    told.throttling({})
    told.no_requests()
    return Built(
        "memory-near-its-limit",
        webhook([one]),
        key(
            work.pods[1],
            work.object,
            "oom-killed",
            "Container session-store of Deployment web/session-store used up to 995Mi of its memory limit of 1Gi: "
            "at the limit it is OOMKilled.",
            (r"session-store", r"995 ?Mi", r"1 ?Gi"),
            NO_PULL,
            NO_PROBE,
            tags=("metrics", "memory"),
        ),
        world,
    )


def peer_fails_by_its_samples() -> Built:
    """A Deployment answers with errors and its log is silent; the mesh counts who fails it: a peer that crashes."""
    world = lean("2026-11-05T20:15:00Z")
    ended = Ended(2, began="2m10s", ended="2m8s")
    peer = running(world, "ledger", "pay", age="20d", states=crash_loop(world, "ledger", ended, 11))
    restarts(world, peer.pod, "ledger", peer.pod["spec"]["containers"][0]["image"], first="34m", tries=11)
    log = 'level=fatal msg="cannot parse /etc/ledger/rates.json: unexpected end of JSON input"\n'
    world.log(peer.pod, "ledger", log)
    world.log(peer.pod, "ledger", log, previous=True)
    world.service("ledger", "pay")
    work = running(world, "checkout", "pay", log="INFO  POST /checkout 502 31ms\n" * 7)
    world.service("checkout", "pay")
    one = fires(
        world, "RequestsFail", "checkout in pay answers more than 5% of its requests with errors.", "29m",
        "critical", namespace="pay", deployment="checkout",
    )  # fmt: skip
    told = Prometheus(world, one, work.object, ERRORS)
    told.fires(0.9312, "33m")
    told.memory({(work.pod["metadata"]["name"], "checkout"): 88 * MIB})
    told.throttling({})
    told.requests(
        "istio_requests_total",
        {"200": 2.1, "502": 28.4},
        {("ledger", "503"): 28.4, ("ledger", "200"): 0.2, ("catalog", "200"): 61.0},
    )
    return Built(
        "peer-fails-by-its-samples",
        [one],
        key(
            work.object,
            peer.object,
            "crash-app-error",
            "Deployment pay/checkout fails because ledger, which it calls, crashes again and again: it cannot "
            "parse /etc/ledger/rates.json (unexpected end of JSON input).",
            (r"ledger", r"rates\.json|JSON"),
            NO_OOM,
            NO_PULL,
            NO_PROBE,
            also=(("Service", "pay", "ledger"),),
            tags=("metrics", "dependency", "subject-deployment"),
        ),
        world,
    )


def healthy_by_the_alerts_own_expression() -> Built:
    """Errors were above the threshold for a quarter of an hour, and have not been for half an hour."""
    world = lean("2026-11-06T16:30:00Z")
    work = running(world, "quotes", "trade", replicas=2, log="INFO  GET /quotes 200 12ms\n" * 6)
    one = fires(
        world, "QuotesFail", "quotes in trade fails more than 5% of its requests.", "47m",
        namespace="trade", deployment="quotes",
    )  # fmt: skip
    told = Prometheus(world, one, work.object, FAILING)
    told.fired(0.0871, "52m", "32m")
    told.memory({(pod["metadata"]["name"], "quotes"): 140 * MIB for pod in work.pods})
    told.throttling({})
    told.no_requests()
    return Built(
        "healthy-by-the-alerts-own-expression",
        webhook([one]),
        key(
            work.object,
            None,
            "resolved",
            "Deployment trade/quotes: what the alert says is no longer true; its expression was last true at "
            "15:58 UTC, 32 minutes ago.",
            (r"no longer true|last true|not true (now|any ?more)", r"15:58|32 min"),
            outcome="healthy",
            tags=("metrics", "healthy", "subject-deployment"),
        ),
        world,
    )


def not_healthy_for_want_of_samples() -> Built:
    """The expression gives nothing only because its series are gone: that is no sign of health."""
    world = lean("2026-11-07T11:20:00Z")
    work = running(world, "mailer", "crm", log="INFO  queue is empty\n" * 6)
    one = fires(
        world, "MailerFails", "mailer in crm fails more than 5% of its requests.", "36m",
        namespace="crm", deployment="mailer",
    )  # fmt: skip
    told = Prometheus(world, one, work.object, FAILING)
    told.fired(0.31, "41m", "14m", gone=True)
    told.memory({})
    told.throttling({})
    told.no_requests()
    return Built(
        "not-healthy-for-want-of-samples",
        one,
        key(
            work.object,
            None,
            "insufficient-data",
            "Nothing that was read explains why Deployment crm/mailer fails; the metrics of the alert have no "
            "series any more, so that it cannot be told whether it still does.",
            (r"mailer",),
            r"no longer true",
            r"nothing is wrong",
            outcome="inconclusive",
            tags=("metrics", "blind-spot", "subject-deployment"),
        ),
        world,
    )
