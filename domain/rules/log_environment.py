"""Which setting of a container's own template a value in its log comes from."""

from __future__ import annotations

import re

from kubetriage.domain.kube import ContainerState, elements
from kubetriage.domain.language import Text
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.templates import command_words
from kubetriage.domain.rules.wording import quotable, short

_PLAIN = re.compile(
    r"(?i:true|false|yes|no|on|off|none|null|info|debug|warn|error|prod(?:uction)?|default|\d{1,2})"
)
"""Values that stand in many logs and in many variables by chance."""


def variables(state: ContainerState) -> dict[str, str]:
    """Environment variables whose value stands in the template; of equal names the last one."""
    return {
        str(one.get("name")): one["value"]
        for one in elements(state.spec.get("env"))
        if isinstance(one, dict) and isinstance(one.get("value"), str)
    }


def sources(state: ContainerState) -> dict[str, tuple[str, str]]:
    """Environment variables that come from a Secret or a ConfigMap: its kind and name."""
    found = {}
    for one in elements(state.spec.get("env")):
        given = one.get("valueFrom") if isinstance(one, dict) else None
        for field, kind in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
            named = given.get(field) if isinstance(given, dict) else None
            if isinstance(named, dict) and named.get("name"):
                found[str(one.get("name"))] = (kind, str(named["name"]))
    return found


def holding(state: ContainerState, value: str) -> str:
    """The variable whose whole value this is; empty if none or several have it, or it says nothing."""
    if len(value) < 2 or _PLAIN.fullmatch(value):
        return ""
    names = [name for name, own in variables(state).items() if own.strip() == value]
    return names[0] if len(names) == 1 else ""


def named_in(state: ContainerState, words: str) -> str:
    """The variable that words name as people write variables; empty if they name none or several."""
    names = [
        name
        for name in (*variables(state), *sources(state))
        if re.fullmatch(r"[A-Z][A-Z0-9]*_[A-Z0-9_]+", name) and re.search(rf"\b{name}\b", words)
    ]
    return names[0] if len(set(names)) == 1 else ""


def set_by(
    state: ContainerState, words: str, value: str = "", *, arguments: bool = True
) -> tuple[Text, tuple[str, ...]]:
    """`; its environment sets X to …` for the variable that the words or the value lead to, and what to
    quote; nothing if none is found. The value of a Secret is not known."""
    name = named_in(state, words) or (holding(state, value) if value else "")
    own = variables(state).get(name)
    if own is not None:
        shown = short(own, 60)
        return say("; its environment sets {n} to `{v}`", "；其环境变量 {n} 的值为 `{v}`",
                   n=name, v=shown), quotable(name, shown)  # fmt: skip
    if name in sources(state):
        kind, source = sources(state)[name]
        return say("; {n} comes from {k} {s}", "；{n} 取自 {k} {s}",
                   n=name, k=kind, s=source), quotable(name, source)  # fmt: skip
    given = command_words(state.spec) if arguments and len(value) > 2 else []
    passed = next((w for w in given if value in w), "")
    if passed and not _PLAIN.fullmatch(value):
        return say("; its template passes `{a}`", "；其模板传入 `{a}`",
                   a=short(passed, 60)), quotable(short(passed, 60))  # fmt: skip
    return NOTHING, ()
