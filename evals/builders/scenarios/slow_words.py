"""Applications that run on and say in their logs what keeps them from working."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import webhook
from kubetriage.evals.builders.custom import defined
from kubetriage.evals.builders.identity import Json
from kubetriage.evals.builders.objects import made
from kubetriage.evals.builders.scenario import Built
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
from kubetriage.evals.builders.world import World

NOT_THIS = (NO_OOM, NO_PULL, NO_PROBE)


def _failing(world: World, work: Json, since: str, what: str = "fails more than 5% of its requests") -> Json:
    """An alert on an application's own errors, with its Deployment as the subject."""
    meta = work["metadata"]
    return fires(
        world,
        "RequestsFailing",
        f"{meta['name']} in {meta['namespace']} {what}.",
        since,
        "critical",
        namespace=meta["namespace"],
        deployment=meta["name"],
    )


def connection_pool_exhausted() -> Built:
    """HikariCP has no free connection: every request waits thirty seconds and fails."""
    world = lean("2026-10-14T12:15:00Z")
    world.statefulset(
        "pg", "orders", [main_of("pg", "orders", image="postgres:16.4", ports=[5432])], age="80d"
    )
    world.service("pg", "orders", port=5432, target=5432)
    log = (
        "12:14:20.118 ERROR [http-nio-8080-exec-41] o.h.e.jdbc.spi.SqlExceptionHelper : OrdersPool - "
        "Connection is not "
        "available, request timed out after 30000ms (total=20, active=20, idle=0, waiting=37)\n"
        "org.springframework.transaction.CannotCreateTransactionException: Could not open JPA EntityManager\n"
        "\tat org.springframework.orm.jpa.JpaTransactionManager.doBegin(JpaTransactionManager.java:466)\n"
        "Caused by: java.sql.SQLTransientConnectionException: OrdersPool - Connection is not available, "
        "request timed "
        "out after 30000ms (total=20, active=20, idle=0, waiting=37)\n"
    )
    work = running(world, "orders", "orders", main={"env": {"DB_POOL_SIZE": "20"}}, log=log * 8)
    return Built(
        "connection-pool-exhausted",
        webhook([_failing(world, work.object, "23m")]),
        key(
            work.object,
            work.object,
            "app-dependency",
            "Deployment orders/orders fails because its database connection pool OrdersPool is exhausted: "
            "all 20 "
            "connections are active and 37 requests wait (timed out after 30000ms).",
            (r"pool|connection", r"exhaust|not available|no free|all 20|active=20|timed out"),
            *NOT_THIS,
            r"password|authentication failed",
            tags=("log", "java", "subject-deployment"),
        ),
        world,
    )


def external_name_absent() -> Built:
    """A partner's host name does not resolve; cluster DNS works for everything else."""
    world = lean("2026-10-15T17:05:00Z")
    work = running(
        world,
        "fx-rates",
        "bank",
        main={"env": {"RATES_URL": "https://api.rates-partner.example/v2"}},
        log='level=error msg="fetch failed" err="Get \\"https://api.rates-partner.example/v2/latest\\": '
        "dial tcp: lookup "
        'api.rates-partner.example on 10.96.0.10:53: no such host"\nlevel=info msg="GET /health 200"\n' * 7,
    )
    return Built(
        "external-name-absent",
        [_failing(world, work.object, "42m")],
        key(
            work.object,
            work.object,
            "dns",
            "Deployment bank/fx-rates fails because the external host name api.rates-partner.example does "
            "not resolve (no "
            "such host).",
            (r"api\.rates-partner\.example", r"resolve|no such host|dns|look ?up"),
            *NOT_THIS,
            r"coredns (is|was) (down|crash|misconfig)",
            r"no Service|Service [a-z/.-]+ does not exist",
            tags=("log", "dns", "go", "subject-deployment"),
        ),
        world,
    )


def too_many_open_files() -> Built:
    """The process has no file descriptors left, and accepts no connections."""
    world = lean("2026-10-16T09:50:00Z")
    work = running(
        world,
        "broker",
        "chat",
        log="2026/10/16 09:49:12 http: Accept error: accept tcp [::]:8080: accept4: too many open files; "
        "retrying in "
        "1s\n" * 14,
    )
    return Built(
        "too-many-open-files",
        webhook([_failing(world, work.object, "26m", "accepts no connections")]),
        key(
            work.object,
            work.object,
            "os-limit",
            "Deployment chat/broker accepts no connections because it has too many open files: its file "
            "descriptors are "
            "used up.",
            (r"broker", r"open files|file descriptor"),
            *NOT_THIS,
            tags=("log", "go", "subject-deployment"),
        ),
        world,
    )


