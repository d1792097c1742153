"""What commands name and how far they reach."""

from __future__ import annotations

import pytest

from kubetriage.domain.finding import Effect
from kubetriage.evals.ownership import Place
from kubetriage.evals.scorers.command_targets import named_in


@pytest.mark.parametrize(
    ("command", "effect", "places"),
    [
        ("kubectl get pod web-1 -n shop -o yaml", Effect.READ, [("Pod", "shop", "web-1")]),
        (
            "kubectl -n shop get deploy/web svc/web",
            Effect.READ,
            [("Deployment", "shop", "web"), ("Service", "shop", "web")],
        ),
        ("kubectl get nodes -L topology.kubernetes.io/zone", Effect.READ, []),
        ("kubectl get pods --namespace=shop -l app=web", Effect.READ, []),
        ("kubectl logs web-1 -n shop -c app --previous", Effect.READ, [("Pod", "shop", "web-1")]),
        ("kubectl logs deploy/web -n shop", Effect.READ, [("Deployment", "shop", "web")]),
        ("kubectl describe node node-1", Effect.READ, [("Node", "", "node-1")]),
        ("kubectl rollout status deployment/web -n shop", Effect.READ, [("Deployment", "shop", "web")]),
        ("kubectl auth can-i list pods --as system:anonymous", Effect.READ, []),
        ("kubectl top pod web-1 -n shop", Effect.READ, []),
        (
            "kubectl set image deployment/web app=nginx:1.2 -n shop",
            Effect.CHANGE,
            [("Deployment", "shop", "web")],
        ),
        ("kubectl rollout undo deployment web -n shop", Effect.CHANGE, [("Deployment", "shop", "web")]),
        ("kubectl label pod web-1 tier- app=web -n shop", Effect.CHANGE, [("Pod", "shop", "web-1")]),
        ("kubectl taint node node-1 dedicated=db:NoSchedule-", Effect.CHANGE, [("Node", "", "node-1")]),
        ("kubectl cordon node-1", Effect.CHANGE, [("Node", "", "node-1")]),
        ("kubectl create configmap web -n shop", Effect.CHANGE, []),
        ("kubectl delete pvc data -n shop", Effect.DESTRUCTIVE, [("PersistentVolumeClaim", "shop", "data")]),
        ("kubectl drain node-1 --ignore-daemonsets", Effect.DESTRUCTIVE, [("Node", "", "node-1")]),
        ("kubectl describe pod <pod-name> -n shop", Effect.READ, []),
        ("kubectl get widget thing -n shop", Effect.READ, []),
        ("systemctl restart kubelet", Effect.READ, []),
    ],
)
def test_commands_are_understood(command: str, effect: Effect, places: list[Place]) -> None:
    """The objects that a command needs are named, values and selectors are not; its reach is told."""
    found = named_in(command)
    assert (found.effect, list(found.places), found.problem) == (effect, places, "")


@pytest.mark.parametrize("command", ["kubectl get pods | sh", "kubectl get pod $(cat x)", "kubectl 'x", ""])
def test_what_a_shell_would_do_more_is_refused(command: str) -> None:
    """Pipes, substitutions and what cannot be parsed are problems, and count as destruction."""
    found = named_in(command)
    assert found.problem and found.effect is Effect.DESTRUCTIVE


def test_an_object_written_out_and_applied_is_fit_to_be_run() -> None:
    """The pipe that gives one object to kubectl is the one that is understood."""
    found = named_in("""echo '{"kind": "ConfigMap"}' | kubectl apply -f -""")
    assert (found.effect, found.problem) == (Effect.CHANGE, "")
