"""domain.rules.image: logins that are past their time, and layers that are broken."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.rules.image import not_pulled
from kubetriage.domain.rules.image_answers import Answer, read_answer

HOST = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
IMAGE = f"{HOST}/shop/basket:4.4.1"
POD = "Pod shop/app-1"
EXPIRED = (
    f"rpc error: code = Unknown desc = Error response from daemon: pull access denied for {IMAGE}, repository does "
    "not exist or may require docker login: denied: Your authorization token has expired. Reauthenticate and try "
    "again."
)
LAYER = (
    f'failed to pull and unpack image "{IMAGE}": failed to extract layer sha256:9a0b: failed to get reader from '
    "content store: unexpected EOF: unknown"
)


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        (EXPIRED, Answer.EXPIRED),
        (
            f'failed to resolve reference "{IMAGE}": ExpiredToken: the security token is expired',
            Answer.EXPIRED,
        ),
        (f"{IMAGE}: unauthorized: authentication required", Answer.DENIED),
        (f"{IMAGE}: tls: failed to verify certificate: x509: certificate has expired", Answer.UNTRUSTED),
        (LAYER, Answer.BROKEN),
        ("failed to register layer: archive/tar: invalid tar header", Answer.BROKEN),
        (
            'media type "application/vnd.docker.distribution.manifest.v1+prettyjws" is no longer supported since '
            "containerd v2.1, please rebuild the image",
            Answer.FORMAT,
        ),
        ("unsupported manifest media type", Answer.FORMAT),
        (f'failed to copy: httpReadSeeker: failed open: Get "https://{HOST}/v2/x": EOF', Answer.UNREACHABLE),
    ],
)
def test_answers(message: str, answer: Answer) -> None:
    """An old login is known and refused; a layer that ends early while it is unpacked was had."""
    assert read_answer(message, IMAGE) is answer


def _found(k8s: Any, view_of: Any, message: str, **spec: Any) -> Any:
    container = k8s.container(image=IMAGE, state=k8s.waiting("ImagePullBackOff", message))
    pod = k8s.pod(POD, container, owner="StatefulSet shop/app", **spec)
    (one,) = k8s.findings(not_pulled(view_of([pod], POD)))
    return one


def test_the_secret_with_the_old_token_is_to_be_renewed(k8s: Any, view_of: Any) -> None:
    """Neither another tag nor the revision before would help: the Secret is written anew, again and again."""
    one = _found(k8s, view_of, EXPIRED, imagePullSecrets=[{"name": "ecr-cred"}])
    assert str(one.culprit) == "Secret shop/ecr-cred" and one.rule == "image.login-expired"
    assert "has expired (imagePullSecrets: ecr-cred)" in one.statement.en and "已过期" in one.statement.zh
    assert "12 hours" in one.remedies[0].detail.en
    commands = [c.command for c in one.remedies[0].commands]
    assert commands[0] == "kubectl delete secret ecr-cred -n shop"
    assert commands[1].startswith("kubectl create secret docker-registry ecr-cred") and "=AWS" in commands[1]


def test_no_secret_is_named(k8s: Any, view_of: Any) -> None:
    """A login of the node or of the ServiceAccount is not known here."""
    one = _found(k8s, view_of, EXPIRED)
    assert str(one.culprit) == "StatefulSet shop/app" and "imagePullSecrets" not in one.statement.en


def test_a_broken_layer_is_pushed_anew(k8s: Any, view_of: Any) -> None:
    """The title does not say that the image is not there."""
    one = _found(k8s, view_of, LAYER)
    assert one.remedies[0].title.en == f"Push image {IMAGE} anew, or set another tag"


def test_a_refusal_without_a_reason(k8s: Any, view_of: Any) -> None:
    """containerd passes on only 403: an old token in a pull Secret is the likeliest, and is renewed first."""
    message = (
        f"failed to resolve image: unexpected status from HEAD request to https://{HOST}/v2/x: 403 Forbidden"
    )
    one = _found(k8s, view_of, message, imagePullSecrets=[{"name": "ecr-cred"}])
    assert one.rule == "image.denied" and "ecr-cred (a token of ECR lasts 12 hours)" in one.statement.en
    assert "ecr-cred" in one.remedies[0].commands[0].command
    bare = _found(k8s, view_of, message)
    assert "12 hours" not in bare.statement.en and "node" in bare.remedies[0].title.en
