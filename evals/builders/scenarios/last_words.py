"""Applications that end, and say why in their last words: many languages, many reasons."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import crash_looping, job_failed, webhook
from kubetriage.evals.builders.deployments import Revision
from kubetriage.evals.builders.identity import Json
from kubetriage.evals.builders.scenario import Answer, Built
from kubetriage.evals.builders.scenarios.pod_life import born, crash_loop, placed, restarts
from kubetriage.evals.builders.scenarios.short import (
    NO_OOM,
    NO_PROBE,
    NO_PULL,
    crashing,
    image_of,
    key,
    lean,
    main_of,
)
from kubetriage.evals.builders.states import READY, Ended, PodState
from kubetriage.evals.builders.templates import claim_volume
from kubetriage.evals.builders.world import World

NOT_THIS = (NO_OOM, NO_PULL, NO_PROBE)


def _ended(code: int = 1, reason: str = "Error") -> Ended:
    return Ended(code, reason, began="2m44s", ended="2m42s")


def _alerted(name: str, world: World, pod: Json, container: str, answer: Answer, form: str = "list") -> Built:
    """A crash-loop alert about the pod, in one of the forms."""
    one = crash_looping(pod, container, world.clock, since="19m")
    return Built(
        name, [one] if form == "list" else webhook([one]) if form == "webhook" else one, answer, world
    )


def environment_variable_missing() -> Built:
    """Python: KeyError for a variable that the new revision's template no longer sets."""
    world = lean("2026-10-01T08:00:00Z")
    log = (
        "Traceback (most recent call last):\n"
        '  File "/usr/local/lib/python3.12/runpy.py", line 198, in _run_module_as_main\n    return '
        "_run_code(code)\n"
        '  File "/app/worker/__main__.py", line 7, in <module>\n    from worker.settings import settings\n'
        '  File "/app/worker/settings.py", line 22, in <module>\n    broker = os.environ["BROKER_URL"]\n'
        '             ~~~~~~~~~~^^^^^^^^^^^^^^\n  File "<frozen os>", line 714, in __getitem__\n'
        "KeyError: 'BROKER_URL'\n"
    )
    before = main_of("worker", "tasks", env={"BROKER_URL": "amqp://rabbit.tasks:5672", "LEVEL": "info"})
    after = main_of("worker", "tasks", env={"LEVEL": "info"}, image=image_of("worker", "tasks", "1.5.0"))
    work = world.deployment(
        "worker",
        "tasks",
        [after],
        age="50d",
        rolled="36m",
        old=Revision([before], [READY]),
        states=[crash_loop(world, "worker", _ended(), 11)],
        progress="stuck",
    )
    born(world, work, "36m")
    placed(world, work.pod, "36m")
    restarts(world, work.pod, "worker", after["image"], first="35m50s", tries=11)
    world.log(work.pod, "worker", log, previous=True)
    return _alerted(
        "environment-variable-missing",
        world,
        work.pod,
        "worker",
        key(
            work.pod,
            work.object,
            "missing-env",
            "Container worker of Deployment tasks/worker ends because the environment variable BROKER_URL "
            "is not set: "
            "its new revision dropped it.",
            (r"BROKER_URL", r"not set|missing|unset|KeyError|dropped|removed|absent"),
            *NOT_THIS,
            tags=("log", "crash", "rollout", "python"),
        ),
    )


