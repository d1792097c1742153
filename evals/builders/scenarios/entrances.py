"""The ways into a cluster: Ingresses, Gateways, certificates, the mesh."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import webhook
from kubetriage.evals.builders.custom import certificate, condition, defined, gateway, route
from kubetriage.evals.builders.identity import Json
from kubetriage.evals.builders.networking import ingress, ingress_class
from kubetriage.evals.builders.objects import made
from kubetriage.evals.builders.scenario import Built
from kubetriage.evals.builders.scenarios.pod_life import ABSENT
from kubetriage.evals.builders.scenarios.short import NO_OOM, NO_PULL, fires, key, lean, running
from kubetriage.evals.builders.world import World

NGINX = "k8s.io/ingress-nginx"


def _down(world: World, name: str, ns: str, host: str, since: str, what: str) -> Json:
    """An alert of a probe from outside, with the Ingress as its subject."""
    return fires(
        world,
        "EndpointDown",
        f"https://{host}/ {what}.",
        since,
        "critical",
        namespace=ns,
        ingress=name,
        instance=f"https://{host}/",
    )


def _nginx(world: World, log: str = "") -> None:
    """An ingress controller and its class."""
    world.add(ingress_class("nginx", NGINX, world.clock.ago("100d")))
    running(
        world,
        "ingress-nginx-controller",
        "ingress-nginx",
        age="100d",
        main={
            "image": "registry.k8s.io/ingress-nginx/controller:v1.11.3",
            "args": ["/nginx-ingress-controller", "--ingress-class=nginx", f"--controller-class={NGINX}"],
            "ports": [80, 443],
        },
        log=log,
    )


def ingress_class_absent() -> Built:
    """The Ingress names a class that nobody serves, and gets no address."""
    world = lean("2026-08-05T09:00:00Z")
    _nginx(world)
    running(world, "portal", "web")
    world.service("portal", "web")
    made_ = world.add(
        ingress(
            "portal",
            "web",
            world.clock.ago("3h"),
            host="portal.example.com",
            service="portal",
            port=80,
            address="",
            of_class="nginx-internal",
        )
    )
    gone = ("IngressClass", "", "nginx-internal")
    return Built(
        "ingress-class-absent",
        webhook([_down(world, "portal", "web", "portal.example.com", "2h49m", "answers 404")]),
        key(
            made_,
            made_,
            "ingress",
            "Ingress web/portal is served by no controller: its ingressClassName nginx-internal does not "
            "exist; there "
            "is only the class nginx.",
            (r"nginx-internal", rf"{ABSENT}|no (such )?(ingress ?class|controller)|only"),
            NO_OOM,
            NO_PULL,
            also=(gone,),
            tags=("ingress", "subject-ingress"),
            absent=(gone,),
        ),
        world,
    )


def ingress_backend_service_absent() -> Built:
    """The Ingress leads to a Service that does not exist; there is one with a similar name."""
    world = lean("2026-08-06T16:25:00Z")
    _nginx(
        world,
        "W0806 16:20:11.502173       7 controller.go:1216] Error obtaining Endpoints for Service "
        '"web/frontend-svc": '
        'no object matching key "web/frontend-svc" in local store\n' * 3,
    )
    running(world, "frontend", "web")
    world.service("frontend", "web")
    made_ = world.add(
        ingress(
            "www",
            "web",
            world.clock.ago("50d"),
            host="www.example.com",
            service="frontend-svc",
            port=80,
            address="203.0.113.20",
        )
    )
    gone = ("Service", "web", "frontend-svc")
    return Built(
        "ingress-backend-service-absent",
        [_down(world, "www", "web", "www.example.com", "52m", "answers 503")],
        key(
            made_,
            made_,
            "ingress",
            "Ingress web/www answers 503 because its backend is Service frontend-svc, which does not "
            "exist; there is a "
            "Service frontend.",
            (r"frontend-svc", rf"{ABSENT}|no Service"),
            NO_OOM,
            NO_PULL,
            also=(gone,),
            tags=("ingress", "subject-ingress"),
            absent=(gone,),
        ),
        world,
    )


def ingress_backend_port_absent() -> Built:
    """The Ingress asks its Service for a port that the Service does not have."""
    world = lean("2026-08-07T12:35:00Z")
    _nginx(world)
    running(world, "help", "web")
    service = world.service("help", "web")
    made_ = world.add(
        ingress(
            "help",
            "web",
            world.clock.ago("20d"),
            host="help.example.com",
            service="help",
            port=8000,
            address="203.0.113.20",
        )
    )
    return Built(
        "ingress-backend-port-absent",
        webhook([_down(world, "help", "web", "help.example.com", "38m", "answers 503")]),
        key(
            made_,
            made_,
            "ingress",
            "Ingress web/help answers 503 because its backend asks Service help for port 8000, and the "
            "Service has only "
            "port 80.",
            (r"8000", r"port"),
            NO_OOM,
            NO_PULL,
            also=(service,),
            tags=("ingress", "subject-ingress"),
        ),
        world,
    )


def certificate_issuer_absent() -> Built:
    """TLS of an Ingress: cert-manager has no such issuer, so the Secret was never written."""
    world = lean("2026-08-08T08:10:00Z")
    _nginx(
        world,
        "W0808 08:05:44.118235       7 backend_ssl.go:47] Error obtaining X.509 certificate: no object "
        "matching key "
        '"shop/pay-tls" in local store\n' * 2,
    )
    running(world, "pay", "shop")
    world.service("pay", "shop")
    made_ = world.add(
        ingress(
            "pay",
            "shop",
            world.clock.ago("4h"),
            host="pay.example.com",
            service="pay",
            port=80,
            address="203.0.113.20",
            secret="pay-tls",
        )
    )
    wanted, request = certificate(
        world, "pay-tls", "shop", host="pay.example.com", issuer="letsencrypt-production", age="4h"
    )
    world.add(
        made(
            "cert-manager.io/v1",
            "ClusterIssuer",
            "letsencrypt-prod",
            "",
            world.clock.ago("100d"),
            generation=1,
            spec={
                "acme": {
                    "email": "ops@example.com",
                    "server": "https://acme-v02.api.letsencrypt.org/directory",
                }
            },
            status={
                "conditions": [
                    condition(
                        "Ready",
                        "True",
                        "ACMEAccountRegistered",
                        "The ACME account was registered with the ACME server",
                        world.clock.ago("100d"),
                    )
                ]
            },
        )
    )
    world.event(
        request,
        "certificate-request-pending",
        first="58m",
        last="4m",
        count=15,
        kind="ClusterIssuer",
        plural="clusterissuer",
        name="letsencrypt-production",
    )
    gone = ("ClusterIssuer", "", "letsencrypt-production")
    return Built(
        "certificate-issuer-absent",
        webhook(
            [
                _down(
                    world,
                    "pay",
                    "shop",
                    "pay.example.com",
                    "3h45m",
                    "presents a certificate that is not trusted",
                )
            ]
        ),
        key(
            made_,
            wanted,
            "cert-expired",
            "Ingress shop/pay has no certificate: Certificate pay-tls is not issued because its "
            "ClusterIssuer "
            "letsencrypt-production does not exist; there is letsencrypt-prod.",
            (r"pay-tls", r"letsencrypt-production|issuer|not (been )?issued|not ready"),
            NO_OOM,
            NO_PULL,
            also=(gone, ("Secret", "shop", "pay-tls"), request),
            tags=("ingress", "tls", "custom-resource", "subject-ingress"),
            absent=(gone, ("Secret", "shop", "pay-tls")),
        ),
        world,
    )


def _gateway_api(world: World) -> None:
    for kind, plural in (("Gateway", "gateways"), ("HTTPRoute", "httproutes")):
        defined(world, "gateway.networking.k8s.io", kind, plural, "v1")
    defined(world, "gateway.networking.k8s.io", "GatewayClass", "gatewayclasses", "v1", namespaced=False)


def route_not_permitted() -> Built:
    """An HTTPRoute leads into another namespace, and no ReferenceGrant allows it."""
    world = lean("2026-08-09T19:05:00Z")
    _gateway_api(world)
    running(world, "orders", "orders")
    world.service("orders", "orders")
    world.namespace("edge")
    at = world.clock.ago("2h")
    good = [
        condition("Accepted", "True", "Accepted", "Gateway has been accepted", world.clock.ago("30d"), 1),
        condition(
            "Programmed", "True", "Programmed", "Address assigned to the Gateway", world.clock.ago("30d"), 1
        ),
    ]
    gateway(world, "public", "edge", of_class="envoy", conditions=good, age="30d", address="203.0.113.30")
    made_ = route(
        world,
        "orders",
        "edge",
        gateway=("edge", "public"),
        backend=("orders", "orders", 80),
        host="orders.example.com",
        conditions=[
            condition("Accepted", "True", "Accepted", "Route is accepted", at, 1),
            condition(
                "ResolvedRefs",
                "False",
                "RefNotPermitted",
                "Failed to process route rule 0 backendRef 0: backend ref to Service orders/orders not "
                "permitted by "
                "any ReferenceGrant.",
                at,
                1,
            ),
        ],
        age="2h",
    )
    return Built(
        "route-not-permitted",
        [
            fires(
                world,
                "EndpointDown",
                "http://orders.example.com/ answers 500.",
                "1h50m",
                namespace="edge",
                httproute="orders",
            )
        ],
        key(
            made_,
            made_,
            "gateway",
            "HTTPRoute edge/orders is answered with 500: its backend Service orders/orders is in another "
            "namespace, and "
            "no ReferenceGrant permits it (RefNotPermitted).",
            (r"orders", r"ReferenceGrant|RefNotPermitted|not permitted"),
            NO_OOM,
            NO_PULL,
            also=(("ReferenceGrant", "orders", "orders"),),
            tags=("gateway", "custom-resource"),
            absent=(("ReferenceGrant", "orders", "orders"),),
        ),
        world,
    )


def gateway_class_absent() -> Built:
    """A Gateway whose class no controller has: it waits for ever."""
    world = lean("2026-08-10T10:55:00Z")
    _gateway_api(world)
    world.namespace("edge")
    waiting = [
        condition(kind, "Unknown", "Pending", "Waiting for controller", "1970-01-01T00:00:00Z")
        for kind in ("Accepted", "Programmed")
    ]
    made_ = gateway(world, "partner", "edge", of_class="istio", conditions=waiting, age="1d")
    gone = ("GatewayClass", "", "istio")
    return Built(
        "gateway-class-absent",
        fires(
            world,
            "GatewayNotProgrammed",
            "Gateway edge/partner has not been programmed for an hour.",
            "23h",
            namespace="edge",
            gateway="partner",
        ),
        key(
            made_,
            made_,
            "gateway",
            "Gateway edge/partner is not accepted (Waiting for controller): its gatewayClassName istio "
            "does not exist, "
            "so no controller serves it.",
            (r"partner", r"istio|waiting for controller|class|accepted"),
            NO_OOM,
            NO_PULL,
            also=(gone,),
            tags=("gateway", "custom-resource"),
            absent=(gone,),
        ),
        world,
    )


def mesh_policy_denies_caller() -> Built:
    """An AuthorizationPolicy that allows only one ServiceAccount; the sidecar answers 403 to another."""
    world = lean("2026-08-11T14:45:00Z")
    defined(world, "security.istio.io", "AuthorizationPolicy", "authorizationpolicies", "v1")
    running(world, "vault-api", "secure", labels={"app": "vault-api"})
    world.service("vault-api", "secure")
    policy = world.add(
        made(
            "security.istio.io/v1",
            "AuthorizationPolicy",
            "vault-api-callers",
            "secure",
            world.clock.ago("47m"),
            generation=3,
            spec={
                "action": "ALLOW",
                "rules": [
                    {"from": [{"source": {"principals": ["cluster.local/ns/secure/sa/auditor"]}}]},
                ],
                "selector": {"matchLabels": {"app": "vault-api"}},
            },
        )
    )
    work = running(
        world,
        "issuer",
        "secure",
        main={"env": {"VAULT_API": "http://vault-api.secure"}},
        log="ERROR POST http://vault-api.secure/keys: 403 Forbidden: RBAC: access denied\n" * 6,
    )
    return Built(
        "mesh-policy-denies-caller",
        webhook(
            [
                fires(
                    world,
                    "IssuerErrors",
                    "issuer in secure fails every request.",
                    "35m",
                    "critical",
                    namespace="secure",
                    deployment="issuer",
                )
            ]
        ),
        key(
            work.object,
            policy,
            "mesh-policy",
            "issuer gets 403 (RBAC: access denied) from vault-api because AuthorizationPolicy "
            "secure/vault-api-callers "
            "allows only the ServiceAccount auditor.",
            (r"vault-api-callers|AuthorizationPolicy", r"denied|403|allow"),
            NO_OOM,
            NO_PULL,
            r"Role(Binding)? [a-z/-]+ lacks",
            also=(work.object,),
            tags=("mesh", "log", "custom-resource", "subject-deployment"),
        ),
        world,
    )
