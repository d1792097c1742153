"""Causes that logs state, tied to the objects they name."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.evidence import FailureKind
from kubetriage.domain.finding import Finding, Likelihood, Specificity
from kubetriage.domain.rules.crash import app_error
from kubetriage.domain.rules.log_causes import log_causes

POD = "Pod shop/app-1"
OWNED = {"owner": "ReplicaSet shop/app-rs"}
LOG = ("shop", "app-1", "app", True)


def _crashing(k8s: Any, code: int = 1, node: str = "n1", pod: Any = None, **spec: Any) -> list[Any]:
    state = k8s.waiting("CrashLoopBackOff")
    made = k8s.pod(POD, k8s.container(state=state, last=k8s.ended(code), restarts=4, **spec), phase="Running",
                   node=node, **OWNED, **(pod or {}))  # fmt: skip
    return [made, k8s.replicaset("ReplicaSet shop/app-rs"), k8s.deployment()]


def _one(k8s: Any, view: Any) -> Finding:
    (found,) = k8s.findings(log_causes(view))
    return found  # type: ignore[no-any-return]


def _service(k8s: Any, name: str, port: int = 5432, **spec: Any) -> Any:
    ports = [{"port": port, "targetPort": port}]
    return k8s.obj(
        f"Service shop/{name}",
        spec={"clusterIP": "10.96.5.5", "selector": {"app": name}, "ports": ports, **spec},
    )


# ---- peers


def test_an_absent_service_is_the_culprit(k8s: Any, view_of: Any) -> None:
    """A host that is a Service's name, with no such Service in the namespace, is ended by that Service."""
    logs = {LOG: "FATAL dial tcp: lookup db on 10.96.0.10:53: no such host\n"}
    found = _one(k8s, view_of(_crashing(k8s), POD, logs=logs, absent=["Service shop/db"]))
    assert found.culprit == k8s.ref("Service shop/db") and found.category == "missing-service"
    assert found.likelihood is Likelihood.HIGH and "no Service db in namespace shop" in found.statement.en


def test_a_service_of_a_similar_name_makes_the_reference_wrong(k8s: Any, view_of: Any) -> None:
    """Where a Service of nearly that name exists, the workload's host is what is wrong."""
    logs = {LOG: "FATAL dial tcp: lookup postgress on 10.96.0.10:53: no such host\n"}
    view = view_of([*_crashing(k8s), _service(k8s, "postgres")], POD, logs=logs, lists=[("Service", "shop")])
    found = _one(k8s, view)
    assert found.culprit == k8s.ref("Deployment shop/app") and "there is postgres" in found.statement.en
    assert found.specificity is Specificity.EXACT


def test_a_service_that_could_not_be_read_leaves_the_alternative_open(k8s: Any, view_of: Any) -> None:
    """Nothing is concluded from a Service that was not readable, but that its trouble would explain it."""
    logs = {LOG: "FATAL dial tcp: lookup db on 10.96.0.10:53: no such host\n"}
    failed = {"Service shop/db": FailureKind.FORBIDDEN}
    found = _one(k8s, view_of(_crashing(k8s), POD, logs=logs, failed=failed))
    assert found.likelihood is Likelihood.MEDIUM and found.waits_on == (k8s.ref("Service shop/db"),)


def test_a_port_that_the_service_lacks_is_the_callers_mistake(k8s: Any, view_of: Any) -> None:
    """A refused connection to a port the Service does not have names both ports."""
    logs = {LOG: "FATAL dial tcp db:5433: connect: connection refused\n"}
    found = _one(k8s, view_of([*_crashing(k8s), _service(k8s, "db")], POD, logs=logs))
    assert found.culprit == k8s.ref("Deployment shop/app") and found.category == "misconfigured-app"
    assert "listens on 5432, not on 5433" in found.statement.en and "5433" in found.statement.zh


def test_a_refusing_service_waits_on_its_pods(k8s: Any, view_of: Any) -> None:
    """The caller's error points at the Service and at the workload whose pods are not ready."""
    down = k8s.pod("Pod shop/db-0", k8s.container(state=k8s.waiting("CrashLoopBackOff"), restarts=3),
                   labels={"app": "db"},
                   owner="StatefulSet shop/db")  # fmt: skip
    logs = {LOG: "FATAL dial tcp 10.96.5.5:5432: connect: connection refused\n"}
    found = _one(k8s, view_of([*_crashing(k8s), _service(k8s, "db"), down], POD, logs=logs))
    assert found.waits_on == (k8s.ref("Service shop/db"),)
    assert found.culprit == k8s.ref("StatefulSet shop/db") and "none of the 1 pods" in found.statement.en


