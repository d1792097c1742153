"""Which kind of server speaks in a refusal, and whether a container or a configured callee is one.

The words of a refusal are those of one product's protocol. They stand in the logs of its clients, and of
PostgreSQL, MySQL, MongoDB and Kafka in the server's own log too.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from kubetriage.domain.kube import Obj, containers
from kubetriage.domain.rules.image_answers import repository
from kubetriage.domain.rules.peers import Peer


class ServerKind(NamedTuple):
    """A product, or several that speak the same protocol."""

    says: re.Pattern[str]
    images: re.Pattern[str]
    """In the last part of an image's repository."""
    names: re.Pattern[str]
    """In the name of a variable, a host or a Service, in lower case."""
    ports: frozenset[str]


_KINDS = tuple(
    ServerKind(re.compile(says, re.I), re.compile(images), re.compile(names), frozenset(ports.split()))
    for says, images, names, ports in (
        (
            r"when used memory|MISCONF|read only (?:replica|slave)|Redis is loading|CLUSTERDOWN|MASTERDOWN",
            r"redis|valkey|dragonfly|keydb",
            r"redis|valkey|dragonfly|keydb|cache|session",
            "6379 6380 26379",
        ),
        (
            r"NOT_?ENOUGH_?REPLICAS|LEADER_?NOT_?AVAILABLE",
            r"kafka|redpanda",
            r"kafka|redpanda|broker|bootstrap|stream|event",
            "9092 9093 9094 29092",
        ),
        (
            r"database system is|in a read-only transaction",
            r"postgres|spilo|timescale|patroni|pgvector|postgis",
            r"postgres|psql|pg|timescale|database|db|sql|jdbc",
            "5432 6432 5433",
        ),
        (r"read-only option", r"mysql|mariadb|percona", r"mysql|mariadb|database|db|sql|jdbc", "3306"),
        (r"NotWritablePrimary|slaveOk|NotPrimary", r"mongo", r"mongo|database|db", "27017"),
        (r"block", r"rabbitmq", r"rabbit|amqp|broker|queue|mq", "5672 5671"),
    )
)
_BESIDE = re.compile(
    r"exporter|proxy|bouncer|pool|twemproxy|connect|client|console|manager|admin|operator|backup|tool|rest"
    r"|registry|[-_]ui\b|init|insight|commander|express"
)
"""Images that are named for a server and are its clients."""


def kind_of(quote: str) -> ServerKind | None:
    """The kind of server whose words these are."""
    return next((kind for kind in _KINDS if kind.says.search(quote)), None)


def is_server(kind: ServerKind, image: str) -> bool:
    """Whether an image is one of such a server itself."""
    name = repository(image).rpartition("/")[2].lower()
    return bool(kind.images.search(name)) and not _BESIDE.search(name)


def answers_clients(image: str, quote: str) -> bool:
    """Whether these words stand in the log of the server itself: what it answers those who ask it."""
    kind = kind_of(quote)
    return kind is not None and is_server(kind, image)


_PASSING = re.compile(r"starting up|shutting down|recovery mode|is loading", re.IGNORECASE)


def is_over(image: str, quote: str) -> bool:
    """Whether these are the words of a server on its way up or down, which one that is ready is no longer."""
    return bool(_PASSING.search(quote)) and answers_clients(image, quote)


def may_be(kind: ServerKind, variable: str, peer: Peer, behind: list[Obj]) -> bool:
    """Whether a callee that a container's environment names can be such a server: by what runs behind it
    where that is known, else by its port or names."""
    images = [state.image for pod in behind for state in containers(pod) if not state.init]
    if any(is_server(kind, image) for image in images):
        return True
    if any(is_server(other, image) for other in _KINDS for image in images):
        return False
    if peer.port:
        return peer.port in kind.ports
    words = f"{variable} {peer.host.partition('.')[0]}".lower()
    return bool(kind.names.search(words))
