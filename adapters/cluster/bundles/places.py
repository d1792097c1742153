"""What the files of a bundle are, as their places tell: the words that the layouts answer in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Objects:
    """Objects of Kubernetes, or a list of them."""

    api_version: str = ""
    """What the objects are where they don't say it themselves; empty if the place doesn't tell."""
    kind: str = ""
    namespace: str = ""
    """Where a list was made; empty for the cluster."""
    whole: bool = False
    """Whether it is a list of all there were, so that what is not in it did not exist."""


@dataclass(frozen=True)
class Log:
    """The log of one container."""

    pod: str
    container: str
    namespace: str = ""
    """Empty where the place doesn't tell: the pod's name has to."""
    previous: bool = False
    stamped: bool = False
    """Whether each line begins with the time at which the kubelet got it."""


@dataclass(frozen=True)
class PodLogs:
    """The logs of all containers of a pod in one file, between lines that name them."""

    namespace: str
    pod: str


@dataclass(frozen=True)
class Failures:
    """Why lists of a kind could not be made: messages by namespace, or a list of them."""

    kind: str


@dataclass(frozen=True)
class Stamp:
    """When the bundle was made, a time a line."""


@dataclass(frozen=True)
class Known:
    """A file that belongs to the layout and holds neither objects nor logs."""


Place = Objects | Log | PodLogs | Failures | Stamp | Known
