"""Probes that fail, and init containers that do not end."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.finding import Likelihood, Role, Specificity
from kubetriage.domain.rules.crash import app_error
from kubetriage.domain.rules.init import hanging
from kubetriage.domain.rules.probe_words import Result, read_probe
from kubetriage.domain.rules.probes import killed_by_probe, not_ready, readiness_gates

POD = "Pod shop/app-1"
HTTP = {"httpGet": {"path": "/healthz", "port": 8080}}


@pytest.mark.parametrize(
    ("message", "probe", "result"),
    [
        ("Liveness probe failed: HTTP probe failed with statuscode: 500", "liveness", Result.STATUS),
        ('Readiness probe failed: Get "http://10.1.1.1/": dial tcp 10.1.1.1:80: connect: connection refused',
         "readiness", Result.REFUSED),
        ("Readiness probe failed: Get http://10.1.1.1:80/: net/http: request canceled (Client.Timeout "
         "exceeded while "
         "awaiting headers)", "readiness", Result.TIMEOUT),
        ('Startup probe failed: Get "http://10.1.1.1:80/": context deadline exceeded', "startup",
         Result.TIMEOUT),
        ('Liveness probe errored: strconv.Atoi: parsing "web": invalid syntax', "liveness", Result.NO_PORT),
        ('Liveness probe failed: OCI runtime exec failed: exec: "curl": executable file not found in $PATH',
         "liveness",
         Result.NO_COMMAND),
        ("Readiness probe failed: cat: /tmp/ready: cannot open", "readiness", Result.OTHER),
    ],
)  # fmt: skip
def test_probe_messages_are_read(message: str, probe: str, result: Result) -> None:
    """kubelet's old and new wordings tell which probe failed and how."""
    said = read_probe(message)
    assert said is not None and (said.probe, said.result) == (probe, result)
    assert read_probe("Container app failed liveness probe, will be restarted") is None


def _killed(k8s: Any, message: str, *, lived: float = 30, **spec: Any) -> list[Any]:
    end = k8s.ended(137, lasted=lived)
    state = k8s.container(state=k8s.running(1), last=end, ready=False, restarts=6, livenessProbe=HTTP, **spec)
    return [
        k8s.pod(POD, state),
        k8s.event(POD, "Unhealthy", message, times=18),
        k8s.event(
            POD, "Killing", "Container app failed liveness probe, will be restarted", kind="Normal", times=6
        ),
    ]


REFUSED = (
    'Liveness probe failed: Get "http://10.1.1.1:8080/healthz": '
    "dial tcp 10.1.1.1:8080: connect: connection refused"
)


def test_a_liveness_probe_on_a_wrong_port(k8s: Any, view_of: Any) -> None:
    """A probe of a port nothing listens on, unlike the declared one, is wrong itself; no crash is stated."""
    view = view_of(_killed(k8s, REFUSED, ports=[{"containerPort": 80}]), POD)
    (found,) = killed_by_probe(view)
    assert found.likelihood is Likelihood.HIGH and found.specificity is Specificity.EXACT
    assert ":8080/healthz" in found.statement.en and "80" in found.statement.en
    assert list(app_error(view)) == []


def test_the_port_that_the_log_names_beats_the_declared_one(k8s: Any, view_of: Any) -> None:
    """An application that says where it listens shows that the probe asks elsewhere."""
    logs = {("shop", "app-1", "app", True): "INFO Listening on port 9000\n"}
    view = view_of(_killed(k8s, REFUSED, ports=[{"containerPort": 8080}]), POD, logs=logs)
    (found,) = killed_by_probe(view)
    assert "listens on port 9000, not on 8080" in found.statement.en


def test_a_path_that_the_application_does_not_have(k8s: Any, view_of: Any) -> None:
    """404 is a wrong path, not a sick application."""
    (found,) = killed_by_probe(
        view_of(_killed(k8s, "Liveness probe failed: HTTP probe failed with statuscode: 404"), POD)
    )
    assert "404" in found.statement.en and found.specificity is Specificity.EXACT


def test_a_slow_start_that_the_probe_does_not_allow(k8s: Any, view_of: Any) -> None:
    """A container killed as soon as the probe allows, with no startup probe, may only start slowly."""
    message = 'Liveness probe failed: Get "http://10.1.1.1:8080/healthz": context deadline exceeded'
    (found,) = killed_by_probe(view_of(_killed(k8s, message, lived=0.5), POD))
    assert "too soon for a slow start" in found.statement.en


