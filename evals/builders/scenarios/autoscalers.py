"""Autoscalers that cannot scale, or may not."""

from __future__ import annotations

from kubetriage.evals.builders.access import api_service
from kubetriage.evals.builders.alerts import alert, exported, webhook
from kubetriage.evals.builders.autoscaling import scaler, scaler_alert_labels
from kubetriage.evals.builders.custom import condition, defined
from kubetriage.evals.builders.objects import made
from kubetriage.evals.builders.scenario import Built
from kubetriage.evals.builders.scenarios.pod_life import ABSENT
from kubetriage.evals.builders.scenarios.short import (
    NO_OOM,
    NO_PULL,
    crashing,
    fires,
    key,
    lean,
    running,
)
from kubetriage.evals.builders.states import Ended
from kubetriage.evals.builders.world import World


def hpa_target_absent() -> Built:
    """The HPA names a Deployment that does not exist; the one that is meant has another name."""
    world = lean("2026-07-01T09:10:00Z")
    running(world, "checkout-api", "shop", replicas=2, main={"requests": {"cpu": "200m"}})
    why = world.say("hpa-target-not-found", name="checkout")
    made_ = scaler(
        world,
        "checkout",
        "shop",
        target="checkout",
        now=0,
        usage=None,
        says={"AbleToScale": "hpa-no-target", "ScalingActive": "", "ScalingLimited": ""},
        fields={"why": why},
        since="2d",
        age="2d",
    )
    world.event(made_, "hpa-target-not-found", first="59m", last="12s", count=236, name="checkout")
    return Built(
        "hpa-target-absent",
        webhook([_cannot_scale(world, "checkout", "shop", "1d20h")]),
        key(
            made_,
            made_,
            "hpa",
            "HorizontalPodAutoscaler shop/checkout cannot scale because its scaleTargetRef names "
            "Deployment checkout, "
            "which does not exist; there is a Deployment checkout-api.",
            (r"checkout", rf"{ABSENT}", r"scaleTargetRef|target|Deployment checkout"),
            NO_OOM,
            NO_PULL,
            also=(("Deployment", "shop", "checkout"),),
            tags=("hpa", "subject-hpa"),
            absent=(("Deployment", "shop", "checkout"),),
        ),
        world,
    )


def _cannot_scale(world: World, name: str, ns: str, since: str) -> dict[str, object]:
    """An alert on kube_horizontalpodautoscaler_status_condition."""
    return alert(
        "HPAScalingDisabled",
        exported({"condition": "ScalingActive", "status": "false", **scaler_alert_labels(name, ns)}),
        world.clock,
        since=since,
        summary="HPA cannot scale.",
        description=f"HPA {ns}/{name} has not been able to scale for 10 minutes.",
    )


def hpa_missing_cpu_request() -> Built:
    """Utilization is asked for, and one of the two containers requests no CPU."""
    world = lean("2026-07-02T14:00:00Z")
    work = running(world, "api", "orders", replicas=2, main={"requests": {"memory": "128Mi"}})
    why = world.say("hpa-missing-request", container="api", pod=work.pods[1]["metadata"]["name"])
    made_ = scaler(
        world,
        "api",
        "orders",
        target="api",
        desired=0,
        usage=None,
        says={
            "AbleToScale": "hpa-got-scale",
            "ScalingActive": "hpa-inactive",
            "ScalingLimited": "",
        },
        fields={"why": f"failed to get cpu utilization: {why}"},
        since="5d",
    )
    for text in ("hpa-metric-failed", "hpa-compute-failed"):
        world.event(made_, text, first="58m", last="9s", count=231, why=why)
    return Built(
        "hpa-missing-cpu-request",
        [_cannot_scale(world, "api", "orders", "4d23h")],
        key(
            made_,
            work.object,
            "hpa",
            "HorizontalPodAutoscaler orders/api cannot compute CPU utilization because container api of "
            "Deployment "
            "orders/api sets no cpu request.",
            (r"\bapi\b", r"cpu", r"request"),
            NO_OOM,
            NO_PULL,
            r"metrics[- ]server (is|was) (down|unavailable|not)",
            also=(made_,),
            tags=("hpa", "subject-hpa"),
        ),
        world,
    )


