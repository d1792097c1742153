"""ConfigMaps, Secrets and keys that pods refer to and that are not there; settings that forbid a start."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.evidence import FailureKind
from kubetriage.domain.finding import Likelihood, Role
from kubetriage.domain.references import config_refs
from kubetriage.domain.rules.config_refs import missing_later, missing_refs
from kubetriage.domain.rules.security import run_as_non_root

POD = "Pod shop/app-1"


def _held(k8s: Any, reason: str, message: str = "", *, volumes: Any = None, **spec: Any) -> Any:
    more = {"volumes": volumes} if volumes else {}
    return k8s.pod(
        POD, k8s.container(state=k8s.waiting(reason, message), **spec), owner="ReplicaSet shop/app-rs", **more
    )


def _env(kind: str, name: str, key: str, **more: Any) -> dict[str, Any]:
    return {"env": [{"name": "X", "valueFrom": {kind: {"name": name, "key": key, **more}}}]}


def _one(k8s: Any, view: Any) -> Any:
    (found,) = k8s.findings(missing_refs(view))
    return found


def test_an_absent_configmap_for_the_environment(k8s: Any, view_of: Any) -> None:
    """CreateContainerConfigError names the absent ConfigMap: that object is the culprit."""
    pod = _held(k8s, "CreateContainerConfigError", 'configmap "app-config" not found',
                envFrom=[{"configMapRef": {"name": "app-config"}}])  # fmt: skip
    found = _one(k8s, view_of([pod], POD, absent=["ConfigMap shop/app-config"]))
    assert found.culprit == k8s.ref("ConfigMap shop/app-config") and found.likelihood is Likelihood.HIGH
    assert found.category == "missing-configmap" and "envFrom" in found.statement.en
    assert "不存在" in found.statement.zh


def test_a_similar_configmap_makes_the_reference_wrong(k8s: Any, view_of: Any) -> None:
    """With a ConfigMap of nearly that name, the workload's reference is what is wrong."""
    pod = _held(k8s, "ContainerCreating", volumes=[{"name": "v", "configMap": {"name": "app-confg"}}])
    objects = [pod, k8s.obj("ConfigMap shop/app-config")]
    found = _one(k8s, view_of(objects, POD, lists=[("ConfigMap", "shop")]))
    assert found.culprit == k8s.ref("ReplicaSet shop/app-rs") and "there is app-config" in found.statement.en


def test_an_absent_secret_is_known_from_events_alone(k8s: Any, view_of: Any) -> None:
    """A Secret is never read: the mount's event says that it is not there."""
    volumes = [{"name": "tls", "secret": {"secretName": "web-tls"}}]
    event = k8s.event(
        POD, "FailedMount", 'MountVolume.SetUp failed for volume "tls" : secret "web-tls" not found'
    )
    view = view_of([_held(k8s, "ContainerCreating", volumes=volumes), event], POD)
    found = _one(k8s, view)
    assert found.culprit == k8s.ref("Secret shop/web-tls") and found.category == "missing-secret"
    assert all(w.read.kind != "Secret" for w in k8s.wants(missing_refs(view)))


def test_a_missing_key_is_its_objects_fault(k8s: Any, view_of: Any) -> None:
    """A key that the ConfigMap or Secret lacks is stated with both names."""
    pod = _held(k8s, "CreateContainerConfigError", "couldn't find key db-url in ConfigMap shop/cfg",
                **_env("configMapKeyRef", "cfg", "db-url"))  # fmt: skip
    found = _one(k8s, view_of([pod, k8s.obj("ConfigMap shop/cfg", data={"other": "1"})], POD))
    assert found.culprit == k8s.ref("ConfigMap shop/cfg") and found.category == "config-key-missing"
    pod = _held(k8s, "CreateContainerConfigError", "couldn't find key pw in Secret shop/creds",
                **_env("secretKeyRef", "creds", "pw"))  # fmt: skip
    assert _one(k8s, view_of([pod], POD)).culprit == k8s.ref("Secret shop/creds")


def test_a_missing_key_of_a_volume(k8s: Any, view_of: Any) -> None:
    """`references non-existent config key` is tied to the volume's ConfigMap."""
    volumes = [
        {"name": "v", "configMap": {"name": "cfg", "items": [{"key": "app.yaml", "path": "app.yaml"}]}}
    ]
    event = k8s.event(POD, "FailedMount", 'MountVolume.SetUp failed for volume "v" : configmap references '
                      "non-existent config key: app.yaml")  # fmt: skip
    found = _one(k8s, view_of([_held(k8s, "ContainerCreating", volumes=volumes), event], POD))
    assert "app.yaml" in found.statement.en and found.culprit == k8s.ref("ConfigMap shop/cfg")


