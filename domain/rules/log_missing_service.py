"""A host in a log that would be a Service, and there is none: a wrong name, or a Service that is missing."""

from __future__ import annotations

from kubetriage.domain.evidence import list_of
from kubetriage.domain.finding import Likelihood, Remedy, Specificity
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.log_stated import Cause, Stated
from kubetriage.domain.rules.peers import similar_service
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.view import ClusterView


def absent_service(view: ClusterView, told: Stated, ref: Resource, base: Cause, cite: str) -> Cause:
    """The reference is wrong where a Service of nearly that name exists, else the Service is missing."""
    similar = similar_service(view, ref)
    unlisted = view.failure(list_of("Service", ref.namespace)) is not None
    work = view.workload(told.pod.ref)
    if similar:
        fix = remedies.change(
            say(
                "Point {w} to Service {s}",
                "把 {w} 的地址改为 Service {s}",
                w=f"{work.kind} {work.name}",
                s=similar,
            ),
            say(
                "The host stands in its environment, arguments or configuration.",
                "该主机名写在其环境变量、参数或配置中。",
            ),
            *remedies.edit_template(work),
        )
        return base._replace(
            slug="log.wrong-host",
            category="misconfigured-app",
            says=say(
                "; there is no Service {n}, but there is {s}",
                "；没有 Service {n}，但存在 {s}",
                n=ref.name,
                s=similar,
            ),
            specificity=Specificity.EXACT,
            cites=(cite,),
            remedies=(fix,),
        )
    return base._replace(
        slug="log.missing-service",
        category="missing-service",
        says=say("; there is no Service {n} in namespace {ns}", "；命名空间 {ns} 中没有 Service {n}",
                 n=ref.name, ns=ref.namespace),
        culprit=ref,
        likelihood=Likelihood.MEDIUM if unlisted else base.likelihood,
        cites=(cite,),
        remedies=(_create_service(ref, told, work),),
    )  # fmt: skip


def _create_service(ref: Resource, told: Stated, work: Resource) -> Remedy:
    port = told.seen.values.get("port") or "<port>"
    return remedies.change(
        say("Create Service {n}, or correct the host in {w}", "创建 Service {n}，或修正 {w} 中的主机名",
            n=ref.name, w=f"{work.kind} {work.name}"),
        say("Nothing answers to that name in namespace {ns}.", "命名空间 {ns} 中没有任何对象对应该名称。",
            ns=ref.namespace),
        remedies.mutate(f"kubectl create service clusterip {ref.name} "
                        f"--tcp={port}{remedies.in_namespace(ref)}"),
        *remedies.edit_template(work),
    )  # fmt: skip
