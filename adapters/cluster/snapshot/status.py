"""Refusals as the Kubernetes API server words them (`metav1.Status`), raised by the store."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.errors import KubetriageError

USER = "snapshot-reader"
"""The user that refusals name, as an API server names whoever asked."""

NOT_RECORDED = "not recorded in this snapshot"
"""Every refusal for lack of a recording holds these words, so that a client can tell it from an absence."""


class ApiStatus(KubetriageError):
    """A failed request: HTTP code, reason and message of a Kubernetes `Status` object."""

    def __init__(
        self, code: int, reason: str, message: str, *, plural: str = "", group: str = "", name: str = ""
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = {k: v for k, v in (("name", name), ("group", group), ("kind", plural)) if v}

    def body(self) -> dict[str, Any]:
        """The `Status` object that a client is sent."""
        body: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "code": self.code,
        }
        return body | ({"details": self.details} if self.details else {})


def qualified(plural: str, group: str) -> str:
    """`deployments.apps`, `pods`: how messages name a resource."""
    return f"{plural}.{group}" if group else plural


def not_found(plural: str, group: str, name: str) -> ApiStatus:
    text = f'{qualified(plural, group)} "{name}" not found'
    return ApiStatus(404, "NotFound", text, plural=plural, group=group, name=name)


def no_such_path() -> ApiStatus:
    return ApiStatus(404, "NotFound", "the server could not find the requested resource")


def forbidden(
    verb: str, plural: str, group: str, namespace: str, name: str = "", subresource: str = ""
) -> ApiStatus:
    """An empty namespace is all of them, which the API server calls the cluster scope."""
    subject = qualified(plural, group) + (f' "{name}"' if name else "")
    what = f"{plural}/{subresource}" if subresource else plural
    where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    cannot = f'User "{USER}" cannot {verb} resource "{what}" in API group "{group}" {where}'
    text = f"{subject} is forbidden: {cannot}"
    return ApiStatus(403, "Forbidden", text, plural=plural, group=group, name=name)


def not_recorded(subject: str, why: str) -> ApiStatus:
    """501: the cluster may have had it, the snapshot doesn't hold it; never to be read as an absence."""
    return ApiStatus(501, "NotRecorded", f"{NOT_RECORDED}: {subject} ({why})")


def bad_request(message: str) -> ApiStatus:
    return ApiStatus(400, "BadRequest", message)


def method_not_allowed(plural: str = "", group: str = "") -> ApiStatus:
    text = "the server does not allow this method on the requested resource"
    return ApiStatus(405, "MethodNotAllowed", text, plural=plural, group=group)


def expired(
    message: str = "The provided continue parameter is too old to display a consistent list result.",
) -> ApiStatus:
    return ApiStatus(410, "Expired", message)


def node_proxy(node: str, path: str) -> ApiStatus:
    """Snapshots have no place for what a kubelet says of its node."""
    what = "logs" if path == "logs" else "usage summary"
    return not_recorded(f'the {what} of node "{node}"', "snapshots hold no answers of kubelets")
