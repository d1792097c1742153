"""A whole cluster: three nodes, what runs in every cluster, and one method for each thing a scenario adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kubetriage.evals.builders.deployments import Workload
from kubetriage.evals.builders.identity import Json, uid
from kubetriage.evals.builders.networking import endpoints_of, service
from kubetriage.evals.builders.nodes import NODE_READY, NodeState
from kubetriage.evals.builders.objects import configmap
from kubetriage.evals.builders.states import READY, PodState
from kubetriage.evals.builders.storage import claim, storage_class, volume_of
from kubetriage.evals.builders.templates import container, http_probe
from kubetriage.evals.builders.workloads import Workloads

NODES = ("node-1", "node-2", "node-3")


class World(Workloads):
    """A cluster with healthy coredns, kube-state-metrics and (with `csi`) a volume provisioner.

    `nodes` gives the state of nodes by name; `csi` is (StorageClass, provisioner). A `lean` one has a single
    coredns and no exporter, for scenarios that need no more around them.
    """

    def __init__(
        self,
        time: str,
        *,
        kubernetes: str = "1.31.4",
        runtime: str = "containerd://1.7.22",
        names: Sequence[str] = NODES,
        nodes: Mapping[str, NodeState] | None = None,
        labels: Mapping[str, Mapping[str, str]] | None = None,
        memory_gi: int = 8,
        csi: tuple[str, str] | None = None,
        provisioner: PodState = READY,
        lean: bool = False,
    ) -> None:
        super().__init__(time, kubernetes=kubernetes, runtime=runtime)
        self._services: list[tuple[Json, str]] = []
        for name in names:
            state = (nodes or {}).get(name, NODE_READY)
            self.node(name, memory_gi=memory_gi, labels=(labels or {}).get(name), state=state)
        for name in ("default", "kube-node-lease", "kube-system"):
            self.namespace(name)
        self.dns = self._dns(1 if lean else 2)
        self.metrics: Json = {} if lean else self._kube_state_metrics()
        self._controller: Workload | None = None
        if csi:
            self.storage_class(*csi, default=True)
            self._controller = self._provisioner(csi[1], provisioner)

    # ---- what a scenario adds

    def service(
        self,
        name: str,
        ns: str,
        *,
        port: int = 80,
        target: int = 8080,
        selector: Mapping[str, str] | None = None,
        age: str = "40d",
        more: Json | None = None,
    ) -> Json:
        """A Service (selecting `app: name` unless said otherwise); its endpoints follow the pods."""
        self.need_namespace(ns)
        number = len(self._services)
        address = f"10.96.{number + 12}.{37 + 11 * number}" if number else "10.96.0.10"
        made = service(
            name,
            ns,
            self.clock.ago(age),
            selector={"app": name} if selector is None else selector,
            port=port,
            target=target,
            address=address,
            more=more,
        )
        self._services.append((made, age))
        return self.add(made)

    def configmap(self, name: str, ns: str, data: Mapping[str, str], age: str = "40d") -> Json:
        self.need_namespace(ns)
        return self.add(configmap(name, ns, self.clock.ago(age), data))

    def storage_class(
        self, name: str, provisioner: str, *, immediate: bool = True, default: bool = False
    ) -> Json:
        return self.add(
            storage_class(name, provisioner, self.clock.ago(self.age), immediate=immediate, default=default)
        )

    def claim(
        self,
        name: str,
        ns: str,
        *,
        size: str,
        storage_class: str,
        provisioner: str = "",
        bound: bool = False,
        age: str,
    ) -> Json:
        """A claim, with its volume when it is bound."""
        self.need_namespace(ns)
        made = self.add(
            claim(
                name,
                ns,
                self.clock.ago(age),
                size=size,
                storage_class=storage_class,
                provisioner=provisioner,
                bound=bound,
            )
        )
        if bound:
            self.add(volume_of(made, self.clock.ago(age, "5s"), provisioner))
        return made

    def complete(self) -> list[Json]:
        """All objects with the endpoints of the Services as the pods are now."""
        pods = self.of_kind("Pod")
        for made, age in self._services:
            for derived in endpoints_of(made, pods, self.clock.ago(age)):
                self.add(derived)
        self._services = []
        return super().complete()

    # ---- what runs in every cluster

    def _dns(self, replicas: int) -> Workload:
        probe = http_probe("/health", 8080, delay=60, timeout=5, failures=5)
        dns = container(
            "coredns",
            "registry.k8s.io/coredns/coredns:v1.11.3",
            args=["-conf", "/etc/coredns/Corefile"],
            ports=[53, 9153],
            requests={"cpu": "100m", "memory": "70Mi"},
            limits={"memory": "170Mi"},
            livenessProbe=probe,
            readinessProbe=http_probe("/ready", 8181),
        )
        work = self.deployment(
            "coredns", "kube-system", [dns], replicas=replicas, age=self.age, labels={"k8s-app": "kube-dns"}
        )
        self.service(
            "kube-dns",
            "kube-system",
            port=53,
            target=53,
            selector={"k8s-app": "kube-dns"},
            age=self.age,
        )
        return work

    def _kube_state_metrics(self) -> Json:
        """The exporter whose labels stand in most alerts."""
        exporter = container(
            "kube-state-metrics",
            "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.13.0",
            ports=[8080],
            requests={"cpu": "10m", "memory": "64Mi"},
            readinessProbe=http_probe("/readyz", 8081, delay=5, timeout=5),
        )
        name = "kube-state-metrics"
        made = self.deployment(
            name, "monitoring", [exporter], age="90d", labels={"app.kubernetes.io/name": name}
        )
        self.service(name, "monitoring", port=8080, selector={"app.kubernetes.io/name": name}, age="90d")
        return made.pod

    def _provisioner(self, driver: str, state: PodState) -> Workload:
        """The controller of a CSI driver: its sidecar external-provisioner and the driver beside it."""
        resources = {"cpu": "100m", "memory": "50Mi"}
        short = driver.split(".")[-1]
        sidecar = container(
            "csi-provisioner",
            f"registry.k8s.io/sig-storage/csi-provisioner:v{self.versions['external-provisioner']}",
            args=["--csi-address=/csi/csi.sock", "--feature-gates=Topology=true", "--leader-election=true"],
            requests=resources,
            mounts={"socket-dir": "/csi"},
        )
        plugin = container(
            "driver",
            f"registry.example.com/csi/{short}-driver:v2.3.3",
            args=["--endpoint=unix:///csi/csi.sock"],
            requests=resources,
            mounts={"socket-dir": "/csi"},
        )
        self.add(
            {
                "apiVersion": "storage.k8s.io/v1",
                "kind": "CSIDriver",
                "metadata": {
                    "creationTimestamp": self.clock.ago(self.age),
                    "name": driver,
                    "uid": uid("CSIDriver", driver),
                },
                "spec": {
                    "attachRequired": True,
                    "fsGroupPolicy": "ReadWriteOnceWithFSType",
                    "podInfoOnMount": False,
                    "volumeLifecycleModes": ["Persistent"],
                },
            }
        )
        return self.deployment(
            f"csi-{short}-controller",
            "kube-system",
            [sidecar, plugin],
            age=self.age,
            states=state,
            changed=state.age,
            volumes=[{"emptyDir": {}, "name": "socket-dir"}],
        )

    @property
    def provisioner(self) -> Workload:
        """The provisioner of the world's class; ValueError when it has none."""
        if self._controller is None:
            raise ValueError("this world has no provisioner")
        return self._controller

    @property
    def provisioner_identity(self) -> str:
        """The event source of the sidecar: the driver, its pod and an id."""
        pod = self.provisioner.pod["metadata"]
        driver = self.of_kind("CSIDriver")[0]["metadata"]["name"]
        return f"{driver}_{pod['name']}_{uid('identity', pod['name'])}"
