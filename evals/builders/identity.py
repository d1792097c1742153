"""Names and ids as Kubernetes makes them, derived from what they name: equal builds give equal bytes."""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any

Json = dict[str, Any]
"""A Kubernetes object, or a part of one, as JSON."""

ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
"""Letters of generated names: no vowels and no digits that look like them (apimachinery util/rand)."""

_ROOT = uuid.uuid5(uuid.NAMESPACE_DNS, "scenarios.kubetriage")


def uid(*parts: str) -> str:
    """The uid of what `parts` name."""
    return str(uuid.uuid5(_ROOT, "/".join(parts)))


def hexadecimal(length: int, *parts: str) -> str:
    """`length` hex digits, as of a container id or an image digest."""
    digits = ""
    while len(digits) < length:
        digits += hashlib.sha256("/".join([*parts, str(len(digits))]).encode()).hexdigest()
    return digits[:length]


def suffix(*parts: str, length: int = 5) -> str:
    """The random end of a generated name, such as a pod's."""
    number = int(hexadecimal(32, *parts), 16)
    letters = []
    for _ in range(length):
        number, place = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[place])
    return "".join(letters)


def template_hash(name: str, template: Json) -> str:
    """The `pod-template-hash` of a template: a 32 bit number, its digits written in the alphabet of names."""
    text = json.dumps([name, template], sort_keys=True)
    number = int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) | 0x40000000
    return "".join(ALPHABET[ord(digit) % len(ALPHABET)] for digit in str(number))


def full_image(image: str) -> str:
    """An image reference with registry and tag, as the container runtime reports it."""
    first, _, rest = image.partition("/")
    if not rest:
        image = f"docker.io/library/{image}"
    elif "." not in first and ":" not in first and first != "localhost":
        image = f"docker.io/{image}"
    return image if ":" in image.rpartition("/")[2] or "@" in image else f"{image}:latest"


def image_id(image: str) -> str:
    """The digest reference of a pulled image."""
    full = full_image(image)
    return f"{full.rpartition(':')[0]}@sha256:{hexadecimal(64, 'image', full)}"


def container_id(runtime: str, *parts: str) -> str:
    """The id of one run of a container, with the runtime's scheme: `containerd://…`."""
    return f"{runtime}://{hexadecimal(64, 'container', *parts)}"
