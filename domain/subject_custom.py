"""Alerts about custom objects: the labels that controllers' own metrics give them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from kubetriage.domain.custom_kinds import BY_LABEL, TABLE, CustomKind
from kubetriage.domain.subject_labels import SubjectLabels


class Custom(NamedTuple):
    """A custom object that an alert names."""

    kind: str
    name: str
    label: str
    """The label that names it, as it was written."""


_ALSO_WORDS = frozenset({"gateway", "certificate", "workflow", "bucket", "rollout"})
"""Labels by which applications call things of their own: believed where nothing else is named."""

_BY_NAME: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Application", ("syncstatus", "healthstatus", "destserver", "destnamespace", "autosyncenabled")),
    ("Certificate", ("issuername", "issuerkind", "issuergroup")),
)
"""Kinds whose metrics call the object just `name` (argocd_app_info, certmanager_certificate_…), and the
labels by which these are known."""


_OPERATOR_VERSION = re.compile(r"[a-z0-9][a-z0-9.-]*\.v\d+\.\d+\.\d+[\w.+-]*")
"""OLM names a ClusterServiceVersion `<package>.v<version>`; its metric csv_abnormal calls it just `name`."""


def surely_named(labels: SubjectLabels, texts: Iterable[str] = ()) -> Iterator[Custom]:
    """Objects named by labels that mean nothing else, or whose kind the texts say before the name."""
    found = labels.own(("name",))
    for kind, marks in _BY_NAME if found is not None else ():
        assert found is not None
        marked = any(labels.raw(mark) or labels.raw(f"exported{mark}") for mark in marks)
        if marked or any(_says(kind, found.value, text) for text in texts):
            yield Custom(kind, found.value, found.label)
    if found is not None and labels.raw("phase") and _OPERATOR_VERSION.fullmatch(found.value):
        yield Custom("ClusterServiceVersion", found.value, found.label)
    yield from _by_label(labels, also_words=False)


def _says(kind: str, name: str, text: str) -> bool:
    """Whether a text calls an object of this name so: ``The cert `pay-tls` is not ready``."""
    words = _WORDS.get(kind, kind)
    return re.search(rf"\b(?i:{words})\s+[`'\"]?{re.escape(name)}(?![\w-])", text[:8192]) is not None


_WORDS = {"Certificate": "cert(?:ificate)?", "Application": "(?:argo ?cd )?application"}


def perhaps_named(labels: SubjectLabels) -> Iterator[Custom]:
    """Objects named by labels that may mean something else, and those whose kind is in the alert's name."""
    yield from _by_label(labels, also_words=True)
    found = labels.own(("name",))
    if found is not None:
        title, job = labels.raw("alertname"), labels.raw("job")
        kinds = {kind.kind for kind in TABLE if _holds(title, job, kind)}
        for kind in sorted(kinds, key=len)[-1:]:  # HelmChart, not Chart
            yield Custom(kind, found.value, found.label)


def _holds(title: str, job: str, kind: CustomKind) -> bool:
    """Whether an alert's name has a kind as whole words; one that is an ordinary word (Order, Policy) only
    beside its product, as in `ArgoRolloutDegraded`."""
    if re.search(rf"(?<![A-Z]){kind.kind}(?![a-z])", title) is None:
        return False
    said = f"{title.replace(kind.kind, ' ')} {job}".lower()
    parts = re.split(r"[-.]", kind.group)[:-1]
    products = [part[:4] for part in parts if part != kind.kind.lower()]  # kafka-exporter is no Strimzi
    return len(_HUMP.findall(kind.kind)) > 1 or any(len(p) == 4 and p in said for p in products)


_HUMP = re.compile(r"[A-Z][a-z]+")


def _by_label(labels: SubjectLabels, *, also_words: bool) -> Iterator[Custom]:
    for label, kind in BY_LABEL.items():
        if (label in _ALSO_WORDS) is also_words:
            found = labels.own((label,))
            if found is not None:
                yield Custom(kind.kind, found.value, found.label)
