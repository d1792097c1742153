"""What custom objects' own statuses say, by the table of kinds and by what most controllers write."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kubetriage.domain.custom_kinds import GENERIC, TABLE, custom_kind, judged_as
from kubetriage.domain.custom_state import ills, names_of, secret_of
from kubetriage.domain.kube import Obj
from kubetriage.domain.resource import KINDS, resource

NOW = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)
LONG_AGO = "2025-06-01T09:00:00Z"


def _obj(api_version: str, kind: str, namespace: str = "shop", **parts: Any) -> Obj:
    meta = {"name": "x", **({"namespace": namespace} if namespace else {})}
    return Obj({"apiVersion": api_version, "kind": kind, "metadata": meta, **parts})


def _condition(kind: str, status: str | None, reason: str = "", message: str = "", at: str = LONG_AGO) -> Any:
    made = {"type": kind, "reason": reason, "message": message, "lastTransitionTime": at}
    return made | ({"status": status} if status is not None else {})


def _status(*conditions: Any, **more: Any) -> Any:
    return {"conditions": list(conditions), **more}


def test_the_table_holds_no_built_in_kind() -> None:
    """A custom kind of a built-in one's name could not be told from it."""
    assert not {k.kind for k in TABLE} & set(KINDS)
    assert len({(k.kind, k.group) for k in TABLE}) == len(TABLE)


def test_a_kind_is_known_by_its_group() -> None:
    """An apiVersion of another group is another kind; without one the table's is meant."""
    assert custom_kind("Gateway", "networking.istio.io/v1") is None
    assert custom_kind("Gateway") is custom_kind("Gateway", "gateway.networking.k8s.io/v1beta1")
    assert judged_as("Gateway", "networking.istio.io/v1") is GENERIC


def test_a_reference_gets_the_kinds_own_version_and_scope() -> None:
    """A reference to a well-known custom kind can be read without being told its apiVersion."""
    issuer = resource("ClusterIssuer", "shop", "le")
    assert issuer.api_version == "cert-manager.io/v1" and issuer.namespace == ""
    assert resource("Certificate", "shop", "x").namespace == "shop"


@pytest.mark.parametrize(
    ("obj", "what"),
    [
        (_obj("cert-manager.io/v1", "Certificate", status=_status(_condition("Ready", "False", "A"))), "Ready=False"),
        (_obj("keda.sh/v1alpha1", "ScaledObject", status=_status(_condition("Fallback", "True", "A"))),
         "Fallback=True"),
        (_obj("argoproj.io/v1alpha1", "Application", status=_status(_condition("SyncError", None, "", "m"))),
         "SyncError"),
        (_obj("argoproj.io/v1alpha1", "Rollout", status={"phase": "Degraded", "message": "m"}), "phase=Degraded"),
        (_obj("operators.coreos.com/v1alpha1", "ClusterServiceVersion",
              status={"phase": "Failed", "message": "m", "reason": "R"}), "phase=Failed"),
        (_obj("acme.cert-manager.io/v1", "Challenge", status={"state": "pending", "reason": "waits"}),
         "state=pending"),
        (_obj("gateway.networking.k8s.io/v1", "HTTPRoute",
              status={"parents": [{"conditions": [_condition("ResolvedRefs", "False", "R")]}]}),
         "ResolvedRefs=False"),
        (_obj("gateway.networking.k8s.io/v1", "Gateway",
              status={"listeners": [{"conditions": [_condition("Conflicted", "True", "R")]}]}), "Conflicted=True"),
        (_obj("crd.projectcalico.org/v1", "IPPool", "", spec={"disabled": True}), "disabled=True"),
        (_obj("db.example.com/v1", "Database", status=_status(_condition("Healthy", "False", "R"))),
         "Healthy=False"),
        (_obj("templates.gatekeeper.sh/v1", "ConstraintTemplate", "",
              status={"byPod": [{"errors": [{"message": "rego_parse_error"}]}]}), "error"),
    ],
)  # fmt: skip
def test_trouble_is_seen_where_the_kind_writes_it(obj: Obj, what: str) -> None:
    """Conditions, phases and nested statuses of each kind say that it fails and why."""
    (ill, *_) = ills(obj, NOW)
    assert ill.what == what and ill.stated


