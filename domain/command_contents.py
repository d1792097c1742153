"""What stands inside a kubectl command: patches, manifests, sources of objects, paths of the API, outputs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from kubetriage.domain.claim_leaves import leaves
from kubetriage.domain.command_objects import Inventory
from kubetriage.domain.command_words import HOLE

_REMOTE: Final = re.compile(r"://|::|@|\?|^-$|^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}/", re.IGNORECASE)
_RAW: Final = re.compile(r"/(?:[A-Za-z0-9._:-]+(?:/[A-Za-z0-9._:-]+)*/?)?(?:\?[\w=&.,%-]*)?")
_ACTS: Final = re.compile(r"/(?:exec|attach|portforward|proxy|run|token|binding|eviction)(?:/|\?|$)")
_OF_NODES: Final = re.compile(
    r"/api/v1/nodes/[^/]+/proxy/(?:stats/summary|metrics(?:/\w+)?|configz|healthz|pods)/?"
)
_FROM_FILE: Final = re.compile(r"(?:go-template|jsonpath|custom-columns|templatefile)-?file\b|templatefile")
_SHOWN: Final = re.compile(r"(?:jsonpath|custom-columns|jsonpath-as-json)=[^*]*")
_DATA: Final = re.compile(r"(?<!meta)data|annotations|\{\.?\}|@|\.\.|\[", re.IGNORECASE)
_DANGERS: Final = frozenset({"privileged", "hostpid", "hostipc", "hostnetwork", "allowprivilegeescalation"})


def is_remote(source: str) -> bool:
    """Whether `-f` or `-k` takes its objects from elsewhere than a file or folder of the reader's own."""
    return _REMOTE.search(source) is not None


def problem_of_raw(path: str) -> str:
    """Why a path of the API must not be asked; a plain read of something other than Secrets may."""
    if _RAW.fullmatch(path) is None or ".." in path:
        return "--raw takes a path"
    plain = path.partition("?")[0]
    if "secret" in plain.lower():
        return "it reads Secrets"
    if _ACTS.search(path) and _OF_NODES.fullmatch(plain) is None:
        return "it does more than read"
    return ""


def problem_of_output(output: str, template: str, shows_secrets: bool) -> str:
    """Why the form of an output is refused: a template that cannot be seen, the data of Secrets."""
    if _FROM_FILE.search(output) or (template and "{" not in template and HOLE not in template):
        return "its template is in a file"
    plain = output in ("", "wide", "name") or (_SHOWN.fullmatch(output) and not _DATA.search(output))
    if shows_secrets and (template or not plain):
        return "it shows the data of Secrets"
    return ""


def problems_of_patch(patch: str, inventory: Inventory) -> Iterator[str]:
    """Images and rights that a patch brings in."""
    made = _parsed(patch)
    if made is not None:
        yield from problems_of_object(made, inventory)
        return
    for image in re.findall(r"\bimage[\"']?\s*:\s*[\"']?([^\s\"',}]+)", patch):
        yield inventory.problem_of_image(image)


def problems_of_object(made: Any, inventory: Inventory) -> Iterator[str]:
    """What an object or a part of one must not bring: strange images, a node's rights, those of an admin."""
    for leaf in leaves(made):
        key = leaf.key.lower()
        if key == "image" and isinstance(leaf.value, str):
            yield inventory.problem_of_image(leaf.value)
        elif key in _DANGERS and leaf.value is True:
            yield f"it sets {leaf.key}"
        elif leaf.value == "cluster-admin":
            yield "it grants cluster-admin"
    for operation in made if isinstance(made, list) else ():
        if isinstance(operation, Mapping) and str(operation.get("path", "")).endswith("/image"):
            yield inventory.problem_of_image(str(operation.get("value", "")))


def empties(patch: str) -> bool:
    """Whether a patch leaves no replica, or takes off what guards data: finalizers, a volume's retention."""
    made = _parsed(patch)
    if made is None:
        return bool(
            re.search(r"replicas[\"']?\s*: ?0\b|finalizers|ReclaimPolicy[\"']?\s*: ?\W?Delete", patch)
        )
    return _loses(made)


def _parsed(patch: str) -> Any:
    try:
        return json.loads(patch)
    except ValueError:
        return None


def _loses(part: object) -> bool:
    if isinstance(part, dict):
        if part.get("replicas", 1) == 0 or ("finalizers" in part and not part["finalizers"]):
            return True
        if part.get("persistentVolumeReclaimPolicy") == "Delete" or part.get("$patch") in (
            "delete",
            "replace",
        ):
            return True
        path = str(part.get("path", ""))
        if path.endswith("/replicas") and part.get("value") == 0:
            return True
        if "/finalizers" in path and part.get("op") in ("remove", "replace"):
            return True
        return any(map(_loses, part.values()))
    return isinstance(part, list) and any(map(_loses, part))
