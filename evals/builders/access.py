"""Roles and their bindings, aggregated APIs, and certificate requests."""

from __future__ import annotations

from collections.abc import Iterable

from kubetriage.evals.builders.identity import Json
from kubetriage.evals.builders.objects import made

_GROUP = "rbac.authorization.k8s.io"


def role(name: str, ns: str, created: str, *rules: tuple[str, str, str]) -> Json:
    """A Role (a ClusterRole without namespace); a rule is (API group, resources, verbs), comma-separated."""
    said = [
        {"apiGroups": [group], "resources": resources.split(","), "verbs": verbs.split(",")}
        for group, resources, verbs in rules
    ]
    return made(f"{_GROUP}/v1", "Role" if ns else "ClusterRole", name, ns, created, rules=said)


def role_binding(name: str, ns: str, created: str, *, to: Json, account: tuple[str, str]) -> Json:
    """A RoleBinding (a ClusterRoleBinding without namespace) of a role to an account (namespace, name)."""
    return made(
        f"{_GROUP}/v1",
        "RoleBinding" if ns else "ClusterRoleBinding",
        name,
        ns,
        created,
        roleRef={"apiGroup": _GROUP, "kind": to["kind"], "name": to["metadata"]["name"]},
        subjects=[{"kind": "ServiceAccount", "name": account[1], "namespace": account[0]}],
    )


def api_service(
    group: str,
    version: str,
    created: str,
    *,
    service: tuple[str, str],
    since: str,
    reason: str = "Passed",
    message: str = "all checks passed",
) -> Json:
    """An aggregated API that `service` (namespace, name) serves; available only with the reason Passed."""
    condition = {
        "lastTransitionTime": since,
        "message": message,
        "reason": reason,
        "status": "True" if reason == "Passed" else "False",
        "type": "Available",
    }
    return made(
        "apiregistration.k8s.io/v1",
        "APIService",
        f"{version}.{group}",
        "",
        created,
        labels={"k8s-app": service[1]},
        spec={
            "group": group,
            "groupPriorityMinimum": 100,
            "insecureSkipTLSVerify": True,
            "service": {"name": service[1], "namespace": service[0], "port": 443},
            "version": version,
            "versionPriority": 100,
        },
        status={"conditions": [condition]},
    )


REQUEST = (
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlId01JR1dBZ0VBTURReEZUQVRCZ05WQkFvTURITjVjM1Js"
    "YlRwdWIyUmxjekViTUJrR0ExVUVBd3dTYzNsegpkR1Z0T201dlpHVTZibTlrWlMweU1Ga3dFd1lIS29aSXpqMENBUVlJS29a"
    "SXpqMERBUWNEUWdBRWV6KzdvelNBClVXNzVJbHBtTUFwZ2ZvaDlzaWg4b2dyTk5Zdk5taXpUMWpRYTVRWU8yTmU0SjJES3dZ"
    "K0FBWnpkbmNBUTIzOGMKcWtpS014Y3Vld1hzYjZBQU1Bb0dDQ3FHU000OUJBTUNBMGtBTUVZQ0lRQzJTUnZQbzEzaFE1VERS"
    "NVhQSC9CcwpoZ2FZeUtmZXRKYnZDZmNvaEROVjFnSWhBTEpLOExiMVppME83SUIzL3U5SjF2SHErVkVmL0htN2w4MU9QWDIv"
    "Ckh0dDIKLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg=="
)
"""A request in PEM, base64 as in `spec.request`: O=system:nodes, CN=system:node:node-2, its key thrown away."""


def signing_request(
    name: str, created: str, *, node: str, usages: Iterable[str] = ("digital signature", "server auth")
) -> Json:
    """A kubelet's request for its serving certificate, which nobody has approved or denied."""
    return made(
        "certificates.k8s.io/v1",
        "CertificateSigningRequest",
        name,
        "",
        created,
        spec={
            "groups": ["system:nodes", "system:authenticated"],
            "request": REQUEST,
            "signerName": "kubernetes.io/kubelet-serving",
            "usages": list(usages),
            "username": f"system:node:{node}",
        },
        status={},
    )