@pytest.mark.parametrize(
    "obj",
    [
        _obj("keda.sh/v1alpha1", "ScaledObject", status=_status(_condition("Active", "False", "ScalerNotActive"),
                                                               _condition("Ready", "True"))),
        _obj("cert-manager.io/v1", "Certificate", status=_status(_condition("Issuing", "True"))),
        _obj("argoproj.io/v1alpha1", "Application", status=_status(_condition("OrphanedResourceWarning", None))),
        _obj("acme.cert-manager.io/v1", "Challenge", status={"state": "pending"}),
        _obj("db.example.com/v1", "Database", status=_status(_condition("Progressing", "False"))),
        _obj("db.example.com/v1", "Database", status={"conditions": "none", "phase": ["Failed"]}),
        _obj("db.example.com/v1", "Database"),
    ],
)  # fmt: skip
def test_what_is_no_trouble_is_not_taken_for_it(obj: Obj) -> None:
    """Conditions that are False when all is well, states in between and malformed statuses say nothing."""
    assert not ills(obj, NOW)


def test_unknown_counts_after_a_while_and_states_no_reason() -> None:
    """A controller may take minutes; a status that none has written has its times in 1970."""
    new = _obj(
        "keda.sh/v1alpha1",
        "ScaledObject",
        status=_status(_condition("Ready", "Unknown", at="2025-06-01T11:59:00Z")),
    )
    old = _obj("keda.sh/v1alpha1", "ScaledObject", status=_status(_condition("Ready", "Unknown")))
    never = _obj("gateway.networking.k8s.io/v1", "Gateway",
                 status=_status(_condition("Accepted", "Unknown", "Pending", "Waiting for controller", "1970-01-01T00:00:00Z")))  # fmt: skip
    assert not ills(new, NOW)
    assert [i.stated for i in ills(old, NOW)] == [False]
    assert [i.since for i in ills(never, NOW)] == [None]


def test_what_states_a_reason_comes_first() -> None:
    """Of several troubles the one with a message is told."""
    status = {"health": {"status": "Degraded"}, "operationState": {"phase": "Failed", "message": "no"}}
    first, second = ills(_obj("argoproj.io/v1alpha1", "Application", status=status), NOW)
    assert first.what == "operation=Failed" and first.message == "no" and second.what == "health=Degraded"


# ---- whom it names


def test_references_carry_kind_group_and_namespace() -> None:
    """What the place says goes before what the table says of it."""
    certificate = _obj("cert-manager.io/v1", "Certificate",
                       spec={"issuerRef": {"kind": "ClusterIssuer", "name": "le"}})  # fmt: skip
    (issuer,) = names_of(certificate)
    assert issuer.ref == resource("ClusterIssuer", "", "le")
    foreign = _obj("cert-manager.io/v1", "Certificate",
                   spec={"issuerRef": {"kind": "AWSPCAIssuer", "group": "awspca.cert-manager.io", "name": "a"}})  # fmt: skip
    assert names_of(foreign)[0].ref.api_version == ""
    route = _obj("gateway.networking.k8s.io/v1", "HTTPRoute", "edge",
                 spec={"parentRefs": [{"name": "public"}],
                       "rules": [{"backendRefs": [{"name": "orders", "namespace": "orders"}]}]})  # fmt: skip
    assert [str(n.ref) for n in names_of(route)] == ["Gateway edge/public", "Service orders/orders"]


def test_an_argo_application_elsewhere_names_nothing_here() -> None:
    """Objects of an Application for another cluster are not looked for in this one."""

    def app(server: str) -> Obj:
        resources = [{"group": "apps", "version": "v1", "kind": "Deployment", "namespace": "a", "name": "web",
                      "status": "OutOfSync", "health": {"status": "Degraded"}},
                     {"version": "v1", "kind": "Service", "namespace": "a", "name": "web", "status": "Synced"}]  # fmt: skip
        spec = {"destination": {"server": server, "namespace": "a"}}
        return _obj(
            "argoproj.io/v1alpha1", "Application", "argocd", spec=spec, status={"resources": resources}
        )

    here = [str(n.ref) for n in names_of(app("https://kubernetes.default.svc"))]
    assert here == ["Namespace a", "Deployment a/web"]
    assert names_of(app("https://10.0.0.1:6443")) == []


def test_malformed_references_name_nothing() -> None:
    """A field of another type than the API's is no reference."""
    for value in (None, 7, ["x"], {"name": None}, {"kind": "Issuer"}):
        assert not names_of(_obj("cert-manager.io/v1", "Certificate", spec={"issuerRef": value}))


def test_the_secret_that_it_writes() -> None:
    """A Certificate names its Secret; an ExternalSecret's has its own name if none is given."""
    assert secret_of(_obj("cert-manager.io/v1", "Certificate", spec={"secretName": "tls"})) == resource(
        "Secret", "shop", "tls"
    )
    assert secret_of(_obj("external-secrets.io/v1", "ExternalSecret")) == resource("Secret", "shop", "x")
    assert secret_of(_obj("keda.sh/v1alpha1", "ScaledObject")) is None
