"""Well-known custom kinds: where they live in the API, where they say that they fail, and whom they name.

A new kind is a line of the table, not code. Kinds that are not in it are read by their apiVersion and judged
by the conditions that most controllers write (`GENERIC`). What an entry says of a kind is from its project's
API reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

Path = tuple[str, ...]
"""Keys from the top of an object; `*` stands for every item of a list."""


class StateField(NamedTuple):
    """A field other than a condition that says how an object is."""

    path: Path
    bad: frozenset[str]
    """Values that mean trouble; empty: any value does."""
    message: Path = ()
    reason: Path = ()
    called: str = ""
    """What people call it; empty for the last key of the path."""


class Tie(StrEnum):
    """What an object that is named is to the one that names it."""

    NEEDS = "needs"
    """It must be there and well."""
    AFFECTS = "affects"
    """It must be there; and it suffers when the one that names it fails, not the other way round."""
    MANAGES = "manages"
    """It is made from the one that names it, which is well only if it is."""


HERE = "https://kubernetes.default.svc"
"""How Argo CD calls the cluster that it runs in."""


class Names(NamedTuple):
    """A place where an object names another one: a name, or a mapping with `name` and maybe more."""

    path: Path
    kind: str
    """The kind, where the place does not say it."""
    group: str = ""
    """Its API group, where the place says neither `group` nor `apiVersion`."""
    tie: Tie = Tie.NEEDS
    space: Path = ()
    """Where its namespace stands, if that is not beside the name."""
    only: Path = ()
    """A field that must have the value `HERE` for the object to be in this cluster."""


class CustomKind(NamedTuple):
    kind: str
    group: str
    versions: tuple[str, ...]
    """The newest first."""
    plural: str
    category: str
    """The fault's category when an object of this kind fails."""
    namespaced: bool = True
    conditions: tuple[Path, ...] = (("status", "conditions"),)
    good: frozenset[str] = frozenset({"Ready"})
    """Conditions that must not be False."""
    bad: frozenset[str] = frozenset()
    """Conditions that must not be True; of conditions without a status, those that must not be there."""
    states: tuple[StateField, ...] = ()
    names: tuple[Names, ...] = ()
    children: tuple[str, ...] = ()
    """Custom kinds that its controller makes for it, in the same namespace."""
    secret: Path = ()
    """The name of the Secret that it writes."""
    labels: tuple[str, ...] = ()
    """Labels of alerts that name an object of it, without `_` and case."""
    sums_up: bool = False
    """It sums up how the workloads of an operator are; what ails them is not in it."""

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.versions[0]}"

    @property
    def api_versions(self) -> tuple[str, ...]:
        return tuple(f"{self.group}/{version}" for version in self.versions)


def _path(dotted: str) -> Path:
    return tuple(dotted.split(".")) if dotted else ()


def _states(*fields: StateField) -> tuple[StateField, ...]:
    return fields


def _field(path: str, bad: str = "", message: str = "", reason: str = "", called: str = "") -> StateField:
    return StateField(_path(path), frozenset(bad.split()), _path(message), _path(reason), called)


def _names(
    path: str, kind: str, group: str = "", tie: Tie = Tie.NEEDS, *, space: str = "", only: str = ""
) -> Names:
    return Names(_path(path), kind, group, tie, _path(space), _path(only))


