"""Claims that something is there or not, is well or ill, or lives in a namespace, held to what was read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from kubetriage.domain.claim_ground import Ground
from kubetriage.domain.claim_vocabulary import is_english
from kubetriage.domain.kind_names import kind_named
from kubetriage.domain.kube import Obj, pod_ready
from kubetriage.domain.resource import kind_info, resource
from kubetriage.domain.view import Absent, Present

_NAME: Final = r"[a-z0-9](?:[a-z0-9.-]{0,120}[a-z0-9])?"
_IN_SPACE: Final = re.compile(
    rf"\b(?:in|of|from|to) (?:the )?namespaces? [“`\"']?({_NAME})|命名空间 ?[“`「\"']?({_NAME})"
    rf"|\b(?:in|of|from) (?:the )?[“`\"']?({_NAME})[”`\"']? namespace\b|[“`「]?({_NAME})[”`」]? ?命名空间"
)
_NAMESPACE: Final = re.compile(rf"\b[Nn]amespace [“`\"']?({_NAME})")
_NOT_A_NAME: Final = frozenset(
    [
        "that",
        "which",
        "where",
        "and",
        "or",
        "is",
        "has",
        "was",
        "itself",
        "cannot",
        "with",
        "the",
        "its",
        "this",
        "each",
        "same",
    ]
)
_OBJECT: Final = re.compile(
    rf"\b([A-Z][A-Za-z]{{2,40}}|pvc|pod|node|secret|configmap|service) [“`\"']?(?:({_NAME})/)?({_NAME})"
)
_BETWEEN: Final = (
    rf"[”`\"']?(?:,? (?:which|that|it))?(?: ?[(（][^)）]{{0,60}}[)）])?"
    rf"(?: in (?:the )?(?:namespace {_NAME}|{_NAME} namespace)| ?在命名空间 {_NAME} ?中)? ?"
)
_GONE: Final = re.compile(
    _BETWEEN + r"(?:does not exist|doesn't exist|did not exist|is missing|is absent|(?:is|was) not found"
    r"|could not be found|cannot be found|no longer exists|并?不存在|缺失|未找到|找不到|已被删除|已不存在)"
)
_THERE: Final = re.compile(_BETWEEN + r"(?:does exist|exists|is present|存在|确实存在)")
_WELL: Final = re.compile(
    _BETWEEN + r"(?:is (?:now |already |currently )?"
    r"(?:ready|healthy|running normally|running fine|available|fully ready)\b"
    r"|已就绪|运行正常|状态正常|是健康的|处于就绪状态)"
)
_ILL: Final = re.compile(_BETWEEN + r"(?:is (?:currently )?(?:not ready|unready|NotReady)\b|未就绪|没有就绪)")
_ASIDE: Final = re.compile(
    r"\b(?:by|in|of|from|for|with|to|on) (?:the |an? |its |their |pods? of )?$|[的由在被]$"
)
"""Before an object that is named beside the one that is spoken of."""
_NONE_BEFORE: Final = re.compile(r"(?:\bno(?: such)?|\bmissing|没有|缺少|不存在) ?$", re.IGNORECASE)


def contradicted(statement: str, ground: Ground) -> Iterator[str]:
    """What a statement says of an object or a namespace, and is not so."""
    yield from _strange_spaces(statement, ground)
    for match in _OBJECT.finditer(statement):
        kind = kind_named(match[1])
        if kind is None or match[3] in _NOT_A_NAME:
            continue
        rest, before = statement[match.end() :], statement[: match.start()]
        if _ASIDE.search(before):
            continue
        gone = _GONE.match(rest)
        none = _NONE_BEFORE.search(before) is not None and not rest.startswith((" key", "的键"))
        states = list(_known(kind, match[2] or _space_of(rest), match[3], ground))
        if (
            (gone or none)
            and states
            and all(isinstance(s, Present) and s.object.deleted is None for s in states)
        ):
            yield f"{match[0]} {gone[0].strip() if gone else 'is not there'}"
        elif _THERE.match(rest) and states and all(isinstance(s, Absent) for s in states):
            yield f"{match[0]} exists"
        elif len(states) == 1 and isinstance(states[0], Present):
            well = is_well(states[0].object)
            said = _WELL.match(rest) or _ILL.match(rest)
            if said is not None and well is not None and well != (_WELL.match(rest) is not None):
                yield f"{match[0]} {said[0].strip()}"


def _known(kind: str, space: str, name: str, ground: Ground) -> Iterator[Present | Absent]:
    """What was seen of an object, in the namespace that is told or in those that are cited."""
    info = kind_info(kind)
    namespaced = info is None or info.namespaced
    spaces = [space] if space else sorted(ground.namespaces)
    for each in spaces if namespaced else [""]:
        seen = ground.view.get(resource(kind, each, name))
        if isinstance(seen, (Present, Absent)):
            yield seen


def _space_of(rest: str) -> str:
    """The namespace that is told right behind a name."""
    found = re.match(rf"[^,;.，。；]{{0,40}}?\bin (?:the )?(?:namespace ({_NAME})|({_NAME}) namespace)", rest)
    return (found[1] or found[2]) if found is not None else ""


def is_well(obj: Obj) -> bool | None:
    """Whether an object is ready as the API says it; None for kinds that are not."""
    match obj.ref.kind:
        case "Pod":
            return pod_ready(obj)
        case "Node":
            ready = obj.conditions().get("Ready")
            return ready is not None and ready.status == "True"
        case "Deployment" | "StatefulSet" | "ReplicaSet":
            wanted = obj.number("spec", "replicas", default=1)
            return obj.number("status", "readyReplicas") >= wanted
        case "DaemonSet":
            return obj.number("status", "numberReady") >= obj.number("status", "desiredNumberScheduled")
    return None


def _strange_spaces(statement: str, ground: Ground) -> Iterator[str]:
    """Namespaces that are neither cited nor told by what is, and such as an object does not live in."""
    for match in _IN_SPACE.finditer(statement):
        space = match[1] or match[2] or match[3] or match[4]
        if space in _NOT_A_NAME:
            continue
        if not _has_space(space, ground):
            yield f"namespace {space}"
            continue
        named = _name_before(statement[: match.start()], ground) if match[1] or match[3] else None
        if named is not None and space not in ground.known.places[named]:
            yield f"{named} in namespace {space}"
    for match in _NAMESPACE.finditer(statement):
        space = match[1]
        strange = space in ground.known.namespaces or not is_english(space)
        if strange and space not in _NOT_A_NAME and not _has_space(space, ground):
            yield f"namespace {space}"


def _has_space(space: str, ground: Ground) -> bool:
    """Whether what is cited is in a namespace or speaks of it as of one."""
    if space in ground.namespaces or space in ground.keys.get("namespace", ()):
        return True
    if not is_english(space):
        return ground.stands(space)
    name = re.escape(space)
    told = (
        rf"namespaces?[ :=]+[\"“`\']?{name}(?![\w-])|(?<![\w./-]){name}/[a-z0-9]"
        rf"|[a-z0-9]\.{name}(?:\.svc|[:/ ])|serviceaccount:{name}:|metadata\.name[=: ]+{name}(?![\w-])"
    )
    return re.search(told, ground.hay) is not None


def _name_before(words: str, ground: Ground) -> str | None:
    """The object that is said to be in a namespace: the last name of the clause, if it lives in any."""
    clause = re.split(r"[,;:，；：。]|\. ", words[-80:])[-1]
    if re.search(r"\b(?:pods|pod|allow|allows|from|only|selector)\b[^a-z]*$", clause):
        return None
    for word in reversed(re.findall(_NAME, clause)):
        if not is_english(word) and ground.known.places.get(word, frozenset()) - {""}:
            return str(word)
    return None
