"""Files of Kubernetes objects, YAML or JSON, read into plain objects.

YAML is read as the API server's own tools read it, not as YAML 1.1 has it: only `true` and `false` are
booleans, and times stay strings. Nodes are turned into values here rather than by the library's
constructor, which takes four fifths of the time of a large file.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from kubetriage.adapters.cluster.snapshot.files import read_bytes
from kubetriage.domain.errors import BadSnapshot
from kubetriage.domain.resource import KINDS

try:
    from yaml import CSafeLoader as _Parser
except ImportError:  # PyYAML built without libyaml: the same, slower
    from yaml import SafeLoader as _Parser  # type: ignore[assignment]

OBJECT_SUFFIXES = frozenset({".yaml", ".yml", ".json"})

Placed = tuple[dict[str, Any], str]
"""An object and where it stands: `document 3 (line 40)`, `item 2 of …`."""


_DEEPEST = 400
"""Levels of nesting. The C parser recurses for each, and would take the process down with it."""

_MOST_REPEATED = 1_000_000
"""Values of a file that its aliases may stand for."""


class _Loader(_Parser):
    """Leaves every scalar untyped: `_Values` gives it its type."""

    depth = 0

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise RecursionError

    def ascend_resolver(self) -> None:
        self.depth -= 1

    def resolve(self, kind: type[yaml.Node], value: str | None, implicit: tuple[bool, bool]) -> str:
        if kind is yaml.ScalarNode:
            return "plain" if implicit[0] else "quoted"
        return "collection"


def read_text(path: Path) -> str:
    """Raises `BadSnapshot` for a file that cannot be opened or isn't UTF-8."""
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadSnapshot(f"{path} is not UTF-8 text (byte {error.start}).") from error


def documents(path: Path, text: str | None = None) -> Iterator[tuple[Any, int]]:
    """A file's documents (`text`: if it was read), each with its first line. Raises `BadSnapshot`."""
    text = read_text(path) if text is None else text
    if path.suffix == ".json":
        yield _json(path, text), 1
        return
    loader, values = _Loader(text), _Values(path)
    try:
        while loader.check_node():
            node: Any = loader.get_node()
            yield values.document(node), node.start_mark.line + 1
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark else ""
        why = error.problem or error.context or "no YAML"
        raise BadSnapshot(f"{path}{line} is not valid YAML: {why}.") from error
    except RecursionError as error:
        raise BadSnapshot(f"{path} is nested too deeply.") from error
    except yaml.YAMLError as error:
        raise BadSnapshot(f"{path} is not valid YAML: {' '.join(str(error).split())}.") from error
    finally:
        loader.dispose()


def _json(path: Path, text: str) -> Any:
    try:
        document = json.loads(text, parse_constant=str)
    except json.JSONDecodeError as error:
        raise BadSnapshot(f"{path}, line {error.lineno} is not valid JSON: {error.msg}.") from error
    except RecursionError as error:
        raise BadSnapshot(f"{path} is nested too deeply.") from error
    except ValueError as error:
        raise BadSnapshot(f"{path} is not valid JSON: {error}.") from error
    if isinstance(document, (dict, list)) and _is_deep(document):
        raise BadSnapshot(f"{path} is nested too deeply.")
    return document


def _is_deep(document: dict[str, Any] | list[Any]) -> bool:
    """Whether what walks the document later would run out of stack."""
    level: list[Any] = [document]
    for _ in range(_DEEPEST):
        parts = (value.values() if isinstance(value, dict) else value for value in level)
        level = [part for some in parts for part in some if isinstance(part, (dict, list)) and part]
        if not level:
            return False
    return True


def objects(path: Path) -> Iterator[Placed]:
    """Every object of a file, Lists opened. Raises `BadSnapshot` for one without apiVersion, kind or name."""
    for number, (document, line) in enumerate(documents(path), 1):
        place = f"document {number} (line {line})"
        if document is None:
            continue
        if not isinstance(document, dict):
            raise BadSnapshot(f"{path}, {place} is not a Kubernetes object.")
        yield from _opened(path, document, place)


def _opened(path: Path, document: dict[str, Any], place: str) -> Iterator[Placed]:
    kind = document.get("kind")
    if not (isinstance(kind, str) and kind.endswith("List") and "items" in document):
        yield named(path, document, place), place
        return
    items = document["items"]
    if not isinstance(items, list | None):
        raise BadSnapshot(f"{path}, {place} has items that are not a list.")
    # Items of a typed list (PodList) may leave out what the list already says.
    given = (
        {"apiVersion": document.get("apiVersion"), "kind": kind.removesuffix("List")}
        if kind != "List"
        else {}
    )
    for index, item in enumerate(items or ()):
        here = f"item {index + 1} of {place}"
        if not isinstance(item, dict):
            raise BadSnapshot(f"{path}, {here} is not a Kubernetes object.")
        yield named(path, given | item, here), here


