"""A world's nodes and namespaces, and the placing of pods on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kubetriage.evals.builders.identity import Json
from kubetriage.evals.builders.ledger import Ledger
from kubetriage.evals.builders.nodes import NODE_READY, NodeState, address_of, node
from kubetriage.evals.builders.objects import configmap, lease, namespace, service_account
from kubetriage.evals.builders.pods import Place, pod
from kubetriage.evals.builders.states import PodState

_CERTIFICATE = (
    "-----BEGIN CERTIFICATE-----\nMIIC/zCCAeegAwIBAgIBADANBgkqhkiG9w0B\n-----END CERTIFICATE-----\n"
)


class Cluster(Ledger):
    """Nodes, namespaces and pods."""

    def __init__(
        self,
        time: str,
        *,
        kubernetes: str = "1.31.4",
        runtime: str = "containerd://1.7.22",
        age: str = "120d",
    ) -> None:
        super().__init__(time, kubernetes=kubernetes, runtime=runtime)
        self.age = age
        self._addresses: dict[str, int] = {}
        self._usable: list[str] = []
        self._turn = 0

    def node(
        self,
        name: str,
        *,
        cpu: int = 4,
        memory_gi: int = 8,
        labels: Mapping[str, str] | None = None,
        state: NodeState = NODE_READY,
    ) -> Json:
        """A node with the lease of its kubelet."""
        number = len(self._addresses)
        self._addresses[name] = 0
        if not state.texts and not state.cordoned:
            self._usable.append(name)
        renewed = state.heartbeat if "node-unknown" in state.texts.values() else "6s"
        self.add(lease(name, self.clock.ago(self.age), self.clock.ago_micro(renewed)))
        return self.add(
            node(
                name,
                self.clock,
                number=number,
                kubernetes=self.kubernetes,
                runtime=self.runtime,
                age=self.age,
                cpu=cpu,
                memory_gi=memory_gi,
                labels=labels,
                state=state,
            )
        )

    def namespace(self, name: str, labels: Mapping[str, str] | None = None, age: str = "") -> Json:
        """A namespace with what controllers put into each: the CA and the default ServiceAccount."""
        created = self.clock.ago(age or self.age)
        made = self.add(namespace(name, created, labels))
        self.add(configmap("kube-root-ca.crt", name, created, {"ca.crt": _CERTIFICATE}))
        self.add(service_account("default", name, created))
        return made

    def need_namespace(self, name: str) -> None:
        """Make the namespace unless it is there."""
        if not any(one["metadata"]["name"] == name for one in self.of_kind("Namespace")):
            self.namespace(name)

    def _place(self, state: PodState) -> Place:
        """The named node or the next one in turn, and the pod's address there."""
        name = state.node
        if not name and not state.unschedulable:
            name = self._usable[self._turn % len(self._usable)]
            self._turn += 1
        if not name:
            return Place(self.clock, self.kubernetes, self.runtime)
        number = list(self._addresses).index(name)
        self._addresses[name] += 1
        address = f"10.244.{number}.{10 + self._addresses[name]}"
        return Place(self.clock, self.kubernetes, self.runtime, name, address_of(number), address)

    def pod(
        self,
        name: str,
        ns: str,
        template: Json,
        state: PodState,
        *,
        age: str,
        owner: Json | None = None,
    ) -> Json:
        """A pod of a template, on a node unless it is unschedulable."""
        self.need_namespace(ns)
        return self.add(pod(self._place(state), name, ns, template, state, age=state.age or age, owner=owner))


def spread(states: PodState | Sequence[PodState], count: int) -> list[PodState]:
    """One state for each of `count` pods, or the states as given."""
    return [states] * count if isinstance(states, PodState) else list(states)


def is_ready(made: Json) -> bool:
    """Whether a pod's condition Ready is true."""
    return any(one["type"] == "Ready" and one["status"] == "True" for one in made["status"]["conditions"])


def is_active(made: Json) -> bool:
    """Whether a controller counts a pod: it has not ended and is not being deleted."""
    return made["status"]["phase"] in ("Pending", "Running") and "deletionTimestamp" not in made["metadata"]
