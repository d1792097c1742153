"""Which objects a kubectl command names, and how far it reaches."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from kubetriage.domain.command_words import HOLE, split, words_of
from kubetriage.domain.finding import Effect
from kubetriage.domain.kind_names import kind_named
from kubetriage.domain.resource import kind_info
from kubetriage.evals.ownership import Place

_READS: Final = words_of(
    "api-resources api-versions cluster-info describe diff events explain get logs version wait"
)
_LOOKS: Final = frozenset({"config view", "rollout history", "rollout status"})
_DESTROYS: Final = frozenset({"delete", "drain", "replace"})
_OF_PODS: Final = frozenset({"attach", "cp", "debug", "exec", "logs", "port-forward"})
_OF_NODES: Final = frozenset({"cordon", "drain", "uncordon"})
_MAKES: Final = frozenset({"create", "run"})
_TWO_WORDS: Final = frozenset({"auth", "certificate", "config", "rollout", "set", "top"})
_WITH_VALUE: Final = words_of(
    "-n --namespace -c --container -f --filename -l --selector -o --output -p --patch --tail --type"
    " --field-selector --sort-by --since --context --kubeconfig --timeout --for --as -L --label-columns"
)

_MANIFEST: Final = re.compile(r"echo '[^']{2,3500}' \| kubectl (apply|create) -f -")
"""The one pipe that is fit to be run: an object, written out, that is made."""


class Understood(NamedTuple):
    """A command as far as it is understood."""

    effect: Effect
    places: tuple[Place, ...]
    """Objects it needs to be there; those of kinds that are not known are left out."""
    problem: str
    """Why nobody should run it as it stands; empty if nothing speaks against it."""


def named_in(command: str) -> Understood:
    """What a command names. One of another program than kubectl names nothing."""
    if _MANIFEST.fullmatch(command.strip()):
        return Understood(Effect.CHANGE, (), "")
    words, problem = split(command)
    if problem:
        return Understood(Effect.DESTRUCTIVE, (), problem)
    if words[0].rpartition("/")[2] != "kubectl":
        return Understood(Effect.READ, (), "")
    plain, namespace = _plain(words[1:])
    if not plain:
        return Understood(Effect.READ, (), "")
    verb, rest = plain[0], plain[1:]
    if verb in _TWO_WORDS:
        verb, rest = f"{verb} {rest[0] if rest else ''}", rest[1:]
    places = () if verb in _MAKES else tuple(_places(verb, rest, namespace))
    return Understood(_effect(verb), tuple(p for p in places if HOLE not in "".join(p)), "")


def _effect(verb: str) -> Effect:
    first = verb.partition(" ")[0]
    if first in _READS or first in ("auth", "top") or verb in _LOOKS:
        return Effect.READ
    return Effect.DESTRUCTIVE if verb in _DESTROYS else Effect.CHANGE


def _plain(words: Sequence[str]) -> tuple[list[str], str]:
    """The words that are no flags, up to `--`, and the namespace."""
    plain: list[str] = []
    namespace, place = "", 0
    while place < len(words) and words[place] != "--":
        word = words[place]
        flag, equals, value = word.partition("=")
        if word.startswith("-"):
            if flag in _WITH_VALUE and not equals:
                place += 1
                value = words[place] if place < len(words) else ""
            namespace = value if flag in ("-n", "--namespace") else namespace
        else:
            plain.append(word)
        place += 1
    return plain, namespace


def _places(verb: str, words: Sequence[str], namespace: str) -> list[Place]:
    if verb == "auth can-i" or not words:
        return []
    if "/" in words[0] or (verb.startswith("set ") and "/" in "".join(words[:1])):
        pairs = [word.partition("/")[::2] for word in words if "/" in word and "=" not in word]
    elif verb in _OF_PODS:
        pairs = [("Pod", words[0])]
    elif verb in _OF_NODES:
        pairs = [("Node", words[0])]
    else:
        names = [word for word in words[1:] if not _is_value(word)]
        pairs = [(words[0], name) for name in names]
    found = []
    for word, name in pairs:
        kind = kind_named(word)
        info = kind_info(kind) if kind else None
        if kind and info is not None and name:
            found.append((kind, (namespace or "default") if info.namespaced else "", name))
    return found


def _is_value(word: str) -> bool:
    """A label or an annotation that is set or taken away: `key=value`, `key-`; a taint is one too."""
    return "=" in word or word.endswith("-") or ":" in word