def test_a_dependency_behind_a_liveness_probe_is_the_cause(k8s: Any, view_of: Any) -> None:
    """When the log says that a peer cannot be reached, the probe is only how it shows."""
    logs = {("shop", "app-1", "app", True): "ERROR dial tcp: lookup db on 10.0.0.1:53: no such host\n"}
    message = "Liveness probe failed: HTTP probe failed with statuscode: 503"
    (found,) = killed_by_probe(view_of(_killed(k8s, message), POD, logs=logs))
    assert found.role is Role.SYMPTOM


def test_an_application_that_crashes_by_itself_is_not_the_probes_victim(k8s: Any, view_of: Any) -> None:
    """Failing probes around an exit with code 1 do not make the probe the reason."""
    pod = k8s.pod(POD, k8s.container(state=k8s.waiting("CrashLoopBackOff"), last=k8s.ended(1), restarts=3,
                                     livenessProbe=HTTP), phase="Running")  # fmt: skip
    view = view_of([pod, k8s.event(POD, "Unhealthy", REFUSED)], POD)
    assert list(killed_by_probe(view)) == [] and len(list(app_error(view))) == 1


def _unready(k8s: Any, message: str = "", **spec: Any) -> list[Any]:
    pod = k8s.pod(POD, k8s.container(ready=False, readinessProbe=HTTP, **spec))
    return [pod, *([k8s.event(POD, "Unhealthy", message, times=40)] if message else [])]


def test_a_readiness_probe_that_gets_503(k8s: Any, view_of: Any) -> None:
    """The application itself says that it is not ready: why is not certain."""
    (found,) = not_ready(
        view_of(_unready(k8s, "Readiness probe failed: HTTP probe failed with statuscode: 503"), POD)
    )
    assert found.role is Role.CAUSE and found.likelihood is Likelihood.MEDIUM and "503" in found.statement.zh


def test_a_readiness_probe_on_a_wrong_port_is_certain(k8s: Any, view_of: Any) -> None:
    """A port that the container does not declare and nothing listens on is the probe's fault."""
    message = REFUSED.replace("Liveness", "Readiness")
    (found,) = not_ready(view_of(_unready(k8s, message, ports=[{"containerPort": 80}]), POD))
    assert found.likelihood is Likelihood.HIGH


def _refusing(k8s: Any, view_of: Any, log: str) -> Any:
    probe = {"httpGet": {"path": "/ready", "port": 8080}}
    state = k8s.container(ready=False, readinessProbe=probe, ports=[{"containerPort": 8080}])
    said = REFUSED.replace("Liveness", "Readiness")
    view = view_of([k8s.pod(POD, state), k8s.event(POD, "Unhealthy", said, times=50)], POD,
                   logs={("shop", "app-1", "app", False): log})  # fmt: skip
    (one,) = not_ready(view)
    return one


@pytest.mark.parametrize("said", [" * Running on http://127.0.0.1:8080", "INFO listening on 127.0.0.1:8080"])
def test_an_application_that_only_its_own_pod_can_reach(k8s: Any, view_of: Any, said: str) -> None:
    """The kubelet asks the pod's address: the application, not the probe, is to be changed."""
    one = _refusing(k8s, view_of, f"{said}\n")
    assert "listens on 127.0.0.1:8080 only" in one.statement.en and "127.0.0.1:8080" in one.statement.zh
    assert one.likelihood is Likelihood.HIGH and "0.0.0.0" in one.remedies[0].title.en
    named = _refusing(k8s, view_of, "Server running at http://localhost:8080\n")
    assert named.likelihood is Likelihood.MEDIUM  # what many print that listen on all addresses


@pytest.mark.parametrize(
    "said",
    ["Running on http://127.0.0.1:9000", "listening on 0.0.0.0:8080\nlistening on 127.0.0.1:8080",
     "connecting to 127.0.0.1:8080", "listening on :8080"],
)  # fmt: skip
def test_an_application_that_listens_elsewhere_too(k8s: Any, view_of: Any, said: str) -> None:
    """Another port, all addresses, or a call of its own are no sign of it."""
    assert "127.0.0.1:8080 only" not in _refusing(k8s, view_of, f"{said}\n").statement.en


def test_a_container_that_has_just_started_may_fail_a_probe(k8s: Any, view_of: Any) -> None:
    """One failure within the first minute is no cause yet."""
    pod = k8s.pod(POD, k8s.container(state=k8s.running(0.5), ready=False, readinessProbe=HTTP))
    event = k8s.event(POD, "Unhealthy", REFUSED.replace("Liveness", "Readiness"))
    (found,) = not_ready(view_of([pod, event], POD))
    assert found.role is Role.SYMPTOM


