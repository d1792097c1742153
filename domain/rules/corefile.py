"""CoreDNS's configuration: whether it answers for a name by itself, before it asks the cluster's Services.

Plugins answer in a fixed order whatever the file has: `template`, `rewrite` and `hosts` before `kubernetes`
(coredns/plugin.cfg).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text
from kubetriage.domain.resource import resource
from kubetriage.domain.rules.phrases import say

CONFIG = resource("ConfigMap", "kube-system", "coredns")
"""Where kubeadm and most distributions keep it."""
_TEMPLATE = re.compile(
    r"^[ \t]*template[ \t]+\S+[ \t]+\S+(?P<zones>[^\n{]*)\{(?P<body>[^{}]*)\}", re.MULTILINE
)
_REWRITE = re.compile(
    r"^[ \t]*rewrite[ \t]+(?:(?:stop|continue)[ \t]+)?name[ \t]+(?:exact[ \t]+)?"
    r"(?P<name>[\w.-]+)[ \t]+(?P<to>[\w.-]+)",
    re.MULTILINE,
)
_RCODE = re.compile(r"\brcode[ \t]+(?P<code>NXDOMAIN|SERVFAIL|REFUSED)\b", re.IGNORECASE)
_MATCH = re.compile(r"^[ \t]*match[ \t]+(?P<pattern>\S+)", re.MULTILINE)


class Override(NamedTuple):
    """A part of the Corefile that answers for a name."""

    line: str
    """Its first line, as it stands there."""
    does: Text


def override(config: Obj | None, name: str) -> Override | None:
    """What the Corefile does to a full name (`db.shop.svc.cluster.local`); None if it leaves it alone."""
    corefile = config.text("data", "Corefile") if config is not None else ""
    for found in _TEMPLATE.finditer(corefile):
        code = _RCODE.search(found["body"])
        if code and _covers(found["zones"], name) and _matches(found["body"], name):
            line = found[0].partition("{")[0].strip()
            return Override(line, say("answers {c} to it", "对它返回 {c}", c=code["code"].upper()))
    for found in _REWRITE.finditer(corefile):
        if found["name"].rstrip(".") == name and found["to"].rstrip(".") != name:
            to = found["to"].rstrip(".")
            return Override(found[0].strip(), say("rewrites it to {t}", "把它改写为 {t}", t=to))
    return None


def _covers(zones: str, name: str) -> bool:
    """Whether one of a template's zones holds the name; the server block's own zone is not looked at."""
    given = [zone.strip(".") for zone in zones.split()]
    return any(name == zone or name.endswith("." + zone) for zone in given if zone)


def _matches(body: str, name: str) -> bool:
    """Whether one of its patterns fits; without any it takes every name of its zones."""
    patterns = [found["pattern"] for found in _MATCH.finditer(body)]
    return not patterns or any(_fits(pattern, name) for pattern in patterns)


def _fits(pattern: str, name: str) -> bool:
    """Whether a pattern is the name, or all names; other ones are not tried, for they may be made to hang."""
    plain = pattern.strip("^$").replace("\\.", ".").rstrip(".")
    return plain in ("", ".*", name)
