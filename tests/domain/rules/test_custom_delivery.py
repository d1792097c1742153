"""domain.rules.custom_delivery: what has Helm releases and Argo CD Applications tried again."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.kube import Obj
from kubetriage.domain.rules.custom_resources import custom_troubles

FLUX, ARGO = "helm.toolkit.fluxcd.io/v2", "argoproj.io/v1alpha1"
LOCKED = "Helm upgrade failed: another operation (install/upgrade/rollback) is in progress"
FIXED = 'Deployment.apps "web" is invalid: spec.selector: Invalid value: field is immutable'


def _commands(k8s: Any, view_of: Any, message: str, reason: str = "UpgradeFailed", **spec: Any) -> list[str]:
    told = [{"type": "Ready", "status": "False", "reason": reason, "message": message,
             "lastTransitionTime": k8s.at(30)},
            {"type": "Stalled", "status": "True", "reason": "RetriesExceeded", "message": "",
             "lastTransitionTime": k8s.at(30)}]  # fmt: skip
    obj = k8s.obj("HelmRelease shop/web", apiVersion=FLUX, spec=spec, status={"conditions": told})
    (one,) = k8s.findings(custom_troubles(view_of([obj], Obj(obj).ref)))
    return [c.command for r in one.remedies for c in r.commands]


def test_a_release_is_not_edited_in_the_cluster(k8s: Any, view_of: Any) -> None:
    """Its history is looked at and it is tried again; its failures are reset where it gave up."""
    commands = _commands(k8s, view_of, FIXED)
    assert commands[:2] == ["helm history web -n shop", "flux reconcile helmrelease web -n shop --reset"]
    assert not any("kubectl edit" in c for c in commands)


def test_a_release_that_an_operation_holds(k8s: Any, view_of: Any) -> None:
    """It goes back to the last revision; the release has the name and namespace that its spec gives it."""
    commands = _commands(k8s, view_of, LOCKED, targetNamespace="live", storageNamespace="live")
    assert "helm rollback live-web -n live" in commands


def test_a_release_that_was_never_installed(k8s: Any, view_of: Any) -> None:
    """There is no history to look at."""
    assert not any("helm " in c for c in _commands(k8s, view_of, FIXED, reason="InstallFailed"))


def test_an_application_is_refreshed(k8s: Any, view_of: Any) -> None:
    """What Argo CD compares lies in Git: the Application is read anew rather than edited."""
    told = [
        {"type": "ComparisonError", "message": "authentication required", "lastTransitionTime": k8s.at(9)}
    ]
    obj = k8s.obj("Application argocd/web", apiVersion=ARGO, status={"conditions": told})
    (one,) = k8s.findings(custom_troubles(view_of([obj], Obj(obj).ref)))
    commands = [c.command for r in one.remedies for c in r.commands]
    assert any("argocd.argoproj.io/refresh=hard" in c for c in commands)
    assert not any("kubectl edit" in c for c in commands)
