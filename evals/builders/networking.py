"""Services with the EndpointSlices and Endpoints that their controllers make of the pods, and Ingresses."""

from __future__ import annotations

from collections.abc import Mapping

from kubetriage.evals.builders.identity import Json, suffix
from kubetriage.evals.builders.objects import made, owner_reference


def service(
    name: str,
    ns: str,
    created: str,
    *,
    selector: Mapping[str, str],
    port: int,
    target: int | str,
    address: str,
    labels: Mapping[str, str] | None = None,
    more: Json | None = None,
) -> Json:
    """A ClusterIP Service with one port; `more` takes further fields of its spec."""
    spec: Json = {
        "clusterIP": address,
        "clusterIPs": [address],
        "internalTrafficPolicy": "Cluster",
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
        "ports": [{"name": "http", "port": port, "protocol": "TCP", "targetPort": target}],
        "sessionAffinity": "None",
        "type": "ClusterIP",
    }
    if selector:
        spec["selector"] = dict(selector)
    labels, spec = labels or {"app": name}, spec | (more or {})
    return made("v1", "Service", name, ns, created, labels=labels, spec=spec, status={"loadBalancer": {}})


def _ready(pod: Json) -> bool:
    return any(one["type"] == "Ready" and one["status"] == "True" for one in pod["status"]["conditions"])


def _target(pod: Json) -> Json:
    meta = pod["metadata"]
    return {"kind": "Pod", "name": meta["name"], "namespace": meta["namespace"], "uid": meta["uid"]}


def selected(service: Json, pods: list[Json]) -> list[Json]:
    """The pods with an address that a Service's selector takes."""
    selector = service["spec"].get("selector", {})
    return [
        pod
        for pod in pods
        if selector
        and pod["metadata"]["namespace"] == service["metadata"]["namespace"]
        and selector.items() <= pod["metadata"]["labels"].items()
        and pod["status"].get("podIP")
        and pod["status"]["phase"] == "Running"
    ]


def endpoints_of(service: Json, pods: list[Json], created: str) -> list[Json]:
    """The EndpointSlice and the Endpoints of a Service over `pods`; none of a Service without a selector."""
    if not service["spec"].get("selector"):
        return []
    meta, port = service["metadata"], service["spec"]["ports"][0]
    number = port["targetPort"]
    ports = [{"name": port["name"], "port": number, "protocol": "TCP"}]
    chosen = selected(service, pods)
    endpoints = [
        {
            "addresses": [pod["status"]["podIP"]],
            "conditions": {
                "ready": _ready(pod),
                "serving": _ready(pod),
                "terminating": "deletionTimestamp" in pod["metadata"],
            },
            "nodeName": pod["spec"]["nodeName"],
            "targetRef": _target(pod),
        }
        for pod in chosen
    ]
    slice_ = made(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        f"{meta['name']}-{suffix('slice', meta['uid'])}",
        meta["namespace"],
        created,
        labels={
            **meta.get("labels", {}),
            "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
            "kubernetes.io/service-name": meta["name"],
        },
        owner=owner_reference(service),
        generation=2,
        addressType="IPv4",
        endpoints=endpoints,
        ports=ports,
    )
    subset: Json = {"ports": ports}
    for key, wanted in (("addresses", True), ("notReadyAddresses", False)):
        addresses = [
            {"ip": pod["status"]["podIP"], "nodeName": pod["spec"]["nodeName"], "targetRef": _target(pod)}
            for pod in chosen
            if _ready(pod) is wanted
        ]
        if addresses:
            subset[key] = addresses
    legacy = made("v1", "Endpoints", meta["name"], meta["namespace"], created, labels=meta["labels"])
    return [slice_, legacy | ({"subsets": [subset]} if chosen else {})]


def ingress(
    name: str,
    ns: str,
    created: str,
    *,
    host: str,
    service: str,
    port: int,
    address: str,
    of_class: str = "nginx",
    secret: str = "",
) -> Json:
    """An Ingress for one host; with TLS from `secret`, and without an address until a controller took it."""
    path = {
        "backend": {"service": {"name": service, "port": {"number": port}}},
        "path": "/",
        "pathType": "Prefix",
    }
    return made(
        "networking.k8s.io/v1",
        "Ingress",
        name,
        ns,
        created,
        generation=1,
        spec={
            "ingressClassName": of_class,
            "rules": [{"host": host, "http": {"paths": [path]}}],
            **({"tls": [{"hosts": [host], "secretName": secret}]} if secret else {}),
        },
        status={"loadBalancer": {"ingress": [{"ip": address}]} if address else {}},
    )


def ingress_class(name: str, controller: str, created: str) -> Json:
    """An IngressClass and the controller that it stands for."""
    spec = {"controller": controller}
    return made("networking.k8s.io/v1", "IngressClass", name, "", created, generation=1, spec=spec)
