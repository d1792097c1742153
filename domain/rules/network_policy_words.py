"""What a NetworkPolicy admits, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text
from kubetriage.domain.network_policies import Direction
from kubetriage.domain.rules.phrases import joined, say
from kubetriage.domain.rules.wording import short

_SHOWN = 2
"""Peers that are told of a policy."""


def admits(policy: Obj, direction: Direction, room: int) -> Text | None:
    """`pods with role=api on TCP 5432`, in at most so many characters; None if it admits nothing."""
    parts = [part for rule in policy.items("spec", direction.rules) for part in _rule(rule, direction)]
    if not parts:
        return None
    more = len(parts) - _SHOWN
    tail = [say("{n} more", "另外 {n} 项", n=more)] if more > 0 else []
    told = joined([*parts[:_SHOWN], *tail], " and ", "、")
    return Text(en=short(told.en, room), zh=short(told.zh, room))


def _rule(rule: Mapping[str, Any], direction: Direction) -> Iterator[Text]:
    ports = _ports(rule.get("ports"))
    peers = rule.get(direction.peers)
    if not isinstance(peers, list) or not peers:
        yield say("any peer{p}", "任意对端{p}", p=ports)
        return
    for peer in peers:
        if isinstance(peer, dict):
            yield say("{w}{p}", "{w}{p}", w=_peer(peer), p=ports)


def _peer(peer: Mapping[str, Any]) -> Text:
    block = peer.get("ipBlock")
    if isinstance(block, dict):
        return say("addresses in {c}", "地址段 {c}", c=block.get("cidr"))
    pods, spaces = _labels(peer.get("podSelector")), _labels(peer.get("namespaceSelector"))
    if not isinstance(peer.get("namespaceSelector"), dict):
        return say("pods with {p}", "带 {p} 的 Pod", p=pods) if pods else _ALL_HERE
    where = say("namespaces with {s}", "带 {s} 的命名空间", s=spaces) if spaces else _ALL_SPACES
    if not pods:
        return say("pods of {w}", "{w}中的 Pod", w=where)
    return say("pods with {p} of {w}", "{w}中带 {p} 的 Pod", p=pods, w=where)


_ALL_HERE = Text(en="pods of its namespace", zh="本命名空间的 Pod")
_ALL_SPACES = Text(en="all namespaces", zh="所有命名空间")


def _labels(selector: Any) -> str:
    """A selector as kubectl writes it; empty for one that selects all."""
    if not isinstance(selector, dict):
        return ""
    pairs = selector.get("matchLabels")
    parts = [f"{k}={v}" for k, v in sorted(pairs.items())] if isinstance(pairs, dict) else []
    rules = selector.get("matchExpressions")
    for rule in rules if isinstance(rules, list) else []:
        if isinstance(rule, dict):
            values = rule.get("values")
            listed = ",".join(str(v) for v in values) if isinstance(values, list) else ""
            parts.append(f"{rule.get('key')} {rule.get('operator')} {listed}".strip())
    return short(",".join(parts), 60)


def _ports(given: Any) -> Text:
    if not isinstance(given, list) or not given:
        return Text(en="", zh="")
    told = ", ".join(_port(p) for p in given[:3] if isinstance(p, dict))
    return say(" on {p}", "（{p}）", p=told + (", …" if len(given) > 3 else ""))


def _port(port: Mapping[str, Any]) -> str:
    protocol = port.get("protocol") or "TCP"
    number, last = port.get("port"), port.get("endPort")
    if number is None:
        return str(protocol)
    return f"{protocol} {number}-{last}" if last else f"{protocol} {number}"


def labels_asked(policy: Obj, direction: Direction) -> list[str]:
    """The label keys by which a policy chooses pods as peers."""
    found: dict[str, None] = {}
    for rule in policy.items("spec", direction.rules):
        peers = rule.get(direction.peers)
        for peer in peers if isinstance(peers, list) else []:
            pods = peer.get("podSelector") if isinstance(peer, dict) else None
            if isinstance(pods, dict):
                pairs, rules = pods.get("matchLabels"), pods.get("matchExpressions")
                found |= dict.fromkeys(str(k) for k in (pairs if isinstance(pairs, dict) else ()))
                found |= dict.fromkeys(
                    str(r.get("key"))
                    for r in (rules if isinstance(rules, list) else ())
                    if isinstance(r, dict)
                )
    return list(found)
