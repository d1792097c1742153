"""Images that cannot be pulled."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import container_waiting, not_ready, replicas_mismatch, webhook
from kubetriage.evals.builders.deployments import Revision, Workload
from kubetriage.evals.builders.scenario import Answer, Built, blames, place_of
from kubetriage.evals.builders.scenarios.claims_too_small import CBS, aiops, pod_abnormal, test_deployment
from kubetriage.evals.builders.scenarios.pod_life import ABSENT, REQUESTS, born, placed, pull_waiting, pulls
from kubetriage.evals.builders.states import READY, PodState, Waiting
from kubetriage.evals.builders.templates import container, http_probe
from kubetriage.evals.builders.world import World

_DENIED = r"access denied|denied|unauthorized|authenticat|authoriz|credential|pull secret|401"
_NETWORK = r"no such host|resolve|dns|unreachable|look ?up|cannot be reached|i/o timeout"


def image_denied_after_claim_fixed() -> Built:
    """What follows once the claim is fixed: the image has neither registry nor tag, and cannot be pulled."""
    world = aiops("2026-03-12T09:25:00Z")
    world.claim(
        "test-data", "aiops", size="10Gi", storage_class="cbs", provisioner=CBS, bound=True, age="14m"
    )
    why = world.pull_error("denied", "noimage")
    state = PodState(containers={"test": pull_waiting(world, "noimage", why)}, suffix="mgzzn")
    work = test_deployment(world, state, age="13m30s")
    born(world, work, "13m30s")
    placed(world, work.pod, "13m20s")
    volume = world.get("PersistentVolumeClaim", "test-data", "aiops")["spec"]["volumeName"]
    world.event(work.pod, "attached", last="13m10s", volume=volume)
    pulls(world, work.pod, "test", "noimage", why, first="13m5s", tries=7)
    return Built(
        "image-denied-after-claim-fixed",
        pod_abnormal(work, world, since="8m"),
        Answer(
            root_cause="Deployment aiops/test-deployment asks for the image noimage, which names "
            "neither registry nor "
            "tag: docker.io/library/noimage:latest does not exist or needs authorization, so it "
            "cannot be pulled.",
            primary=place_of(work.pod),
            culprit=place_of(work.object),
            category="image-pull",
            must_mention=("noimage", r"pull", rf"{_DENIED}|{ABSENT}"),
            must_not_claim=(
                blames("test-data|claim|pvc|volume"),
                blames("insufficient (cpu|memory)"),
                blames("no such host|network"),
            ),
            tags=("first", "image"),
        ),
        world,
    )


def image_tag_absent() -> Built:
    """A rollout to a tag that was never pushed; the previous revision still serves."""
    world = World("2026-04-02T13:30:00Z", kubernetes="1.32.3", runtime="containerd://2.0.4")
    image = "registry.example.com/shop/cart:2.4.1"
    before = container("cart", "registry.example.com/shop/cart:2.3.9", ports=[8080], requests=REQUESTS)
    why = world.pull_error("not-found", image)
    work = world.deployment(
        "cart",
        "shop",
        [before | {"image": image}],
        replicas=2,
        age="61d",
        rolled="22m",
        old=Revision([before], [READY, READY]),
        states=[PodState(containers={"cart": pull_waiting(world, image, why)})],
        progress="stuck",
    )
    world.service("cart", "shop")
    born(world, work, "22m")
    placed(world, work.pod, "22m")
    pulls(world, work.pod, "cart", image, why, first="21m58s", tries=9)
    return Built(
        "image-tag-absent",
        not_ready(work.pod, world.clock, since="6m50s"),
        Answer(
            root_cause="The new revision of Deployment shop/cart asks for "
            "registry.example.com/shop/cart:2.4.1, a tag "
            "that the registry does not have; the previous revision with 2.3.9 still serves.",
            primary=place_of(work.pod),
            culprit=place_of(work.object),
            category="image-pull",
            must_mention=(r"cart:2\.4\.1", rf"{ABSENT}|never pushed|no such tag"),
            must_not_claim=(
                blames(r"unauthorized|access denied|credential|pull secret"),
                blames(_NETWORK),
                blames("insufficient (cpu|memory)"),
            ),
            tags=("image", "rollout"),
        ),
        world,
    )


def _secret_missing() -> tuple[World, Workload]:
    """A pod that names a pull secret which does not exist."""
    world = World("2026-04-03T06:10:00Z")
    image = "registry.example.com/billing/invoicer:7.1.0"
    why = world.pull_error("unauthorized", image)
    main = container("invoicer", image, ports=[9000], requests=REQUESTS)
    state = PodState(containers={"invoicer": pull_waiting(world, image, why)})
    work = world.deployment(
        "invoicer",
        "billing",
        [main],
        age="31m",
        states=state,
        progress="stuck",
        more={"imagePullSecrets": [{"name": "registry-credentials"}]},
    )
    born(world, work, "31m")
    placed(world, work.pod, "31m")
    pulls(world, work.pod, "invoicer", image, why, first="30m58s", tries=10)
    world.event(
        work.pod,
        "pull-secret-missing",
        first="30m59s",
        last="20s",
        count=131,
        secret="registry-credentials",
    )
    return world, work


def image_pull_secret_missing() -> Built:
    """A private registry answers 401, because the pull secret that the pod names does not exist."""
    world, work = _secret_missing()
    return Built(
        "image-pull-secret-missing",
        not_ready(work.pod, world.clock, since="15m50s"),
        Answer(
            root_cause="The Secret billing/registry-credentials, which Deployment invoicer names "
            "as imagePullSecret, "
            "does not exist, so registry.example.com answers 401 and the image cannot be pulled.",
            primary=place_of(work.pod),
            culprit=("Secret", "billing", "registry-credentials"),
            also=(place_of(work.object),),
            category="image-pull",
            must_mention=(
                "registry-credentials",
                rf"{ABSENT}|retrieve|{_DENIED}",
                r"pull|image",
            ),
            must_not_claim=(
                blames(r"tag (does not|doesn.t) exist|manifest unknown"),
                blames(_NETWORK),
                blames("insufficient (cpu|memory)"),
            ),
            tags=("image",),
            absent=(("Secret", "billing", "registry-credentials"),),
        ),
        world,
    )


def image_registry_unreachable() -> Built:
    """The name of the registry cannot be resolved by the node; Docker's wording on an old cluster."""
    world = World("2026-04-05T22:45:00Z", kubernetes="1.23.17", runtime="docker://20.10.21")
    image = "harbor.corp.example/search/indexer:4.0.2"
    network = world.say("network.no-such-host", host="harbor.corp.example", resolver="10.0.0.2")
    why = world.pull_error("unreachable", image, network=network)
    main = container("indexer", image, requests=REQUESTS)
    state = PodState(containers={"indexer": pull_waiting(world, image, why)})
    work = world.deployment(
        "indexer", "search", [main], age="1h12m", states=state, replicas=2, progress="stuck"
    )
    for pod in work.pods:
        pulls(world, pod, "indexer", image, why, first="59m", tries=12)
    return Built(
        "image-registry-unreachable",
        [container_waiting(work.pod, "indexer", "ImagePullBackOff", world.clock, since="11m30s")],
        Answer(
            root_cause="The nodes cannot resolve the registry's name harbor.corp.example (no such "
            "host), so the image "
            "of Deployment search/indexer cannot be pulled.",
            primary=place_of(work.pod),
            culprit=place_of(work.object),
            category="image-pull",
            must_mention=(r"harbor\.corp\.example", _NETWORK),
            must_not_claim=(
                blames(r"unauthorized|access denied|credential|pull secret"),
                blames("manifest unknown|tag (does not|doesn.t) exist"),
                blames("coredns"),
            ),
            tags=("image", "old-wording"),
        ),
        world,
    )


