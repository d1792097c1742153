"""Objects named in an alert's own words, for alerts whose labels name none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from kubetriage.domain.custom_kinds import TABLE
from kubetriage.domain.resource import KINDS, WORKLOADS
from kubetriage.domain.subject_sentences import Sentences

_NAME = r"[a-z0-9](?:[-a-z0-9.]{0,250}[a-z0-9])?"
_LABEL = r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?"
# Not \b: to Python, Chinese characters are letters, and they stand right beside the names.
_START = r"(?<![A-Za-z0-9_./-])"
_END = r"(?![A-Za-z0-9_/]|-[a-z0-9])"

_WORDS: dict[str, str] = {
    "pvc": "PersistentVolumeClaim",
    "pv": "PersistentVolume",
    "hpa": "HorizontalPodAutoscaler",
    "pdb": "PodDisruptionBudget",
    "deploy": "Deployment",
    "sts": "StatefulSet",
    "ds": "DaemonSet",
    "rs": "ReplicaSet",
    "svc": "Service",
    "ing": "Ingress",
    "容器组": "Pod",
    "节点": "Node",
    "主机": "Node",
    "服务": "Service",
    "存储卷声明": "PersistentVolumeClaim",
    "定时任务": "CronJob",
}
_MENTIONED = [
    "Pod",
    "Node",
    "Service",
    "Ingress",
    "PersistentVolumeClaim",
    "PersistentVolume",
    "ResourceQuota",
    "HorizontalPodAutoscaler",
    "PodDisruptionBudget",
    "StorageClass",
]
_KINDS = {kind.lower(): kind for kind in (*_MENTIONED, *sorted(WORKLOADS))} | _WORDS
_KIND = "(?i:" + "|".join(sorted((re.escape(word) for word in _KINDS), key=len, reverse=True)) + ")"

_QUALIFIED = re.compile(
    rf"{_START}(?P<kind>{_KIND})(?i:s)?(?:\s*[:：/=]\s*|\s+)[\"'`]?"
    rf"(?P<namespace>{_LABEL})/(?P<name>{_NAME}){_END}"
)
"""`Pod shop/cart-0`, `deployment: shop/checkout`."""

_CUSTOM = re.compile(
    rf"{_START}(?P<kind>{'|'.join(sorted((k.kind for k in TABLE), key=len, reverse=True))})\s+[\"'`]?"
    rf"(?P<namespace>{_LABEL})/(?P<name>{_NAME}){_END}"
)
"""`HTTPRoute edge/orders`: a custom kind as its API writes it, before a namespace and a name."""

_NAMED = re.compile(
    rf"{_START}(?P<kind>{_KIND})(?:\s*(?:名称|名|[Nn]ame))?\s*[:：/=]\s*[\"'`]?(?P<name>{_NAME}){_END}"
)
"""`pod/payments-0`, `Pod: checkout-0`, `节点：node-3`, `Pod名称：checkout-0`."""
_SENTENCES = Sentences(_KIND, _NAME, _LABEL, _START, _END)

_POD_SHAPE = r"[a-z0-9][-a-z0-9]*-(?=[a-z]*\d)[a-z0-9]{6,10}-[bcdfghjklmnpqrstvwxz2456789]{5}"
_POD_SHAPED = re.compile(rf"{_START}(?:(?P<namespace>{_LABEL})/)?(?P<name>{_POD_SHAPE}){_END}")
"""A name with a pod template's hash and a generated suffix can only be a Deployment's Pod."""

_IN_CLUSTER = re.compile(
    rf"(?<![A-Za-z0-9_.-])(?P<name>{_LABEL})\.(?P<namespace>{_LABEL})\.svc(?:\.cluster\.local)?(?![A-Za-z0-9_-]|\.[a-z0-9])"
)
"""`catalog.shop.svc`, in an address or alone: a Service."""

_NAMESPACES = (
    re.compile(rf"(?i:namespace|命名空间|名字空间)\s*[:：=]\s*[\"'`]?(?P<namespace>{_LABEL}){_END}"),
    re.compile(rf"{_START}(?P<namespace>{_LABEL})\s*(?:命名空间|名字空间)"),
    re.compile(rf"(?i:in namespace|命名空间|名字空间)\s+[\"'`]?(?P<namespace>{_LABEL}){_END}"),
)
_CLUSTER = re.compile(
    r"(?:(?i:cluster)\s*[:：=]|集群\s*[:：=]?)\s*[\"'`]?(?P<cluster>[A-Za-z0-9][A-Za-z0-9_.-]{0,62})"
)
_PROSE = frozenset(
    {
        *("is", "has", "was", "in", "on", "of", "at", "for", "the", "a", "an", "and", "or", "not", "been"),
        *("with", "to", "from", "are", "be", "that", "this", "which"),
    }
)
_NOT_NAMES = _PROSE | frozenset(
    {
        *_KINDS,
        *("cpu", "memory", "disk", "network", "io", "inode", "inodes", "read", "write", "up", "down", "off"),
        *("yes", "no", "true", "false", "restarts", "errors", "requests", "limits", "minute", "second"),
        *(
            "hour",
            "day",
            "number",
            "count",
            "status",
            "state",
            "phase",
            "ready",
            "running",
            "pending",
            "failed",
        ),
    }
)
"""Words that stand where a name could: `pod cpu/memory usage`, `node: down`."""

MAX_CHARACTERS = 8_192
"""Of each text that are searched."""


class Mention(NamedTuple):
    """An object that a text names."""

    kind: str
    namespace: str
    """Empty when the text doesn't say."""
    name: str
    quote: str
    """The words it was read from."""


