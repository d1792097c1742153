"""Custom objects that say themselves that they fail, and what hangs on them."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.causes import explain
from kubetriage.domain.evidence import FailureKind
from kubetriage.domain.finding import Finding, Likelihood, Role
from kubetriage.domain.relations import custom_resources as relations
from kubetriage.domain.rules.config_refs import missing_refs
from kubetriage.domain.rules.custom_resources import custom_troubles, custom_well

CERT, ACME, KEDA = "cert-manager.io/v1", "acme.cert-manager.io/v1", "keda.sh/v1alpha1"
GATEWAY = "gateway.networking.k8s.io/v1"


def _status(kind: str, status: str, reason: str, message: str = "") -> Any:
    one = {"type": kind, "status": status, "reason": reason, "message": message}
    return {"conditions": [one | {"lastTransitionTime": "2025-06-01T09:00:00Z"}]}


def _certificate(k8s: Any, name: str = "tls") -> Any:
    spec = {"secretName": name, "issuerRef": {"kind": "ClusterIssuer", "name": "letsencrypt-production"}}
    status = _status("Ready", "False", "DoesNotExist", "Issuing certificate as Secret does not exist")
    return k8s.obj(f"Certificate shop/{name}", apiVersion=CERT, spec=spec, status=status)


def _issuer(k8s: Any, name: str, **status: Any) -> Any:
    return k8s.obj(f"ClusterIssuer {name}", apiVersion=CERT, **status)


def _by(found: list[Finding], words: str) -> Finding:
    (one,) = [f for f in found if str(f.subject) == words]
    return one


def test_a_condition_with_a_reason_is_a_cause(k8s: Any, view_of: Any) -> None:
    """What a controller says of its object is told in its own words, with the object as culprit."""
    status = _status("Ready", "False", "ScaledObjectCheckFailed", "Target resource doesn't exist")
    scaled = k8s.obj("ScaledObject shop/mailer", apiVersion=KEDA, status=status)
    (found,) = k8s.findings(custom_troubles(view_of([scaled], "ScaledObject shop/mailer")))
    assert found.culprit == k8s.ref("ScaledObject shop/mailer") and found.category == "hpa"
    assert found.role is Role.CAUSE and found.likelihood is Likelihood.HIGH
    assert "Ready=False (ScaledObjectCheckFailed): “Target resource doesn't exist”" in found.statement.en


def test_a_state_without_a_reason_is_a_symptom(k8s: Any, view_of: Any) -> None:
    """`Degraded` alone says that something is wrong, not what."""
    status = {"health": {"status": "Degraded"}}
    app = k8s.obj("Application argocd/shop", apiVersion="argoproj.io/v1alpha1", status=status)
    (found,) = k8s.findings(custom_troubles(view_of([app], "Application argocd/shop")))
    assert found.role is Role.SYMPTOM


def test_a_healthy_object_and_one_not_looked_at_say_nothing(k8s: Any, view_of: Any) -> None:
    """Only objects that the run looks at are judged, and only by what is wrong."""
    well = k8s.obj("ScaledObject shop/mailer", apiVersion=KEDA, status=_status("Ready", "True", "Ok"))
    other = _certificate(k8s)
    assert not k8s.findings(custom_troubles(view_of([well, other], "ScaledObject shop/mailer")))


def test_an_absent_object_of_a_similar_name_makes_the_reference_wrong(k8s: Any, view_of: Any) -> None:
    """What a Certificate names does not exist, and what was meant does: the Certificate is to be changed."""
    view = view_of([_certificate(k8s), _issuer(k8s, "letsencrypt-prod")], "Certificate shop/tls",
                   lists=[("ClusterIssuer", "")])  # fmt: skip
    (found,) = k8s.findings(custom_troubles(view))
    assert found.culprit == k8s.ref("Certificate shop/tls") and found.likelihood is Likelihood.HIGH
    assert (
        "ClusterIssuer letsencrypt-production, which does not exist (there is letsencrypt-prod)"
        in found.statement.en
    )


def test_an_absent_object_without_others_is_the_culprit(k8s: Any, view_of: Any) -> None:
    """Where nothing of its kind exists, what is named is what is missing."""
    view = view_of([_certificate(k8s)], "Certificate shop/tls", lists=[("ClusterIssuer", "")])
    (found,) = k8s.findings(custom_troubles(view))
    assert found.culprit == k8s.ref("ClusterIssuer letsencrypt-production")


def test_an_object_that_could_not_be_read_is_not_called_absent(k8s: Any, view_of: Any) -> None:
    """Forbidden is not absent: the condition alone is told."""
    failed = {"ClusterIssuer letsencrypt-production": FailureKind.FORBIDDEN}
    (found,) = k8s.findings(
        custom_troubles(view_of([_certificate(k8s)], "Certificate shop/tls", failed=failed))
    )
    assert "does not exist" not in found.statement.en.replace("Secret does not exist", "")


def test_what_is_named_and_fails_explains_who_names_it(k8s: Any, view_of: Any) -> None:
    """An Issuer that is not ready is the root of its Certificate's trouble, and of the Ingress before it."""
    issuer = _issuer(
        k8s, "letsencrypt-production", status=_status("Ready", "False", "ErrRegisterACMEAccount", "401")
    )
    ingress = k8s.obj("Ingress shop/web", spec={"tls": [{"secretName": "tls"}]})
    objects = [ingress, _certificate(k8s), issuer]
    view = view_of(objects, "Ingress shop/web",
                   looked=["Certificate shop/tls", "ClusterIssuer letsencrypt-production"])  # fmt: skip
    made = explain(view, k8s.findings(custom_troubles(view)))
    assert [str(r.subject) for r in made.roots] == ["ClusterIssuer letsencrypt-production"]
    assert [str(c.subject) for c in made.contributing] == ["Certificate shop/tls"]