def database_on_localhost() -> Built:
    """Node.js: the database is asked for on the pod itself, because its host is set to localhost."""
    world = lean("2026-10-02T13:10:00Z")
    world.statefulset("mysql", "crm", [main_of("mysql", "crm", image="mysql:8.4.2", ports=[3306])], age="80d")
    world.service("mysql", "crm", port=3306, target=3306)
    work = crashing(
        world,
        "contacts",
        "crm",
        _ended(),
        "contacts 1.4.2 starting\nError: connect ECONNREFUSED 127.0.0.1:3306\n"
        "    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1607:16) {\n  errno: -111,\n"
        "  code: 'ECONNREFUSED',\n  syscall: 'connect',\n  address: '127.0.0.1',\n  port: 3306,\n  fatal: "
        "true\n}\n",
        main={"env": {"DB_HOST": "localhost", "DB_PORT": "3306"}},
        age="31m",
    )
    return _alerted(
        "database-on-localhost",
        world,
        work.pod,
        "contacts",
        key(
            work.pod,
            work.object,
            "misconfigured-app",
            "Container contacts of Deployment crm/contacts ends because it looks for its database on "
            "itself: DB_HOST is "
            "localhost, and 127.0.0.1:3306 refuses; the database is Service mysql.",
            (r"contacts", r"localhost|127\.0\.0\.1|itself", r"3306|DB_HOST|refuse"),
            *NOT_THIS,
            tags=("log", "crash", "node"),
        ),
        "webhook",
    )


def database_password_refused() -> Built:
    """PostgreSQL refuses the user's password; the database itself is well."""
    world = lean("2026-10-03T07:25:00Z")
    world.statefulset(
        "pg", "billing", [main_of("pg", "billing", image="postgres:16.4", ports=[5432])], age="80d"
    )
    world.service("pg", "billing", port=5432, target=5432)
    work = crashing(
        world,
        "invoicing",
        "billing",
        _ended(),
        '2026/10/03 07:22:15 invoicing 1.4.2\n2026/10/03 07:22:16 connect to "pg.billing:5432": failed '
        "SASL auth: FATAL: "
        'password authentication failed for user "invoicing" (SQLSTATE 28P01)\n',
        main={"env": {"PGHOST": "pg.billing", "PGUSER": "invoicing"}},
        age="19d",
        changed="41m",
    )
    return _alerted(
        "database-password-refused",
        world,
        work.pod,
        "invoicing",
        key(
            work.pod,
            work.object,
            "db-auth",
            "Container invoicing of Deployment billing/invoicing ends because the database "
            "pg.billing:5432 refuses its "
            'password (password authentication failed for user "invoicing").',
            (r"invoicing", r"password|authenticat|credential"),
            *NOT_THIS,
            also=(("StatefulSet", "billing", "pg"), ("Service", "billing", "pg")),
            tags=("log", "crash", "go"),
        ),
        "single",
    )


def dependency_crashes() -> Built:
    """The caller is refused; the Service it calls has no endpoints, because its only pod is OOMKilled."""
    world = lean("2026-10-04T18:40:00Z")
    ended = Ended(137, "OOMKilled", began="3m", ended="2m20s")
    state = crash_loop(world, "redis", ended, 10)
    store = world.statefulset(
        "redis",
        "shop",
        [main_of("redis", "shop", image="redis:7.4.1", ports=[6379], limits={"memory": "128Mi"})],
        age="60d",
        states=state,
    )
    restarts(world, store.pod, "redis", "redis:7.4.1", first="42m", tries=10)
    world.service("redis", "shop", port=6379, target=6379)
    work = crashing(
        world,
        "cart",
        "shop",
        _ended(),
        'Exception in thread "main" redis.clients.jedis.exceptions.JedisConnectionException: Failed to '
        "connect to "
        "redis:6379\n\tat redis.clients.jedis.DefaultJedisSocketFactory.connectToFirstSuccessfulHost("
        "DefaultJedisSocketFactory.java:71)\n\tat com.example.cart.Main.main(Main.java:31)\nCaused by: "
        "java.net.ConnectException: Connection refused\n\tat java.base/sun.nio.ch.Net.pollConnect(Native "
        "Method)\n",
        age="19d",
        changed="40m",
    )
    return _alerted(
        "dependency-crashes",
        world,
        work.pod,
        "cart",
        key(
            work.pod,
            store.object,
            "oom-killed",
            "Deployment shop/cart ends because redis:6379 refuses its connections: StatefulSet redis is "
            "OOMKilled again "
            "and again at its memory limit of 128Mi.",
            (r"redis", r"OOM|out of memory|memory limit", r"cart"),
            NO_PULL,
            NO_PROBE,
            tags=("log", "crash", "java", "dependency"),
        ),
        "webhook",
    )


