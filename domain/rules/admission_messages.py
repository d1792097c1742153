"""Why the API server refused to create a pod or claim, read from a controller's `FailedCreate` message.

Controllers pass on the API server's error, each with its own words before it: `Error creating: …`
(ReplicaSet, DaemonSet, Job), `create Pod web-0 in StatefulSet web failed error: …`, a condition with the
bare error.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """The admission check that refused."""

    QUOTA_EXCEEDED = "quota-exceeded"
    QUOTA_DEMANDS = "quota-demands"
    """A quota that counts a resource refuses pods that do not say how much of it they want."""
    LIMIT_RANGE = "limit-range"
    POD_SECURITY = "pod-security"
    WEBHOOK_FAILED = "webhook-failed"
    WEBHOOK_DENIED = "webhook-denied"
    POLICY_DENIED = "policy-denied"
    """A ValidatingAdmissionPolicy."""
    SERVICE_ACCOUNT = "service-account"
    PRIORITY_CLASS = "priority-class"
    QUOTA_SCOPE = "quota-scope"
    """A priority class that only a quota of that scope opens to a namespace."""
    RUNTIME_CLASS = "runtime-class"
    TERMINATING = "terminating"
    """The namespace is being deleted."""
    DEADLINE = "deadline"
    """The API server could not finish the request in time."""
    INVALID = "invalid"
    FORBIDDEN = "forbidden"
    OTHER = "other"


class Denial(NamedTuple):
    """One refusal, taken apart."""

    kind: Kind
    name: str
    """The quota, webhook, policy, ServiceAccount or class; empty if the message names none."""
    words: str
    """The decisive part of the message."""
    values: dict[str, str]
    """`requested`, `used`, `limited`; `service`, `path`; `profile`; as the kind has them."""


_QUOTA = re.compile(
    r"exceeded quota: (?P<name>[^,\s]+), requested: (?P<requested>.+?), used: (?P<used>.+?), limited: "
    r"(?P<limited>[^;]+)"
)
_DEMANDS = re.compile(r"failed quota: (?P<name>[^:\s]+): (?P<words>must specify (?P<what>.+))$", re.S)
_LIMIT = re.compile(
    r"(?P<words>(?:maximum|minimum) (?P<res>\S+) usage per \w+ is \S+?(?:, but (?:limit|request) is \S+"
    r"|\.\s+No (?:limit|request) is specified)|\S+ max limit to request ratio per \w+ is \S+?, but [^,]+)"
)
_POD_SECURITY = re.compile(r'violates PodSecurity "(?P<profile>[^"]+)":\s*(?P<words>.+)$', re.S)
_PSP = re.compile(
    r"(?P<words>unable to validate against any (?:pod security policy|security context constraint).*)$", re.S
)
_FAILED = re.compile(
    r'failed (?:to call|calling)(?: admission)? webhook "(?P<name>[^"]+)":\s*(?P<words>.+)$', re.S
)
_URL = re.compile(
    r"https://(?P<service>[a-z0-9-]+)\.(?P<namespace>[a-z0-9-]+)\.svc(?:\.[a-z0-9.-]+)?(?::(?P<port>\d+))?"
)
_FRAME = re.compile(r'^(?:failed to call webhook:\s*)?(?:Post|Put)\s+"?https?://[^\s"]+"?:\s*')
_DENIED = re.compile(
    r'admission webhook "(?P<name>[^"]+)" denied the request(?: without explanation)?:?\s*(?P<words>.*)$',
    re.S,
)
_POLICY = re.compile(
    r"ValidatingAdmissionPolicy '(?P<name>[^']+)'(?: with binding '[^']+')? denied request:\s*(?P<words>.+)$",
    re.S,
)
_ACCOUNT = re.compile(
    r'(?:error looking up service account [^:]+: )?serviceaccounts? "(?P<name>[^"]+)" not found|'
    r"service account (?P<ns>[a-z0-9-]+)/(?P<other>[a-z0-9.-]+)(?: was)? not found"
)
_SCOPE = re.compile(
    r"(?P<words>insufficient quota to match these scopes: \[\{(?P<scope>\w+) \w+ \[(?P<name>[^\]]+)\].*)$",
    re.S,
)
_PRIORITY = re.compile(r"no PriorityClass with name (?P<name>\S+) was found")
_RUNTIME = re.compile(
    r'RuntimeClass "?(?P<name>[^"\s]+)"? not found|runtimeclasses\S* "(?P<other>[^"]+)" not found'
)
_TERMINATING = re.compile(r"because it is being terminated")
_DEADLINE = re.compile(
    r"(?P<words>request did not complete within (?:the )?(?:requested|allotted) timeout.*"
    r"|the server was unable to return a response in the time allotted.*)$",
    re.S,
)
_INVALID = re.compile(r'(?P<words>\w+ "[^"]*" is invalid:.+)$', re.S)
_FORBIDDEN = re.compile(r"(?P<words>is forbidden:.+)$", re.S)


def read_denial(message: str) -> Denial:
    """Take a message apart; unknown ones come back as `OTHER` with their own words."""
    for kind, pattern in _ORDER:
        found = pattern.search(message)
        if not found:
            continue
        parts = {k: v.strip().rstrip(".") for k, v in found.groupdict().items() if v}
        name = parts.get("name") or parts.get("other") or ""
        words = parts.get("words") or found[0]
        if kind is Kind.WEBHOOK_FAILED:
            url = _URL.search(words)
            parts |= {k: v for k, v in url.groupdict().items() if v} if url else {}
            words = _FRAME.sub("", words)
        return Denial(kind, name, " ".join(words.split()).rstrip(",]"), parts)
    return Denial(Kind.OTHER, "", " ".join(message.split()), {})


_ORDER: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (Kind.WEBHOOK_FAILED, _FAILED),
    (Kind.WEBHOOK_DENIED, _DENIED),
    (Kind.POLICY_DENIED, _POLICY),
    (Kind.QUOTA_EXCEEDED, _QUOTA),
    (Kind.QUOTA_DEMANDS, _DEMANDS),
    (Kind.QUOTA_SCOPE, _SCOPE),
    (Kind.POD_SECURITY, _POD_SECURITY),
    (Kind.POD_SECURITY, _PSP),
    (Kind.LIMIT_RANGE, _LIMIT),
    (Kind.SERVICE_ACCOUNT, _ACCOUNT),
    (Kind.PRIORITY_CLASS, _PRIORITY),
    (Kind.RUNTIME_CLASS, _RUNTIME),
    (Kind.TERMINATING, _TERMINATING),
    (Kind.DEADLINE, _DEADLINE),
    (Kind.INVALID, _INVALID),
    (Kind.FORBIDDEN, _FORBIDDEN),
)


class WebhookTrouble(StrEnum):
    """Why a webhook could not be asked."""

    NO_SERVICE = "no-service"
    NO_ENDPOINTS = "no-endpoints"
    CERTIFICATE = "certificate"
    TIMEOUT = "timeout"
    REFUSED = "refused"
    OTHER = "other"


_TROUBLES: tuple[tuple[WebhookTrouble, re.Pattern[str]], ...] = (
    (WebhookTrouble.NO_SERVICE, re.compile(r'services? "[^"]+" not found|no such host', re.I)),
    (WebhookTrouble.NO_ENDPOINTS, re.compile(r"no endpoints available|no service port", re.I)),
    (WebhookTrouble.CERTIFICATE, re.compile(r"x509|certificate|tls:", re.I)),
    (WebhookTrouble.TIMEOUT, re.compile(r"deadline exceeded|timeout|timed out", re.I)),
    (
        WebhookTrouble.REFUSED,
        re.compile(r"connection (?:refused|reset)|no route to host|EOF|unreachable|\b50\d\b", re.I),
    ),
)


def webhook_trouble(words: str) -> WebhookTrouble:
    return next((kind for kind, pattern in _TROUBLES if pattern.search(words)), WebhookTrouble.OTHER)


def unmet_quota(values: dict[str, str]) -> list[tuple[str, str, str, str]]:
    """(resource, requested, used, limited) of an exceeded quota; empty what the message does not say."""
    parts = [_pairs(values.get(k, "")) for k in ("requested", "used", "limited")]
    return [(name, asked, parts[1].get(name, ""), parts[2].get(name, "")) for name, asked in parts[0].items()]


def _pairs(listed: str) -> dict[str, str]:
    found = (part.partition("=") for part in listed.split(","))
    return {name.strip(): value.strip() for name, _, value in found if value}


def demanded(values: dict[str, str]) -> list[tuple[str, str]]:
    """(resource, containers) that a quota wants to be told; older servers name no containers."""
    found = []
    for part in values.get("what", "").split(";"):
        names, _, holders = part.strip().partition(" for: ")
        found += [(name.strip(), holders.strip()) for name in names.split(",") if name.strip()]
    return found