def test_what_a_controller_made_explains_its_maker_which_is_the_culprit(k8s: Any, view_of: Any) -> None:
    """A CertificateRequest says why its Certificate is not issued; people change the Certificate."""
    request = k8s.obj("CertificateRequest shop/tls-1", apiVersion=CERT,
                      status=_status("Ready", "False", "Failed", "the CSR is refused"),
                      metadata={"ownerReferences": [{"apiVersion": CERT, "kind": "Certificate", "name": "tls",
                                                     "controller": True}]})  # fmt: skip
    view = view_of(
        [_certificate(k8s), request], "Certificate shop/tls", looked=["CertificateRequest shop/tls-1"]
    )
    (root,) = explain(view, k8s.findings(custom_troubles(view))).roots
    assert str(root.subject) == "CertificateRequest shop/tls-1"
    assert root.culprit == k8s.ref("Certificate shop/tls")


def test_a_challenge_is_found_below_an_order_that_only_waits(k8s: Any, view_of: Any) -> None:
    """An Order is pending without a word of its own; what its Challenge says is told with what it does above."""

    def below(kind: str, name: str, version: str, owner: str, above: str, **status: Any) -> Any:
        ref = {"apiVersion": version, "kind": owner, "name": above, "controller": True}
        return k8s.obj(f"{kind} shop/{name}", apiVersion=ACME, status=status,
                       metadata={"ownerReferences": [ref]})  # fmt: skip

    order = below("Order", "tls-1", CERT, "Certificate", "tls", state="pending")
    said = "Waiting for HTTP-01 challenge propagation: wrong status code '404', expected '200'"
    challenge = below("Challenge", "tls-1-9", ACME, "Order", "tls-1", state="pending", reason=said)
    view = view_of([_certificate(k8s), order, challenge], "Certificate shop/tls", looked=["Order shop/tls-1"])
    wants = [str(w.about) for w in relations.around_custom(view)]
    assert "Challenge shop/tls-1-9" in wants
    view = view_of([_certificate(k8s), order, challenge], "Certificate shop/tls",
                   looked=["Order shop/tls-1", "Challenge shop/tls-1-9"])  # fmt: skip
    (root,) = explain(view, k8s.findings(custom_troubles(view))).roots
    assert "404" in root.statement.en and root.culprit == k8s.ref("Certificate shop/tls")
    assert "; Certificate tls is Ready=False (DoesNotExist)" in root.statement.en
    assert "；Certificate tls 为 Ready=False（DoesNotExist）" in root.statement.zh


def test_who_should_have_written_a_missing_secret_is_the_root(k8s: Any, view_of: Any) -> None:
    """A pod waits for a Secret that an ExternalSecret fails to write."""
    state = k8s.waiting("CreateContainerConfigError", 'secret "db" not found')
    env = [{"name": "P", "valueFrom": {"secretKeyRef": {"name": "db", "key": "p"}}}]
    pod = k8s.pod("Pod shop/app-1", k8s.container(state=state, env=env))
    external = k8s.obj("ExternalSecret shop/db", apiVersion="external-secrets.io/v1",
                       status=_status("Ready", "False", "SecretSyncedError", "key not found"))  # fmt: skip
    view = view_of([pod, external], "Pod shop/app-1", looked=["ExternalSecret shop/db"])
    made = explain(view, [*k8s.findings(missing_refs(view)), *k8s.findings(custom_troubles(view))])
    assert [str(r.culprit) for r in made.roots] == ["ExternalSecret shop/db"]


