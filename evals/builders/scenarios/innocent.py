"""Adversarial: what looks like the reason and is none, and a fault that hides behind another one."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import crash_looping
from kubetriage.evals.builders.deployments import Revision
from kubetriage.evals.builders.scenario import Built, blames
from kubetriage.evals.builders.scenarios.short import (
    NO_OOM,
    NO_PROBE,
    NO_PULL,
    crashing,
    fires,
    image_of,
    key,
    lean,
    main_of,
    running,
)
from kubetriage.evals.builders.states import Ended, PodState, Running


def clients_that_hang_up() -> Built:
    """The load balancer's checks leave a TLS error a minute in the log of a healthy server: no reason for its
    slowness, which nothing that can be read shows."""
    world = lean("2027-03-01T09:00:00Z")
    log = "".join(
        f"2027/03/01 08:{m:02}:01 GET /list 200 1.2 kB\n"
        f"2027/03/01 08:{m:02}:09 http: TLS handshake error from 10.0.1.12:5{m:02}34: EOF\n"
        for m in range(10, 59)
    )
    running(world, "listing", "market", replicas=2, age="45d", main={"ports": [8443]}, log=log)
    service = world.service("listing", "market", port=443, target=8443)
    return Built(
        "clients-that-hang-up",
        fires(
            world,
            "HighLatencyP99",
            "The p99 latency of listing has been above 2 s for 10 minutes.",
            "25m",
            severity="critical",
            namespace="market",
            service="listing",
        ),
        key(
            service,
            None,
            "insufficient-data",
            "Why market/listing is slow cannot be seen: its pods are ready, and its log holds only what clients "
            "that close their connections leave.",
            (r"listing",),
            r"TLS handshake error",
            blames("TLS|certificate"),
            NO_OOM,
            NO_PROBE,
            outcome="inconclusive",
            tags=("adversarial", "innocent", "latency"),
        ),
        world,
    )


def selector_and_crash_at_once() -> Built:
    """The Service selects no pod, and the pod that it should select crashes: either mend alone is not enough."""
    world = lean("2027-03-02T10:00:00Z")
    work = crashing(
        world,
        "inbox",
        "mail",
        Ended(1, began="2m", ended="1m58s"),
        "INFO inbox 3.2\nFATAL environment variable SMTP_RELAY is required\n",
        age="42m",
        labels={"app": "inbox", "tier": "backend"},
    )
    chosen = {"app": "inbox", "tier": "back-end"}
    service = world.service("inbox", "mail", selector=chosen, age="42m")
    return Built(
        "selector-and-crash-at-once",
        fires(
            world,
            "ServiceWithoutEndpoints",
            "Service mail/inbox has no endpoints.",
            "30m",
            namespace="mail",
            service="inbox",
        ),
        key(
            service,
            service,
            "selector-mismatch",
            "Service mail/inbox selects tier=back-end while its pods are labelled tier=backend; and the pod of "
            "Deployment inbox crashes, because it lacks the environment variable SMTP_RELAY.",
            (r"back-end", r"SMTP_RELAY"),
            NO_OOM,
            NO_PULL,
            also=(work.object,),
            tags=("adversarial", "two-faults", "service", "crash"),
        ),
        world,
    )


def healthy_past_its_crash_loop() -> Built:
    """Seven crashes at the start; since a value was added the container has run for many times as long as each
    of them, and the alert, which looks back, has not gone yet."""
    world = lean("2027-03-03T11:00:00Z")
    last = Ended(1, began="8m30s", ended="8m20s")
    state = PodState(
        containers={"ledger": Running(since="7m", restarts=7, last=last)}, changed="6m50s", age="21m"
    )
    before = Revision([main_of("ledger", "books", image=image_of("ledger", "books", "1.4.1"))])
    work = running(world, "ledger", "books", age="40d", rolled="21m", states=state, old=before)
    world.log(
        work.pod, "ledger", "INFO ledger 1.4.2\nINFO listening on :8080\n" + "INFO POST /entries 201\n" * 9
    )
    world.log(work.pod, "ledger", "INFO ledger 1.4.2\nFATAL no ledger is open yet\n", previous=True)
    return Built(
        "healthy-past-its-crash-loop",
        [crash_looping(work.pod, "ledger", world.clock, since="5m")],
        key(
            work.pod,
            None,
            "resolved",
            "Container ledger of Deployment books/ledger crashed 7 times until 8 minutes ago; it has been running "
            "and ready for 7 minutes.",
            (r"ledger", r"ready|running|no longer|not true"),
            r"is crash|keeps crashing|still crash",
            NO_OOM,
            NO_PULL,
            outcome="healthy",
            tags=("adversarial", "healthy", "crash"),
        ),
        world,
    )