_GATEWAY = "gateway.networking.k8s.io"
_CERT = "cert-manager.io"
_ACME = "acme.cert-manager.io"
_FLUX_SOURCE = "source.toolkit.fluxcd.io"
_OLM = "operators.coreos.com"
_ROUTES = (
    _names("spec.parentRefs.*", "Gateway", _GATEWAY),
    _names("spec.rules.*.backendRefs.*", "Service", tie=Tie.AFFECTS),
)
_PARENTS: tuple[Path, ...] = (("status", "parents", "*", "conditions"),)
_ACCEPTED = frozenset({"Accepted", "ResolvedRefs", "Programmed"})
_ISSUER = (_names("spec.issuerRef", "Issuer", _CERT),)
_ACME_STATE = _states(_field("status.state", "invalid errored expired", "status.reason"))
_FLUX = frozenset({"Stalled", "FetchFailed", "ArtifactOutdated", "StorageOperationFailed", "BuildFailed"})
_PHASE_FAILED = _states(_field("status.phase", "Failed Error", "status.message", "status.reason"))
_CNPG = frozenset({
    "Not enough disk space", "Cluster is unrecoverable and needs manual intervention",
    "Cluster cannot proceed to reconciliation due to an unknown plugin being required",
    "Cluster cannot proceed to reconciliation due to an error while interacting with plugins",
    "Cluster has incomplete or invalid image catalog", "Waiting for user action",
    "Unable to create required cluster objects",
    "Cluster cannot execute instance online upgrade due to missing architecture binary",
})  # fmt: skip
"""CloudNativePG's phases that nothing but a person ends."""


def _route(kind: str, plural: str, *versions: str) -> CustomKind:
    return CustomKind(kind, _GATEWAY, versions, plural, "gateway", conditions=_PARENTS, good=_ACCEPTED,
                      names=_ROUTES, labels=(kind.lower(),))  # fmt: skip


def _source(kind: str, plural: str) -> CustomKind:
    versions = ("v1", "v1beta2", "v1beta1")
    return CustomKind(kind, _FLUX_SOURCE, versions, plural, "gitops-sync", bad=_FLUX, labels=(kind.lower(),))


def _chaos(kind: str) -> CustomKind:
    return CustomKind(
        kind, "chaos-mesh.org", ("v1alpha1",), kind.lower(), "chaos-experiment", good=frozenset()
    )  # fmt: skip


def _istio(kind: str, plural: str, group: str) -> CustomKind:
    return CustomKind(kind, group, ("v1", "v1beta1"), plural, "mesh-policy", good=frozenset())


CHAOS = ("NetworkChaos", "PodChaos", "StressChaos", "IOChaos", "HTTPChaos", "DNSChaos", "TimeChaos",
         "JVMChaos", "KernelChaos")  # fmt: skip
"""Chaos Mesh's experiments on pods, the most usual first."""

EXPERIMENTS = (*CHAOS, "ChaosEngine")
"""Those of Chaos Mesh, and what starts Litmus's."""