def test_the_crash_behind_an_object_explains_it(k8s: Any, view_of: Any) -> None:
    """An operator's object that is not ready because its pods are not is no cause of its own."""
    owner = {"apiVersion": "db.example.com/v1", "kind": "Database", "name": "main", "controller": True}
    pod = k8s.pod("Pod shop/main-0", metadata={"ownerReferences": [owner]})
    database = k8s.obj("Database shop/main", apiVersion="db.example.com/v1",
                       status=_status("Ready", "False", "PodsNotReady", "0 of 1 ready"))  # fmt: skip
    view = view_of([pod, database], "Database shop/main")
    (found,) = k8s.findings(custom_troubles(view))
    assert k8s.ref("Pod shop/main-0") in found.waits_on


def test_what_fails_for_long_beside_the_alerts_object_is_a_hint(k8s: Any, view_of: Any) -> None:
    """An operator that complains since long about something else is not why its Deployment's alert fires."""
    owner = {"apiVersion": "db.example.com/v1", "kind": "Database", "name": "main", "controller": True}
    work = k8s.deployment(metadata={"ownerReferences": [owner]})
    old = {"type": "Ready", "status": "False", "reason": "NoBackup", "message": "m"}

    def likelihood(since: str) -> Likelihood:
        status = {"conditions": [old | {"lastTransitionTime": since}]}
        database = k8s.obj("Database shop/main", apiVersion="db.example.com/v1", status=status)
        view = view_of([work, database], "Deployment shop/app", looked=["Database shop/main"])
        (found,) = k8s.findings(custom_troubles(view))
        return found.likelihood  # type: ignore[no-any-return]

    assert likelihood("2025-03-01T00:00:00Z") is Likelihood.LOW
    assert likelihood(k8s.at(30)) is Likelihood.HIGH


def test_a_recent_warning_tells_what_the_status_does_not(k8s: Any, view_of: Any) -> None:
    """An event gives the reason of a state that has none; an old one, or one beside a reason, does not."""
    raw = k8s.obj("Database shop/main", apiVersion="db.example.com/v1", status={"phase": "Failed"})
    event = k8s.event("Database shop/main", "QuotaReached", "no more volumes", last=5)
    (found,) = k8s.findings(custom_troubles(view_of([raw, event], "Database shop/main")))
    assert found.role is Role.CAUSE and "QuotaReached" in found.statement.en
    old = k8s.event("Database shop/main", "QuotaReached", "no more volumes", first=700, last=600)
    (found,) = k8s.findings(custom_troubles(view_of([raw, old], "Database shop/main")))
    assert found.role is Role.SYMPTOM


def test_a_long_message_keeps_its_end(k8s: Any, view_of: Any) -> None:
    """Controllers wrap errors: what went wrong stands last, and a statement holds 300 characters."""
    message = "failed to reconcile: " + "one or more objects: " * 20 + "namespaces a not found"
    raw = k8s.obj("ScaledObject shop/a", apiVersion=KEDA, status=_status("Ready", "False", "Failed", message))
    (found,) = k8s.findings(custom_troubles(view_of([raw], "ScaledObject shop/a")))
    assert "namespaces a not found" in found.statement.en and len(found.statement.en) <= 300
    assert len(found.statement.zh) <= 300


def test_a_route_names_its_service_and_the_grant_it_needs(k8s: Any, view_of: Any) -> None:
    """A reference across namespaces without ReferenceGrant: the route is the culprit, the remedy says what for."""
    parents = [_status("ResolvedRefs", "False", "RefNotPermitted", "not permitted by any ReferenceGrant")]
    spec = {"rules": [{"backendRefs": [{"name": "orders", "namespace": "orders"}]}]}
    route = k8s.obj("HTTPRoute edge/orders", apiVersion=GATEWAY, spec=spec, status={"parents": parents})
    (found,) = k8s.findings(custom_troubles(view_of([route], "HTTPRoute edge/orders")))
    assert found.category == "gateway" and "RefNotPermitted" in found.statement.en
    assert "ReferenceGrant" in found.remedies[0].detail.en
    assert (
        found.remedies[0].commands[0].command
        == "kubectl edit httproute.gateway.networking.k8s.io/orders -n edge"
    )


def test_the_alerts_object_is_well_when_its_conditions_say_so(k8s: Any, view_of: Any) -> None:
    """A custom object that is ready contradicts a state alert about it, and one that is not does not."""
    well = k8s.obj("ScaledObject shop/a", apiVersion=KEDA, status=_status("Ready", "True", "Ok"))
    view = view_of([well], "ScaledObject shop/a", alertname="X")
    view.alert = view.alert.model_copy(update={"source": "resource"})
    (found,) = k8s.findings(custom_well(view))
    assert found.role is Role.HEALTHY
    ill = k8s.obj("ScaledObject shop/a", apiVersion=KEDA, status=_status("Ready", "False", "No"))
    view = view_of([ill], "ScaledObject shop/a", alertname="X")
    view.alert = view.alert.model_copy(update={"source": "resource"})
    assert not k8s.findings(custom_well(view))


