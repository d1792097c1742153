"""Secrets in Kubernetes objects are masked; the objects stay what they are for a diagnosis."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubetriage.domain.redaction import MARK, redact_object

POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {
        "name": "web-5d-aaaaa",
        "namespace": "shop",
        "uid": "8c1a7f3e-1111-2222-3333-444444444444",
        "resourceVersion": "4711",
        "ownerReferences": [{"kind": "ReplicaSet", "name": "web-5d", "uid": "b7"}],
    },
    "spec": {
        "automountServiceAccountToken": False,
        "imagePullSecrets": [{"name": "registry-credentials"}],
        "containers": [
            {
                "name": "web",
                "image": "registry.test/web@sha256:" + "ab" * 32,
                "env": [{"name": "DB", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}],
                "envFrom": [{"secretRef": {"name": "web-secrets"}}],
                "volumeMounts": [
                    {
                        "name": "kube-api-access-x",
                        "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
                    }
                ],
            }
        ],
        "volumes": [
            {"name": "tls", "secret": {"secretName": "web-tls"}},
            {
                "name": "kube-api-access-x",
                "projected": {
                    "sources": [{"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}}]
                },
            },
        ],
    },
    "status": {
        "phase": "Pending",
        "conditions": [{"type": "Ready", "status": "False", "message": 'secret "web-tls" not found'}],
    },
}


def with_env(*env: dict[str, Any]) -> dict[str, Any]:
    pod = copy.deepcopy(POD)
    pod["spec"]["containers"][0]["env"] = list(env)
    return pod


def env_of(pod: dict[str, Any]) -> list[dict[str, Any]]:
    env: list[dict[str, Any]] = pod["spec"]["containers"][0]["env"]
    return env


def test_an_ordinary_pod_is_left_alone() -> None:
    """Names of Secrets and keys, token volumes, digests and uids are no secrets."""
    assert redact_object(POD) == POD


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DB_PASSWORD", "hunter2", MARK),
        ("PASSWORD_PROD", "invalid", MARK),
        ("GITHUB_TOKEN", "abc", MARK),
        ("SECRET_KEY_BASE", "abc", MARK),
        ("STRIPE_API_KEY", "abc", MARK),
        ("AWS_ACCESS_KEY_ID", "abc", MARK),
        ("dbPassword", "abc", MARK),
        ("PGPASS", "abc", MARK),
        ("MYSQL_ROOT_PW", "abc", MARK),
        ("REDIS_AUTH", "abc", MARK),
        ("BASIC_AUTH", "enabled", "enabled"),
        ("APP_KEY", "abc", MARK),
        ("PATH", "/bin", "/bin"),
        ("DATABASE_URL", "postgres://u:pw@db/shop", "postgres://u:[redacted]@db/shop"),
        ("DB_CREDENTIALS", "postgres://u:pw@db/shop", "postgres://u:[redacted]@db/shop"),
        ("DSN", "postgres://db/shop", "postgres://db/shop"),
        ("TOKEN_TTL", "300", "300"),
        ("PASSWORD_FILE", "/run/secrets/db", "/run/secrets/db"),
        ("REQUIRE_TOKEN", "true", "true"),
        ("TOKEN", "$(OTHER)", "$(OTHER)"),
        ("TOKENIZER", "bpe", "bpe"),
        ("KEYBOARD", "de", "de"),
        ("JAVA_OPTS", "-Xmx1g -Ddb.password=abc", "-Xmx1g -Ddb.password=[redacted]"),
    ],
)
def test_environment_variables(name: str, value: str, expected: str) -> None:
    """A variable whose name says secret is masked, any other by what its value holds."""
    assert env_of(redact_object(with_env({"name": name, "value": value}))) == [
        {"name": name, "value": expected}
    ]


def test_parameters_by_key_and_value() -> None:
    """Custom resources name their parameters by `key` as others do by `name`; tolerations stay."""
    toleration = {"key": "dedicated", "operator": "Equal", "value": "gpu-1"}
    given = {"kind": "Job", "spec": {"params": [{"key": "password", "value": "hunter2"}, toleration]}}
    made = redact_object(given)
    assert made["spec"]["params"] == [{"key": "password", "value": MARK}, toleration]


def test_command_lines() -> None:
    """The word after a flag that says secret is its value; probes with a password on the line too."""
    pod = copy.deepcopy(POD)
    pod["spec"]["containers"][0] |= {
        "args": ["--user", "bob", "--password", "abc", "--db=mysql://u:pw@h/d", "--token-file", "/x/y"],
        "command": ["sh", "-c", "export API_KEY=abc; exec web"],
        "livenessProbe": {"exec": {"command": ["redis-cli", "-a", "abc", "ping"]}},
    }
    container = redact_object(pod)["spec"]["containers"][0]
    assert container["args"] == [
        "--user", "bob", "--password", MARK, "--db=mysql://u:[redacted]@h/d", "--token-file", "/x/y",
    ]  # fmt: skip
    assert container["command"] == ["sh", "-c", "export API_KEY=[redacted]; exec web"]
    assert container["livenessProbe"]["exec"]["command"] == ["redis-cli", "-a", MARK, "ping"]


def test_data_of_secrets_goes_and_their_keys_stay() -> None:
    """Of a Secret the keys are told and no value, also in the manifest that was last applied."""
    applied = {"kind": "Secret", "stringData": {"user": "bob"}, "metadata": {}}
    for annotation in (json.dumps(applied), '{"stringData":{"user":"bo'):
        annotations = {"kubectl.kubernetes.io/last-applied-configuration": annotation, "team": "a"}
        secret = {
            "kind": "Secret",
            "metadata": {"name": "db", "annotations": annotations},
            "type": "Opaque",
            "data": {"user": "Ym9i"},
        }
        masked = redact_object(secret)
        assert masked["data"] == {"user": MARK}
        assert masked["type"] == "Opaque"
        assert masked["metadata"]["annotations"]["team"] == "a"
        assert (
            "bo" not in masked["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"]
        )


@pytest.mark.parametrize(
    "listed",
    [
        {"kind": "SecretList", "items": [{"metadata": {"name": "a"}, "data": {"k": "dmFsdWU="}}]},
        {"kind": "List", "items": [{"kind": "Secret", "metadata": {"name": "a"}, "data": {"k": "dmFsdWU="}}]},
        [{"kind": "Secret", "metadata": {"name": "a"}, "data": {"k": "dmFsdWU="}}],
    ],
)
def test_secrets_in_lists(listed: Any) -> None:
    """Secrets are known in every form of a list, also where its items don't name their kind."""
    assert "dmFsdWU=" not in json.dumps(redact_object(listed))


