"""The folder that `kubectl cluster-info dump --output-directory` writes, and what it prints without one.

    nodes.json                      all nodes
    NAMESPACE/pods.json             and events, services, deployments, …: a list each, empty ones too
    NAMESPACE/POD/logs.txt          all containers, between lines that name them; no earlier runs

With `-o yaml` they end in `.yaml`. Items of the lists have no kind; the list has.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from kubetriage.adapters.cluster.bundles.places import Objects, Place, PodLogs
from kubetriage.adapters.cluster.snapshot.manifests import documents
from kubetriage.domain.errors import BadSnapshot
from kubetriage.domain.resource import KINDS

NAME = "cluster-info-dump"
_FILES = {
    "events": "Event", "replication-controllers": "ReplicationController", "services": "Service",
    "daemonsets": "DaemonSet", "deployments": "Deployment", "replicasets": "ReplicaSet", "pods": "Pod",
}  # fmt: skip
_SUFFIXES = (".json", ".yaml")
_HEAD = 4096
_MARK = re.compile(r"^==== START logs for container (\S+) of pod ([^/\s]+)/(\S+) ====\n", re.MULTILINE)
_NO_LOG = re.compile(r"\A(Create|Request) log request error: |\ARequest log error: ")


def place(name: PurePosixPath) -> Place | None:
    """What a file is, by its last folders: a dump may lie at any depth."""
    parts = name.parts
    if len(parts) >= 3 and parts[-1] == "logs.txt":
        return PodLogs(parts[-3], parts[-2])
    if name.suffix not in _SUFFIXES:
        return None
    if name.stem == "nodes":
        return Objects("v1", "Node", whole=True)
    if len(parts) >= 2 and name.stem in _FILES:
        kind = _FILES[name.stem]
        return Objects(KINDS[kind].api_version, kind, parts[-2], whole=True)
    return None


class ContainerLog(NamedTuple):
    """One container's log in a dump."""

    namespace: str
    pod: str
    container: str
    text: str
    refused: bool
    """Whether the text is why there is no log."""


def container_logs(text: str) -> Iterator[ContainerLog]:
    """The logs between their marks; one whose end is missing goes as far as the text does."""
    at = 0
    while (begin := _MARK.search(text, at)) is not None:
        log, at = _container_log(text, begin)
        yield log


def _container_log(text: str, begin: re.Match[str]) -> tuple[ContainerLog, int]:
    container, namespace, pod = begin.groups()
    mark = f"==== END logs for container {container} of pod {namespace}/{pod} ====\n"
    end = text.find(mark, begin.end())
    body = text[begin.end() : end if end >= 0 else len(text)]
    refused = _NO_LOG.match(body) is not None
    return ContainerLog(namespace, pod, container, body, refused), end + len(mark) if end >= 0 else len(text)


def as_text(content: bytes) -> str:
    """What was printed, as kubectl wrote it; logs stand in it too, and they may hold any bytes.

    PowerShell's redirection makes UTF-16 of it, and ends lines with two characters.
    """
    wide = content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    text = content.decode("utf-16" if wide else "utf-8-sig", "replace")
    return text.replace("\r\n", "\n") if "\r\n" in text[:_HEAD] else text


def is_printed(content: bytes) -> bool:
    """Whether a file that so begins is a dump as it is printed: the list of nodes comes first."""
    head = as_text(content[: 2 * _HEAD]).lstrip("\ufeff \n")
    return re.match(r'\{\s*"kind": "NodeList"|apiVersion: v1\nitems:', head) is not None


def printed(name: str, text: str) -> Iterator[Any]:
    """The documents and the `ContainerLog`s of a printed dump, in order.

    Raises `BadSnapshot` at the first part that cannot be read: nothing behind it can be found again.
    """
    decoder, at = json.JSONDecoder(), 0
    while True:
        at = re.compile(r"\s*").match(text, at).end()  # type: ignore[union-attr]
        if at >= len(text):
            return
        begin = _MARK.match(text, at)
        if begin is not None:
            log, at = _container_log(text, begin)
            yield log
        elif text[at] == "{":
            try:
                document, at = decoder.raw_decode(text, at)
            except (ValueError, RecursionError) as error:
                raise BadSnapshot(f"{name} cannot be read any further: {error}.") from error
            yield document
        else:
            end = _end_of_yaml(text, at)
            for document, _ in documents(Path(f"{name}.yaml"), text[at:end]):
                yield document
            at = end


def _end_of_yaml(text: str, at: int) -> int:
    begin = _MARK.search(text, at)
    return begin.start() if begin is not None else len(text)