def hpa_metrics_server_down() -> Built:
    """metrics-server ends at once, its API is not available, and no HPA gets numbers."""
    world = lean("2026-07-03T06:30:00Z", kubernetes="1.30.6")
    running(world, "web", "shop")
    server = crashing(
        world,
        "metrics-server",
        "kube-system",
        Ended(1, began="1m52s", ended="1m50s"),
        "I0703 06:28:08.113204       1 serving.go:374] Generated self-signed cert (/tmp/apiserver.crt)\n"
        "Error: unknown flag: --kubelet-insecure\n"
        "panic: unknown flag: --kubelet-insecure\n",
        age="90d",
        changed="47m",
        tries=13,
        main={
            "image": "registry.k8s.io/metrics-server/metrics-server:v0.7.2",
            "args": ["--secure-port=10250", "--kubelet-insecure"],
            "ports": [10250],
        },
    )
    world.service("metrics-server", "kube-system", port=443, target=10250)
    message = 'endpoints for service/metrics-server in "kube-system" have no addresses with port name "http"'
    api = world.add(
        api_service(
            "metrics.k8s.io",
            "v1beta1",
            world.clock.ago("90d"),
            service=("kube-system", "metrics-server"),
            since=world.clock.ago("47m"),
            reason="MissingEndpoints",
            message=message,
        )
    )
    why = world.say("hpa-metrics-unavailable")
    made_ = scaler(
        world,
        "web",
        "shop",
        target="web",
        desired=0,
        usage=None,
        says={"AbleToScale": "hpa-got-scale", "ScalingActive": "hpa-inactive", "ScalingLimited": ""},
        fields={"why": f"failed to get cpu utilization: {why}"},
        since="46m",
    )
    world.event(made_, "hpa-metric-failed", first="46m", last="11s", count=184, why=why)
    return Built(
        "hpa-metrics-server-down",
        _cannot_scale(world, "web", "shop", "36m"),
        key(
            made_,
            server.object,
            "hpa",
            "HorizontalPodAutoscaler shop/web gets no metrics because metrics-server crashes: its argument "
            "--kubelet-insecure is an unknown flag, so APIService v1beta1.metrics.k8s.io is not available.",
            (r"metrics-server|v1beta1\.metrics\.k8s\.io", r"unknown flag|--kubelet-insecure|crash|exit"),
            NO_OOM,
            NO_PULL,
            r"(sets|has) no cpu request",
            also=(api,),
            tags=("hpa", "subject-hpa", "cross-namespace"),
        ),
        world,
    )


def hpa_at_maximum() -> Built:
    """All replicas that the HPA may have are there and ready, and each uses more than the target."""
    world = lean("2026-07-04T19:45:00Z")
    work = running(
        world,
        "search",
        "shop",
        replicas=4,
        main={"requests": {"cpu": "250m", "memory": "128Mi"}},
    )
    made_ = scaler(
        world,
        "search",
        "shop",
        target="search",
        high=4,
        now=4,
        usage=163,
        says={"ScalingLimited": "hpa-too-many"},
        since="52m",
    )
    return Built(
        "hpa-at-maximum",
        webhook(
            [
                alert(
                    "KubeHpaMaxedOut",
                    exported(scaler_alert_labels("search", "shop")),
                    world.clock,
                    since="37m",
                    summary="HPA is running at max replicas",
                    description="HPA shop/search has been running at max replicas for longer than 15 "
                    "minutes.",
                )
            ]
        ),
        key(
            made_,
            made_,
            "hpa",
            "HorizontalPodAutoscaler shop/search runs at its maxReplicas of 4 while its pods use 163% of "
            "the CPU they "
            "request (target 70%): it wants more replicas than it may have.",
            (r"search", r"\b4\b", r"163|too ?many|more (replicas )?than|limit"),
            NO_OOM,
            NO_PULL,
            NO_PULL,
            also=(work.object,),
            tags=("hpa", "subject-hpa"),
        ),
        world,
    )


