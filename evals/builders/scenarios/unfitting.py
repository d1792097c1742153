"""What does not fit together: a heap and its limit, two pods and one volume, a caller and its server."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import crash_looping, rollout_stuck
from kubetriage.evals.builders.deployments import Revision
from kubetriage.evals.builders.scenario import Built, blames
from kubetriage.evals.builders.scenarios.pod_life import born, crash_loop, placed, restarts
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
from kubetriage.evals.builders.states import READY, Ended, PodState, Running, Waiting
from kubetriage.evals.builders.templates import claim_volume, container

_CLASS = ("shared", "nfs.csi.example.com")


def java_heap_above_the_limit() -> Built:
    """The JVM may take a heap of three gibibytes in a container that may have one."""
    world = lean("2027-09-02T10:00:00Z")
    options = "-Xms256m -Xmx3g -XX:+ExitOnOutOfMemoryError"
    log = (
        "Picked up JAVA_TOOL_OPTIONS: -Xms256m -Xmx3g -XX:+ExitOnOutOfMemoryError\n"
        "2027-09-02T09:54:12.220Z  INFO 1 --- [main] c.e.tariff.TariffApplication : Started in 18.4 seconds\n"
        "2027-09-02T09:56:41.003Z  INFO 1 --- [task-1] c.e.tariff.Preload : 900000 tariffs in memory\n"
    )
    work = crashing(
        world, "tariff", "trade", Ended(137, "OOMKilled", began="6m10s", ended="3m2s"), log, age="50m", tries=8,
        main={"env": {"JAVA_TOOL_OPTIONS": options}, "limits": {"memory": "1Gi"},
              "requests": {"cpu": "200m", "memory": "1Gi"}},
    )  # fmt: skip
    answer = key(
        work.pod, work.object, "oom-killed",
        "tariff is OOMKilled at its limit of 1Gi, as -Xmx3g lets its heap grow beyond that.",
        (r"tariff", r"OOM", r"1\s?Gi", r"Xmx3g"), NO_PROBE, NO_PULL, tags=("crash",),
    )  # fmt: skip
    alert = crash_looping(work.pod, "tariff", world.clock, since="30m")
    return Built("java-heap-above-the-limit", alert, answer, world)


def old_pod_holds_the_data() -> Built:
    """A rolling update starts a database while the old pod still runs on the same claim."""
    world = lean("2027-09-03T10:00:00Z", csi=_CLASS)
    claim = world.claim("db-data", "wiki", size="20Gi", storage_class=_CLASS[0], provisioner=_CLASS[1],
                        bound=True, age="90d")  # fmt: skip
    image = "mysql:8.0.36"
    main = {"image": image, "ports": [3306], "mounts": {"data": "/var/lib/mysql"}}
    before = main_of("db", "wiki", **{**main, "image": "mysql:8.0.35"})
    last = Ended(1, "Error", began="4m50s", ended="3m8s")
    work = running(
        world, "db", "wiki", age="90d", rolled="41m", states=[crash_loop(world, "db", last, 8)], main=main,
        volumes=[claim_volume("data", "db-data")], old=Revision([before], states=[READY]), progress="stuck",
    )  # fmt: skip
    placed(world, work.pod, "41m")
    restarts(world, work.pod, "db", image, first="41m", tries=8)
    log = (
        "2027-09-03T09:55:12.404215Z 0 [System] [MY-010116] [Server] /usr/sbin/mysqld (mysqld 8.0.36) starting as "
        "process 1\n"
        "2027-09-03T09:55:12.411907Z 1 [ERROR] [MY-012574] [InnoDB] Unable to lock ./ibdata1 error: 11\n"
        "2027-09-03T09:56:52.494048Z 1 [ERROR] [MY-012215] [InnoDB] Cannot open datafile './ibdata1'\n"
        "2027-09-03T09:56:52.994811Z 0 [ERROR] [MY-010020] [Server] Data Dictionary initialization failed.\n"
        "2027-09-03T09:56:52.994835Z 0 [ERROR] [MY-010119] [Server] Aborting\n"
    )
    for previous in (False, True):
        world.log(work.pod, "db", log, previous=previous)
    world.log(work.old_pods[0], "db", "2027-08-20T08:06:42Z 0 [System] [MY-010931] ready for connections.\n")
    answer = key(
        work.object, work.object, "rollout-stuck",
        "The new pod of db cannot lock its data: the old pod of the update still runs on claim db-data.",
        (r"db", r"lock|ibdata1", r"db-data"), NO_OOM, NO_PROBE, blames("thread|process limit"),
        also=(claim, work.pod, work.old_pods[0]), tags=("rollout", "storage"),
    )  # fmt: skip
    return Built(
        "old-pod-holds-the-data", rollout_stuck("db", "wiki", world.clock, since="25m"), answer, world
    )


def method_went_with_a_rollout() -> Built:
    """A server went back to a version without the gRPC service that its caller asks for."""
    world = lean("2027-09-04T10:00:00Z")
    former = Revision([main_of("stock", "shop", image=image_of("stock", "shop", "2.1.0"))])
    stock = world.deployment(
        "stock", "shop", [main_of("stock", "shop", image=image_of("stock", "shop", "1.9.4"))], age="120d",
        rolled="34m", old=former,
    )  # fmt: skip
    born(world, stock, "34m")
    world.log(stock.pod, "stock", "2027-09-04T09:26:31Z INFO grpc server listening on :8080\n")
    world.service("stock", "shop", port=8080)
    failing = (
        '{{"level":"error","ts":"2027-09-04T09:{m}:02.119Z","msg":"reserve failed","addr":"stock:8080",'
        '"error":"rpc error: code = Unimplemented desc = unknown service shop.stock.v2.Stock"}}\n'
    )
    log = "".join(failing.format(m=minute) for minute in range(28, 59))
    cart = running(world, "cart", "shop", age="60d", log=log, main={"env": {"STOCK_ADDR": "stock:8080"}})
    text = "cart: all reservations fail with errors"
    answer = key(
        cart.object, stock.object, "wrong-image",
        "Since its rollout from 2.1.0 to 1.9.4, stock lacks the gRPC service that cart calls (Unimplemented).",
        (r"stock", r"Unimplemented", r"1\.9\.4"), NO_OOM, blames(r"network ?policy"), tags=("dependency",),
    )  # fmt: skip
    alert = fires(world, "CartErrors", text, "29m", "critical", namespace="shop", deployment="cart")
    return Built("method-went-with-a-rollout", alert, answer, world)


def tag_means_another_image() -> Built:
    """One of three pods was started after its tag was pushed again."""
    world = lean("2027-09-05T10:00:00Z")
    image = image_of("landing", "web", "stable")
    main = main_of("landing", "web", image=image, imagePullPolicy="Always")
    last = Ended(1, "Error", began="2m2s", ended="2m1s")
    ill = PodState(containers=crash_loop(world, "landing", last, 10).containers, age="38m")
    work = world.deployment("landing", "web", [main], replicas=3, age="50d", states=[READY, READY, ill],
                            changed="38m")  # fmt: skip
    bad = work.pods[2]
    bad["status"]["containerStatuses"][0]["imageID"] = f"{image.partition(':')[0]}@sha256:{'7e' * 32}"
    log = "Error: Cannot find module '/app/dist/main.js'\n    at Module._resolveFilename (node:internal/x:1144:15)\n"
    for previous in (False, True):
        world.log(bad, "landing", log, previous=previous)
    for pod in work.pods[:2]:
        world.log(pod, "landing", "listening on :8080\n")
    placed(world, bad, "38m")
    restarts(world, bad, "landing", image, first="38m", tries=10)
    answer = key(
        bad, work.object, "wrong-image",
        "The tag of landing now means another image, which lacks /app/dist/main.js; older pods run the former.",
        (r"landing", r"main\.js", r"another image|digest|sha256"), NO_OOM, NO_PULL, tags=("image", "crash"),
    )  # fmt: skip
    alert = crash_looping(bad, "landing", world.clock, since="22m")
    return Built("tag-means-another-image", alert, answer, world)


def init_waits_for_a_full_database() -> Built:
    """An init container waits for a database of another namespace, whose volume is full."""
    world = lean("2027-09-06T10:00:00Z", csi=_CLASS)
    claim = world.claim("pgdata-pg-0", "data", size="10Gi", storage_class=_CLASS[0], provisioner=_CLASS[1],
                        bound=True, age="300d")  # fmt: skip
    main = container("pg", "postgres:15.6", ports=[5432], mounts={"pgdata": "/var/lib/postgresql/data"})
    last = Ended(1, "Error", began="3m48s", ended="3m47s")
    base = world.statefulset("pg", "data", [main], age="300d", states=crash_loop(world, "pg", last, 13),
                             volumes=[claim_volume("pgdata", "pgdata-pg-0")])  # fmt: skip
    log = '2027-09-06 09:56:12.011 UTC [1] FATAL:  could not write lock file "postmaster.pid": No space left on device\n'
    for previous in (False, True):
        world.log(base.pod, "pg", log, previous=previous)
    restarts(world, base.pod, "pg", "postgres:15.6", first="45m", tries=13)
    world.service("pg", "data", port=5432, target=5432)
    wait = container("wait-for-db", "busybox:1.36", env={"DB_HOST": "pg.data.svc.cluster.local"},
                     command=["sh", "-c", "until nc -z -w2 $DB_HOST 5432; do sleep 3; done"])  # fmt: skip
    waiting = PodState(init={"wait-for-db": Running()}, containers={"orders": Waiting("PodInitializing")})
    work = running(world, "orders", "shop", age="40m", states=waiting, more={"initContainers": [wait]},
                   progress="stuck")  # fmt: skip
    born(world, work, "40m")
    placed(world, work.pod, "40m")
    answer = key(
        work.pod, base.object, "disk-full",
        "orders waits for pg in namespace data, which cannot start as its volume is full.",
        (r"orders", r"pg", r"[Nn]o space|full"), NO_OOM, blames(r"network ?policy"), also=(claim, base.pod),
        tags=("storage", "dependency"),
    )  # fmt: skip
    meta = work.pod["metadata"]
    text = f"Pod shop/{meta['name']} has been in a non-ready state for longer than 15 minutes."
    alert = fires(world, "KubePodNotReady", text, "24m", namespace="shop", pod=meta["name"])
    return Built("init-waits-for-a-full-database", alert, answer, world)