def test_config_maps_by_key_and_by_content() -> None:
    """Values are masked whole where the key says secret, else inside; binary data goes."""
    config = {
        "kind": "ConfigMap",
        "metadata": {"name": "settings"},
        "data": {
            "password": "abc",
            "mode": "production",
            "application.yml": "db:\n  host: db.svc\n  password: abc\n",
            "config.json": '{"apiKey": "abc", "port": 1}',
            "kubeconfig": "users:\n- user:\n    token: abc\n    client-key-data: LS0t\n",
            ".env": "export TOKEN=abc\nPORT=1\n",
        },
        "binaryData": {"store.jks": "AAAA"},
    }
    masked = redact_object(config)
    assert masked["data"] == {
        "password": MARK,
        "mode": "production",
        "application.yml": "db:\n  host: db.svc\n  password: [redacted]\n",
        "config.json": '{"apiKey":"[redacted]","port":1}',
        "kubeconfig": "users:\n- user:\n    token: [redacted]\n    client-key-data: [redacted]\n",
        ".env": "export TOKEN=[redacted]\nPORT=1\n",
    }
    assert masked["binaryData"] == {"store.jks": MARK}


def test_json_in_annotations_is_masked_as_an_object() -> None:
    """The manifest last applied holds the environment again."""
    applied = with_env({"name": "DB_PASSWORD", "value": "abc"})
    pod = copy.deepcopy(POD)
    pod["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(applied)}
    text = redact_object(pod)["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"]
    assert env_of(json.loads(text)) == [{"name": "DB_PASSWORD", "value": MARK}]


def test_fields_of_custom_resources() -> None:
    """Fields that say secret are masked, unless they name an object or a place."""
    spec = {
        "adminPassword": "abc",
        "auth": {"token": "x1y2z3"},
        "existingSecret": "web-credentials",
        "secret": "shop/db",
        "passwordFile": "/run/secrets/db",
    }
    masked = redact_object({"kind": "Database", "metadata": {"name": "db"}, "spec": spec})["spec"]
    assert masked == spec | {"adminPassword": MARK, "auth": {"token": MARK}}


def test_the_input_is_not_changed() -> None:
    """Masking gives a new object."""
    pod = with_env({"name": "DB_PASSWORD", "value": "abc"})
    before = copy.deepcopy(pod)
    redact_object(pod)
    assert pod == before


def test_deep_nesting_is_masked_as_a_whole() -> None:
    """An object nested beyond all reason neither fails nor comes through."""
    value: Any = {"password": "abc"}
    for _ in range(400):
        value = {"token": value}
    assert "abc" not in json.dumps(redact_object(value))


NAMES = st.sampled_from(
    ["name", "value", "data", "kind", "password", "token", "env", "metadata", "items", "a"]
)
VALUES = st.sampled_from(
    ["Secret", "ConfigMap", "DB_PASSWORD", "hunter2", "https://u:p@h", "a=b", '{"token":"x"}', ""]
)
TREES = st.recursive(
    st.one_of(VALUES, st.none(), st.booleans(), st.integers()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=12,
)


@given(TREES)
@settings(max_examples=300, deadline=None)
def test_masking_twice_changes_nothing_and_keeps_the_shape(tree: Any) -> None:
    """Whatever the JSON, a second pass changes nothing, and no key is lost."""
    once = redact_object(tree)
    assert redact_object(once) == once
    if isinstance(tree, dict):
        assert set(once) == set(tree)