def two_hpas_one_target() -> Built:
    """Two autoscalers for one Deployment: since 1.27 the controller stops both."""
    world = lean("2026-07-05T11:20:00Z")
    running(world, "cart", "shop", replicas=2)
    pair = []
    for name in ("cart", "cart-memory"):
        pair.append(
            scaler(
                world,
                name,
                "shop",
                target="cart",
                desired=0,
                usage=None,
                says={"AbleToScale": "hpa-got-scale", "ScalingActive": "hpa-ambiguous", "ScalingLimited": ""},
                fields={"selector": "app=cart", "scalers": "shop/cart shop/cart-memory"},
                since="3h",
                age="40d" if name == "cart" else "3h",
            )
        )
    for one in pair:
        world.event(
            one,
            "hpa-ambiguous",
            first="59m",
            last="14s",
            count=238,
            selector="app=cart",
            scalers="shop/cart shop/cart-memory",
        )
    return Built(
        "two-hpas-one-target",
        webhook([_cannot_scale(world, "cart", "shop", "2h49m")]),
        key(
            pair[0],
            pair[1],
            "hpa",
            "HorizontalPodAutoscalers shop/cart and shop/cart-memory both scale Deployment cart, so the "
            "controller "
            "has stopped both (AmbiguousSelector).",
            (r"cart-memory", r"both|two|multiple|several|ambiguous|AmbiguousSelector"),
            NO_OOM,
            NO_PULL,
            also=(pair[0],),
            tags=("hpa", "subject-hpa"),
        ),
        world,
    )


def keda_target_absent() -> Built:
    """A KEDA ScaledObject whose target has another name: no HPA was made."""
    world = lean("2026-07-06T08:15:00Z")
    world.versions["keda-operator"] = "2.15.1"
    defined(world, "keda.sh", "ScaledObject", "scaledobjects", "v1alpha1")
    running(world, "mailer", "mail", replicas=1)
    text = world.say("keda-check-failed")
    at = world.clock.ago("1d2h")
    scaled = world.add(
        made(
            "keda.sh/v1alpha1",
            "ScaledObject",
            "mailer",
            "mail",
            world.clock.ago("1d2h"),
            generation=1,
            finalizers=["finalizer.keda.sh"],
            labels={"scaledobject.keda.sh/name": "mailer"},
            spec={
                "maxReplicaCount": 8,
                "scaleTargetRef": {"name": "mailer-worker"},
                "triggers": [
                    {
                        "metadata": {"queueName": "outbox", "mode": "QueueLength", "value": "20"},
                        "type": "rabbitmq",
                    }
                ],
            },
            status={
                "conditions": [
                    condition("Ready", "False", "ScaledObjectCheckFailed", text, at),
                    condition("Active", "Unknown", "UnkownState", "ScaledObject check failed", at),
                ]
            },
        )
    )
    world.event(scaled, "keda-check-failed", first="57m", last="3m", count=19)
    return Built(
        "keda-target-absent",
        [
            fires(
                world,
                "ScaledObjectNotReady",
                "ScaledObject mail/mailer has not been ready for 15 minutes.",
                "1d1h",
                namespace="mail",
                scaledobject="mailer",
            )
        ],
        key(
            scaled,
            scaled,
            "hpa",
            "ScaledObject mail/mailer is not ready (ScaledObjectCheckFailed: Target resource doesn't "
            "exist): it scales "
            "mailer-worker, and there is no such Deployment.",
            (r"mailer", r"exist|not found|absent|missing|no such|ScaledObjectCheckFailed"),
            NO_OOM,
            NO_PULL,
            also=(("Deployment", "mail", "mailer-worker"), ("Deployment", "mail", "mailer")),
            tags=("hpa", "custom-resource"),
            absent=(("Deployment", "mail", "mailer-worker"),),
        ),
        world,
    )
