"""Ingresses that lead nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.finding import Likelihood, Role
from kubetriage.domain.rules import ingress as rules

INGRESS = "Ingress shop/site"
CLASSES = [("IngressClass", "")]


def _ingress(k8s: Any, service: str = "web", port: Any = 80, cls: str = "nginx", address: bool = True,
             annotations: Any = None) -> Any:  # fmt: skip
    backend = {"service": {"name": service, "port": {"name" if isinstance(port, str) else "number": port}}}
    paths = [{"path": "/", "pathType": "Prefix", "backend": backend}]
    spec = {"rules": [{"host": "shop.example.com", "http": {"paths": paths}}]}
    status = {"loadBalancer": {"ingress": [{"ip": "192.0.2.7"}]} if address else {}}
    made = k8s.obj(INGRESS, spec=spec | ({"ingressClassName": cls} if cls else {}), status=status)
    made["metadata"]["annotations"] = annotations or {}
    return made


def _class(k8s: Any, name: str = "nginx", default: bool = False) -> Any:
    notes = {"ingressclass.kubernetes.io/is-default-class": "true"} if default else {}
    return k8s.obj(f"IngressClass {name}", metadata={"annotations": notes}, spec={"controller": "k8s.io/x"})


def test_a_backend_that_does_not_exist(k8s: Any, view_of: Any, service: Any, cause: Any) -> None:
    """The absent Service is the culprit; with one of nearly that name, the Ingress is."""
    objects = [_ingress(k8s, "checkout"), _class(k8s)]
    lists = [*CLASSES, ("Service", "shop")]
    one = cause(view_of(objects, INGRESS, lists=lists), rules.RULES)
    assert str(one.culprit) == "Service shop/checkout" and "shop.example.com/" in one.statement.en
    near = cause(view_of([*objects, service("Service shop/checkouts")], INGRESS, lists=lists), rules.RULES)
    assert str(near.culprit) == INGRESS and "checkouts" in near.statement.en


def test_a_backend_that_could_not_be_read_is_not_absent(k8s: Any, view_of: Any, found: Any) -> None:
    """An unknown Service decides nothing."""
    assert found(view_of([_ingress(k8s), _class(k8s)], INGRESS, lists=CLASSES), rules.RULES) == []


def test_a_port_that_the_service_lacks(k8s: Any, view_of: Any, service: Any, cause: Any, found: Any) -> None:
    """By number or name: the Ingress is the culprit, and the Service's ports are named."""
    for port in (8080, "grpc"):
        view = view_of([_ingress(k8s, port=port), service(), _class(k8s)], INGRESS, lists=CLASSES)
        one = cause(view, rules.RULES)
        assert (
            str(one.culprit) == INGRESS
            and str(port) in one.statement.en
            and "(it has 80)" in one.statement.en
        )
    for port in (80, "http"):
        view = view_of([_ingress(k8s, port=port), service(), _class(k8s)], INGRESS, lists=CLASSES)
        assert found(view, rules.RULES) == []


def test_a_class_that_does_not_exist(k8s: Any, view_of: Any, service: Any, cause: Any) -> None:
    """No controller serves a class that is not there."""
    objects = [_ingress(k8s, cls="ngnix"), service(), _class(k8s)]
    one = cause(view_of(objects, INGRESS, lists=CLASSES), rules.RULES)
    assert (str(one.culprit), one.likelihood) == (INGRESS, Likelihood.HIGH)
    assert "ngnix" in one.statement.en and '"ingressClassName":"nginx"' in one.remedies[0].commands[0].command


