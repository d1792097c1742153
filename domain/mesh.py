"""What Istio's policies mean for a call: who may call a pod, and whether it must be by mutual TLS.

After the reference of security.istio.io: a DENY policy that matches denies; else, where ALLOW policies apply,
one of them must match. The narrower PeerAuthentication goes before the wider one.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from kubetriage.domain.kube import Obj, elements
from kubetriage.domain.selecting import selects

ROOT = "istio-system"
"""The namespace whose policies are for the whole mesh, unless an installation chose another."""
_REDIRECTED = "ambient.istio.io/redirection"


class Caller(NamedTuple):
    """Who calls, as a policy sees it."""

    namespace: str
    account: str
    address: str = ""
    known: bool = True
    """Whether it proves who it is: it is in the mesh."""

    @property
    def principal(self) -> str:
        return f"cluster.local/ns/{self.namespace}/sa/{self.account}"


class Denial(NamedTuple):
    """The policy that denies a call."""

    policy: Obj
    certain: bool
    """Whether nothing that cannot be seen here (methods, paths, tokens) could let it through."""
    others: int = 0
    """Policies beside it that do not allow the call either."""


def in_mesh(pod: Obj) -> bool:
    """Whether a proxy speaks for this pod: a sidecar, or the node's in ambient mode."""
    parts = [*pod.items("spec", "containers"), *pod.items("spec", "initContainers")]
    return any(c.get("name") == "istio-proxy" for c in parts) or (
        pod.annotations.get(_REDIRECTED) == "enabled"
    )  # fmt: skip


def caller_of(pod: Obj, callee: Obj) -> Caller:
    """A pod as the policies of another one see it; without a proxy on either, both may be in the mesh."""
    account = pod.text("spec", "serviceAccountName") or "default"
    known = in_mesh(pod) or not in_mesh(callee)
    return Caller(pod.namespace, account, pod.text("status", "podIP"), known)


# ---- AuthorizationPolicy


def applying(policies: Iterable[Obj], pod: Obj, service: str = "") -> list[Obj]:
    """The policies for a pod, or for the Service of its namespace that it is called by."""
    return [p for p in policies if p.namespace in (pod.namespace, ROOT) and _is_for(p, pod, service)]


def _is_for(policy: Obj, pod: Obj, service: str) -> bool:
    targets = [*policy.items("spec", "targetRefs"), policy.mapping("spec", "targetRef")]
    targets = [t for t in targets if t]
    if targets:
        return any(t.get("kind") == "Service" and service and t.get("name") == service for t in targets)
    labels = policy.mapping("spec", "selector", "matchLabels")
    return not labels or selects(labels, pod.labels)


def denial(policies: Sequence[Obj], caller: Caller) -> Denial | None:
    """The policy, of those that apply, that denies the caller; None if none does as far as can be seen."""
    by_action: dict[str, list[tuple[Obj, bool | None]]] = {"ALLOW": [], "DENY": []}
    for policy in policies:
        action = policy.text("spec", "action") or "ALLOW"
        if action in by_action:
            by_action[action].append((policy, _matches(policy, caller)))
    for sure in (True, None):
        hit = [p for p, match in by_action["DENY"] if match is sure]
        if hit and (sure or not by_action["ALLOW"]):
            return Denial(_closest(hit), bool(sure))
    allows = by_action["ALLOW"]
    if allows and not any(match for _, match in allows):
        certain = all(match is False for _, match in allows)
        return Denial(_closest([p for p, _ in allows]), certain, len(allows) - 1)
    return None


def _closest(policies: Sequence[Obj]) -> Obj:
    """One made for the pods before one for all, one with rules before one without, then the newest."""

    def order(policy: Obj) -> tuple[bool, bool, float, str]:
        made = policy.created.timestamp() if policy.created is not None else 0.0
        for_all = not policy.mapping("spec", "selector", "matchLabels")
        return (for_all, not policy.items("spec", "rules"), -made, policy.name)

    return min(policies, key=order)


