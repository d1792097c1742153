"""Which names say "secret", and which values are too ordinary to be one."""

from __future__ import annotations

import re
from typing import Final

_SECRET: Final = re.compile(
    r"passw|passphrase|passcode|(?<![a-z])(?:pwd|pass|pw|pat)(?![a-z])|pgpass|secret|token(?!iz)|credential|密码|口令|密钥|私钥|令牌"
    r"|(?<![a-z])dsn(?![a-z])|connection[_-]?string"
    r"|redis[_.-]?auth(?![a-z])|(?:api|app|access|private|signing|encryption|master|account|session|ssh|license)[_.-]?key"
    r"|client[_-]key[_-]data|(?<![a-z])(?:jwt|hmac|auth)[_.-]?key|dockerconfigjson|dockercfg|kubeconfig",
)
_BENIGN_ENDS: Final = """
    file filename path dir name names ref host port url uri endpoint ttl expiry expiration expires
    length len limit timeout seconds minutes type algorithm alg enabled disabled required count max min
    issuer audience policy version rotation interval mount namespace header provider format usage store
    backend manager operator mode rate size budget window class engine role roles kind lifetime age
    threshold strategy source region bucket refill level scope scopes encoding claims
"""
BENIGN_SUFFIX: Final = re.compile(rf"(?:^|[_.-])(?:{'|'.join(_BENIGN_ENDS.split())})$", re.IGNORECASE)
"""`PASSWORD_FILE`, `TOKEN_TTL`, …: about a secret, not one."""

_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def name_says_secret(name: str) -> bool:
    """Does the name of an environment variable, a ConfigMap key or a field say that its value is secret?"""
    if not _SECRET.search(name.lower()):
        return False
    return BENIGN_SUFFIX.search(_CAMEL.sub("_", name)) is None


_PROSE: Final = """
    true false yes no on off null nil none undefined unset set empty missing required optional invalid
    valid expired revoked denied failed failure error errors unknown disabled enabled ok okay present
    absent provided default not is was are has have had must cannot can could should will would may and
    or of for to from in with by the a an this that it its found changed updated created deleted
    generated rejected accepted refreshed rotated mismatch wrong incorrect bad authentication
    authorization flag option parameter argument value string file ref name context signature malformed
    unauthorized forbidden bearer basic map object array number integer boolean
"""
_WORDS: Final = frozenset(_PROSE.split())
_REFERENCE: Final = re.compile(r"\$\(|\$\{|\$[A-Za-z_]|\{\{|%[sdvq(]|<|\*{2,}|[xX]{3,}$|\(|\[|\{")
_CHINESE: Final = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uff65]+")
"""Words and their punctuation: `密码：错误`, and no password."""
_PLACE: Final = re.compile(
    r"(?:/[a-z0-9._-]+){2,}/?$|[a-z0-9]([-a-z0-9]*[a-z0-9])?/[a-z0-9]([-.a-z0-9]*[a-z0-9])?$"
)
"""A path, or `namespace/name`."""
_OBJECT_NAME: Final = re.compile(r"(?![0-9a-f]{8}(?:-[0-9a-f]{4}){3}-)[a-z0-9]+(?:[-.][a-z0-9]+)+$")
"""No UUID, which is what many services give out as a key."""


def ordinary_value(value: str) -> bool:
    """A word of prose, a boolean, a placeholder or a reference to where the secret is: nothing to hide."""
    return (
        value.lower().rstrip(".,:;!") in _WORDS
        or not value.strip("*.-_ ")
        or _CHINESE.fullmatch(value) is not None
        or _REFERENCE.match(value) is not None
    )


def place(value: str) -> bool:
    """Where something is (a path, `namespace/name`), rather than what it is."""
    return _PLACE.match(value) is not None


def object_name(value: str) -> bool:
    """Reads as the name of a Kubernetes object: `db-secret`, `tls.example.com`."""
    return len(value) <= 63 and _OBJECT_NAME.match(value) is not None


def looks_random(value: str) -> bool:
    """Letters and digits mixed, and neither a path nor an address, a time or a ratio."""
    return len(value) >= 6 and ":" not in value[:-1] and _MIXED.match(value) is not None and not place(value)


def guessable(value: str) -> bool:
    """What people choose for a password (`R00t@123`, `123456`), where a password was announced."""
    return len(value) >= 6 and ":" not in value and any(map(str.isdigit, value)) and not place(value)


_MIXED: Final = re.compile(r"(?=(?:[^A-Za-z]*+[A-Za-z]){3})[^0-9]*+[0-9]")
