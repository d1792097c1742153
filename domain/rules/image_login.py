"""What to do about the login of a registry that is past its time."""

from __future__ import annotations

from kubetriage.domain.finding import Remedy
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import text
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules import remedies


def is_ecr(host: str) -> bool:
    """Amazon's registry, whose logins end after 12 hours."""
    return ".dkr.ecr." in host


def renew(workload: Resource, obj: Obj | None, pod: Obj, host: str) -> Remedy:
    """A login that was good: its Secret is written anew, and something must go on doing so."""
    named = [str(one["name"]) for one in pod.items("spec", "imagePullSecrets") if one.get("name")]
    secret, user, place = (named[0] if named else "<name>"), "<user>", remedies.in_namespace(workload)
    detail = text(
        "Write a new token into Secret {s}, and let something do so before each one ends, or let the nodes "
        "pull with an identity of their own.",
        "把新令牌写入 Secret {s}，并在到期前定期更新；或让节点用自身身份拉取。",
        s=secret,
    )
    if is_ecr(host):
        user = "AWS"
        detail = text(
            "A token of ECR lasts 12 hours: write a new one (`aws ecr get-login-password`) into Secret {s} "
            "and "
            "have that done regularly, or let the nodes pull with their instance role.",
            "ECR 令牌有效期为 12 小时：用 `aws ecr get-login-password` 的新令牌更新 Secret {s} 并定期执行，"
            "或让节点用实例角色拉取。",
            s=secret,
        )
    return remedies.change(
        text("Renew the login for {h}", "更新 {h} 的登录凭证", h=host),
        remedies.with_note(detail, obj),
        *((remedies.destroy(f"kubectl delete secret {secret}{place}"),) if named else ()),
        remedies.mutate(
            f"kubectl create secret docker-registry {secret} --docker-server={host} --docker-username={user} "
            f"--docker-password=<token>{place}"
        ),
    )