def migration_fails() -> Built:
    """The new release expects a column that its migration cannot add."""
    world = lean("2026-10-05T09:30:00Z")
    work = crashing(
        world,
        "accounts",
        "bank",
        _ended(),
        "INFO  [alembic.runtime.migration] Context impl PostgresqlImpl.\n"
        "INFO  [alembic.runtime.migration] Running upgrade 8a1f -> 9c2e, add iban\n"
        "Traceback (most recent call last):\n"
        '  File "/app/migrations/versions/9c2e_add_iban.py", line 18, in upgrade\n'
        "    op.add_column('account', sa.Column('iban', sa.String(34), nullable=False))\n"
        'sqlalchemy.exc.ProgrammingError: (psycopg2.errors.DuplicateColumn) column "iban" of relation '
        '"account" '
        "already exists\n",
        age="27m",
    )
    return _alerted(
        "migration-fails",
        world,
        work.pod,
        "accounts",
        key(
            work.pod,
            work.object,
            "crash-app-error",
            "Container accounts of Deployment bank/accounts ends because its database migration 9c2e "
            "fails: column iban "
            "of relation account already exists.",
            (r"accounts", r"iban|migration|already exists"),
            *NOT_THIS,
            tags=("log", "crash", "python", "migration"),
        ),
    )


def java_heap_exhausted() -> Built:
    """The JVM's own heap is exhausted: no OOMKill, exit code 3, and the limit is far away."""
    world = lean("2026-10-06T22:05:00Z")
    work = crashing(
        world,
        "indexer",
        "search",
        _ended(3),
        "22:01:58.220 [main] INFO  Indexer - indexing 4,100,212 documents\n"
        "java.lang.OutOfMemoryError: Java heap space\nDumping heap to java_pid1.hprof ...\n"
        "Terminating due to java.lang.OutOfMemoryError: Java heap space\n",
        main={
            "env": {"JAVA_TOOL_OPTIONS": "-Xmx256m -XX:+ExitOnOutOfMemoryError"},
            "limits": {"memory": "2Gi"},
            "requests": {"cpu": "100m", "memory": "1Gi"},
        },
        age="11d",
        changed="50m",
    )
    return _alerted(
        "java-heap-exhausted",
        world,
        work.pod,
        "indexer",
        key(
            work.pod,
            work.object,
            "crash-app-error",
            "Container indexer of Deployment search/indexer ends because its Java heap is exhausted "
            "(OutOfMemoryError: "
            "Java heap space); it may use 256m of heap (-Xmx256m), far less than the container's limit.",
            (r"indexer", r"heap"),
            NO_PULL,
            NO_PROBE,
            r"OOMKilled",
            tags=("log", "crash", "java", "memory", "look-alike"),
        ),
        "webhook",
    )


def go_panics() -> Built:
    """A nil pointer in Go."""
    world = lean("2026-10-07T11:15:00Z")
    work = crashing(
        world,
        "router",
        "edge",
        _ended(2),
        "2026/10/07 11:12:15 router 1.4.2 listening on :8080\n"
        "panic: runtime error: invalid memory address or nil pointer dereference\n"
        "[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x7a3c21]\n\n"
        "goroutine 41 [running]:\nexample.com/router/internal/rules.(*Table).Match(0x0, {0xc0001a2000, "
        "0x11})\n"
        "\t/src/internal/rules/table.go:88 +0x41\nmain.handle(0xc00012e000)\n\t/src/main.go:132 +0x1d2\n",
        age="24m",
    )
    return _alerted(
        "go-panics",
        world,
        work.pod,
        "router",
        key(
            work.pod,
            work.object,
            "crash-app-error",
            "Container router of Deployment edge/router panics: nil pointer dereference in (*Table).Match "
            "(table.go:88).",
            (r"router", r"panic|nil pointer|SIGSEGV|segmentation"),
            *NOT_THIS,
            tags=("log", "crash", "go"),
        ),
        "single",
    )


