"""Objects in the files of a bundle, read one by one: what cannot be used is skipped and said, not fatal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from kubetriage.adapters.cluster.bundles.places import Objects
from kubetriage.adapters.cluster.snapshot.manifests import documents, named
from kubetriage.domain.errors import BadSnapshot

Object = dict[str, Any]


class Listing(NamedTuple):
    """The objects of one document."""

    objects: Sequence[Object]
    api_version: str
    kind: str
    """Of the objects; empty where neither the list nor its place tells."""
    whole: bool
    """Whether these are all there were of this kind where the list was made."""
    broken: Sequence[str]
    """Why items were left out, a sentence each."""


def text_of(content: bytes) -> str:
    """Raises `BadSnapshot` for what is not UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadSnapshot(f"is not UTF-8 text (byte {error.start})") from error


def listings(name: Path, text: str, hint: Objects) -> Iterator[Listing]:
    """Each document of a file. Raises `BadSnapshot` at the first that is neither YAML nor JSON."""
    for number, (document, _) in enumerate(documents(name, text), 1):
        if document is not None:
            yield listing(name, document, hint, f"document {number}")


def listing(name: Path, document: Any, hint: Objects, place: str = "") -> Listing:
    """The objects of one document: a list of Kubernetes, an array of objects, or one object."""
    api_version, kind, whole = hint.api_version, hint.kind, hint.whole
    items: Any = [document]
    if isinstance(document, list):
        items = document
        whole = whole and kind != "Namespace"  # an array of these are the ones that somebody chose
    elif (
        isinstance(document, dict) and str(document.get("kind", "")).endswith("List") and "items" in document
    ):
        items = document["items"]
        if document["kind"] != "List":
            kind = str(document["kind"]).removesuffix("List")
            api_version = str(document.get("apiVersion") or api_version)
        metadata = document.get("metadata")
        whole = whole and not (isinstance(metadata, dict) and metadata.get("continue"))
    else:
        whole = False
    found: list[Object] = []
    broken: list[str] = []
    for number, item in enumerate(items if isinstance(items, list) else (), 1):
        try:
            found.append(_object(name, item, api_version, kind, f"{place} item {number}".strip()))
        except BadSnapshot as error:
            broken.append(str(error))
    if not kind and found:
        api_version, kind = str(found[0]["apiVersion"]), str(found[0]["kind"])
    return Listing(found, api_version, kind, whole and not broken, broken)


def _object(name: Path, item: Any, api_version: str, kind: str, place: str) -> Object:
    if not isinstance(item, dict):
        raise BadSnapshot(f"{name}, {place} is not a Kubernetes object.")
    given = {key: value for key, value in (("apiVersion", api_version), ("kind", kind)) if value}
    # An object of Go's that was not filled in says so with empty strings.
    return named(name, given | {key: value for key, value in item.items() if value != ""}, place)
