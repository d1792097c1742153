"""Alerts with nothing wrong behind them now, and alerts whose target is gone."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import NEVER, alert, crash_looping, exported, not_ready, webhook
from kubetriage.evals.builders.deployments import Revision, Workload
from kubetriage.evals.builders.identity import Json
from kubetriage.evals.builders.scenario import Answer, Built, blames, place_of
from kubetriage.evals.builders.scenarios.pod_life import REQUESTS
from kubetriage.evals.builders.states import Ended, PodState, Running
from kubetriage.evals.builders.templates import container, http_probe
from kubetriage.evals.builders.world import World

_WELL = r"healthy|recovered|resolved|ready|running|no longer|normal|not (true|crash)|nothing (is )?wrong"
_NO_CAUSE_NOW = r"(is|keeps|are) (still )?(crash|fail|restart)"


def _long_calm() -> tuple[World, Workload]:
    """Two ready pods, one of which was restarted days ago."""
    world = World("2026-06-15T10:00:00Z")
    main = container(
        "wallet",
        "registry.example.com/bank/wallet:3.3.1",
        ports=[8080],
        requests=REQUESTS,
        readinessProbe=http_probe("/ready", 8080),
    )
    calm = Running(since="6d2h", restarts=7, last=Ended(1, began="6d3h", ended="6d2h1m"))
    work = world.deployment(
        "wallet",
        "bank",
        [main],
        age="9d",
        states=[PodState(containers={"wallet": calm}), PodState()],
        replicas=2,
    )
    world.service("wallet", "bank")
    world.log(
        work.pod, "wallet", "INFO wallet 3.3.1 ready on :8080\nINFO 200 GET /ready\nINFO 200 POST /transfer\n"
    )
    return world, work


def healthy_stale_restarts() -> Built:
    """Seven restarts, but all of them days ago: the pod has been ready since, and the alert is an old one."""
    world, work = _long_calm()
    name = work.pod["metadata"]["name"]
    return Built(
        "healthy-stale-restarts",
        webhook(
            [
                alert(
                    "PodRestartsHigh",
                    exported(
                        {
                            "container": "wallet",
                            "namespace": "bank",
                            "pod": name,
                            "uid": work.pod["metadata"]["uid"],
                        }
                    ),
                    world.clock,
                    since="6d1h",
                    summary="Pod restarts often.",
                    description=f"Pod bank/{name} has been restarted 7 times.",
                )
            ]
        ),
        Answer(
            root_cause="Nothing is wrong now: the 7 restarts of wallet are more than 6 days old "
            "and both pods have been "
            "ready since.",
            primary=place_of(work.pod),
            culprit=None,
            category="resolved",
            outcome="healthy",
            must_mention=("wallet", _WELL),
            must_not_claim=(_NO_CAUSE_NOW, blames("OOM|image|probe|configmap|secret")),
            tags=("healthy",),
        ),
        world,
    )


def healthy_resolved_alert() -> Built:
    """The alert is resolved, and its pod has been ready since shortly before that."""
    world = World("2026-06-16T14:30:00Z")
    main = container(
        "quotes",
        "registry.example.com/stock/quotes:2.0.0",
        ports=[8080],
        requests=REQUESTS,
        readinessProbe=http_probe("/ready", 8080),
    )
    state = PodState(changed="22m")
    work = world.deployment("quotes", "stock", [main], age="15d", states=state, changed="22m")
    world.service("quotes", "stock")
    world.event(
        work.pod,
        "probe-timeout",
        first="58m",
        last="22m20s",
        count=215,
        container="quotes",
        probe="Readiness",
        address=f"{work.pod['status']['podIP']}:8080",
        path="/ready",
    )
    return Built(
        "healthy-resolved-alert",
        webhook([not_ready(work.pod, world.clock, since="43m", resolved="21m")]),
        Answer(
            root_cause="The alert is resolved: the pod of Deployment stock/quotes failed its "
            "readiness probe with timeouts "
            "until 22 minutes ago and has been ready since.",
            primary=place_of(work.pod),
            culprit=None,
            category="resolved",
            outcome="healthy",
            must_mention=("quotes", _WELL),
            must_not_claim=(r"is (still )?not ready|is failing", blames("OOM|image|configmap|secret")),
            tags=("healthy", "resolved"),
        ),
        world,
    )


def healthy_watchdog() -> Built:
    """The alert that always fires."""
    world = World("2026-06-17T00:00:00Z")
    always = alert(
        "Watchdog",
        {"prometheus": "monitoring/k8s"},
        world.clock,
        since="12d",
        severity="none",
        summary="An alert that should always be firing to certify that Alertmanager is working properly.",
        description="This is an alert meant to ensure that the entire alerting pipeline is functional.",
    )
    return Built(
        "healthy-watchdog",
        webhook([always]),
        Answer(
            root_cause="Nothing is wrong: Watchdog always fires, by design, to show that alerts arrive.",
            primary=None,
            culprit=None,
            category="no-issue",
            outcome="healthy",
            must_mention=("watchdog", r"always|by design|expected|meant to|nothing (is )?wrong|no action"),
            must_not_claim=(blames("crash|OOM|image|probe"),),
            tags=("healthy",),
        ),
        world,
    )


def healthy_replaced_pod() -> Built:
    """The alert's pod was replaced in a later rollout; its Deployment's current replicas are all ready."""
    world = World("2026-06-18T09:20:00Z")
    main = container(
        "basket",
        "registry.example.com/shop/basket:1.10.3",
        ports=[8080],
        requests=REQUESTS,
        readinessProbe=http_probe("/ready", 8080),
    )
    before = main | {"image": "registry.example.com/shop/basket:1.10.2"}
    work = world.deployment(
        "basket", "shop", [main], replicas=2, age="90d", rolled="12m", old=Revision([before])
    )
    world.service("basket", "shop")
    gone: Json = {
        "kind": "Pod",
        "metadata": {
            "name": f"{work.old_replica_set['metadata']['name']}-k8wzn",
            "namespace": "shop",
            "uid": "5b1b0f4e-7f1c-5a0e-9a53-0d2c6b1f7a11",
        },
    }
    name = work.replica_set["metadata"]["name"]
    world.event(work.object, "scaled-up", last="12m", replica_set=name, was=0, to=2)
    old = work.old_replica_set["metadata"]["name"]
    world.event(work.object, "scaled-down", last="11m30s", replica_set=old, was=2, to=0)
    world.event(work.old_replica_set, "replicaset-deleted-pod", last="11m30s", pod=gone["metadata"]["name"])
    fired = crash_looping(gone, "basket", world.clock, since="16m")
    return Built(
        "healthy-replaced-pod",
        webhook([fired | {"endsAt": NEVER}]),
        Answer(
            root_cause="The alert's pod was replaced by a rollout 12 minutes ago; both current "
            "pods of Deployment "
            "shop/basket are ready.",
            primary=("Pod", "shop", gone["metadata"]["name"]),
            culprit=None,
            category="resolved",
            outcome="healthy",
            must_mention=("basket", rf"replaced|gone|no longer|deleted|not found|{_WELL}"),
            must_not_claim=(_NO_CAUSE_NOW, blames("OOM|probe|configmap|secret")),
            tags=("healthy", "target-gone"),
            absent=(("Pod", "shop", gone["metadata"]["name"]),),
        ),
        world,
    )


def target_gone() -> Built:
    """The alert's pod does not exist, nothing owned it and nothing is left of it."""
    world = World("2026-06-19T22:10:00Z")
    main = container("notes", "registry.example.com/tools/notes:1.1.1", ports=[8080], requests=REQUESTS)
    world.deployment("notes", "tools", [main], age="25d")
    gone: Json = {"metadata": {"name": "loadtest-runner", "namespace": "tools"}}
    return Built(
        "target-gone",
        webhook([not_ready(gone, world.clock, since="17m")]),
        Answer(
            root_cause="Pod tools/loadtest-runner no longer exists and left no events or logs, so "
            "it cannot be said why it "
            "was not ready.",
            primary=("Pod", "tools", "loadtest-runner"),
            culprit=None,
            category="insufficient-data",
            outcome="inconclusive",
            must_mention=(
                "loadtest-runner",
                r"no longer|not found|does ?n.t exist|not exist|gone|deleted|removed|absent",
            ),
            must_not_claim=(
                blames("OOM|image|probe|configmap|secret|insufficient"),
                r"notes[^.;]{0,30}(fail|crash|not ready)",
            ),
            tags=("target-gone", "missing-evidence"),
            absent=(("Pod", "tools", "loadtest-runner"),),
        ),
        world,
    )