def mentions(texts: Iterable[str]) -> Iterator[Mention]:
    """Objects that the texts name, the most certain first."""
    bounded = [text[:MAX_CHARACTERS] for text in texts]
    for text in bounded:
        for match in _QUALIFIED.finditer(text):
            if not {match["namespace"], match["name"]} & _NOT_NAMES:
                yield _mention(match["kind"], match["namespace"], match["name"], match[0])
        for match in _CUSTOM.finditer(text):
            yield _mention(match["kind"], match["namespace"], match["name"], match[0])
        for said in _SENTENCES.certain(text):
            yield _mention(*said)
    for text in bounded:
        for match in _POD_SHAPED.finditer(text):
            where = match["namespace"] or ""
            if where in _KINDS:  # `pod/checkout-6d9c7f8b5d-x2x7q`
                where = ""
            yield Mention("Pod", where or namespace_in([text]), match["name"], match[0])
    for text in bounded:
        for match in _NAMED.finditer(text):
            if match["name"] not in _NOT_NAMES:
                yield _mention(match["kind"], namespace_in([text]), match["name"], match[0])
    for text in bounded:
        for said in _SENTENCES.likely(text):
            if not {said.namespace, said.name} & _NOT_NAMES:
                where = said.namespace or namespace_in([text])
                yield _mention(said.kind, where, said.name, said.quote)
    for text in bounded:
        for match in _IN_CLUSTER.finditer(text):
            yield Mention("Service", match["namespace"], match["name"], match[0])


def namespace_in(texts: Iterable[str]) -> str:
    """The namespace that the texts name, empty if none."""
    bounded = [text[:MAX_CHARACTERS] for text in texts]
    for pattern in _NAMESPACES:
        for text in bounded:
            for match in pattern.finditer(text):
                namespace: str = match["namespace"]
                if namespace not in _PROSE and not _POD_SHAPED.fullmatch(namespace):
                    return namespace
    return ""


def namespace_of(name: str, texts: Iterable[str]) -> str:
    """The namespace that stands before this very name (`shop/checkout`), else the one that the texts name."""
    kept = list(texts)
    qualified = re.compile(rf"{_START}(?P<namespace>{_LABEL})/{re.escape(name)}{_END}")
    for text in kept:
        for match in qualified.finditer(text[:MAX_CHARACTERS]):
            if match["namespace"] not in _KINDS:
                return match["namespace"]
    return namespace_in(kept)


def cluster_in(texts: Iterable[str]) -> str:
    """The cluster that a plain-text alert names, empty if none."""
    for text in texts:
        for match in _CLUSTER.finditer(text[:MAX_CHARACTERS]):
            if match["cluster"].lower() not in _PROSE:
                return match["cluster"]
    return ""


def kind_called(word: str) -> str:
    """The kind that a word means (`pvc`, `deployments`, `StatefulSet`); empty for none."""
    lower = word.strip().lower()
    return _ALL_KINDS.get(lower) or _ALL_KINDS.get(lower.removesuffix("s"), "")


_ALL_KINDS = (
    {custom.kind.lower(): custom.kind for custom in TABLE}
    | {kind.lower(): kind for kind in KINDS if not kind.endswith("Metrics")}
    | _WORDS
)


def _mention(kind: str, namespace: str, name: str, quote: str) -> Mention:
    return Mention(kind_called(kind), namespace, name, " ".join(quote.split()))