def named(path: Path, obj: dict[str, Any], place: str) -> dict[str, Any]:
    """The object. Raises `BadSnapshot` where what names it is missing or not as it should be."""
    for key in ("apiVersion", "kind"):
        if not isinstance(obj.get(key), str) or not obj[key]:
            raise BadSnapshot(f"{path}, {place} has no {key}.")
    metadata = obj.get("metadata")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str) or not metadata["name"]:
        raise BadSnapshot(f"{path}, {place}: this {obj['kind']} has no metadata.name.")
    if not isinstance(metadata.get("namespace"), str | None):
        raise BadSnapshot(
            f"{path}, {place}: {obj['kind']} {metadata['name']} has a namespace that is no string."
        )
    for key in ("labels", "annotations"):
        values = metadata.get(key)
        if values is not None and not (
            isinstance(values, dict) and all(isinstance(v, str) for v in values.values())
        ):
            subject = f"{obj['kind']} {metadata['name']}"
            raise BadSnapshot(f"{path}, {place}: {subject} has {key} that are not strings; quote them.")
    for key in ("spec", "status"):
        if obj["kind"] in KINDS and not isinstance(obj.get(key), dict | None):
            raise BadSnapshot(f"{path}, {place}: {key} of {obj['kind']} {metadata['name']} is not a mapping.")
    return obj


def cleaned(obj: dict[str, Any]) -> dict[str, Any]:
    """The object, changed in place, without what is never served: managedFields and what a Secret holds."""
    metadata = obj["metadata"]
    metadata.pop("managedFields", None)
    if obj["kind"] == "Secret":
        for key in ("data", "stringData"):
            obj.pop(key, None)
        # kubectl apply keeps a copy of the whole Secret in this annotation.
        (metadata.get("annotations") or {}).pop("kubectl.kubernetes.io/last-applied-configuration", None)
    return obj


_INTEGER = re.compile(r"[-+]?(?:0[0-7_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|0b[01_]+|0|[1-9][0-9_]*)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_LONGEST_NUMBER = 400
"""Characters; longer runs of digits are no numbers anywhere in Kubernetes."""
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


def plain_value(text: str) -> Any:
    """The value of an unquoted scalar: null, boolean, integer, float or the string itself."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "-+.0123456789" or len(text) > _LONGEST_NUMBER:
        return text
    if _INTEGER.fullmatch(text):
        digits = text.replace("_", "")
        sign, bare = (digits[0], digits[1:]) if digits[0] in "+-" else ("", digits)
        octal = len(bare) > 1 and bare[0] == "0" and bare[1].isdigit()
        return int(sign + ("0o" + bare[1:] if octal else bare), 0)
    number = float(text) if _FLOAT.fullmatch(text) else text
    return text if number in (math.inf, -math.inf) else number


_COLLECTION_TAGS = frozenset({"collection", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})


class _Values:
    """Turns nodes into values; equal keys and plain scalars of a file are one object in memory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.plain: dict[str, Any] = {}
        self.keys: dict[str, str] = {}
        self.made: dict[int, Any] = {}
        self.sizes: dict[int, int] = {}
        self.values = 0
        self.repeated = 0

    def document(self, node: yaml.Node) -> Any:
        self.made, self.sizes = {}, {}  # an alias is the same value again, within its document
        return self.of(node)

    def of(self, node: yaml.Node) -> Any:
        if type(node) is yaml.ScalarNode:
            text: str = node.value
            if node.tag == "plain":
                if text not in self.plain:
                    self.plain[text] = plain_value(text)
                return self.plain[text]
            if node.tag in ("quoted", "tag:yaml.org,2002:str"):
                return text
            return self.tagged(node)
        if id(node) in self.made:
            return self.again(node)
        if node.tag not in _COLLECTION_TAGS:
            raise self.broken(node, f"the tag {node.tag} means nothing here")
        before = self.values
        self.values += len(node.value) + 1
        made = self.mapping(node) if type(node) is yaml.MappingNode else self.sequence(node)
        self.sizes[id(node)] = self.values - before
        return made

    def again(self, node: yaml.Node) -> Any:
        """What an alias stands for, bounded: each level of aliases of aliases may multiply what there is."""
        size = self.sizes.get(id(node))
        if size is None:
            raise self.broken(node, "it holds an alias of itself")
        self.values += size
        self.repeated += size
        if self.repeated > _MOST_REPEATED:
            raise self.broken(node, f"its aliases repeat more than {_MOST_REPEATED:,} values")
        return self.made[id(node)]

    def tagged(self, node: yaml.Node) -> Any:
        tag = node.tag.removeprefix("tag:yaml.org,2002:")
        if tag in ("int", "float", "bool", "null"):
            return plain_value(node.value)
        if tag in ("timestamp", "binary"):
            return node.value
        raise self.broken(node, f"the tag {node.tag} means nothing here")

    def sequence(self, node: yaml.Node) -> list[Any]:
        made: list[Any] = []
        self.made[id(node)] = made
        made.extend(self.of(item) for item in node.value)
        return made

    def mapping(self, node: yaml.Node) -> dict[str, Any]:
        made: dict[str, Any] = {}
        self.made[id(node)] = made
        merged: list[Any] = []
        for key_node, value_node in node.value:
            if type(key_node) is not yaml.ScalarNode:
                raise self.broken(key_node, "a key is not a string")
            key: str = key_node.value
            if key == "<<" and key_node.tag == "plain":
                value = self.of(value_node)
                merged += value if isinstance(value, list) else [value]
                continue
            if key in made:
                raise self.broken(key_node, f"the key {key} is given twice")
            made[self.keys.setdefault(key, key)] = self.of(value_node)
        for other in merged:
            if not isinstance(other, dict):
                raise self.broken(node, "only mappings can be merged with <<")
            made.update((k, v) for k, v in other.items() if k not in made)
        return made

    def broken(self, node: yaml.Node, why: str) -> BadSnapshot:
        return BadSnapshot(f"{self.path}, line {node.start_mark.line + 1} is not valid YAML: {why}.")
