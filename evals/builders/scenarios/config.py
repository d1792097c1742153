"""Configuration that a pod refers to and that is not there."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import container_waiting, not_ready, replicas_mismatch, webhook
from kubetriage.evals.builders.scenario import Answer, Built, blames, place_of
from kubetriage.evals.builders.scenarios.pod_life import ABSENT, REQUESTS, born, placed
from kubetriage.evals.builders.states import PodState, Waiting, creating
from kubetriage.evals.builders.templates import configmap_volume, container, from_key
from kubetriage.evals.builders.world import World

_NOT = (
    blames("image (cannot|could not) be pulled|image pull"),
    blames("insufficient (cpu|memory)"),
    blames("OOM|out of memory"),
)


def configmap_missing_for_volume() -> Built:
    """A volume of a ConfigMap that does not exist: the pod stays in ContainerCreating."""
    world = World("2026-04-20T10:30:00Z")
    main = container(
        "proxy",
        "registry.example.com/edge/proxy:1.27.2",
        ports=[8443],
        requests=REQUESTS,
        mounts={"config": "/etc/proxy"},
    )
    work = world.deployment(
        "proxy",
        "edge",
        [main],
        age="38m",
        states=creating(["proxy"]),
        volumes=[configmap_volume("config", "proxy-config")],
        progress="stuck",
    )
    born(world, work, "38m")
    placed(world, work.pod, "38m")
    world.event(
        work.pod,
        "mount-configmap-not-found",
        first="37m59s",
        last="1m40s",
        count=25,
        volume="config",
        name="proxy-config",
    )
    return Built(
        "configmap-missing-for-volume",
        not_ready(work.pod, world.clock, since="22m30s"),
        Answer(
            root_cause="Pod proxy cannot start because the ConfigMap edge/proxy-config, which it "
            "mounts as volume config, "
            "does not exist.",
            primary=place_of(work.pod),
            culprit=("ConfigMap", "edge", "proxy-config"),
            also=(place_of(work.object),),
            category="missing-configmap",
            must_mention=("proxy-config", "config ?map", ABSENT),
            must_not_claim=_NOT,
            tags=("config",),
            absent=(("ConfigMap", "edge", "proxy-config"),),
        ),
        world,
    )


def secret_missing_for_env() -> Built:
    """An environment variable from a Secret that does not exist: CreateContainerConfigError."""
    world = World("2026-04-21T16:00:00Z")
    image = "registry.example.com/payments/gateway:4.4.0"
    main = container(
        "gateway",
        image,
        ports=[8080],
        requests=REQUESTS,
        env={"PROVIDER_KEY": from_key("Secret", "provider-credentials", "key")},
    )
    why = world.say("secret-not-found", name="provider-credentials")
    state = PodState(containers={"gateway": Waiting("CreateContainerConfigError", why)})
    work = world.deployment("gateway", "payments", [main], age="1h25m", states=state, progress="stuck")
    world.event(
        work.pod, "already-present", first="59m", last="4s", count=280, container="gateway", image=image
    )
    world.event(work.pod, "start-failed", first="59m", last="4s", count=280, container="gateway", why=why)
    return Built(
        "secret-missing-for-env",
        webhook(
            [container_waiting(work.pod, "gateway", "CreateContainerConfigError", world.clock, since="24m")]
        ),
        Answer(
            root_cause="Container gateway of Deployment payments/gateway cannot be created because "
            "the Secret "
            "provider-credentials, from which PROVIDER_KEY is taken, does not exist.",
            primary=place_of(work.pod),
            culprit=("Secret", "payments", "provider-credentials"),
            also=(place_of(work.object),),
            category="missing-secret",
            must_mention=("provider-credentials", "secret", ABSENT),
            must_not_claim=_NOT,
            tags=("config",),
            absent=(("Secret", "payments", "provider-credentials"),),
        ),
        world,
    )


def configmap_key_missing() -> Built:
    """The ConfigMap exists, but lacks the key that an environment variable is taken from."""
    world = World("2026-04-22T07:45:00Z")
    image = "registry.example.com/geo/lookup:2.1.3"
    world.configmap("lookup-settings", "geo", {"cache_size": "512", "dataset": "world-2026-03"})
    main = container(
        "lookup",
        image,
        ports=[8080],
        requests=REQUESTS,
        env={
            "CACHE_SIZE": from_key("ConfigMap", "lookup-settings", "cache_size"),
            "DATASET_URL": from_key("ConfigMap", "lookup-settings", "dataset_url"),
        },
    )
    why = world.say("configmap-key-not-found", key="dataset_url", namespace="geo", name="lookup-settings")
    state = PodState(containers={"lookup": Waiting("CreateContainerConfigError", why)})
    work = world.deployment("lookup", "geo", [main], age="33m", states=state, replicas=2, progress="stuck")
    born(world, work, "33m")
    for pod in work.pods:
        placed(world, pod, "33m")
        world.event(pod, "start-failed", first="32m58s", last="7s", count=156, container="lookup", why=why)
    return Built(
        "configmap-key-missing",
        webhook([replicas_mismatch("lookup", "geo", world.clock, since="17m40s")]),
        Answer(
            root_cause="The pods of Deployment geo/lookup cannot be created because ConfigMap "
            "lookup-settings has no key "
            "dataset_url, from which DATASET_URL is taken.",
            primary=place_of(work.object),
            culprit=("ConfigMap", "geo", "lookup-settings"),
            also=(place_of(work.object),),
            category="config-key-missing",
            must_mention=("dataset_url", "lookup-settings", r"key"),
            must_not_claim=(
                *_NOT,
                rf"config ?map (geo/)?.?lookup-settings.? ({ABSENT})",
            ),
            tags=("config",),
        ),
        world,
    )
