"""Places where credentials lie in containers and on nodes, however a path to them is written."""

from __future__ import annotations

import posixpath
import re
from fnmatch import fnmatchcase
from typing import Final

_PATHS: Final = re.compile(
    r"/?(?:var/)?run/secrets|/etc/(?:g?shadow|ssl/private|kubernetes/(?:\S*\.conf$|pki/\S*\.key$))"
    r"|(?:^|/)\.(?:ssh|kube|aws|docker|azure|config/gcloud)(?:/|$)|/proc/[^/]+/environ"
    r"|(?:^|/)(?:id_(?:rsa|dsa|ecdsa|ed25519)|\.pgpass|\.netrc|\.my\.cnf|\.git-credentials|kubeconfig)$"
    r"|\.(?:key|pem|p12|jks|kubeconfig)$|serviceaccount/token|var/lib/kubelet/pki"
)
_NAMED: Final = frozenset({"shadow", "gshadow"})
_PLACES: Final = tuple(
    place.split("/")
    for place in (
        "/var/run/secrets", "/run/secrets", "/etc/shadow", "/etc/gshadow", "/etc/ssl/private", "/root/.ssh",
        "/root/.kube", "/root/.aws", "/root/.docker", "/etc/kubernetes/admin.conf", "/proc/1/environ",
    )
)  # fmt: skip
"""Paths that a pattern may stand for."""


def reads_credentials(word: str) -> bool:
    """Whether a word of a command leads to credentials: as it stands, by detours (`a/../b`), by a pattern."""
    if word in _NAMED:
        return True
    for part in re.split(r"[=:,]", re.sub(r"\{[^{}]*\}", "*", word)):
        plain = posixpath.normpath(re.sub("/+", "/", part)) if part else ""
        if _PATHS.search(plain) or _stands_for(plain):
            return True
    return False


def _stands_for(pattern: str) -> bool:
    """Whether a path with wildcards can be one of the places or lie in one."""
    if not re.search(r"[*?\[]", pattern) or not pattern.startswith("/"):
        return False
    steps = pattern.split("/")
    return any(
        len(steps) >= len(place) and all(map(fnmatchcase, place, steps[: len(place)])) for place in _PLACES
    )
