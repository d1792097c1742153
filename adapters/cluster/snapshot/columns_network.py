"""Table columns of services and what is behind them (`pkg/printers/internalversion`, Kubernetes 1.33)."""

from __future__ import annotations

from datetime import datetime

from kubetriage.adapters.cluster.snapshot.printing import (
    AGE,
    NAME,
    Column,
    Object,
    at,
    joined,
    label_selector,
    pairs,
    value,
)


def _ports(service: Object, _: datetime) -> str:
    return joined(
        f"{p.get('port')}{':' + str(p['nodePort']) if p.get('nodePort') else ''}/{p.get('protocol', 'TCP')}"
        for p in at(service, "spec.ports", ())
    )


def _external_ip(service: Object, _: datetime) -> str:
    kind, ips = at(service, "spec.type", "ClusterIP"), at(service, "spec.externalIPs", [])
    if kind == "ExternalName":
        return str(at(service, "spec.externalName", ""))
    if kind == "LoadBalancer":
        given = [i.get("ip") or i.get("hostname") for i in at(service, "status.loadBalancer.ingress", ())]
        return joined([*given, *ips], empty="<pending>")
    return joined(ips)


def _endpoints(endpoints: Object, _: datetime) -> str:
    found: list[str] = []
    for subset in at(endpoints, "subsets", ()):
        addresses = [a.get("ip") for a in subset.get("addresses") or ()]
        ports = subset.get("ports") or ()
        found += [f"{ip}:{p.get('port')}" for p in ports for ip in addresses] if ports else addresses
    return joined(found, most=3)


def _ingress_address(ingress: Object, _: datetime) -> str:
    return joined(
        (i.get("ip") or i.get("hostname") for i in at(ingress, "status.loadBalancer.ingress", ())), empty=""
    )


def _slice_ports(obj: Object, _: datetime) -> str:
    return joined((p.get("port", "*") for p in at(obj, "ports", ())), empty="<unset>", most=3)


def _slice_addresses(obj: Object, _: datetime) -> str:
    addresses = [a for e in at(obj, "endpoints", ()) for a in e.get("addresses") or ()]
    return joined(addresses, empty="<unset>", most=3)


NETWORK_COLUMNS: dict[tuple[str, str], tuple[Column, ...]] = {
    ("", "Service"): (
        NAME,
        Column("Type", value("spec.type", "ClusterIP")),
        Column("Cluster-IP", value("spec.clusterIP")),
        Column("External-IP", _external_ip),
        Column("Port(s)", _ports),
        AGE,
        Column("Selector", lambda o, _: pairs(at(o, "spec.selector")), wide=True),
    ),
    ("", "Endpoints"): (NAME, Column("Endpoints", _endpoints), AGE),
    ("discovery.k8s.io", "EndpointSlice"): (
        NAME,
        Column("AddressType", value("addressType")),
        Column("Ports", _slice_ports),
        Column("Endpoints", _slice_addresses),
        AGE,
    ),
    ("networking.k8s.io", "Ingress"): (
        NAME,
        Column("Class", value("spec.ingressClassName")),
        Column(
            "Hosts",
            lambda o, _: joined((r.get("host") or "*" for r in at(o, "spec.rules", ())), empty="*", most=3),
        ),
        Column("Address", _ingress_address),
        Column("Ports", lambda o, _: "80, 443" if at(o, "spec.tls") else "80"),
        AGE,
    ),
    ("networking.k8s.io", "IngressClass"): (NAME, Column("Controller", value("spec.controller", "")), AGE),
    ("networking.k8s.io", "NetworkPolicy"): (
        NAME,
        Column("Pod-Selector", lambda o, _: label_selector(at(o, "spec.podSelector"))),
        AGE,
    ),
}
