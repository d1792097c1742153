"""domain.rules.custom_resources: which of several conditions, events and phases tells the reason."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.custom_state import ills
from kubetriage.domain.finding import Likelihood, Role
from kubetriage.domain.kube import Obj
from kubetriage.domain.relations.custom_resources import around_custom
from kubetriage.domain.rules.custom_resources import custom_troubles

FLUX, KEDA, CNPG = "helm.toolkit.fluxcd.io/v2", "keda.sh/v1alpha1", "postgresql.cnpg.io/v1"


def _made(k8s: Any, words: str, version: str, *conditions: tuple[str, str, str, str], **status: Any) -> Any:
    told = [{"type": t, "status": s, "reason": r, "message": m, "lastTransitionTime": k8s.at(30)}
            for t, s, r, m in conditions]  # fmt: skip
    return k8s.obj(words, apiVersion=version, status={"conditions": told, **status})


def _one(k8s: Any, view_of: Any, obj: Any, *more: Any) -> Any:
    ref = Obj(obj).ref
    (one,) = k8s.findings(custom_troubles(view_of([obj, *more], ref)))
    return one


def test_a_count_of_tries_is_not_the_reason(k8s: Any, view_of: Any) -> None:
    """Flux says first that it gave up, and in another condition what failed."""
    why = "Helm upgrade failed for release shop/web: another operation (install/upgrade/rollback) is in progress"
    release = _made(k8s, "HelmRelease shop/web", FLUX, ("Stalled", "True", "RetriesExceeded", "4 attempt(s)"),
                    ("Ready", "False", "UpgradeFailed", why))  # fmt: skip
    one = _one(k8s, view_of, release)
    assert "another operation" in one.statement.en and "attempt" not in one.statement.en
    assert "helm history" in one.remedies[0].detail.en and "helm history" in one.remedies[0].detail.zh


def test_an_event_tells_what_a_condition_sums_up(k8s: Any, view_of: Any) -> None:
    """KEDA's condition says only that triggers do not work; its event names which and why."""
    scaled = _made(k8s, "ScaledObject shop/mailer", KEDA,
                   ("Ready", "False", "TriggerError", "Triggers defined in ScaledObject are not working"))  # fmt: skip
    event = k8s.event(
        "ScaledObject shop/mailer", "KEDAScalerFailed", "dial tcp: lookup rabbit.old: no such host"
    )
    event["involvedObject"]["apiVersion"] = KEDA
    one = _one(k8s, view_of, scaled, event)
    assert "rabbit.old: no such host" in one.statement.en and one.role is Role.CAUSE
    assert "Triggers defined" in _one(k8s, view_of, scaled).statement.en


def test_an_unknown_condition_that_says_what_failed(k8s: Any) -> None:
    """Karpenter keeps `Launched` unknown while it tries again: what failed is told all the same."""
    claim = _made(k8s, "NodeClaim gpu", "karpenter.sh/v1", ("Launched", "Unknown", "LaunchFailed", "no capacity"),
                  ("Ready", "Unknown", "ReconcilingDependents", "Launched=Unknown"))  # fmt: skip
    claim["status"]["conditions"][0]["lastTransitionTime"] = k8s.at(1)
    first = ills(Obj(claim), k8s.now)[0]
    assert first.stated and first.message == "no capacity"


def test_a_database_cluster_whose_volume_is_full(k8s: Any, view_of: Any) -> None:
    """CloudNativePG's phase says it; phases that pass by themselves are not taken for a fault."""
    cluster = _made(k8s, "Cluster shop/pg", CNPG, ("Ready", "False", "ClusterIsNotReady", "Cluster Is Not Ready"),
                    phase="Not enough disk space", phaseReason="Insufficient disk space detected in a pod")  # fmt: skip
    one = _one(k8s, view_of, cluster)
    assert "phase=Not enough disk space" in one.statement.en and one.likelihood is Likelihood.HIGH
    assert "spec.storage.size" in one.remedies[0].detail.en
    passing = _made(k8s, "Cluster shop/pg", CNPG, phase="Creating a new replica", phaseReason="x")
    assert not ills(Obj(passing), k8s.now)


def test_a_sync_that_waits_for_its_hook(k8s: Any, view_of: Any) -> None:
    """The Job of an Argo CD hook that has not succeeded is looked at; one that has is not."""
    result = {"syncResult": {"resources": [
        {"kind": "Job", "group": "batch", "version": "v1", "name": "migrate", "namespace": "shop",
         "hookPhase": "Running", "hookType": "PreSync"},
        {"kind": "Job", "group": "batch", "version": "v1", "name": "seed", "namespace": "shop",
         "hookPhase": "Succeeded", "hookType": "PreSync"},
    ]}, "phase": "Running"}  # fmt: skip
    app = k8s.obj(
        "Application argocd/shop",
        apiVersion="argoproj.io/v1alpha1",
        spec={"destination": {"server": "https://kubernetes.default.svc", "namespace": "shop"}},
        status={"sync": {"status": "OutOfSync"}, "operationState": result},
    )
    about = {str(w.about) for w in k8s.wants(around_custom(view_of([app], Obj(app).ref)))}
    assert "Job shop/migrate" in about and "Job shop/seed" not in about


def test_kinds_of_other_projects(k8s: Any) -> None:
    """Where they say that they fail: a health, a state, the conditions of a router."""
    claimed = {"ingress": [{"conditions": [{"type": "Admitted", "status": "False", "reason": "HostAlreadyClaimed",
                                            "message": "route site-old already exposes it"}]}]}  # fmt: skip
    told = {
        "HostAlreadyClaimed": ("Route shop/site", "route.openshift.io/v1", claimed),
        "health=red": ("Elasticsearch shop/es", "elasticsearch.k8s.elastic.co/v1", {"health": "red"}),
        "PostgresClusterStatus=SyncFailed": ("postgresql shop/pg", "acid.zalan.do/v1",
                                             {"PostgresClusterStatus": "SyncFailed"}),
    }  # fmt: skip
    for words, (ref, version, status) in told.items():
        (ill,) = ills(Obj(k8s.obj(ref, apiVersion=version, status=status)), k8s.now)
        assert words in (ill.what, ill.reason)


def test_the_message_says_of_which_kind_the_fault_is(k8s: Any, view_of: Any) -> None:
    """A right that is missing is that, whatever object it is missing for."""
    why = 'pods is forbidden: User "system:serviceaccount:etl:spark" cannot create resource "pods" in API group ""'
    spark = k8s.obj("SparkApplication etl/load", apiVersion="sparkoperator.k8s.io/v1beta2",
                    status={"applicationState": {"state": "FAILED", "errorMessage": why}})  # fmt: skip
    assert _one(k8s, view_of, spark).category == "rbac"
    spark["status"]["applicationState"]["errorMessage"] = "driver container failed with ExitCode: 1"
    assert _one(k8s, view_of, spark).category == "job-failed"
