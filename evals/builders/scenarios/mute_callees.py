"""Faults of what an application calls, told by logs: slow callees, lost ones, and one that is silent."""

from __future__ import annotations

from kubetriage.evals.builders.scenario import Built, blames
from kubetriage.evals.builders.scenarios.mute_states import NOT_THIS, log_lines, objective
from kubetriage.evals.builders.scenarios.short import (
    NO_OOM,
    NO_PULL,
    crashing,
    key,
    lean,
    running,
)
from kubetriage.evals.builders.states import Ended


def slow_query_behind_a_call() -> Built:
    """The caller's log says that a call is slow, and the callee's that its query is."""
    world = lean("2027-03-04T11:45:00Z")
    front = running(world, "basket", "store")
    back = running(world, "prices", "store")
    for name in ("basket", "prices"):
        world.service(name, "store")
    calls = "INFO call to http://prices:8080/v2/quote finished in 3{n:03}ms"
    world.log(front.pod, "basket", log_lines(world, 300, 6, "INFO POST /basket {n}", calls))
    query = "INFO select from tariffs where region = $1 took 2{n:03}ms"
    world.log(back.pod, "prices", log_lines(world, 300, 6, query, "INFO GET /v2/quote 200"))
    return Built(
        "slow-query-behind-a-call",
        objective(world, front.object, "26m", "has a p99 latency above 3 seconds"),
        key(
            front.object,
            back.object,
            "slow-dependency",
            "basket is slow because its calls to prices take 3 s and more, and prices waits for its query on "
            "tariffs.",
            (r"prices", r"\d(\.\d)? s|ms\b|slow|long"),
            *NOT_THIS,
            blames("network ?policy"),
            also=(front.object,),
            tags=("log", "slow", "subject-deployment"),
        ),
        world,
    )


def database_refuses_root() -> Built:
    """A database ends at once because it is started as root; the alert is about its caller."""
    world = lean("2027-03-08T07:15:00Z")
    log = (
        '"root" execution of the database server is not permitted.\n'
        "The server must be started under an unprivileged user ID to prevent\n"
        "possible system security compromise.\n"
    )
    last = Ended(1, began="2m1s", ended="2m1s")
    main = {"image": "registry.example.com/library/ledger-db:16", "ports": [5432], "command": ["ledger-db"]}
    store = crashing(world, "ledger-db", "bank", last, log, main=main)
    world.service("ledger-db", "bank", port=5432, target=5432)
    asks = running(world, "ledger", "bank")
    world.log(asks.pod, "ledger", log_lines(world, 90, 10, "ledger-db:5432 - no response"))
    return Built(
        "database-refuses-root",
        objective(world, asks.object, "22m", "answers all requests with 503"),
        key(
            asks.object,
            store.object,
            "app-dependency",
            "ledger gets no answer from ledger-db:5432: Deployment ledger-db crash loops because the server refuses "
            "to run as root.",
            (r"ledger-db", r"root"),
            NO_OOM,
            NO_PULL,
            also=(store.pod,),
            tags=("log", "dependency", "subject-deployment"),
        ),
        world,
    )


def errors_begin_with_lost_cache() -> Built:
    """The first error names the cache that was lost; the many that follow name nobody."""
    world = lean("2027-03-09T18:40:00Z")
    work = running(world, "sessions", "portal")
    first = (
        world.clock.ago("1510s")
        + " ERROR lost connection: dial tcp tokens:6379: connect: connection refused\n"
    )
    quiet = log_lines(world, 400, 10, "INFO session {n} renewed").splitlines(keepends=True)[:240]
    burst = log_lines(world, 300, 5, "ERROR connection pool exhausted, request {n} rejected")
    world.log(work.pod, "sessions", "".join(quiet) + first + burst)
    return Built(
        "errors-begin-with-lost-cache",
        objective(world, work.object, "20m"),
        key(
            work.object,
            ("Service", "portal", "tokens"),
            "missing-service",
            "sessions lost its connection to tokens:6379 (connection refused; there is no Service tokens), after "
            "which its connection pool is exhausted.",
            (r"tokens", r"refused|connect|lost|not exist|no Service"),
            *NOT_THIS,
            also=(work.object,),
            absent=(("Service", "portal", "tokens"),),
            tags=("log", "subject-deployment"),
        ),
        world,
    )


def one_error_among_thousands() -> Built:
    """A single error in a long log, and the alert is about errors."""
    world = lean("2027-03-10T21:05:00Z")
    work = running(world, "tickets", "events")
    lines = log_lines(world, 1800, 2, "INFO GET /shows/{n} 200 12ms").splitlines(keepends=True)
    lines[1300] = (
        world.clock.ago("1000s") + " ERROR GET /checkout 500: could not acquire a connection from the pool\n"
    )
    world.log(work.pod, "tickets", "".join(lines))
    return Built(
        "one-error-among-thousands",
        objective(world, work.object, "15m", "answered requests with 5xx"),
        key(
            work.object,
            work.object,
            "app-dependency",
            "tickets answered a request with 500 because it could not acquire a connection from its pool.",
            (r"tickets", r"pool|connection"),
            *NOT_THIS,
            tags=("log", "needle", "subject-deployment"),
        ),
        world,
    )


def caller_does_not_complain() -> Built:
    """A Service that the caller's environment names has no pods, and the caller logs no word of it."""
    world = lean("2027-03-11T12:30:00Z")
    rates = running(world, "rates", "store", replicas=0, age="50d")
    world.service("rates", "store", port=9000, target=8080)
    world.event(rates.object, "scaled-down", last="33m", replica_set=rates.replica_set["metadata"]["name"],
                was=2, to=0)  # fmt: skip
    asks = running(
        world, "offers", "store", main={"env": {"RATES_URL": "http://rates:9000/v1", "MODE": "live"}}
    )
    world.log(asks.pod, "offers", log_lines(world, 80, 20, "INFO offer {n} asked"))
    return Built(
        "caller-does-not-complain",
        objective(world, asks.object, "25m"),
        key(
            asks.object,
            rates.object,
            "scaled-to-zero",
            "offers fails because rates, which it calls by RATES_URL, has no pods: Deployment rates is scaled to "
            "zero.",
            (r"rates", r"zero|\b0\b|no (ready )?(pod|endpoint)"),
            *NOT_THIS,
            also=(("Service", "store", "rates"),),
            tags=("dependency", "environment", "subject-deployment"),
        ),
        world,
    )
