"""The single values of an object with the names of the fields that hold them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

MAX_LEAVES = 6_000
"""Values of one object that are looked at."""
_LONG = 200
"""Characters of a value that is still one, and not a text."""


class Leaf(NamedTuple):
    """One value of an object."""

    path: tuple[str, ...]
    """Names of fields; positions in lists are left out."""
    value: Any
    """A string, a number, a boolean or None."""
    called: str
    """What the thing is called that holds it: the `name` beside the value, if there is one."""

    @property
    def key(self) -> str:
        return self.path[-1] if self.path else ""


def leaves(value: Any) -> Iterator[Leaf]:
    """At most `MAX_LEAVES` values, breadth by depth as they stand."""
    waiting: list[tuple[tuple[str, ...], Any, str]] = [((), value, "")]
    given = 0
    while waiting and given < MAX_LEAVES:
        path, part, called = waiting.pop()
        if isinstance(part, Mapping):
            name = part.get("name")
            own = name if isinstance(name, str) else called
            waiting += [((*path[-5:], str(key)), inner, own) for key, inner in reversed(list(part.items()))]
        elif isinstance(part, list):
            waiting += [(path, inner, called) for inner in reversed(part[:MAX_LEAVES])]
        else:
            given += 1
            yield Leaf(path, part, called)


def spelled(leaf: Leaf) -> tuple[str, ...]:
    """How people write a value: with its field in front, by `=` and by `:`; alone if it is long."""
    value = leaf.value
    plain = value if isinstance(value, str) else str(value).lower()
    if len(plain) >= _LONG or not leaf.path:
        return (plain,)
    return (f"{leaf.path[-1]}={plain}", f"{'.'.join(leaf.path[-3:])}: {plain}")


class Told(NamedTuple):
    """Everything that one object says."""

    leaves: tuple[Leaf, ...]
    values: tuple[str, ...]
    """Each value as people write it."""
    together: tuple[str, ...]
    """What several fields tell together."""
    size: int
    """Characters."""


def told(raw: Any) -> Told:
    """Read an object once."""
    found = tuple(leaves(raw))
    values = tuple(dict.fromkeys(word for leaf in found for word in spelled(leaf)))
    together = tuple(dict.fromkeys(joined(raw)))
    return Told(found, values, together, sum(map(len, values)) + sum(map(len, together)))


def joined(value: Any) -> Iterator[str]:
    """What is told by several fields together, as people write it.

    Taints `key=value:Effect`, conditions `Ready=False`, selectors' expressions `zone=zone-c`, commands.
    """
    waiting, given = [value], 0
    while waiting and given < MAX_LEAVES:
        part = waiting.pop()
        if isinstance(part, Mapping):
            waiting += [inner for inner in part.values() if isinstance(inner, (dict, list))]
            for made in (*_condition(part), *_keyed(part)):
                given += 1
                yield made
        elif isinstance(part, list):
            waiting += [inner for inner in part[:MAX_LEAVES] if isinstance(inner, (dict, list))]
            words = [inner for inner in part[:200] if isinstance(inner, str)]
            if len(words) > 1:
                yield " ".join(words)


def _condition(part: Mapping[str, Any]) -> Iterator[str]:
    kind, status = part.get("type"), part.get("status")
    if isinstance(kind, str) and isinstance(status, (str, bool)):
        yield f"{kind}={status}"
        yield f"{kind}: {status}"


def _keyed(part: Mapping[str, Any]) -> Iterator[str]:
    key, values = part.get("key"), part.get("values") or [part.get("value") or ""]
    if not isinstance(key, str) or not isinstance(values, list):
        return
    for value in values[:20]:
        plain = f"{key}={value}" if value else key
        yield plain
        if isinstance(part.get("effect"), str):
            yield f"{plain}:{part['effect']}"