def _matches(policy: Obj, caller: Caller) -> bool | None:
    """Whether any rule is about this caller; None if that depends on what is not known here."""
    answers = []
    for rule in policy.items("spec", "rules"):
        sources = rule.get("from")
        known = [_source(one, caller) for one in _sources(sources)] if sources else [True]
        from_it = True if True in known else (None if None in known else False)
        open_ends = bool(rule.get("to")) or bool(rule.get("when"))
        answers.append(None if from_it and open_ends else from_it)
    return True if True in answers else (None if None in answers else False)


def _sources(given: Any) -> list[Mapping[str, Any]]:
    found = [one.get("source") for one in elements(given) if isinstance(one, dict)]
    return [source for source in found if isinstance(source, dict)]


def _source(source: Mapping[str, Any], caller: Caller) -> bool | None:
    answers: list[bool | None] = []
    for key, value in _identity(caller):
        plain = elements(source.get(key))
        negated = elements(source.get(f"not{key[0].upper()}{key[1:]}"))
        fits = _account_fits if key == "serviceAccounts" else _fits
        if plain:
            answers.append(bool(value) and any(fits(one, value, caller) for one in plain))
        if negated:
            answers.append(not (value and any(fits(one, value, caller) for one in negated)))
    if source.get("ipBlocks"):
        answers.append(_in_blocks(source["ipBlocks"], caller.address))
    if any(source.get(key) for key in _NOT_SEEN):
        answers.append(None)
    return False if False in answers else (None if None in answers else True)


def _identity(caller: Caller) -> list[tuple[str, str]]:
    """What a caller proves of itself, by the fields that ask for it; nothing outside of the mesh."""
    known = (("principals", caller.principal), ("namespaces", caller.namespace),
             ("serviceAccounts", caller.account))  # fmt: skip
    return [(key, value if caller.known else "") for key, value in known]


_NOT_SEEN = (
    "requestPrincipals",
    "notRequestPrincipals",
    "remoteIpBlocks",
    "notRemoteIpBlocks",
    "notIpBlocks",
)
"""Fields about what only the request shows."""


def _fits(pattern: Any, value: str, _: Caller) -> bool:
    """Exact, `*`, a prefix (`abc*`) or a suffix (`*abc`); the trust domain is not compared."""
    text = str(pattern)
    if text == "*":
        return True
    if text.endswith("*"):
        return value.startswith(text[:-1])
    if text.startswith("*"):
        return value.endswith(text[1:])
    return text.partition("/ns/")[2] == value.partition("/ns/")[2] if "/ns/" in text else text == value


def _account_fits(pattern: Any, value: str, caller: Caller) -> bool:
    space, _, name = str(pattern).rpartition("/")
    return name == value and space in ("", caller.namespace)


def _in_blocks(blocks: Any, address: str) -> bool | None:
    try:
        found = ipaddress.ip_address(address)
        return any(found in ipaddress.ip_network(str(b), strict=False) for b in blocks)
    except (ValueError, TypeError):
        return None


# ---- PeerAuthentication


def strict(policies: Iterable[Obj], pod: Obj, port: int | None) -> Obj | None:
    """The PeerAuthentication that makes this pod take mutual TLS only; None if plain text gets through."""
    ranked: list[tuple[int, float, str, Obj]] = []
    for policy in policies:
        labels = policy.mapping("spec", "selector", "matchLabels")
        made = policy.created.timestamp() if policy.created is not None else 0.0
        if policy.namespace == pod.namespace and labels and selects(labels, pod.labels):
            ranked.append((0, made, policy.name, policy))
        elif policy.namespace in (pod.namespace, ROOT) and not labels:
            ranked.append((1 if policy.namespace == pod.namespace else 2, made, policy.name, policy))
    for rank, _, _, policy in sorted(ranked, key=lambda r: r[:3]):
        by_port = policy.text("spec", "portLevelMtls", str(port), "mode") if rank == 0 and port else ""
        mode = by_port or policy.text("spec", "mtls", "mode")
        if mode and mode != "UNSET":
            return policy if mode == "STRICT" else None
    return None