def test_a_peer_that_is_well_is_not_accused_with_confidence(k8s: Any, view_of: Any) -> None:
    """A timeout to a Service with ready pods has its reason elsewhere: medium at most."""
    up = k8s.pod("Pod shop/db-0", labels={"app": "db"})
    logs = {LOG: "FATAL dial tcp 10.96.5.5:5432: i/o timeout\n"}
    found = _one(k8s, view_of([*_crashing(k8s), _service(k8s, "db"), up], POD, logs=logs))
    assert found.likelihood is Likelihood.MEDIUM


def test_nothing_listens_on_localhost(k8s: Any, view_of: Any) -> None:
    """A refused connection to localhost is a wrong address unless a sidecar should listen there."""
    logs = {LOG: "FATAL connect ECONNREFUSED 127.0.0.1:6379\n"}
    assert _one(k8s, view_of(_crashing(k8s), POD, logs=logs)).category == "misconfigured-app"


def test_an_outside_name_that_does_not_exist(k8s: Any, view_of: Any) -> None:
    """A host outside the cluster that cannot be resolved is stated; a passing DNS failure is not certain."""
    logs = {LOG: "curl: (6) Could not resolve host: api.nowhere.example.com\n"}
    found = _one(k8s, view_of(_crashing(k8s, 6), POD, logs=logs))
    assert found.category == "dns" and found.likelihood is Likelihood.HIGH
    logs = {LOG: "Error: getaddrinfo EAI_AGAIN api.nowhere.example.com\n"}
    assert _one(k8s, view_of(_crashing(k8s), POD, logs=logs)).likelihood is Likelihood.MEDIUM


def test_a_pod_that_bypasses_the_cluster_dns(k8s: Any, view_of: Any) -> None:
    """dnsPolicy None with a foreign nameserver explains why a Service's name has no address."""
    spec = {"dnsPolicy": "None", "dnsConfig": {"nameservers": ["9.9.9.9"]}}
    logs = {LOG: "FATAL dial tcp: lookup cart on 9.9.9.9:53: no such host\n"}
    found = _one(k8s, view_of([*_crashing(k8s, pod=spec), _service(k8s, "cart")], POD, logs=logs))
    assert found.culprit == k8s.ref("Deployment shop/app") and "9.9.9.9" in found.statement.en
    assert found.likelihood is Likelihood.HIGH


def test_a_name_that_exists_and_is_not_resolved_is_the_cluster_dns(k8s: Any, view_of: Any) -> None:
    """Where the Service is there, the cluster DNS or the way to it fails: it is read next."""
    logs = {LOG: "Error: getaddrinfo EAI_AGAIN db\n"}
    view = view_of([*_crashing(k8s), _service(k8s, "db")], POD, logs=logs)
    found = _one(k8s, view)
    dns = k8s.ref("Service kube-system/kube-dns")
    assert found.waits_on == (dns,) and found.likelihood is Likelihood.MEDIUM and found.category == "dns"
    assert dns in [w.about for w in k8s.wants(log_causes(view))]


def test_failed_authentication_names_the_user(k8s: Any, view_of: Any) -> None:
    """The refused user stands in the statement, the workload's credentials are what is to be changed."""
    logs = {LOG: 'FATAL: password authentication failed for user "app"\n'}
    found = _one(k8s, view_of(_crashing(k8s), POD, logs=logs))
    assert found.category == "db-auth" and "for app" in found.statement.en


def test_rules_ask_for_the_service_a_log_names(k8s: Any, view_of: Any) -> None:
    """The Service is read next, because the log names it."""
    logs = {LOG: "FATAL dial tcp: lookup db on 10.96.0.10:53: no such host\n"}
    (want,) = k8s.wants(log_causes(view_of(_crashing(k8s), POD, logs=logs)))
    assert want.about == k8s.ref("Service shop/db") and "app-1" in want.why.en


# ---- configuration