def test_no_class_and_no_default(k8s: Any, view_of: Any, service: Any, cause: Any, found: Any) -> None:
    """Some controllers serve Ingresses without a class, so this is medium; with an address, a
    default or the old annotation it is none."""
    served = _ingress(k8s, cls="")
    assert found(view_of([served, service(), _class(k8s)], INGRESS, lists=CLASSES), rules.RULES) == []
    bare = _ingress(k8s, cls="", address=False)
    one = cause(view_of([bare, service(), _class(k8s)], INGRESS, lists=CLASSES), rules.RULES)
    assert one.likelihood is Likelihood.MEDIUM
    assert (
        found(view_of([served, service(), _class(k8s, default=True)], INGRESS, lists=CLASSES), rules.RULES)
        == []
    )
    old = _ingress(k8s, cls="", annotations={"kubernetes.io/ingress.class": "nginx"})
    assert found(view_of([old, service()], INGRESS, lists=CLASSES), rules.RULES) == []


def test_classes_that_could_not_be_listed(k8s: Any, view_of: Any, service: Any, found: Any) -> None:
    """Without the list of classes nothing is said of them."""
    assert found(view_of([_ingress(k8s, cls="gone"), service()], INGRESS), rules.RULES) == []


def test_no_address_is_a_symptom(k8s: Any, view_of: Any, service: Any, found: Any) -> None:
    """No controller has published an address: why is another finding's to say."""
    objects = [_ingress(k8s, address=False), service(), _class(k8s)]
    (one,) = found(view_of(objects, INGRESS, lists=CLASSES), rules.RULES)
    assert one.role is Role.SYMPTOM


# ---- its certificate


def _served(k8s: Any, log: str) -> tuple[list[Any], dict[Any, str]]:
    ingress = _ingress(k8s)
    ingress["spec"]["tls"] = [{"hosts": ["shop.example.com"], "secretName": "shop-tls"}]
    named = k8s.obj("IngressClass nginx", spec={"controller": "k8s.io/ingress-nginx"})
    pod = k8s.pod("Pod edge/controller-1", labels={"app.kubernetes.io/name": "ingress-nginx"})
    return [ingress, named, pod], {("edge", "controller-1", "app", False): log}


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ('W0101 7 controller.go:1] Error getting SSL certificate "shop/shop-tls": local SSL certificate '
         "shop/shop-tls was not found. Using default certificate", "does not exist"),
        ('W0101 7 controller.go:1] Unexpected error validating SSL certificate "shop/shop-tls" for server '
         '"shop.example.com": x509: certificate has expired or is not yet valid', "expired"),
    ],
)  # fmt: skip
def test_a_certificate_that_the_controller_cannot_use(
    k8s: Any, view_of: Any, cause: Any, line: str, word: str
) -> None:
    """The Secret is the culprit, by the last that the controller of the Ingress's class logged of it."""
    objects, logs = _served(k8s, f"I0101 start\n{line}\nI0101 other/secret was not found\n")
    one = cause(view_of(objects, INGRESS, logs=logs, lists=CLASSES), rules.RULES)
    assert str(one.culprit) == "Secret shop/shop-tls" and word in one.statement.en


def test_another_ingress_or_a_certificate_that_came_later(k8s: Any, view_of: Any, found: Any) -> None:
    """Lines about names that only contain this one, and errors that were followed by success, count for nothing."""
    for log in (
        "W0101 shop/shop-tls-old was not found\n",
        'W0101 shop/shop-tls was not found\nI0102 "Adding secret to local store" name="shop/shop-tls"\n',
    ):
        objects, logs = _served(k8s, log)
        assert found(view_of(objects, INGRESS, logs=logs, lists=CLASSES), rules.RULES) == []


def test_a_certificate_for_another_host(k8s: Any, view_of: Any, cause: Any) -> None:
    """The end of a long line says for whom the certificate is: that is quoted."""
    line = (
        'W0101 7 controller.go:1448] Unexpected error validating SSL certificate "shop/shop-tls" for server '
        '"shop.example.com": x509: certificate is valid for old.example.com, not shop.example.com'
    )
    objects, logs = _served(k8s, f"{line}\n")
    one = cause(view_of(objects, INGRESS, logs=logs, lists=CLASSES), rules.RULES)
    assert "valid for old.example.com, not shop.example.com" in one.statement.en
