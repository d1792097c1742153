"""What brings Helm releases, Kustomizations and Argo CD Applications going again.

What they apply is kept elsewhere (in Git, as a rule): their object in the cluster is not what to edit.
"""

from __future__ import annotations

import re
import shlex

from kubetriage.domain.finding import Command
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules.remedies import in_namespace, mutate, read, target

_LOCKED = re.compile(r"another operation \(install/upgrade/rollback\) is in progress", re.IGNORECASE)
_FLUX = {"HelmRelease": "helmrelease", "Kustomization": "kustomization"}
_GROUPS = ("helm.toolkit.fluxcd.io", "kustomize.toolkit.fluxcd.io", "argoproj.io")

WHERE = Text(
    en=" where its definition is kept (in Git, as a rule), then have it tried again",
    zh="的定义（通常在 Git 中），然后让其重试",
)


def delivers(obj: Obj) -> bool:
    """Whether the object only says what is to be applied from elsewhere."""
    return obj.ref.kind in (*_FLUX, "Application") and _group(obj) in _GROUPS


def _group(obj: Obj) -> str:
    return obj.text("apiVersion").partition("/")[0]


def again(obj: Obj, reason: str, message: str) -> tuple[Command, ...]:
    """The commands that have it tried again once what it applies is right."""
    name, where = shlex.quote(obj.name), in_namespace(obj.ref)
    if obj.ref.kind == "Application":
        refresh = f"kubectl annotate {target(obj.ref)} argocd.argoproj.io/refresh=hard --overwrite"
        return (mutate(refresh),)
    retry = mutate(f"flux reconcile {_FLUX[obj.ref.kind]} {name}{where}{_reset(obj)}")
    if obj.ref.kind != "HelmRelease" or reason == "InstallFailed":
        return (retry,)
    release, kept = _release(obj)
    history = read(f"helm history {release}{in_namespace(kept)}")
    if _LOCKED.search(message):
        return (history, mutate(f"helm rollback {release}{in_namespace(kept)}"), retry)
    return (history, retry)


def _reset(obj: Obj) -> str:
    """A release that was tried as often as it may is tried again only with its count of failures reset."""
    stalled = obj.conditions().get("Stalled")
    return " --reset" if obj.ref.kind == "HelmRelease" and stalled and stalled.status == "True" else ""


def _release(obj: Obj) -> tuple[str, Resource]:
    """The name of the Helm release, and an object of the namespace that keeps its history."""
    aimed = obj.text("spec", "targetNamespace")
    name = obj.text("spec", "releaseName") or (f"{aimed}-{obj.name}" if aimed else obj.name)
    kept = obj.text("spec", "storageNamespace") or obj.namespace
    return shlex.quote(name), obj.ref.model_copy(update={"namespace": kept})