def test_a_missing_environment_variable(k8s: Any, view_of: Any) -> None:
    """A variable that the log asks for and the template lacks is exact."""
    view = view_of(_crashing(k8s), POD, logs={LOG: "FATAL environment variable DB_URL is not set\n"})
    found = _one(k8s, view)
    assert found.category == "missing-env" and found.specificity is Specificity.EXACT
    assert (
        found.remedies[0]
        .commands[0]
        .command.startswith("kubectl set env deployment/app -n shop -c app DB_URL=")
    )
    assert list(app_error(view)) == []


def test_a_misspelt_environment_variable(k8s: Any, view_of: Any) -> None:
    """A variable of nearly the same name in the template is pointed out."""
    objects = _crashing(k8s, env=[{"name": "DATABASE_ULR", "value": "x"}])
    found = _one(k8s, view_of(objects, POD, logs={LOG: "KeyError: 'DATABASE_URL'\n"}))
    assert "sets DATABASE_ULR" in found.statement.en


def test_a_configmap_that_lacks_the_variable(k8s: Any, view_of: Any) -> None:
    """With envFrom, the ConfigMap with a similar key is the culprit."""
    config = k8s.obj("ConfigMap shop/env", data={"DATABASE_ULR": "x"})
    objects = [*_crashing(k8s, envFrom=[{"configMapRef": {"name": "env"}}]), config]
    found = _one(k8s, view_of(objects, POD, logs={LOG: "KeyError: 'DATABASE_URL'\n"}))
    assert found.culprit == k8s.ref("ConfigMap shop/env") and found.category == "config-key-missing"


def _with_file(k8s: Any, data: dict[str, str]) -> list[Any]:
    volumes = {"volumes": [{"name": "c", "configMap": {"name": "conf"}}]}
    mounts = [{"name": "c", "mountPath": "/etc/app"}]
    return [*_crashing(k8s, pod=volumes, volumeMounts=mounts), k8s.obj("ConfigMap shop/conf", data=data)]


@pytest.mark.parametrize(
    ("content", "says"), [('{"Other": 1}', "does not have it"), ('{"DbHost": ""}', "leaves it empty")]
)
def test_a_key_that_a_config_file_lacks(k8s: Any, view_of: Any, content: str, says: str) -> None:
    """A key that the log misses is looked up in the ConfigMap that holds the file."""
    logs = {LOG: "ERROR DbHost is empty in config.json\n"}
    found = _one(k8s, view_of(_with_file(k8s, {"config.json": content}), POD, logs=logs))
    assert found.culprit == k8s.ref("ConfigMap shop/conf") and says in found.statement.en
    assert found.likelihood is Likelihood.HIGH


def test_a_key_that_is_set_there_does_not_accuse_the_configmap(k8s: Any, view_of: Any) -> None:
    """When the file does have the key, its ConfigMap is not blamed."""
    logs = {LOG: "ERROR DbHost is empty in config.json\n"}
    found = _one(k8s, view_of(_with_file(k8s, {"config.json": '{"DbHost": "db"}'}), POD, logs=logs))
    assert found.culprit == k8s.ref("Deployment shop/app")


def test_a_file_that_the_mounted_configmap_does_not_have(k8s: Any, view_of: Any) -> None:
    """A missing file under a ConfigMap's mount is a missing key of it."""
    logs = {LOG: "FATAL open /etc/app/app.yaml: no such file or directory\n"}
    found = _one(k8s, view_of(_with_file(k8s, {"app.yml": "x"}), POD, logs=logs))
    assert found.culprit == k8s.ref("ConfigMap shop/conf") and "app.yml" in found.statement.en


def test_a_syntax_error_is_tied_to_the_configmap(k8s: Any, view_of: Any) -> None:
    """The file that a server cannot read is named with its ConfigMap and key."""
    logs = {LOG: 'nginx: [emerg] unknown directive "lisen" in /etc/app/nginx.conf:3\n'}
    found = _one(k8s, view_of(_with_file(k8s, {"nginx.conf": "lisen 80;"}), POD, logs=logs))
    assert found.culprit == k8s.ref("ConfigMap shop/conf") and "nginx.conf" in found.statement.en


# ---- machine and program


def test_a_port_that_a_sidecar_holds(k8s: Any, view_of: Any) -> None:
    """The other container of the pod that declares the port is named."""
    pod, *rest = _crashing(k8s)
    pod["spec"]["containers"].append({"name": "proxy", "image": "p", "ports": [{"containerPort": 8080}]})
    found = _one(
        k8s, view_of([pod, *rest], POD, logs={LOG: "FATAL listen tcp :8080: bind: address already in use\n"})
    )
    assert found.category == "port-conflict" and "proxy" in found.statement.en


