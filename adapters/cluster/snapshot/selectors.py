"""Label and field selectors as the API server reads them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from kubetriage.adapters.cluster.snapshot.status import bad_request

Matcher = Callable[[Mapping[str, Any]], bool]
"""Says whether an object is selected."""

_TOKEN = re.compile(r"\s*(==|!=|=|!|<|>|\(|\)|,|[^\s=!<>(),]+)")
_KEY = re.compile(
    r"^([a-z0-9A-Z](?:[-a-z0-9A-Z.]*[a-z0-9A-Z])?/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$"
)


def everything(_: Mapping[str, Any]) -> bool:
    return True


# --- labels ------------------------------------------------------------------------------------


def label_matcher(text: str) -> Matcher:
    """Raises `ApiStatus` (400) for a selector that the API server would not parse."""
    if not text.strip():
        return everything
    requirements = _Requirements(text).parse()

    def matches(obj: Mapping[str, Any]) -> bool:
        labels = (obj.get("metadata") or {}).get("labels") or {}
        return all(requirement(labels) for requirement in requirements)

    return matches


class _Requirements:
    """Recursive descent over `key`, `!key`, `k=v`, `k!=v`, `k in (a,b)`, `k notin (a,b)`, `k>1`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _TOKEN.findall(text)
        self.at = 0

    def parse(self) -> list[Callable[[Mapping[str, str]], bool]]:
        found = [self.requirement()]
        while self.at < len(self.tokens):
            self.expect(",")
            found.append(self.requirement())
        return found

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.at += 1
        return token

    def expect(self, token: str) -> None:
        got = self.take()
        if got != token:
            raise self.broken(f"found '{got}', expected: '{token}'")

    def broken(self, why: str) -> Exception:
        return bad_request(f"unable to parse requirement: {why}")

    def requirement(self) -> Callable[[Mapping[str, str]], bool]:
        if self.peek() == "!":
            self.take()
            key = self.key()
            return lambda labels: key not in labels
        key = self.key()
        operator = self.peek()
        if operator in ("", ","):
            return lambda labels: key in labels
        self.take()
        if operator in ("=", "=="):
            value = self.value()
            return lambda labels: labels.get(key) == value
        if operator == "!=":
            value = self.value()
            return lambda labels: labels.get(key) != value
        if operator in ("in", "notin"):
            values, wanted = self.values(), operator == "in"
            return lambda labels: (labels.get(key) in values) is wanted
        if operator in ("<", ">"):
            return self.comparison(key, operator)
        raise self.broken(f"found '{operator}', expected: in, notin, =, ==, !=, gt, lt")

    def key(self) -> str:
        key = self.take()
        if not _KEY.match(key):
            raise self.broken(f"found '{key}', expected: !, identifier, or 'end of string'")
        return key

    def value(self) -> str:
        return "" if self.peek() in ("", ",") else self.take()

    def values(self) -> frozenset[str]:
        self.expect("(")
        values = [self.value_in_set()]
        while self.peek() == ",":
            self.take()
            values.append(self.value_in_set())
        self.expect(")")
        return frozenset(values)

    def value_in_set(self) -> str:
        return "" if self.peek() in (",", ")") else self.take()

    def comparison(self, key: str, operator: str) -> Callable[[Mapping[str, str]], bool]:
        bound = self.value()
        if not re.fullmatch(r"-?\d+", bound):
            raise self.broken(f"for 'Gt', 'Lt' operators, the value must be an integer, got '{bound}'")
        limit = int(bound)

        def compare(labels: Mapping[str, str]) -> bool:
            value = labels.get(key, "")
            if not re.fullmatch(r"-?\d+", value):
                return False
            return int(value) > limit if operator == ">" else int(value) < limit

        return compare


# --- fields ------------------------------------------------------------------------------------

_EVERY_KIND = frozenset({"metadata.name", "metadata.namespace"})
_REGARDING = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
FIELDS: dict[tuple[str, str], frozenset[str]] = {
    ("", "Pod"): frozenset(
        {
            "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
            "spec.hostNetwork", "status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName",
        }
    ),
    ("", "Event"): frozenset(
        {*(f"involvedObject.{f}" for f in _REGARDING), "reason", "reportingComponent", "source", "type"}
    ),
    ("events.k8s.io", "Event"): frozenset(
        {*(f"regarding.{f}" for f in _REGARDING), "reason", "reportingController", "type"}
    ),
    ("", "Namespace"): frozenset({"status.phase"}),
    ("", "Node"): frozenset({"spec.unschedulable"}),
    ("", "Secret"): frozenset({"type"}),
    ("", "Service"): frozenset({"spec.clusterIP", "spec.type"}),
    ("", "ReplicationController"): frozenset({"status.replicas"}),
    ("apps", "ReplicaSet"): frozenset({"status.replicas"}),
    ("batch", "Job"): frozenset({"status.successful"}),
    ("certificates.k8s.io", "CertificateSigningRequest"): frozenset({"spec.signerName"}),
}  # fmt: skip
"""Fields besides name and namespace that a list can be filtered by (field label conversions, 1.33)."""

_BOOLEAN = frozenset({"spec.unschedulable", "spec.hostNetwork"})
_NUMBER = frozenset({"status.replicas", "status.successful"})
_TERM = re.compile(r"((?:\\.|[^=!,\\])+)(==|!=|=)((?:\\.|[^,\\])*)")


def field_matcher(group: str, kind: str, text: str) -> Matcher:
    """Raises `ApiStatus` (400) for a field that the API server cannot filter this kind by."""
    if not text.strip():
        return everything
    terms = [_term(group, kind, part) for part in re.split(r"(?<!\\),", text) if part.strip()]

    def matches(obj: Mapping[str, Any]) -> bool:
        return all((_field(obj, field) == value) is wanted for field, wanted, value in terms)

    return matches


def _term(group: str, kind: str, part: str) -> tuple[str, bool, str]:
    term = _TERM.fullmatch(part.strip())
    if not term:
        raise bad_request(f"invalid field selector: '{part}'; can't understand '{part}'")
    field, operator, value = term.groups()
    if field not in _EVERY_KIND | FIELDS.get((group, kind), frozenset()):
        if (group, kind) in FIELDS:
            raise bad_request(f"field label not supported: {field}")
        known = '"metadata.name", "metadata.namespace"'
        raise bad_request(f'"{field}" is not a known field selector: only {known}')
    return field, operator != "!=", re.sub(r"\\(.)", r"\1", value)


def _field(obj: Mapping[str, Any], field: str) -> str:
    if field == "source":
        return (obj.get("source") or {}).get("component") or obj.get("reportingComponent") or ""
    if field == "status.podIPs":
        return ",".join(ip.get("ip", "") for ip in (obj.get("status") or {}).get("podIPs") or ())
    if field == "status.successful":
        field = "status.succeeded"
    value: Any = obj
    for step in field.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    if value is None:
        return "false" if field in _BOOLEAN else "0" if field in _NUMBER else ""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
