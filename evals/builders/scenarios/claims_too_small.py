"""The first scenarios: a claim below what its StorageClass makes, with and without the event that says so."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import alert, webhook
from kubetriage.evals.builders.deployments import Workload
from kubetriage.evals.builders.scenario import Answer, Built, blames, place_of
from kubetriage.evals.builders.scenarios.pod_life import REQUESTS, unbound, unfit
from kubetriage.evals.builders.states import PodState, pending
from kubetriage.evals.builders.templates import claim_volume, container
from kubetriage.evals.builders.world import World

CBS = "com.tencent.cloud.csi.cbs"


def aiops(time: str, *, kubernetes: str = "1.30.0") -> World:
    """The cluster of the first scenarios: class `cbs` of Tencent Cloud's disks, two claims bound."""
    world = World(
        time,
        kubernetes=kubernetes,
        runtime="containerd://1.6.9",
        names=("10.0.1.11", "10.0.1.12", "10.0.1.13"),
        csi=("cbs", CBS),
    )
    world.claim(
        "redis-data", "aiops", size="10Gi", storage_class="cbs", provisioner=CBS, bound=True, age="35d"
    )
    world.claim(
        "mysql-data", "aiops", size="20Gi", storage_class="cbs", provisioner=CBS, bound=True, age="60d"
    )
    redis = container("redis", "redis:7.2.4", ports=[6379], requests=REQUESTS, mounts={"data": "/data"})
    world.deployment("redis", "aiops", [redis], age="35d", volumes=[claim_volume("data", "redis-data")])
    return world


def test_deployment(world: World, state: PodState, *, age: str) -> Workload:
    """The Deployment with neither registry nor tag in its image, mounting the claim test-data."""
    main = container("test", "noimage", ports=[8080], mounts={"data": "/data"})
    return world.deployment(
        "test-deployment",
        "aiops",
        [main],
        age=age,
        states=state,
        volumes=[claim_volume("data", "test-data")],
        hash_="6db6fb878d",
    )


def pod_abnormal(workload: Workload, world: World, *, since: str) -> dict[str, object]:
    """A self-written rule's alert: only severity, namespace and pod."""
    pod = workload.pod["metadata"]["name"]
    return webhook(
        [
            alert(
                "Pod状态异常",
                {"namespace": "aiops", "pod": pod},
                world.clock,
                since=since,
                summary="Pod状态异常",
                description=f"命名空间 aiops 的 Pod {pod} 超过 5 分钟未处于 Running 状态",
            )
        ],
        receiver="kubetriage",
    )


def _small_claim(world: World) -> tuple[Workload, Workload]:
    """The claim of 5Gi, waiting, and the Deployment that mounts it."""
    made = world.claim("test-data", "aiops", size="5Gi", storage_class="cbs", provisioner=CBS, age="12m")
    state = pending(unbound(world), suffix="mgzzn")
    deployment = test_deployment(world, state, age="12m")
    unfit(world, deployment, "12m", 3)
    world.event(
        made,
        "external-provisioning",
        first="12m",
        last="8s",
        count=49,
        provisioner=CBS,
    )
    return Workload(made, []), deployment


_CLAIM = ("PersistentVolumeClaim", "aiops", "test-data")
_NOT_THE_CLAIM = (
    blames("image|noimage"),
    blames("insufficient (cpu|memory)"),
    r"storage ?class \S* ?(is missing|is absent|does ?n.t exist|does not exist|was not found|not found)",
    r"provisioner[^.;]{0,40} (is down|is not running|has crashed|is unavailable|crash)",
)


def claim_below_storage_class_minimum() -> Built:
    """The provisioner's own event says that 5Gi is less than the least it makes."""
    world = aiops("2026-03-12T08:40:00Z")
    claim, deployment = _small_claim(world)
    identity = world.provisioner_identity
    why = world.say("cbs-disk-size", minimum=10, maximum=32000)
    world.event(
        claim.object,
        "provisioning",
        first="12m",
        last="2m20s",
        count=8,
        component=identity,
        namespace="aiops",
        claim="test-data",
    )
    world.event(
        claim.object,
        "provisioning-failed",
        first="11m59s",
        last="2m19s",
        count=8,
        component=identity,
        storage_class="cbs",
        code="InvalidArgument",
        why=why,
    )
    return Built(
        "claim-below-storage-class-minimum",
        pod_abnormal(deployment, world, since="6m30s"),
        Answer(
            root_cause="Claim aiops/test-data asks for 5Gi, but StorageClass cbs (provisioner "
            "com.tencent.cloud.csi.cbs) makes no disk smaller than 10Gi, so the claim stays Pending "
            "and the pod "
            "that mounts it cannot be scheduled.",
            primary=place_of(deployment.pod),
            culprit=_CLAIM,
            category="pvc-unbound",
            must_mention=(
                "test-data",
                r"\b5\s?Gi?B?\b",
                r"\b10\b|\b10\s?Gi?B?\b",
                r"minimum|at least|below|smaller|less than|too "
                r"small|\bmin\b|range|\[10|refuse|reject|invalid",
            ),
            must_not_claim=_NOT_THE_CLAIM,
            tags=("first", "storage"),
        ),
        world,
    )


def claim_pending_reason_not_visible() -> Built:
    """The same claim, but nothing in the cluster says why: only the controller's event that it waits."""
    world = aiops("2026-03-12T08:40:00Z")
    _, deployment = _small_claim(world)
    return Built(
        "claim-pending-reason-not-visible",
        pod_abnormal(deployment, world, since="6m30s"),
        Answer(
            root_cause="Claim aiops/test-data (5Gi, StorageClass cbs) has no volume, so its pod cannot be "
            "scheduled; why provisioner com.tencent.cloud.csi.cbs made none is not visible: there "
            "is no event of "
            "the provisioner. The other claims of the class are bound with 10Gi and 20Gi, which is "
            "only a hint.",
            primary=place_of(deployment.pod),
            culprit=_CLAIM,
            category="pvc-unbound",
            outcome=("inconclusive", "diagnosed"),
            must_mention=(
                "test-data",
                r"not (visible|shown|recorded|known|say|stated|reported|given|available|told)|does "
                r"not say|unclear"
                r"|no (visible |failure |provision\w* |other )*(event|error|message|reason)|unknown|"
                r"can(no|')t (tell|be told|say|see|be seen|be determined|determine)|without (an? "
                r")?(event|reason)",
            ),
            must_not_claim=(
                *_NOT_THE_CLAIM,
                r"(minimum|at least|no less than|smallest)[^.;]{0,30}\b10\s?Gi",
                r"\b5\s?Gi (is|was) (below|less than|smaller than|too small)",
            ),
            tags=("first", "storage", "missing-evidence"),
        ),
        world,
    )