def test_optional_references_and_running_pods_are_left_alone(k8s: Any, view_of: Any) -> None:
    """An optional reference does not hold a pod up, and a running pod is not held up."""
    pod = _held(k8s, "ContainerCreating", **_env("configMapKeyRef", "cfg", "k", optional=True))
    assert k8s.findings(missing_refs(view_of([pod], POD, absent=["ConfigMap shop/cfg"]))) == []
    running = k8s.pod(POD, k8s.container(**_env("configMapKeyRef", "cfg", "k")))
    assert k8s.findings(missing_refs(view_of([running], POD, absent=["ConfigMap shop/cfg"]))) == []


def test_a_configmap_that_could_not_be_read_proves_nothing(k8s: Any, view_of: Any) -> None:
    """Forbidden is not absent."""
    pod = _held(k8s, "ContainerCreating", **_env("configMapKeyRef", "cfg", "k"))
    failed = {"ConfigMap shop/cfg": FailureKind.FORBIDDEN}
    assert k8s.findings(missing_refs(view_of([pod], POD, failed=failed))) == []


def test_an_object_that_appeared_meanwhile_is_not_certain(k8s: Any, view_of: Any) -> None:
    """When the ConfigMap exists by now, kubelet will try again."""
    pod = _held(
        k8s, "CreateContainerConfigError", 'configmap "cfg" not found', **_env("configMapKeyRef", "cfg", "k")
    )
    found = _one(k8s, view_of([pod, k8s.obj("ConfigMap shop/cfg", data={"k": "1"})], POD))
    assert found.likelihood is Likelihood.MEDIUM and "by now" in found.statement.en


def test_a_name_in_a_message_that_the_pod_does_not_use_is_ignored(k8s: Any, view_of: Any) -> None:
    """Only objects that the pod refers to can be missing for it."""
    pod = _held(k8s, "CreateContainerConfigError", 'configmap "stranger" not found')
    assert k8s.findings(missing_refs(view_of([pod], POD))) == []


def test_a_configmap_gone_behind_a_started_pod_is_a_risk(k8s: Any, view_of: Any) -> None:
    """A pod that runs without its ConfigMap will not start again."""
    pod = k8s.pod(POD, k8s.container(ready=False, **_env("configMapKeyRef", "cfg", "k")))
    (found,) = missing_later(view_of([pod], POD, absent=["ConfigMap shop/cfg"]))
    assert found.role is Role.RISK and "will not start" in found.statement.en


def test_references_are_found_in_every_place(k8s: Any) -> None:
    """env, envFrom, volumes, projected sources and pull secrets are read; the cluster's CA bundle is not."""
    from kubetriage.domain.kube import Obj

    pod = k8s.pod(
        POD,
        k8s.container(envFrom=[{"secretRef": {"name": "s1"}}], **_env("configMapKeyRef", "c1", "k")),
        volumes=[
            {
                "name": "p",
                "projected": {
                    "sources": [{"configMap": {"name": "kube-root-ca.crt"}}, {"secret": {"name": "s2"}}]
                },
            },
            {"name": "v", "secret": {"secretName": "s3", "optional": True}},
        ],
        imagePullSecrets=[{"name": "s4"}],
    )
    found = {(r.ref.name, r.key, r.optional) for r in config_refs(Obj(pod))}
    assert found == {
        ("s1", "", False),
        ("c1", "k", False),
        ("s2", "", False),
        ("s3", "", True),
        ("s4", "", True),
    }


def test_run_as_non_root_against_a_root_image(k8s: Any, view_of: Any) -> None:
    """Both of kubelet's refusals name the setting and the image."""
    for said, part in (
        ("container has runAsNonRoot and image will run as root (pod: app, container: app)", "runs as root"),
        (
            "container has runAsNonRoot and image has non-numeric user (node), cannot verify user is "
            "non-root",
            "node",
        ),
    ):
        pod = _held(k8s, "CreateContainerConfigError", said)
        (found,) = run_as_non_root(view_of([pod], POD))
        assert found.category == "pod-security" and part in found.statement.en
        assert found.culprit == k8s.ref("ReplicaSet shop/app-rs")


def test_siblings_whose_events_are_not_read_wait_for_the_same(k8s: Any, view_of: Any) -> None:
    """What one pod's events say is missing keeps every pod of its template that is not created yet."""
    volumes = [{"name": "keys", "secret": {"secretName": "keys"}}]
    pods = [
        k8s.pod(f"Pod shop/app-{n}", k8s.container(state=k8s.waiting("ContainerCreating")),
                owner="ReplicaSet shop/app-rs", volumes=volumes)
        for n in range(1, 6)
    ]  # fmt: skip
    said = 'MountVolume.SetUp failed for volume "keys" : secret "keys" not found'
    objects = [*pods, k8s.obj("ReplicaSet shop/app-rs"), k8s.event(POD, "FailedMount", said)]
    found = _one(k8s, view_of(objects, POD, looked=["ReplicaSet shop/app-rs"]))
    assert "5 of 5 pods" in found.statement.en
