"""Claims that get no volume for other reasons."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import not_ready, replicas_mismatch, webhook
from kubetriage.evals.builders.deployments import Workload
from kubetriage.evals.builders.scenario import Answer, Built, blames, place_of
from kubetriage.evals.builders.scenarios.pod_life import ABSENT, REQUESTS, pull_waiting, pulls, unbound, unfit
from kubetriage.evals.builders.states import PodState, pending
from kubetriage.evals.builders.templates import claim_volume, container
from kubetriage.evals.builders.texts import failed_scheduling, say
from kubetriage.evals.builders.world import World


def claim_of_absent_storage_class() -> Built:
    """The claim names a class that the cluster does not have."""
    world = World("2026-03-14T02:15:00Z", csi=("standard", "disk.csi.example.com"))
    made = world.claim("reports-data", "analytics", size="50Gi", storage_class="fast-ssd", age="26m")
    main = container(
        "reports",
        "registry.example.com/analytics/reports:3.2.0",
        requests=REQUESTS,
        mounts={"data": "/var/lib/reports"},
    )
    work = world.deployment(
        "reports",
        "analytics",
        [main],
        age="26m",
        states=pending(unbound(world)),
        volumes=[claim_volume("data", "reports-data")],
        progress="stuck",
    )
    unfit(world, work, "26m", 6)
    world.event(made, "storage-class-not-found", first="26m", last="5s", count=105, name="fast-ssd")
    return Built(
        "claim-of-absent-storage-class",
        not_ready(work.pod, world.clock, since="10m45s"),
        Answer(
            root_cause="Claim analytics/reports-data asks for StorageClass fast-ssd, which does not "
            "exist (the "
            "cluster has standard), so it has no volume and pod reports cannot be scheduled.",
            primary=place_of(work.pod),
            culprit=place_of(made),
            also=(("StorageClass", "", "fast-ssd"),),
            category="pvc-unbound",
            must_mention=("reports-data", "fast-ssd", ABSENT),
            must_not_claim=(
                blames("image"),
                blames("insufficient (cpu|memory)"),
                r"provisioner[^.;]{0,40} (is down|is not running|has crashed)",
            ),
            tags=("storage",),
            absent=(("StorageClass", "", "fast-ssd"),),
        ),
        world,
    )


def _no_provisioner(image: str, driver: str) -> tuple[World, Workload]:
    """A claim that waits for a provisioner whose image cannot be pulled."""
    time = "2026-03-17T19:05:00Z"
    broken = World(time)
    why = broken.pull_error("not-found", image)
    state = PodState(containers={"driver": pull_waiting(broken, image, why)}, age="3h10m")
    world = World(time, csi=("standard", driver), provisioner=state)
    pod = world.provisioner.pod
    pulls(world, pod, "driver", image, why, first="58m", tries=12)
    made = world.claim(
        "ledger-data", "payments", size="20Gi", storage_class="standard", provisioner=driver, age="34m"
    )
    main = container(
        "ledger",
        "registry.example.com/payments/ledger:5.0.1",
        requests=REQUESTS,
        mounts={"data": "/var/lib/ledger"},
    )
    work = world.deployment(
        "ledger",
        "payments",
        [main],
        age="34m",
        states=pending(unbound(world)),
        volumes=[claim_volume("data", "ledger-data")],
        progress="stuck",
    )
    unfit(world, work, "34m", 7)
    world.event(made, "external-provisioning", first="34m", last="11s", count=137, provisioner=driver)
    return world, work


def claim_provisioner_down() -> Built:
    """The class is right, but the provisioner's pod cannot pull its image, so nobody makes the volume."""
    image, driver = "registry.example.com/csi/com-driver:v2.3.3", "disk.csi.example.com"
    world, work = _no_provisioner(image, driver)
    controller = place_of(world.provisioner.object)
    return Built(
        "claim-provisioner-down",
        webhook([replicas_mismatch("ledger", "payments", world.clock, since="18m30s")]),
        Answer(
            root_cause="Claim payments/ledger-data waits for a volume because the provisioner "
            "disk.csi.example.com "
            f"is not running: the image {image} of its controller {controller[2]} in kube-system is "
            f"not found.",
            primary=place_of(work.object),
            culprit=controller,
            category="pvc-unbound",
            must_mention=(
                f"{controller[2]}|disk.csi.example.com|provisioner",
                r"image|pull|not (running|ready)|down|unavailable",
                r"ledger-data|claim|volume|PVC",
            ),
            must_not_claim=(
                r"storage ?class \S* ?(does ?n.t exist|does not exist|not found|is missing)",
                blames("insufficient (cpu|memory)"),
                blames("too small|below the minimum"),
            ),
            tags=("storage", "chain"),
        ),
        world,
    )


def _other_claim() -> tuple[World, Workload]:
    """A pod that mounts uploads-data, where the claim is uploads."""
    world = World("2026-03-19T11:20:00Z", csi=("standard", "disk.csi.example.com"))
    world.claim(
        "uploads",
        "media",
        size="30Gi",
        storage_class="standard",
        provisioner="disk.csi.example.com",
        bound=True,
        age="19d",
    )
    message = failed_scheduling(world.kubernetes, 3, {say("no-fit-claim-not-found", claim="uploads-data"): 0})
    main = container(
        "resizer",
        "registry.example.com/media/resizer:1.9.4",
        requests=REQUESTS,
        mounts={"data": "/uploads"},
    )
    work = world.deployment(
        "resizer",
        "media",
        [main],
        age="41m",
        states=pending(message),
        volumes=[claim_volume("data", "uploads-data")],
        progress="stuck",
    )
    unfit(world, work, "41m", 9)
    return world, work


def claim_name_mismatch() -> Built:
    """The pod names a claim that does not exist; the one that does has another name."""
    world, work = _other_claim()
    return Built(
        "claim-name-mismatch",
        not_ready(work.pod, world.clock, since="25m40s"),
        Answer(
            root_cause="Deployment media/resizer mounts the claim uploads-data, which does not exist; the "
            "namespace has the claim uploads.",
            primary=place_of(work.pod),
            culprit=place_of(work.object),
            also=(("PersistentVolumeClaim", "media", "uploads-data"),),
            category="pvc-unbound",
            must_mention=(
                "uploads-data",
                ABSENT,
            ),
            must_not_claim=(
                blames("image"),
                blames("insufficient (cpu|memory)"),
                blames("storage ?class"),
            ),
            tags=("storage",),
            absent=(("PersistentVolumeClaim", "media", "uploads-data"),),
        ),
        world,
    )
