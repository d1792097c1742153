"""What kubelet and the attacher say about volumes, told apart."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from kubetriage.domain.events import EventRecord
from kubetriage.domain.language import Text
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.wording import short_end


class Trouble(StrEnum):
    """What keeps a volume from being used."""

    MULTI_ATTACH = "multi-attach"
    NO_DRIVER = "no-driver"
    NO_CLIENT = "no-client"
    HOST_PATH = "host-path"
    REFUSED = "refused"
    DENIED = "denied"
    """The driver's own account at the provider lacks a right."""
    NO_PATH = "no-path"
    UNREACHABLE = "unreachable"
    NO_NAME = "no-name"
    """The node finds no address for the server's name."""
    HANGS = "hangs"
    """The driver refuses a second try while its first one has not ended."""
    PERMISSION = "permission"
    FILESYSTEM = "filesystem"
    LIMIT = "limit"
    GONE = "gone"
    OTHER = "other"


FOREIGN = re.compile(
    r'(?:configmaps?|secrets?) "[^"]*" (?:not found|is forbidden)|references non-existent|not registered'
    r"|failed to sync (?:configmap|secret) cache|failed to fetch token|serviceaccounts? \"",
    re.I,
)
GENERAL = re.compile(r"^Unable to attach or mount volumes|timed out waiting for the condition$", re.I)
_KINDS: tuple[tuple[Trouble, re.Pattern[str]], ...] = (
    (Trouble.MULTI_ATTACH, re.compile(r"Multi-Attach error", re.I)),
    (Trouble.LIMIT, re.compile(
        r"\bmax(?:imum)?\b.{0,40}\b(?:volumes|disks|attach\w*)|exceed\w*.{0,40}attach"
        r"|attach\w*.{0,40}\b(?:limit|maximum|too many)", re.I)),
    (Trouble.MULTI_ATTACH, re.compile(r"already (?:exclusively )?attached to"
                                      r"|rbd image \S+ is still being used", re.I)),
    (Trouble.DENIED, re.compile(
        r"UnauthorizedOperation|AuthorizationFailed|PERMISSION_DENIED|\b(?:not authori[sz]ed|does not have "
        r"(?:authorization|permission)) to perform|AccessDenied(?:Exception)?\b|Forbidden\.RAM"
        r"|Required '[\w.]+' permission|code = (?:PermissionDenied|Unauthenticated)", re.I)),
    (Trouble.HANGS, re.compile(
        r"\boperation with (?:the )?(?:given )?volume\b.{0,120}already (?:exists|in progress)"
        r"|\boperation .{0,60}is (?:already )?in progress", re.I)),
    (Trouble.NO_DRIVER, re.compile(r"not found in the list of registered CSI drivers|does not contain driver"
                                   r"|no volume plugin matched", re.I)),
    (Trouble.FILESYSTEM, re.compile(r"bad superblock on /dev/", re.I)),  # of a network's it is the helper
    (Trouble.NO_CLIENT, re.compile(r"helper program|unknown filesystem type|mount\.\w+: (?:command )?not "
                                   r"found", re.I)),
    (Trouble.HOST_PATH, re.compile(r"hostPath type check failed", re.I)),
    (Trouble.REFUSED, re.compile(r"access denied by server|authentication|mount error\(13\)", re.I)),
    (Trouble.LIMIT, re.compile(r"(?:attach\w*|volume).{0,40}(?:limit|maximum|too "
                               r"many)|exceed.{0,40}attach", re.I)),
    (Trouble.FILESYSTEM, re.compile(r"wrong fs type|bad superblock|fsck|needs cleaning|mkfs", re.I)),
    (Trouble.PERMISSION, re.compile(r"permission denied|not permitted|read-only file ?system|chown", re.I)),
    (Trouble.NO_PATH, re.compile(r"No such file or directory|no such device", re.I)),
    (Trouble.NO_NAME, re.compile(
        r"(?:failed to|could not|cannot|can't) resolve|no such host|name resolution|Name or service not known"
        r"|server \S+ misbehaving", re.I)),
    (Trouble.UNREACHABLE, re.compile(
        r"connection (?:timed out|refused)|no route to host|network is unreachable|i/o timeout"
        r"|deadline ?exceeded|not responding|unavailable", re.I)),
    (Trouble.GONE, re.compile(r"(?:disk|volume|instance|snapshot)\S*.{0,60}(?:not found|does not "
                              r"exist)|notfound", re.I)),
)  # fmt: skip
VOLUME = re.compile(r'(?:for volume|volume) "(?P<name>[^"]+)"')
_OUTPUT = re.compile(r"Output:\s*(?P<words>.+)$", re.S)
_RPC = re.compile(r"rpc error: code = \w+ desc = ")
_HOST_PATH = re.compile(r"type check failed: (?P<path>\S+) is not (?P<kind>an? \S+)")
HOLDERS = re.compile(r"already used by pod\(s\) (?P<pods>[a-z0-9., -]+)")
REASONS = ("FailedMount", "FailedAttachVolume", "FailedMapVolume")


class Told(NamedTuple):
    """The most telling event about a pod's volumes."""

    trouble: Trouble
    volume: str
    event: EventRecord


def volume_text(name: str) -> Text:
    """A volume by its name, or without one where the message names none."""
    return say("volume {v}", "卷 {v}", v=name) if name else say("one of its volumes", "它的一个卷")


def kind_of(message: str) -> Trouble:
    plain = VOLUME.sub("volume", message)  # a volume called `limits` has reached none
    return next((kind for kind, pattern in _KINDS if pattern.search(plain)), Trouble.OTHER)


def words_of(message: str) -> str:
    """The part of a message that says what failed: the mount's own output, or the driver's words."""
    output = _OUTPUT.search(message)
    said = output["words"] if output else _RPC.sub("", message).rpartition('" : ')[2] or message
    return short_end(said, 110)