@pytest.mark.parametrize(
    ("log", "category", "spec"),
    [
        (
            "FATAL listen tcp :80: bind: permission denied",
            "pod-security",
            {"securityContext": {"runAsUser": 1000}},
        ),
        (
            "touch: /tmp/x: Read-only file system",
            "pod-security",
            {"securityContext": {"readOnlyRootFilesystem": True}},
        ),
        ("FATAL open /data/x: permission denied", "pod-security", {}),
        ("accept: too many open files", "os-limit", {}),
        (
            "java.lang.OutOfMemoryError: Java heap space",
            "memory-leak",
            {"resources": {"limits": {"memory": "1Gi"}}},
        ),
        ("flag provided but not defined: -verbos", "bad-command", {"args": ["-verbos"]}),
        (
            "python: can't open file '/app/x.py': [Errno 2] No such file",
            "bad-command",
            {"args": ["/app/x.py"]},
        ),
        ("sh: syntax error: unexpected end of file", "bad-command", {}),
        ("ModuleNotFoundError: No module named 'flask'", "crash-app-error", {}),
    ],
)
def test_failures_around_the_process(k8s: Any, view_of: Any, log: str, category: str, spec: Any) -> None:
    """Rights, limits, arguments and programs are told apart by category, each with high likelihood."""
    found = _one(k8s, view_of(_crashing(k8s, **spec), POD, logs={LOG: f"{log}\n"}))
    assert found.category == category and found.likelihood is Likelihood.HIGH
    assert len(found.statement.en) <= 300 and len(found.statement.zh) <= 300


