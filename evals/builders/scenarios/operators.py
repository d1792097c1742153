"""Operators that say what fails: Flux, the Operator Lifecycle Manager, External Secrets, cert-manager."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import alert, not_ready, webhook
from kubetriage.evals.builders.custom import condition, defined
from kubetriage.evals.builders.identity import Json
from kubetriage.evals.builders.objects import made
from kubetriage.evals.builders.scenario import Built
from kubetriage.evals.builders.scenarios.pod_life import born, placed
from kubetriage.evals.builders.scenarios.short import NO_OOM, NO_PROBE, NO_PULL, fires, key, lean, running
from kubetriage.evals.builders.states import PodState, Waiting
from kubetriage.evals.builders.templates import from_key
from kubetriage.evals.builders.world import World

NOT_THIS = (NO_OOM, NO_PULL, NO_PROBE)


def kustomization_cannot_be_applied() -> Built:
    """Flux: an immutable field of a Deployment was changed in Git, and nothing after it is applied."""
    world = lean("2027-02-19T08:40:00Z")
    defined(world, "kustomize.toolkit.fluxcd.io", "Kustomization", "kustomizations", "v1")
    defined(world, "source.toolkit.fluxcd.io", "GitRepository", "gitrepositories", "v1")
    world.namespace("flux-system", age="200d")
    revision = "main@sha1:4be0c2f6c1f5ab0c1a2b3c4d5e6f708192a3b4c5"
    at = world.clock.ago("41m")
    why = (
        'Deployment/shop/basket dry-run failed (Invalid): Deployment.apps "basket" is invalid: spec.selector: '
        'Invalid value: v1.LabelSelector{MatchLabels:map[string]string{"app":"basket", "tier":"web"}}: '
        "field is immutable"
    )
    world.add(
        made(
            "source.toolkit.fluxcd.io/v1", "GitRepository", "apps", "flux-system", world.clock.ago("200d"),
            generation=1,
            spec={"interval": "1m0s", "ref": {"branch": "main"}, "url": "https://git.example.com/platform/apps"},
            status={
                "artifact": {"lastUpdateTime": at, "revision": revision},
                "conditions": [
                    condition("Ready", "True", "Succeeded", f"stored artifact for revision '{revision}'", at, 1)
                ],
                "observedGeneration": 1,
            },
        )
    )  # fmt: skip
    found = world.add(
        made(
            "kustomize.toolkit.fluxcd.io/v1", "Kustomization", "shop", "flux-system", world.clock.ago("200d"),
            generation=3,
            finalizers=["finalizers.fluxcd.io"],
            spec={
                "interval": "10m0s",
                "path": "./shop",
                "prune": True,
                "sourceRef": {"kind": "GitRepository", "name": "apps"},
            },
            status={
                "conditions": [condition("Ready", "False", "ReconciliationFailed", why, at, 3)],
                "lastAttemptedRevision": revision,
                "observedGeneration": 3,
            },
        )
    )  # fmt: skip
    running(world, "basket", "shop", age="200d")
    world.event(found, "flux-reconciliation-failed", first="41m", last="50s", count=5, why=why)
    return Built(
        "kustomization-cannot-be-applied",
        webhook(
            [
                alert(
                    "FluxReconciliationFailure",
                    {"customresource_kind": "Kustomization", "exported_namespace": "flux-system", "name": "shop",
                     "namespace": "flux-system", "kustomization": "shop"},
                    world.clock,
                    since="31m",
                    summary="A Flux object is not ready.",
                    description="Kustomization flux-system/shop has not been ready for 10 minutes.",
                )
            ]
        ),
        key(
            found,
            found,
            "gitops-sync",
            "Flux Kustomization flux-system/shop is not applied because Deployment basket is invalid: its "
            "spec.selector was changed, and that field is immutable.",
            (r"shop", r"basket|selector", r"immutable|invalid"),
            *NOT_THIS,
            also=(("Deployment", "shop", "basket"),),
            tags=("gitops", "flux", "custom-resource"),
        ),
        world,
    )  # fmt: skip


def operator_cannot_be_installed() -> Built:
    """OLM: no bundle satisfies what the Subscription asks for."""
    world = lean("2027-02-20T09:30:00Z")
    group = "operators.coreos.com"
    defined(world, group, "Subscription", "subscriptions", "v1alpha1")
    defined(world, group, "CatalogSource", "catalogsources", "v1alpha1")
    world.namespace("olm", age="300d")
    world.namespace("messaging", age="2h")
    at = world.clock.ago("1h35m")
    world.add(
        made(
            f"{group}/v1alpha1", "CatalogSource", "community", "olm", world.clock.ago("300d"), generation=1,
            spec={"image": "registry.example.com/olm/community-index:v4", "sourceType": "grpc"},
            status={"connectionState": {"lastConnect": at, "lastObservedState": "READY"}},
        )
    )  # fmt: skip
    why = (
        "constraints not satisfiable: no operators found in channel stable-4 of package amq-streams in the catalog "
        "referenced by subscription amq-streams, subscription amq-streams exists"
    )
    found = world.add(
        made(
            f"{group}/v1alpha1", "Subscription", "amq-streams", "messaging", world.clock.ago("1h36m"),
            generation=1,
            spec={
                "channel": "stable-4",
                "name": "amq-streams",
                "source": "community",
                "sourceNamespace": "olm",
            },
            status={
                "conditions": [
                    condition("CatalogSourcesUnhealthy", "False", "AllCatalogSourcesHealthy",
                              "all available catalogsources are healthy", at),
                    condition("ResolutionFailed", "True", "ConstraintsNotSatisfiable", why, at),
                ],
                "lastUpdated": at,
            },
        )
    )  # fmt: skip
    return Built(
        "operator-cannot-be-installed",
        fires(
            world, "OperatorNotInstalled", "Subscription messaging/amq-streams has installed nothing.", "1h20m",
            namespace="messaging", subscription="amq-streams",
        ),
        key(
            found,
            found,
            "gitops-sync",
            "Subscription messaging/amq-streams installs nothing: its channel stable-4 has no operator in the "
            "catalog (constraints not satisfiable).",
            (r"amq-streams", r"stable-4|constraints|ResolutionFailed"),
            *NOT_THIS,
            also=(("CatalogSource", "olm", "community"),),
            tags=("olm", "custom-resource"),
        ),
        world,
    )  # fmt: skip


def _external_secret(world: World, why: str) -> tuple[Json, Json]:
    group = "external-secrets.io"
    defined(world, group, "ExternalSecret", "externalsecrets", "v1beta1")
    defined(world, group, "SecretStore", "secretstores", "v1beta1")
    at = world.clock.ago("24m")
    store = world.add(
        made(
            f"{group}/v1beta1", "SecretStore", "vault", "pay", world.clock.ago("100d"), generation=1,
            spec={"provider": {"vault": {"path": "kv", "server": "https://vault.example.com", "version": "v2"}}},
            status={"conditions": [condition("Ready", "True", "Valid", "store validated", at)]},
        )
    )  # fmt: skip
    remote = {"key": "pay/psp", "property": "api-key"}
    found = world.add(
        made(
            f"{group}/v1beta1", "ExternalSecret", "psp", "pay", world.clock.ago("25m"), generation=1,
            spec={
                "data": [{"remoteRef": remote, "secretKey": "api-key"}],
                "refreshInterval": "1h",
                "secretStoreRef": {"kind": "SecretStore", "name": "vault"},
                "target": {"name": "psp"},
            },
            status={"conditions": [condition("Ready", "False", "SecretSyncedError", why, at)]},
        )
    )  # fmt: skip
    return found, store


def external_secret_has_no_source() -> Built:
    """The Secret that a pod needs is written by an ExternalSecret, whose key the vault does not have."""
    world = lean("2027-02-21T14:50:00Z")
    world.need_namespace("pay")
    why = 'could not get secret data from provider: key "pay/psp": Secret does not exist'
    found, store = _external_secret(world, why)
    text = world.say("secret-not-found", name="psp")
    work = running(
        world, "payments", "pay", age="25m", progress="stuck",
        states=PodState(containers={"payments": Waiting("CreateContainerConfigError", text)}),
        main={"env": {"PSP_KEY": from_key("Secret", "psp", "api-key")}},
    )  # fmt: skip
    born(world, work, "25m")
    placed(world, work.pod, "25m")
    world.event(
        work.pod, "start-failed", first="24m58s", last="6s", count=118, container="payments", why=text
    )
    world.event(found, "external-secret-failed", first="24m", last="4m", count=9, why=why)
    return Built(
        "external-secret-has-no-source",
        webhook([not_ready(work.pod, world.clock, since="9m")]),
        key(
            work.pod,
            found,
            "missing-secret",
            "Pod of Deployment pay/payments cannot start because Secret psp does not exist: ExternalSecret psp "
            "cannot write it, the vault has no key pay/psp.",
            (r"psp", r"ExternalSecret|SecretSyncedError|provider", r"not exist|not found|absent|missing"),
            *NOT_THIS,
            also=(("Secret", "pay", "psp"), store),
            tags=("config", "custom-resource", "external-secrets"),
            absent=(("Secret", "pay", "psp"),),
        ),
        world,
    )


def healthy_certificate_was_renewed() -> Built:
    """The alert still fires; the Certificate has been renewed and ready for a quarter of an hour."""
    world = lean("2027-02-22T05:40:00Z")
    defined(world, "cert-manager.io", "Certificate", "certificates", "v1")
    world.namespace("shop", age="200d")
    text = "Certificate is up to date and has not expired"
    found = world.add(
        made(
            "cert-manager.io/v1", "Certificate", "shop-tls", "shop", world.clock.ago("180d"), generation=1,
            spec={
                "dnsNames": ["shop.example.com"],
                "issuerRef": {"kind": "ClusterIssuer", "name": "letsencrypt"},
                "secretName": "shop-tls",
            },
            status={
                "conditions": [condition("Ready", "True", "Ready", text, world.clock.ago("14m"), 1)],
                "revision": 3,
            },
        )
    )  # fmt: skip
    return Built(
        "healthy-certificate-was-renewed",
        webhook(
            [
                alert(
                    "CertManagerCertNotReady",
                    {"condition": "False", "exported_namespace": "shop", "name": "shop-tls", "namespace": "shop",
                     "certificate": "shop-tls"},
                    world.clock,
                    since="18m",
                    severity="critical",
                    summary="The cert `shop-tls` is not ready to serve traffic.",
                    description="This certificate has not been ready to serve traffic for at least 10m.",
                )
            ]
        ),
        key(
            found,
            None,
            "resolved",
            "Certificate shop/shop-tls is ready: it was renewed 14 minutes ago, so the alert is no longer true.",
            (r"shop-tls", r"ready|renewed|healthy|no longer"),
            *NOT_THIS,
            outcome="healthy",
            tags=("adversarial", "healthy", "tls", "custom-resource"),
        ),
        world,
    )  # fmt: skip
