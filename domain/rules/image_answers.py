"""Image references, and what the answer to a pull says: absent, denied, unreachable, …

The words are those of registries (OCI distribution spec error codes), containerd, CRI-O, dockershim and Go's
net package as they appear in kubelet's messages; only their stable cores are matched.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple


class Answer(StrEnum):
    """Why an image could not be had."""

    ABSENT = "absent"
    """The registry has no such repository or tag."""
    HIDDEN = "absent-or-private"
    """The registry does not say whether it is absent or needs a login (Docker Hub's way)."""
    DENIED = "denied"
    EXPIRED = "login-expired"
    """It knows the login, whose token is past its time."""
    UNREACHABLE = "unreachable"
    UNRESOLVED = "unresolved"
    """The registry's host name has no address."""
    UNTRUSTED = "untrusted"
    """TLS to the registry fails."""
    LIMITED = "rate-limited"
    PLATFORM = "platform"
    """The image exists, but not for the node's architecture."""
    DISK = "disk"
    """The node has no room for it."""
    FORMAT = "format"
    """Its manifest is of a format that the runtime no longer takes."""
    BROKEN = "broken"
    """A layer came that is not what the manifest says, or that cannot be unpacked."""
    SIGNATURE = "signature"
    SHORT_NAME = "short-name"
    """The runtime does not know which registry a name without one means."""
    INVALID = "invalid"
    NEVER = "never"
    """Not on the node, and the pull policy is Never."""
    UNSEEN = "unseen"
    """Only the back-off is left; the answer is not in the evidence."""
    OTHER = "other"


_ANSWERS: tuple[tuple[Answer, re.Pattern[str]], ...] = tuple(
    (answer, re.compile(pattern, re.IGNORECASE))
    for answer, pattern in (
        (Answer.NEVER, r"pull policy of never|ErrImageNeverPull"),
        (Answer.INVALID, r"invalid reference format|couldn't parse image|InvalidImageName|must be lowercase"),
        (Answer.SHORT_NAME, r"short-name .{0,200}did not resolve|unqualified-search registries"),
        (Answer.DISK, r"no space left on device"),
        (
            Answer.BROKEN,
            r"invalid tar header|(unexpected|wrong) (commit )?(digest|size)|layer verification failed"
            r"|(extract|register)(ing)? layer .{0,300}\bEOF\b|error processing tar file|archive/tar: "
            r"|(gzip|zstd|flate): (invalid|corrupt)|digest .{0,90}does not match|filesystem layer verif",
        ),
        (Answer.FORMAT, r"(media type|manifest|schema) [^\n]{0,120}(no longer supported|unsupported"
                        r"|deprecated)"
                        r"|unsupported (manifest )?media type|schema ?1 .{0,60}(support|deprecat)"),
        (
            Answer.PLATFORM,
            r"no match(ing manifest)? for (platform|linux|windows)|no image found in .{0,60} for architecture"
            r"|does not match the (specified|detected host) platform",
        ),
        (Answer.LIMITED, r"toomanyrequests|too many requests|\b429\b|rate limit"),
        (Answer.SIGNATURE, r"SignatureValidationFailed|signature .{0,80}(required|invalid|reject|verif)"),
        (
            Answer.UNTRUSTED,
            r"x509:|server gave HTTP response to HTTPS client|tls: (?!handshake timeout)"
            r"|certificate (has expired|signed by unknown|is not valid)",
        ),
        (
            Answer.EXPIRED,
            r"\b(token|credentials?|session)\b[^.]{0,40}\b(has |have |is |are |was )?expired|ExpiredToken"
            r"|token is past its expir",
        ),
        (Answer.UNRESOLVED, r"no such host|server misbehaving|name resolution|lookup \S+( on \S+)?: "),
        (
            Answer.UNREACHABLE,
            r"dial tcp|i/o timeout|connection refused|no route to host|network is unreachable"
            r"|handshake timeout|deadline exceeded|Client\.Timeout|connection "
            r"reset|proxyconnect|unexpected EOF|: EOF\b"
            r"|RegistryUnavailable|\b50[0234]\b (Internal|Bad|Service|Gateway)",
        ),
        (
            Answer.HIDDEN,
            r"pull access denied|repository does not exist or may require|insufficient_scope"
            r"|requested access to the resource is denied",
        ),
        (
            Answer.DENIED,
            r"unauthorized|authentication required|no basic auth credentials|\b401\b|\b403\b|forbidden|denied"
            r"|authorization failed|not authorized",
        ),
        (
            Answer.ABSENT,
            r"manifest[ _]unknown|name[ _]unknown|not found|code = NotFound|\b404\b|no such image"
            r"|does not exist",
        ),
    )
)  # fmt: skip

_URL = re.compile(r"https?://[^\s\"]+")


def read_answer(message: str, image: str) -> Answer:
    """What a message of kubelet about pulling `image` says; UNSEEN if it says nothing of the reason.

    The image's own name is taken out first, so that an image called `not-found` proves nothing.
    """
    plain = _URL.sub("URL", message)
    for name in sorted({image, full_name(image), repository(image)}, key=len, reverse=True):
        plain = plain.replace(name, "IMAGE") if name else plain
    for answer, pattern in _ANSWERS:
        if pattern.search(plain):
            return answer
    return Answer.OTHER if _SAYS_NOTHING.sub("", plain) else Answer.UNSEEN


_SAYS_NOTHING = re.compile(
    r'Back-off pulling image|Failed to pull image|Error:|ErrImagePull|ImagePullBackOff|["\s:]|IMAGE'
)
_PREAMBLE = re.compile(
    r'^((Failed to pull|Back-off pulling) image "[^"]*"(: )?|ErrImagePull: |rpc error: code = \w+ desc = '
    r'|failed to pull and unpack image "[^"]*": |failed to resolve (reference|image) "[^"]*": '
    r"|Error response from daemon: )+"
)


_CLOCK = re.compile(r": current time \S+ is after \S+$")
"""The two times behind “certificate has expired or is not yet valid”, which leave no room for the words."""


def decisive_words(message: str) -> str:
    """The part of a pull message that says why, without the layers that only repeat the image."""
    said = _PREAMBLE.sub("", message.strip()) or message.strip()
    return _CLOCK.sub("", said)


class ImageName(NamedTuple):
    """The parts of an image reference (`distribution/reference`)."""

    registry: str
    """Empty if the reference names none."""
    path: str
    tag: str
    digest: str


def parse(image: str) -> ImageName:
    rest, _, digest = image.partition("@")
    head, slash, tail = rest.partition("/")
    registry = head if slash and ("." in head or ":" in head or head == "localhost") else ""
    path = tail if registry else rest
    last = path.rpartition("/")[2]
    tag = last.partition(":")[2]
    return ImageName(registry, path[: len(path) - len(tag) - 1] if tag else path, tag, digest)


def registry_host(image: str) -> str:
    """Where the image is pulled from; a name without registry means Docker Hub for docker and containerd."""
    return parse(image).registry or "docker.io"


def repository(image: str) -> str:
    """The reference without tag and digest, as it was written."""
    name = parse(image)
    return f"{name.registry}/{name.path}" if name.registry else name.path


def full_name(image: str) -> str:
    """The reference with all that runtimes fill in: `nginx` is `docker.io/library/nginx:latest`."""
    name = parse(image)
    path = name.path if name.registry or "/" in name.path else f"library/{name.path}"
    mark = f"@{name.digest}" if name.digest else f":{name.tag or 'latest'}"
    return f"{registry_host(image)}/{path}{mark}"


def is_bare(image: str) -> bool:
    """Neither registry nor tag nor digest: a name alone, or `user/name`."""
    name = parse(image)
    return bool(image) and not (name.registry or name.tag or name.digest)