def test_a_full_volume_is_its_claims(k8s: Any, view_of: Any) -> None:
    """ENOSPC under a claim's mount names the claim and its size."""
    volumes = {"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]}
    objects = _crashing(k8s, pod=volumes, volumeMounts=[{"name": "d", "mountPath": "/data"}])
    claim = k8s.obj("PersistentVolumeClaim shop/data", status={"capacity": {"storage": "1Gi"}})
    found = _one(
        k8s, view_of([*objects, claim], POD, logs={LOG: "FATAL write /data/x: no space left on device\n"})
    )
    assert found.culprit == claim_ref(k8s) and "1Gi" in found.statement.en


def claim_ref(k8s: Any) -> Any:
    return k8s.ref("PersistentVolumeClaim shop/data")


def test_an_rbac_denial_leads_to_the_role(k8s: Any, view_of: Any) -> None:
    """The role that the ServiceAccount's one binding gives is what lacks the verb."""
    binding = k8s.obj("RoleBinding shop/b", subjects=[{"kind": "ServiceAccount", "name": "sa",
                                                       "namespace": "shop"}],
                      roleRef={"kind": "Role", "name": "reader"})  # fmt: skip
    log = (
        'FATAL pods is forbidden: User "system:serviceaccount:shop:sa" cannot list resource "pods" in API '
        'group "" in the namespace "shop"\n'
    )
    lists = [("RoleBinding", "shop"), ("ClusterRoleBinding", "")]
    found = _one(
        k8s,
        view_of(
            [*_crashing(k8s), binding, k8s.obj("Role shop/reader", rules=[])],
            POD,
            logs={LOG: log},
            lists=lists,
        ),
    )
    assert found.category == "rbac" and found.culprit == k8s.ref("Role shop/reader")
    found = _one(k8s, view_of(_crashing(k8s), POD, logs={LOG: log}, lists=lists))
    assert found.culprit == k8s.ref("ServiceAccount shop/sa") and "no RoleBinding" in found.statement.en


# ---- look-alikes and bounds


def test_a_warning_before_a_panic_is_not_the_reason(k8s: Any, view_of: Any) -> None:
    """An application that went on after a warning did not end because of it."""
    log = "WARN dial tcp statsd:8125: connect: connection refused\nINFO up\npanic: index out of range\n"
    view = view_of(_crashing(k8s, 2), POD, logs={LOG: log})
    assert k8s.findings(log_causes(view)) == []
    (found,) = app_error(view)
    assert "index out of range" in found.statement.en


def test_an_earlier_error_before_vague_last_words_is_only_likely(k8s: Any, view_of: Any) -> None:
    """When the last words do not repeat the error, another reason stays open."""
    log = "ERROR environment variable DB_URL is not set\nFATAL giving up\n"
    found = _one(k8s, view_of(_crashing(k8s), POD, logs={LOG: log}))
    assert found.likelihood is Likelihood.MEDIUM


def test_one_error_in_the_log_of_a_ready_pod_is_nothing(k8s: Any, view_of: Any) -> None:
    """A ready pod that once failed to connect is well; one that fails again and again is not."""
    line = "ERROR dial tcp 10.96.5.5:5432: connect: connection refused\n"
    key = ("shop", "app-1", "app", False)
    assert k8s.findings(log_causes(view_of([k8s.pod(POD)], POD, logs={key: line + "INFO ok\n"}))) == []
    found = _one(k8s, view_of([k8s.pod(POD)], POD, logs={key: line * 20}))
    assert found.likelihood is Likelihood.MEDIUM and "20 times" in found.statement.en


def test_errors_long_before_the_alert_are_history(k8s: Any, view_of: Any) -> None:
    """Repeated errors of a ready pod count only if they last were seen about when the alert fired."""
    line = f"{k8s.at(600)} ERROR dial tcp 10.96.5.5:5432: connect: connection refused\n"
    view = view_of([k8s.pod(POD)], POD, logs={("shop", "app-1", "app", False): line * 20})
    assert k8s.findings(log_causes(view)) == []


def test_a_pod_that_is_not_ready_for_its_dependency(k8s: Any, view_of: Any) -> None:
    """A running container that is not ready and keeps failing to connect states its reason in the log."""
    pod = k8s.pod(POD, k8s.container(ready=False))
    line = "ERROR dial tcp: lookup db on 10.96.0.10:53: no such host\n"
    view = view_of([pod], POD, logs={("shop", "app-1", "app", False): line * 3}, absent=["Service shop/db"])
    found = _one(k8s, view)
    assert found.culprit == k8s.ref("Service shop/db") and "is not ready" in found.statement.en


def test_a_pod_on_a_dead_node_is_not_judged_by_its_log(k8s: Any, view_of: Any) -> None:
    """Unreadiness that a NotReady node brought is not explained by the application's log."""
    node = k8s.obj("Node n1", status={"conditions": [{"type": "Ready", "status": "Unknown"}]})
    line = "ERROR dial tcp 10.96.5.5:5432: connect: connection refused\n"
    logs = {("shop", "app-1", "app", False): line * 3}
    assert (
        k8s.findings(log_causes(view_of([k8s.pod(POD, k8s.container(ready=False)), node], POD, logs=logs)))
        == []
    )


def test_long_messages_stay_within_the_limit(k8s: Any, view_of: Any) -> None:
    """Statements hold at most 300 characters in either language, however long the names and the log."""
    name = "a-very-long-pod-name-" * 3 + "x"
    state = k8s.waiting("CrashLoopBackOff")
    pod = k8s.pod(
        f"Pod shop/{name}",
        k8s.container("c" * 40, state=state, last=k8s.ended(1), restarts=4),
        phase="Running",
    )
    logs = {
        ("shop", name, "c" * 40, True): "FATAL dial tcp "
        + "h" * 60
        + ".example.com:5432: connect: connection refused "
        + "x" * 400
    }
    found = _one(k8s, view_of([pod], f"Pod shop/{name}", logs=logs))
    assert len(found.statement.en) <= 300 and len(found.statement.zh) <= 300


def test_an_account_that_the_roll_out_changed(k8s: Any, view_of: Any) -> None:
    """Where the revision before ran as another account, the Deployment is to be set back."""
    log = (
        'ERROR pods is forbidden: User "system:serviceaccount:shop:default" cannot list resource "pods" in API '
        'group "" in the namespace "shop"\n'
    ) * 12
    for before, culprit in (("runner", "Deployment shop/app"), ("default", "ServiceAccount shop/default")):
        old = k8s.replicaset("ReplicaSet shop/app-1", revision=1)
        old["spec"]["template"] = {"spec": {"serviceAccountName": before}}
        new = k8s.replicaset("ReplicaSet shop/app-2", revision=2)
        pod = k8s.pod(POD, owner="ReplicaSet shop/app-2")
        objects = [k8s.deployment(), old, new, pod]
        logs = {("shop", "app-1", "app", False): log}
        found = _one(k8s, view_of(objects, POD, logs=logs))
        assert (found.category, str(found.culprit)) == ("rbac", culprit)
        assert ("the revision before ran as runner" in found.statement.en) is (before == "runner")