TABLE: tuple[CustomKind, ...] = (
    # ---- cert-manager
    CustomKind(
        "Certificate", _CERT, ("v1",), "certificates", "cert-expired", names=_ISSUER,
        children=("CertificateRequest",), secret=("spec", "secretName"), labels=("certificate",),
    ),
    CustomKind(
        "CertificateRequest", _CERT, ("v1",), "certificaterequests", "cert-expired", names=_ISSUER,
        bad=frozenset({"Denied", "InvalidRequest"}), children=("Order",), labels=("certificaterequest",),
    ),
    CustomKind("Issuer", _CERT, ("v1",), "issuers", "cert-expired"),
    CustomKind("ClusterIssuer", _CERT, ("v1",), "clusterissuers", "cert-expired", False,
               labels=("clusterissuer",)),
    CustomKind("Order", _ACME, ("v1",), "orders", "cert-expired", states=_ACME_STATE, names=_ISSUER,
               children=("Challenge",)),
    CustomKind(
        "Challenge", _ACME, ("v1",), "challenges", "cert-expired", names=_ISSUER,
        states=_states(_field("status.state", "invalid errored expired pending", "status.reason")),
    ),
    # ---- Gateway API
    CustomKind(
        "Gateway", _GATEWAY, ("v1", "v1beta1"), "gateways", "gateway", good=_ACCEPTED,
        conditions=(("status", "conditions"), ("status", "listeners", "*", "conditions")),
        bad=frozenset({"Conflicted"}), names=(_names("spec.gatewayClassName", "GatewayClass", _GATEWAY),),
        labels=("gateway",),
    ),
    CustomKind("GatewayClass", _GATEWAY, ("v1", "v1beta1"), "gatewayclasses", "gateway", False,
               good=frozenset({"Accepted", "SupportedVersion"}), labels=("gatewayclass",)),
    _route("HTTPRoute", "httproutes", "v1", "v1beta1"),
    _route("GRPCRoute", "grpcroutes", "v1", "v1alpha2"),
    _route("TLSRoute", "tlsroutes", "v1alpha3", "v1alpha2"),
    _route("TCPRoute", "tcproutes", "v1alpha2"),
    CustomKind("ReferenceGrant", _GATEWAY, ("v1beta1",), "referencegrants", "gateway", good=frozenset()),
    # ---- KEDA
    CustomKind(
        "ScaledObject", "keda.sh", ("v1alpha1",), "scaledobjects", "hpa", bad=frozenset({"Fallback"}),
        names=(
            _names("spec.scaleTargetRef", "Deployment", "apps", Tie.AFFECTS),
            _names("spec.triggers.*.authenticationRef", "TriggerAuthentication", "keda.sh"),
        ),
        labels=("scaledobject",),
    ),
    CustomKind("ScaledJob", "keda.sh", ("v1alpha1",), "scaledjobs", "hpa", labels=("scaledjob",)),
    CustomKind("TriggerAuthentication", "keda.sh", ("v1alpha1",), "triggerauthentications", "hpa",
               good=frozenset()),
    # ---- Argo
    CustomKind(
        "Application", "argoproj.io", ("v1alpha1",), "applications", "gitops-sync", good=frozenset(),
        bad=frozenset({"ComparisonError", "SyncError", "InvalidSpecError", "DeletionError", "UnknownError"}),
        states=_states(
            _field("status.operationState.phase", "Failed Error", "status.operationState.message",
                   called="operation"),
            _field("status.health.status", "Degraded Missing Unknown", "status.health.message",
                   called="health"),
            _field("status.sync.status", "OutOfSync Unknown", called="sync"),
        ),
        names=(
            _names("spec.destination.namespace", "Namespace", only="spec.destination.server"),
            _names("status.operationState.syncResult.resources.*", "", tie=Tie.MANAGES,
                   only="spec.destination.server"),
            _names("status.resources.*", "", tie=Tie.MANAGES, only="spec.destination.server"),
        ),
    ),
    CustomKind("ApplicationSet", "argoproj.io", ("v1alpha1",), "applicationsets", "gitops-sync",
               good=frozenset({"ParametersGenerated", "ResourcesUpToDate"}), bad=frozenset({"ErrorOccurred"}),
               labels=("applicationset",)),
    CustomKind(
        "Rollout", "argoproj.io", ("v1alpha1",), "rollouts", "rollout-stuck",
        good=frozenset({"Progressing", "Available"}), bad=frozenset({"InvalidSpec"}),
        states=_states(_field("status.phase", "Degraded", "status.message"),
                       _field("status.abort", "True", called="aborted")),
        names=(
            _names("spec.workloadRef", "Deployment", "apps"),
            _names("spec.strategy.canary.stableService", "Service"),
            _names("spec.strategy.canary.canaryService", "Service"),
            _names("spec.strategy.blueGreen.activeService", "Service"),
        ),
        children=("AnalysisRun",), labels=("rollout",),
    ),
    CustomKind("AnalysisRun", "argoproj.io", ("v1alpha1",), "analysisruns", "rollout-stuck",
               good=frozenset(), states=_PHASE_FAILED, labels=("analysisrun",)),
    CustomKind("Workflow", "argoproj.io", ("v1alpha1",), "workflows", "job-failed", good=frozenset(),
               states=_PHASE_FAILED, labels=("workflow",)),
    # ---- Flux
    CustomKind(
        "Kustomization", "kustomize.toolkit.fluxcd.io", ("v1", "v1beta2"), "kustomizations", "gitops-sync",
        good=frozenset({"Ready", "Healthy"}), bad=frozenset({"Stalled"}),
        names=(_names("spec.sourceRef", "GitRepository", _FLUX_SOURCE),
               _names("spec.dependsOn.*", "Kustomization", "kustomize.toolkit.fluxcd.io")),
        labels=("kustomization",),
    ),
    CustomKind(
        "HelmRelease", "helm.toolkit.fluxcd.io", ("v2", "v2beta2", "v2beta1"), "helmreleases", "gitops-sync",
        good=frozenset({"Ready", "Released"}), bad=frozenset({"Stalled"}),
        names=(_names("spec.chart.spec.sourceRef", "HelmRepository", _FLUX_SOURCE),
               _names("spec.chartRef", "OCIRepository", _FLUX_SOURCE),
               _names("spec.dependsOn.*", "HelmRelease", "helm.toolkit.fluxcd.io")),
        labels=("helmrelease",),
    ),
    _source("GitRepository", "gitrepositories"),
    _source("HelmRepository", "helmrepositories"),
    _source("OCIRepository", "ocirepositories"),
    _source("Bucket", "buckets"),
    _source("HelmChart", "helmcharts"),
    # ---- Operator Lifecycle Manager
    CustomKind("ClusterServiceVersion", _OLM, ("v1alpha1",), "clusterserviceversions", "gitops-sync",
               conditions=(), states=_PHASE_FAILED, labels=("clusterserviceversion", "csv")),
    CustomKind(
        "Subscription", _OLM, ("v1alpha1",), "subscriptions", "gitops-sync", good=frozenset(),
        bad=frozenset({"CatalogSourcesUnhealthy", "InstallPlanMissing", "InstallPlanFailed",
                       "ResolutionFailed", "BundleUnpackFailed"}),
        names=(_names("spec.source", "CatalogSource", _OLM, space="spec.sourceNamespace"),
               _names("status.installedCSV", "ClusterServiceVersion", _OLM),
               _names("status.installPlanRef", "InstallPlan", _OLM)),
    ),
    CustomKind("InstallPlan", _OLM, ("v1alpha1",), "installplans", "gitops-sync",
               good=frozenset({"Installed"}), states=_PHASE_FAILED),
    CustomKind(
        "CatalogSource", _OLM, ("v1alpha1",), "catalogsources", "gitops-sync", good=frozenset(),
        states=_states(_field("status.connectionState.lastObservedState", "TRANSIENT_FAILURE",
                              "status.message", "status.reason", "connection")),
    ),
    # ---- Secrets from outside
    CustomKind(
        "ExternalSecret", "external-secrets.io", ("v1", "v1beta1"), "externalsecrets", "missing-secret",
        names=(_names("spec.secretStoreRef", "SecretStore", "external-secrets.io"),),
        secret=("spec", "target", "name"), labels=("externalsecret",),
    ),
    CustomKind("SecretStore", "external-secrets.io", ("v1", "v1beta1"), "secretstores", "missing-secret",
               labels=("secretstore",)),
    CustomKind("ClusterSecretStore", "external-secrets.io", ("v1", "v1beta1"), "clustersecretstores",
               "missing-secret", False, labels=("clustersecretstore",)),
    CustomKind("SealedSecret", "bitnami.com", ("v1alpha1",), "sealedsecrets", "missing-secret",
               good=frozenset({"Synced"}), secret=("metadata", "name"), labels=("sealedsecret",)),
    # ---- policies
    CustomKind("ConstraintTemplate", "templates.gatekeeper.sh", ("v1", "v1beta1"), "constrainttemplates",
               "admission-policy", False, good=frozenset(), labels=("constrainttemplate",),
               states=_states(_field("status.byPod.*.errors.*.message", called="error",
                                     message="status.byPod.*.errors.*.message"))),
    CustomKind("ClusterPolicy", "kyverno.io", ("v1",), "clusterpolicies", "admission-policy", False,
               labels=("clusterpolicy",)),
    CustomKind("Policy", "kyverno.io", ("v1",), "policies", "admission-policy"),
    _istio("AuthorizationPolicy", "authorizationpolicies", "security.istio.io"),
    _istio("PeerAuthentication", "peerauthentications", "security.istio.io"),
    _istio("VirtualService", "virtualservices", "networking.istio.io"),
    _istio("DestinationRule", "destinationrules", "networking.istio.io"),
    # ---- nodes and networks
    CustomKind("IPPool", "crd.projectcalico.org", ("v1",), "ippools", "ip-exhaustion", False,
               good=frozenset(), states=_states(_field("spec.disabled", "True", called="disabled"))),
    CustomKind("NodeClaim", "karpenter.sh", ("v1", "v1beta1"), "nodeclaims", "insufficient-resources", False,
               good=frozenset({"Launched", "Registered", "Initialized", "Ready"}), labels=("nodeclaim",)),
    CustomKind("NodePool", "karpenter.sh", ("v1", "v1beta1"), "nodepools", "insufficient-resources", False,
               good=frozenset({"Ready", "NodeClassReady", "ValidationSucceeded"}), labels=("nodepool",)),
    CustomKind("PodGroup", "scheduling.volcano.sh", ("v1beta1",), "podgroups", "insufficient-resources",
               good=frozenset(), bad=frozenset({"Unschedulable"}), labels=("podgroup",)),
    # ---- Crossplane's packages; what it manages is judged by GENERIC
    CustomKind("Provider", "pkg.crossplane.io", ("v1",), "providers", "gitops-sync", False,
               good=frozenset({"Installed", "Healthy"})),
    # ---- platforms, databases and backups
    CustomKind("ClusterOperator", "config.openshift.io", ("v1",), "clusteroperators", "controller-stalled",
               False, good=frozenset({"Available"}), bad=frozenset({"Degraded"}),
               labels=("clusteroperator",), sums_up=True),
    CustomKind(
        "Cluster", "postgresql.cnpg.io", ("v1",), "clusters", "controller-stalled",
        states=_states(StateField(("status", "phase"), _CNPG, ("status", "phaseReason"))),
    ),
    CustomKind("postgresql", "acid.zalan.do", ("v1",), "postgresqls", "controller-stalled", good=frozenset(),
               states=_states(_field("status.PostgresClusterStatus",
                                     "CreateFailed UpdateFailed SyncFailed"))),
    CustomKind("Elasticsearch", "elasticsearch.k8s.elastic.co", ("v1",), "elasticsearches",
               "controller-stalled",
               good=frozenset({"ElasticsearchIsReachable"}), labels=("elasticsearch",),
               states=_states(_field("status.health", "red"))),
    CustomKind("MongoDBCommunity", "mongodbcommunity.mongodb.com", ("v1",), "mongodbcommunity",
               "controller-stalled", good=frozenset(), states=_PHASE_FAILED, labels=("mongodbcommunity",)),
    CustomKind("RabbitmqCluster", "rabbitmq.com", ("v1beta1",), "rabbitmqclusters", "controller-stalled",
               good=frozenset({"AllReplicasReady", "ClusterAvailable", "ReconcileSuccess"}),
               labels=("rabbitmqcluster",), sums_up=True),
    CustomKind("PerconaXtraDBCluster", "pxc.percona.com", ("v1",), "perconaxtradbclusters",
               "controller-stalled", good=frozenset(),
               states=_states(_field("status.state", "error", "status.message.*"))),
    CustomKind("CephCluster", "ceph.rook.io", ("v1",), "cephclusters", "controller-stalled",
               states=_states(_field("status.ceph.health", "HEALTH_ERR", called="health"))),
    CustomKind("SparkApplication", "sparkoperator.k8s.io", ("v1beta2",), "sparkapplications", "job-failed",
               good=frozenset(), labels=("sparkapplication",),
               states=_states(_field("status.applicationState.state", "FAILED SUBMISSION_FAILED INVALIDATING",
                                     "status.applicationState.errorMessage"))),
    *(CustomKind(kind, "tekton.dev", ("v1", "v1beta1"), f"{kind.lower()}s", "job-failed",
                 good=frozenset({"Succeeded"}), labels=(kind.lower(),)) for kind in ("PipelineRun",
                                "TaskRun")),
    CustomKind("Canary", "flagger.app", ("v1beta1",), "canaries", "rollout-stuck",
               good=frozenset({"Promoted"}),
               labels=("canary",)),
    CustomKind("Route", "route.openshift.io", ("v1",), "routes", "ingress", good=frozenset({"Admitted"}),
               conditions=(("status", "ingress", "*", "conditions"),),
               names=(_names("spec.to", "Service", tie=Tie.AFFECTS),)),
    CustomKind("Kafka", "kafka.strimzi.io", ("v1", "v1beta2"), "kafkas", "controller-stalled",
               bad=frozenset({"NotReady"})),
    CustomKind("KafkaConnect", "kafka.strimzi.io", ("v1", "v1beta2"), "kafkaconnects", "controller-stalled",
               bad=frozenset({"NotReady"})),
    CustomKind("Backup", "velero.io", ("v1",), "backups", "controller-stalled", good=frozenset(),
               names=(_names("spec.storageLocation", "BackupStorageLocation", "velero.io"),),
               states=_states(_field("status.phase", "Failed FailedValidation PartiallyFailed",
                                     "status.validationErrors.*", "status.failureReason"))),
    CustomKind("BackupStorageLocation", "velero.io", ("v1",), "backupstoragelocations", "controller-stalled",
               good=frozenset(), states=_states(_field("status.phase", "Unavailable", "status.message"))),
    # ---- experiments
    *(_chaos(kind) for kind in CHAOS),
    CustomKind("ChaosEngine", "litmuschaos.io", ("v1alpha1",), "chaosengines", "chaos-experiment",
               good=frozenset()),
)  # fmt: skip