def test_without_events_unreadiness_is_a_symptom(k8s: Any, view_of: Any) -> None:
    """Nothing is concluded from a probe whose failures were not seen."""
    (found,) = not_ready(view_of(_unready(k8s), POD))
    assert found.role is Role.SYMPTOM


def test_old_probe_failures_of_a_ready_pod_are_history(k8s: Any, view_of: Any) -> None:
    """A pod that is ready again is not reported for failures of its start."""
    pod = k8s.pod(POD, k8s.container(readinessProbe=HTTP))
    view = view_of([pod, k8s.event(POD, "Unhealthy", REFUSED.replace("Liveness", "Readiness"))], POD)
    assert list(not_ready(view)) == [] and list(killed_by_probe(view)) == []


def test_pods_on_a_dead_node_are_not_judged_by_probes(k8s: Any, view_of: Any) -> None:
    """The node controller, not a probe, makes pods of a NotReady node unready."""
    node = k8s.obj("Node n1", status={"conditions": [{"type": "Ready", "status": "Unknown"}]})
    assert list(not_ready(view_of([*_unready(k8s), node], POD))) == []


def test_a_readiness_gate_that_nobody_sets(k8s: Any, view_of: Any) -> None:
    """Ready containers in an unready pod wait for a gate's controller."""
    pod = k8s.pod(POD, readinessGates=[{"conditionType": "example.com/lb"}])
    pod["status"]["conditions"] = [
        {"type": "Ready", "status": "False"},
        {"type": "ContainersReady", "status": "True"},
    ]
    (found,) = readiness_gates(view_of([pod], POD))
    assert "example.com/lb" in found.statement.en


# ---- init containers


def _waiting_for(k8s: Any, command: str, minutes: float = 20) -> Any:
    first = k8s.container(
        "wait", state=k8s.running(minutes), ready=False, init=True, command=["sh", "-c", command]
    )
    return k8s.pod(POD, first, k8s.container(state=k8s.waiting("PodInitializing")))


@pytest.mark.parametrize(
    "command",
    [
        "until nslookup db; do sleep 2; done",
        "until nc -z db 5432; do sleep 2; done",
        "until wget -qO- http://db:5432; do sleep 2; done",
        "while ! pg_isready -h db; do sleep 1; done",
    ],
)
def test_an_init_container_that_waits_for_an_absent_service(k8s: Any, view_of: Any, command: str) -> None:
    """The host in the waiting command is tied to the Service that is not there."""
    view = view_of([_waiting_for(k8s, command)], POD, absent=["Service shop/db"])
    (found,) = k8s.findings(hanging(view))
    assert found.culprit == k8s.ref("Service shop/db") and found.likelihood is Likelihood.HIGH
    assert "20 min" in found.statement.en and "no Service db" in found.statement.en


def test_an_init_container_that_waits_for_a_service_in_trouble(k8s: Any, view_of: Any) -> None:
    """With the Service there, its trouble would explain the wait."""
    service = k8s.obj("Service shop/db", spec={"selector": {"app": "db"}, "ports": [{"port": 5432}]})
    view = view_of([_waiting_for(k8s, "until nslookup db; do sleep 2; done"), service], POD)
    (found,) = k8s.findings(hanging(view))
    assert found.waits_on == (k8s.ref("Service shop/db"),) and found.likelihood is Likelihood.MEDIUM
    assert [w.about for w in k8s.wants(hanging(view))] == [k8s.ref("Service shop/db")]


def test_a_host_from_the_environment(k8s: Any, view_of: Any) -> None:
    """A command names its host by a variable of the container."""
    pod = _waiting_for(k8s, "until nc -z $DB_HOST ${DB_PORT}; do sleep 2; done")
    env = [{"name": "DB_HOST", "value": "pg.data"}, {"name": "DB_PORT", "value": "5432"}]
    pod["spec"]["initContainers"][0]["env"] = env
    namespace = k8s.obj("Namespace data")
    (found,) = k8s.findings(hanging(view_of([pod, namespace], POD, absent=["Service data/pg"])))
    assert found.culprit == k8s.ref("Service data/pg") and "pg.data:5432" in found.statement.en


@pytest.mark.parametrize(
    ("line", "host"),
    [("waiting for pg.data.svc.cluster.local:5432", "Service data/pg"), ("seeding 10 of 12 tables", "")],
)
def test_a_host_from_the_log(k8s: Any, view_of: Any, line: str, host: str) -> None:
    """Where the command is hidden in the image, the log may say what is waited for."""
    pod = _waiting_for(k8s, "/wait.sh")
    view = view_of([pod], POD, logs={("shop", "app-1", "wait", False): f"{line}\n" * 9})
    (found,) = k8s.findings(hanging(view))
    assert [str(ref) for ref in found.waits_on] == ([host] if host else [])