def image_name_invalid() -> Built:
    """An upper-case letter in the image's path: the kubelet does not even try."""
    world = World("2026-04-07T15:00:00Z")
    image = "registry.example.com/Web/front:1.0.0"
    text = world.say("invalid-image-name", image=image, path="Web/front")
    main = container(
        "front", image, ports=[8080], requests=REQUESTS, readinessProbe=http_probe("/healthz", 8080)
    )
    state = PodState(containers={"front": Waiting("InvalidImageName", text)})
    work = world.deployment("front", "web", [main], age="27m", states=state, progress="stuck")
    born(world, work, "27m")
    placed(world, work.pod, "27m")
    world.event(
        work.pod,
        "invalid-image-name",
        first="26m59s",
        last="6s",
        count=125,
        container="front",
        image=image,
        path="Web/front",
    )
    world.event(work.pod, "error-invalid-image-name", first="26m59s", last="6s", count=125, container="front")
    return Built(
        "image-name-invalid",
        webhook([replicas_mismatch("front", "web", world.clock, since="11m40s")]),
        Answer(
            root_cause="The image name registry.example.com/Web/front:1.0.0 in Deployment "
            "web/front is invalid: a "
            "repository name must be lowercase.",
            primary=place_of(work.object),
            culprit=place_of(work.object),
            category="image-pull",
            must_mention=(
                r"Web/front",
                r"invalid|not valid|lower ?case|upper ?case|malformed|not a valid|InvalidImageName",
            ),
            must_not_claim=(
                blames(r"unauthorized|access denied|credential|pull secret"),
                blames(_NETWORK),
                blames("insufficient (cpu|memory)"),
            ),
            tags=("image",),
        ),
        world,
    )