GENERIC = CustomKind(
    "", "", ("v1",), "", "gitops-sync",
    good=frozenset({"Ready", "Available", "Healthy", "Synced", "Accepted", "Programmed", "Reconciled",
                    "Established", "Succeeded", "ReconcileSuccess", "AllReplicasReady"}),
    bad=frozenset({"Failed", "Degraded", "Stalled", "Error", "ErrorOccurred", "ReconcileError"}),
    states=_states(_field("status.phase", "Failed Error", "status.message", "status.reason"),
                   _field("status.state", "Failed Error failed error", "status.message", "status.reason")),
)  # fmt: skip
"""What most controllers write: conditions by these types, a phase or a state."""

_BY_KIND: Mapping[str, tuple[CustomKind, ...]] = MappingProxyType(
    {kind: tuple(k for k in TABLE if k.kind == kind) for kind in {k.kind for k in TABLE}}
)
BY_LABEL: Mapping[str, CustomKind] = MappingProxyType({name: k for k in TABLE for name in k.labels})
"""The kind that an alert's label names, by the label without `_` and case."""


def custom_kind(kind: str, api_version: str = "") -> CustomKind | None:
    """The table's entry; with an apiVersion only that of its group. None for a kind that is not in it."""
    group = api_version.rpartition("/")[0]
    return next((k for k in _BY_KIND.get(kind, ()) if not api_version or k.group == group), None)


def judged_as(kind: str, api_version: str) -> CustomKind:
    """How to judge an object: its own entry, else `GENERIC`."""
    return custom_kind(kind, api_version) or GENERIC


def writers_of_secrets() -> tuple[CustomKind, ...]:
    """The kinds whose controllers write a Secret."""
    return tuple(k for k in TABLE if k.secret)
