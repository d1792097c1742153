"""What a shell command does to the cluster, and whether it names things that exist."""

from __future__ import annotations

import re
import shlex
from typing import NamedTuple

from kubetriage.domain.finding import Effect
from kubetriage.domain.view import ClusterView

_READS = frozenset(
    [
        "get",
        "describe",
        "logs",
        "top",
        "explain",
        "api-resources",
        "api-versions",
        "cluster-info",
        "version",
        "auth",
        "diff",
        "events",
        "wait",
    ]
)
_DESTROYS = frozenset(["delete", "drain", "replace", "evict"])
_OPERATORS = re.compile(r"[|;&<>`\n]|\$\(")


class CheckedCommand(NamedTuple):
    """A command as code sees it."""

    effect: Effect
    problem: str
    """Why it must not be shown, in English; empty if it may."""


def checked(command: str, view: ClusterView) -> CheckedCommand:
    """Classify one command and say what is wrong with it."""
    if _OPERATORS.search(command):
        return CheckedCommand(Effect.DESTRUCTIVE, "it uses shell operators")
    try:
        words = shlex.split(command)
    except ValueError:
        return CheckedCommand(Effect.DESTRUCTIVE, "it cannot be parsed")
    if not words or words[0] != "kubectl":
        return CheckedCommand(Effect.DESTRUCTIVE, "only kubectl commands are checked")
    verb = next((w for w in words[1:] if not w.startswith("-")), "")
    effect = Effect.READ if verb in _READS else Effect.DESTRUCTIVE if verb in _DESTROYS else Effect.CHANGE
    return CheckedCommand(effect, "")