def peer_certificate_expired() -> Built:
    """The certificate of a Service in the cluster expired; its caller says so."""
    world = lean("2026-10-17T05:30:00Z")
    running(world, "identity", "auth", main={"ports": [8443]})
    world.service("identity", "auth", port=443, target=8443)
    work = running(
        world,
        "portal",
        "web",
        main={"env": {"IDENTITY_URL": "https://identity.auth.svc"}},
        log='level=error msg="token exchange failed" err="Post \\"https://identity.auth.svc/token\\": '
        "tls: failed to "
        "verify certificate: x509: certificate has expired or is not yet valid: current time "
        "2026-10-17T05:29:31Z is "
        'after 2026-10-17T00:00:00Z"\n' * 7,
    )
    return Built(
        "peer-certificate-expired",
        [_failing(world, work.object, "5h12m")],
        key(
            work.object,
            ("Service", "auth", "identity"),
            "cert-expired",
            "Deployment web/portal fails because the certificate of identity.auth.svc expired on "
            "2026-10-17T00:00:00Z.",
            (r"identity", r"certificate", r"expired"),
            *NOT_THIS,
            also=(("Deployment", "auth", "identity"), work.object),
            tags=("log", "tls", "go", "cross-namespace", "subject-deployment"),
        ),
        world,
    )


def peer_certificate_for_another_name() -> Built:
    """The certificate is valid, but for the short name; the caller was set to the long one."""
    world = lean("2026-10-18T14:00:00Z")
    running(world, "pki", "auth", main={"ports": [8443]})
    world.service("pki", "auth", port=443, target=8443)
    work = running(
        world,
        "enroll",
        "auth",
        main={"env": {"PKI_URL": "https://pki.auth.svc.cluster.local"}},
        log="requests.exceptions.SSLError: HTTPSConnectionPool(host='pki.auth.svc.cluster.local', "
        "port=443): Max retries "
        'exceeded with url: /issue (Caused by SSLError(SSLCertVerificationError(1, "[SSL: '
        "CERTIFICATE_VERIFY_FAILED] "
        "certificate verify failed: Hostname mismatch, certificate is not valid for "
        "'pki.auth.svc.cluster.local'. "
        '(_ssl.c:1000)")))\n' * 6,
    )
    return Built(
        "peer-certificate-for-another-name",
        webhook([_failing(world, work.object, "51m")]),
        key(
            work.object,
            work.object,
            "cert-expired",
            "Deployment auth/enroll fails because the certificate of pki is not valid for the name it calls, "
            "pki.auth.svc.cluster.local (hostname mismatch).",
            (r"pki", r"certificate", r"mismatch|not valid for|another name|host ?name"),
            *NOT_THIS,
            r"(has )?expired",
            also=(("Service", "auth", "pki"), ("Deployment", "auth", "pki")),
            tags=("log", "tls", "python", "subject-deployment"),
        ),
        world,
    )


def partner_limits_rate() -> Built:
    """An API outside answers 429."""
    world = lean("2026-10-19T11:25:00Z")
    work = running(
        world,
        "geocoder",
        "routes",
        main={"env": {"GEO_API": "https://geo.partner.example/v1"}},
        log="WARN  geo.partner.example answered 429 Too Many Requests: rate limit of 50 requests per "
        "second exceeded, "
        "retry-after=30\nERROR geocode failed after 5 retries: 429 Too Many Requests\n" * 8,
    )
    return Built(
        "partner-limits-rate",
        _failing(world, work.object, "33m"),
        key(
            work.object,
            work.object,
            "app-dependency",
            "Deployment routes/geocoder fails because geo.partner.example limits its rate (429 Too Many "
            "Requests, 50 "
            "requests per second).",
            (r"geocoder|geo\.partner", r"429|rate ?limit|too many requests"),
            *NOT_THIS,
            tags=("log", "subject-deployment"),
        ),
        world,
    )