def java_throws() -> Built:
    """An exception in Java whose cause stands in the last `Caused by`."""
    world = lean("2026-10-08T06:20:00Z")
    frames = "".join(
        f"\tat org.springframework.beans.factory.support.Beans.get{n}(Beans.java:{n})\n" for n in range(40)
    )
    work = crashing(
        world,
        "tariffs",
        "energy",
        _ended(),
        "06:17:14.900 INFO  Starting TariffsApplication v1.4.2\n"
        "06:17:17.002 ERROR Application run failed\n"
        "org.springframework.beans.factory.BeanCreationException: Error creating bean with name "
        "'tariffTable'\n"
        + frames
        + "Caused by: java.lang.IllegalArgumentException: Could not resolve placeholder "
        "'tariffs.currency' in value "
        '"${tariffs.currency}"\n' + frames[:300],
        age="29m",
    )
    return _alerted(
        "java-throws",
        world,
        work.pod,
        "tariffs",
        key(
            work.pod,
            work.object,
            "misconfigured-app",
            "Container tariffs of Deployment energy/tariffs ends because the setting tariffs.currency is "
            "not resolved "
            "(Could not resolve placeholder).",
            (r"tariffs\.currency",),
            *NOT_THIS,
            r"could not resolve (the )?host|dns",
            tags=("log", "crash", "java", "look-alike"),
        ),
    )


def node_module_missing() -> Built:
    """A module that the image does not hold."""
    world = lean("2026-10-09T15:45:00Z")
    work = crashing(
        world,
        "mailer",
        "crm",
        _ended(),
        "node:internal/modules/cjs/loader:1228\n  throw err;\n  ^\n\nError: Cannot find module 'nodemailer'\n"
        "Require stack:\n- /app/src/send.js\n- /app/src/index.js\n"
        "    at Module._resolveFilename (node:internal/modules/cjs/loader:1225:15) {\n"
        "  code: 'MODULE_NOT_FOUND',\n  requireStack: [ '/app/src/send.js', '/app/src/index.js' "
        "]\n}\n\nNode.js v22.9.0\n",
        age="34m",
    )
    return _alerted(
        "node-module-missing",
        world,
        work.pod,
        "mailer",
        key(
            work.pod,
            work.object,
            "crash-app-error",
            "Container mailer of Deployment crm/mailer ends because its image lacks the module nodemailer "
            "(Cannot find "
            "module).",
            (r"nodemailer", r"module|cannot find|missing|not found"),
            *NOT_THIS,
            tags=("log", "crash", "node"),
        ),
    )


def json_log_says_why() -> Built:
    """Structured logs: one JSON object a line, the reason in the field `error` of the fatal one."""
    world = lean("2026-10-10T10:10:00Z")
    work = crashing(
        world,
        "ratings",
        "shop",
        _ended(),
        '{"ts":"2026-10-10T10:07:17.1Z","level":"info","logger":"main","msg":"starting","version":"1.4.2"}\n'
        '{"ts":"2026-10-10T10:07:17.2Z","level":"info","logger":"config","msg":"loaded","path":"/etc/ratings/app.yaml"}\n'
        '{"ts":"2026-10-10T10:07:17.4Z","level":"fatal","logger":"main","msg":"cannot load model",'
        '"error":"open /models/ratings-v7.onnx: no such file or directory","caller":"main.go:61"}\n',
        main={"env": {"MODEL": "/models/ratings-v7.onnx"}},
        age="22m",
    )
    return _alerted(
        "json-log-says-why",
        world,
        work.pod,
        "ratings",
        key(
            work.pod,
            work.object,
            "misconfigured-app",
            "Container ratings of Deployment shop/ratings ends because the file /models/ratings-v7.onnx "
            "does not exist.",
            (r"ratings-v7\.onnx", r"no such file|not exist|missing|not found|does ?n.t exist"),
            *NOT_THIS,
            tags=("log", "crash", "json-log"),
        ),
        "webhook",
    )