def test_a_release_waits_for_the_workloads_that_it_made(k8s: Any, view_of: Any) -> None:
    """Flux labels what it makes of a HelmRelease: their trouble is why it timed out, and they are read."""
    api = "helm.toolkit.fluxcd.io/v2"
    release = k8s.obj("HelmRelease shop/web", apiVersion=api,
                      status=_status("Ready", "False", "UpgradeFailed", "context deadline exceeded"))  # fmt: skip
    group = "helm.toolkit.fluxcd.io"
    labels = {f"{group}/name": "web", f"{group}/namespace": "shop"}
    made = k8s.deployment("Deployment shop/front", replicas=2, ready=1, labels=labels)
    other = k8s.deployment("Deployment shop/other", replicas=2, ready=1)
    view = view_of([release, made, other], "HelmRelease shop/web")
    found = _by(k8s.findings(custom_troubles(view)), "HelmRelease shop/web")
    assert k8s.ref("Deployment shop/front") in found.waits_on
    assert k8s.ref("Deployment shop/other") not in found.waits_on
    asked = [(w.read.kind, w.read.name) for r in relations.RELATIONS for w in r(view)]
    assert ("Deployment", "front") in asked and ("Deployment", "other") not in asked


def test_what_a_controller_makes_is_not_edited(k8s: Any, view_of: Any) -> None:
    """An AnalysisRun judges a revision of its Rollout: that, or the query, is mended, never the run."""
    api = "argoproj.io/v1alpha1"
    owner = {"apiVersion": api, "kind": "Rollout", "name": "web", "controller": True}
    run = k8s.obj("AnalysisRun shop/web-1", apiVersion=api, metadata={"ownerReferences": [owner]},
                  status={"phase": "Failed", "message": "metric errors assessed Failed"})  # fmt: skip
    rollout = k8s.obj("Rollout shop/web", apiVersion=api)
    view = view_of([run, rollout], "Rollout shop/web", looked=["AnalysisRun shop/web-1"])
    one = _by(k8s.findings(custom_troubles(view)), "AnalysisRun shop/web-1")
    assert "AnalysisTemplate" in one.remedies[0].detail.en and "AnalysisTemplate" in one.remedies[0].detail.zh
    commands = [c.command for r in one.remedies for c in r.commands]
    assert "kubectl edit rollout.argoproj.io/web -n shop" in commands
    assert not any("kubectl edit analysisrun" in c for c in commands)


def test_a_maker_that_was_not_read(k8s: Any, view_of: Any) -> None:
    """Without it nothing better is known to change than the object itself."""
    api = "argoproj.io/v1alpha1"
    owner = {"apiVersion": api, "kind": "Rollout", "name": "web", "controller": True}
    run = k8s.obj("AnalysisRun shop/web-1", apiVersion=api, metadata={"ownerReferences": [owner]},
                  status={"phase": "Failed", "message": "metric errors assessed Failed"})  # fmt: skip
    view = view_of([run], "AnalysisRun shop/web-1", failed={"Rollout shop/web": FailureKind.FORBIDDEN})
    one = _by(k8s.findings(custom_troubles(view)), "AnalysisRun shop/web-1")
    assert any("kubectl edit analysisrun" in c.command for c in one.remedies[0].commands)


def test_a_controller_that_waited_in_vain_does_not_know_why(k8s: Any, view_of: Any) -> None:
    """That time ran out is no reason; that an address which is named did not answer is one."""
    api = "helm.toolkit.fluxcd.io/v2"

    def likelihood(message: str) -> Likelihood:
        status = _status("Ready", "False", "InstallFailed", message)
        release = k8s.obj("HelmRelease shop/web", apiVersion=api, status=status)
        (found,) = k8s.findings(custom_troubles(view_of([release], "HelmRelease shop/web")))
        assert found.role is Role.CAUSE
        return found.likelihood  # type: ignore[no-any-return]

    assert (
        likelihood("Helm install failed for release shop/web: context deadline exceeded") is Likelihood.MEDIUM
    )
    assert likelihood("timed out waiting for the condition") is Likelihood.MEDIUM
    assert likelihood('Get "https://charts.example.com/": context deadline exceeded') is Likelihood.HIGH
    assert likelihood("values don't meet the schema: replicas: invalid type") is Likelihood.HIGH