def secret_changed_after_start() -> Built:
    """A pod that started before its Secret was rotated keeps the old password in its environment."""
    world = lean("2026-10-20T06:10:00Z")
    secret = world.add(
        made(
            "v1",
            "Secret",
            "ledger-db",
            "bank",
            world.clock.ago("200d"),
            type="Opaque",
        )
    )
    secret["metadata"]["managedFields"] = [
        {
            "apiVersion": "v1",
            "fieldsType": "FieldsV1",
            "fieldsV1": {"f:data": {".": {}, "f:password": {}}},
            "manager": "external-secrets",
            "operation": "Update",
            "time": world.clock.ago("1h5m"),
        }
    ]
    world.need_namespace("bank")
    world.statefulset("pg", "bank", [main_of("pg", "bank", image="postgres:16.4", ports=[5432])], age="80d")
    world.service("pg", "bank", port=5432, target=5432)
    work = running(
        world,
        "ledger",
        "bank",
        age="60d",
        main={
            "env": {
                "PGHOST": "pg.bank",
                "PGPASSWORD": {"secretKeyRef": {"key": "password", "name": "ledger-db"}},
            }
        },
        log="2026-10-20T05:04:58Z INFO  200 POST /entries\n2026-10-20T05:06:12Z ERROR pg.bank:5432: "
        "FATAL: password "
        'authentication failed for user "ledger"\n' * 7,
    )
    return Built(
        "secret-changed-after-start",
        [_failing(world, work.object, "53m")],
        key(
            work.object,
            work.object,
            "stale-credential",
            "Deployment bank/ledger is refused by pg.bank:5432 (password authentication failed for user "
            '"ledger"); its '
            "pods have run for 60 days and hold the password of Secret ledger-db from their start.",
            (r"ledger", r"password|authenticat|credential"),
            *NOT_THIS,
            also=(("Secret", "bank", "ledger-db"), ("StatefulSet", "bank", "pg"), ("Service", "bank", "pg")),
            tags=("log", "credential", "subject-deployment"),
        ),
        world,
    )


def chaos_experiment_delays() -> Built:
    """A NetworkChaos that someone left running delays every packet of the pods."""
    world = lean("2026-10-21T15:20:00Z")
    defined(world, "chaos-mesh.org", "NetworkChaos", "networkchaos", "v1alpha1")
    work = running(
        world,
        "payments",
        "shop",
        log="WARN  slow upstream: bank-api answered after 2041 ms\nINFO  200 POST /pay 2113 ms\n" * 8,
    )
    at = world.clock.ago("49m")
    chaos = world.add(
        made(
            "chaos-mesh.org/v1alpha1",
            "NetworkChaos",
            "delay-payments",
            "shop",
            at,
            generation=1,
            finalizers=["chaos-mesh/records"],
            spec={
                "action": "delay",
                "delay": {"correlation": "0", "jitter": "0ms", "latency": "2s"},
                "direction": "to",
                "mode": "all",
                "selector": {"labelSelectors": {"app": "payments"}, "namespaces": ["shop"]},
            },
            status={
                "conditions": [
                    {"status": status, "type": kind}
                    for kind, status in (
                        ("Selected", "True"),
                        ("AllInjected", "True"),
                        ("AllRecovered", "False"),
                        ("Paused", "False"),
                    )
                ],
                "experiment": {
                    "containerRecords": [
                        {
                            "id": f"shop/{work.pod['metadata']['name']}",
                            "injectedCount": 1,
                            "phase": "Injected",
                            "recoveredCount": 0,
                            "selectorKey": ".",
                        }
                    ],
                    "desiredPhase": "Run",
                },
            },
        )
    )
    return Built(
        "chaos-experiment-delays",
        webhook([_failing(world, work.object, "38m", "answers slower than 2 seconds")]),
        key(
            work.object,
            chaos,
            "chaos-experiment",
            "Deployment shop/payments is slow because the chaos experiment NetworkChaos delay-payments "
            "delays the packets "
            "of its pods by 2s since 49 minutes.",
            (r"delay-payments|NetworkChaos|chaos", r"payments"),
            *NOT_THIS,
            tags=("chaos", "custom-resource", "subject-deployment"),
        ),
        world,
    )


def disk_reads_fail() -> Built:
    """The database reports I/O errors of its volume: hardware, not configuration."""
    world = lean("2026-10-22T23:45:00Z")
    world.storage_class("local-ssd", "kubernetes.io/no-provisioner")
    log = (
        "2026-10-22T23:41:10Z ERROR [mongod] WiredTiger error: __posix_file_read:423: "
        "/data/db/collection-7.wt: "
        "handle-read: pread: failed to read 4096 bytes at offset 81920: Input/output error\n"
    )
    work = world.statefulset(
        "mongo", "data", [main_of("mongo", "data", image="mongo:7.0.14", ports=[27017])], age="80d"
    )
    world.log(work.pod, "mongo", log * 9)
    return Built(
        "disk-reads-fail",
        webhook(
            [
                fires(
                    world,
                    "MongoErrors",
                    "mongo in data reports errors of its storage engine.",
                    "3m30s",
                    "critical",
                    namespace="data",
                    pod=work.pod["metadata"]["name"],
                )
            ]
        ),
        key(
            work.pod,
            ("Node", "", work.pod["spec"]["nodeName"]),
            "disk-error",
            "mongo in data cannot read /data/db/collection-7.wt: its disk gives Input/output errors, "
            "which points to the "
            "hardware of its node or volume.",
            (r"mongo", r"input/output error|I/O error|disk"),
            *NOT_THIS,
            also=(work.object,),
            tags=("log", "storage", "statefulset"),
        ),
        world,
    )