def native_code_faults() -> Built:
    """Exit code 139, nothing in the log but its start: a segmentation fault."""
    world = lean("2026-10-11T21:30:00Z")
    work = crashing(
        world,
        "codec",
        "media",
        _ended(139),
        "codec 1.4.2 (libavx 6.1) ready\nprocessing clip 8812\n",
        age="18d",
        changed="33m",
    )
    return _alerted(
        "native-code-faults",
        world,
        work.pod,
        "codec",
        key(
            work.pod,
            work.object,
            "crash-app-error",
            "Container codec of Deployment media/codec ends with exit code 139: a segmentation fault "
            "(SIGSEGV) in the "
            "application itself; its log does not say where.",
            (r"codec", r"139|segmentation|SIGSEGV"),
            *NOT_THIS,
            outcome=("diagnosed", "inconclusive"),
            tags=("crash",),
        ),
        "single",
    )


def data_of_another_version() -> Built:
    """PostgreSQL 17 on the data directory of version 16."""
    world = lean("2026-10-12T08:55:00Z")
    world.storage_class("gp3", "ebs.csi.aws.com")
    world.claim(
        "data-pg-0",
        "data",
        size="20Gi",
        storage_class="gp3",
        provisioner="ebs.csi.aws.com",
        bound=True,
        age="90d",
    )
    state = crash_loop(world, "pg", _ended(), 9)
    work = world.statefulset(
        "pg",
        "data",
        [
            main_of(
                "pg", "data", image="postgres:17.0", ports=[5432], mounts={"data": "/var/lib/postgresql/data"}
            )
        ],
        age="90d",
        states=PodState(containers=state.containers, age="32m"),
        volumes=[claim_volume("data", "data-pg-0")],
    )
    placed(world, work.pod, "32m")
    restarts(world, work.pod, "pg", "postgres:17.0", first="31m50s", tries=9)
    world.log(
        work.pod,
        "pg",
        "PostgreSQL Database directory appears to contain a database; Skipping initialization\n"
        "2026-10-12 08:52:17.003 UTC [1] FATAL:  database files are incompatible with server\n"
        "2026-10-12 08:52:17.003 UTC [1] DETAIL:  The data directory was initialized by PostgreSQL "
        "version 16, which is "
        "not compatible with this version 17.0.\n",
        previous=True,
    )
    return _alerted(
        "data-of-another-version",
        world,
        work.pod,
        "pg",
        key(
            work.pod,
            work.object,
            "wrong-image",
            "StatefulSet data/pg ends because its image postgres:17.0 is incompatible with its data "
            "directory, which "
            "PostgreSQL version 16 made.",
            (r"\bpg\b", r"incompatible|not compatible|version 16"),
            *NOT_THIS,
            tags=("log", "crash", "statefulset"),
        ),
        "webhook",
    )


def script_has_a_syntax_error() -> Built:
    """A Job's shell script does not parse."""
    world = lean("2026-10-13T03:40:00Z")
    states = [
        PodState(containers={"rotate": Ended(2, began=began, ended=began)}, age=began)
        for began in ("26m", "25m40s", "25m", "23m40s")
    ]
    main = main_of("rotate", "ops", ports=[], command=["/bin/sh", "/scripts/rotate.sh"])
    work = world.job(
        "rotate-keys", "ops", [main], states, age="26m", ended="23m", failed="job-backoff-limit", backoff=3
    )
    world.event(work.object, "job-backoff-limit", last="23m")
    for pod in work.pods:
        world.log(pod, "rotate", '/scripts/rotate.sh: line 14: syntax error: unexpected "fi"\n')
    return Built(
        "script-has-a-syntax-error",
        webhook([job_failed("rotate-keys", "ops", world.clock, since="7m50s")]),
        key(
            work.object,
            work.object,
            "bad-command",
            "Job ops/rotate-keys failed because its script /scripts/rotate.sh has a syntax error in line "
            "14 (unexpected "
            '"fi"; exit code 2).',
            (r"rotate", r"syntax error|syntax", r"line 14|fi\b|exit code 2"),
            *NOT_THIS,
            tags=("job", "log", "subject-job"),
        ),
        world,
    )