def test_a_young_init_container_is_left_to_work(k8s: Any, view_of: Any) -> None:
    """An init container that has run for a minute does not hang."""
    assert (
        k8s.findings(hanging(view_of([_waiting_for(k8s, "until nslookup db; do sleep 2; done", 1)], POD)))
        == []
    )


@pytest.mark.parametrize(
    "command", ["sleep infinity", "echo done; tail -f /dev/null", "while true; do date; sleep 5; done"]
)
def test_an_init_container_that_cannot_end(k8s: Any, view_of: Any, command: str) -> None:
    """A command that never ends by itself is the cause, and says so."""
    (found,) = k8s.findings(hanging(view_of([_waiting_for(k8s, command)], POD)))
    assert found.likelihood is Likelihood.HIGH and "never ends by itself" in found.statement.en


@pytest.mark.parametrize(
    ("log", "serves"),
    [
        ("INFO starting\nINFO listening on :8080\n", True),
        ("Started server on 0.0.0.0 port 80\n", True),
        ("database system is ready to accept connections\n", True),
        ("applying migration 4 of 90\n", False),
    ],
)
def test_an_init_container_that_is_a_server(k8s: Any, view_of: Any, log: str, serves: bool) -> None:
    """What its log says last tells a server, which does not end, from work that takes long."""
    pod = _waiting_for(k8s, "/bin/app")
    (found,) = k8s.findings(hanging(view_of([pod], POD, logs={("shop", "app-1", "wait", False): log})))
    assert (found.likelihood is Likelihood.MEDIUM) == serves == ("runs a server" in found.statement.en)


@pytest.mark.parametrize("command", ["while true; do check && break; sleep 5; done", "sleep 30; run"])
def test_an_init_container_that_may_end(k8s: Any, view_of: Any, command: str) -> None:
    """A loop with a way out, or a short sleep, decides nothing."""
    (found,) = k8s.findings(hanging(view_of([_waiting_for(k8s, command)], POD)))
    assert found.likelihood is Likelihood.LOW


def test_an_application_that_says_it_is_ill(k8s: Any, view_of: Any) -> None:
    """An answer over gRPC is quoted; after a liveness probe's 500 long after the start, time is no remedy."""
    running = k8s.container(ready=False, readinessProbe={"grpc": {"port": 8080}})
    event = k8s.event(
        POD, "Unhealthy", 'Readiness probe failed: service unhealthy (responded with "NOT_SERVING")',
        times=30, field_path="spec.containers{app}",
    )  # fmt: skip
    (found,) = k8s.findings(not_ready(view_of([k8s.pod(POD, running), event], POD)))
    assert "the application answers NOT_SERVING" in found.statement.en
    killed = k8s.container(
        livenessProbe=HTTP, restarts=4, last=k8s.ended(0, minutes_ago=2, lasted=30), state=k8s.running(1.9)
    )
    said = [
        k8s.event(POD, "Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 500",
                  times=9, field_path="spec.containers{app}"),
        k8s.event(POD, "Killing", "Container app failed liveness probe, will be restarted", times=4,
                  field_path="spec.containers{app}", kind="Normal"),
    ]  # fmt: skip
    (found,) = k8s.findings(killed_by_probe(view_of([k8s.pod(POD, killed), *said], POD)))
    assert "Find out why container app fails its liveness probe" in [r.title.en for r in found.remedies]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ('Get "https://10.1.1.1:8443/healthz": http: server gave HTTP response to HTTPS client', "plain HTTP"),
        (r'Get "http://10.1.1.1:8443/": net/http: HTTP/1.x transport connection broken: malformed HTTP response '
         r'"\x15\x03\x01\x00\x02\x02"', "speaks TLS"),
        ("error: this server does not implement the grpc health protocol (grpc.health.v1.Health)", "gRPC health"),
    ],
)  # fmt: skip
def test_probe_in_another_protocol(k8s: Any, view_of: Any, answer: str, words: str) -> None:
    """An answer in another protocol shows that the probe is wrong, not the application."""
    (found,) = not_ready(view_of(_unready(k8s, f"Readiness probe failed: {answer}"), POD))
    assert words in found.statement.en
    assert (found.likelihood, found.specificity) == (Likelihood.HIGH, Specificity.EXACT)
