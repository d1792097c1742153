"""What to say and to do about an image that cannot be pulled, by the registry's answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from kubetriage.domain.finding import Remedy
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text, text
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.image_answers import Answer, registry_host, repository
from kubetriage.domain.rules.image_login import is_ecr, renew
from kubetriage.domain.view import ClusterView

SAYS: Mapping[Answer, Text] = MappingProxyType(
    {
        Answer.ABSENT: Text(
            en="image {image} does not exist in the registry (wrong tag or name)",
            zh="镜像 {image} 在镜像仓库中不存在（标签或名称有误）",
        ),
        Answer.HIDDEN: Text(
            en="{host} refuses image {image}: it does not exist there, or it is private and needs a login",
            zh="{host} 拒绝拉取镜像 {image}：该镜像不存在，或是需要登录的私有镜像",
        ),
        Answer.DENIED: Text(
            en="registry {host} denies access to image {image}",
            zh="镜像仓库 {host} 拒绝访问镜像 {image}（认证失败）",
        ),
        Answer.EXPIRED: Text(
            en="registry {host} refuses image {image}: the login token that it is pulled with has expired",
            zh="镜像仓库 {host} 拒绝拉取镜像 {image}：所用的登录令牌已过期",
        ),
        Answer.UNREACHABLE: Text(
            en="registry {host} cannot be reached to pull image {image}",
            zh="拉取镜像 {image} 时无法连接镜像仓库 {host}",
        ),
        Answer.UNRESOLVED: Text(
            en="the host name of registry {host} cannot be resolved to pull image {image}",
            zh="拉取镜像 {image} 时无法解析镜像仓库域名 {host}",
        ),
        Answer.UNTRUSTED: Text(
            en="TLS to registry {host} fails while pulling image {image}",
            zh="拉取镜像 {image} 时与镜像仓库 {host} 的 TLS 连接失败",
        ),
        Answer.LIMITED: Text(
            en="registry {host} limits the rate of pulls and refuses image {image}",
            zh="镜像仓库 {host} 限制拉取频率，拒绝了镜像 {image}",
        ),
        Answer.PLATFORM: Text(
            en="image {image} has no version for the node's architecture",
            zh="镜像 {image} 没有适用于该节点架构的版本",
        ),
        Answer.DISK: Text(
            en="the node has no disk space left to unpack image {image}",
            zh="节点磁盘空间不足，无法解压镜像 {image}",
        ),
        Answer.BROKEN: Text(
            en="a layer of image {image} is broken or was cut off on its way",
            zh="镜像 {image} 的某一层已损坏或传输不完整",
        ),
        Answer.FORMAT: Text(
            en="the node's container runtime no longer supports the manifest format of image {image}",
            zh="节点的容器运行时已不再支持镜像 {image} 的清单格式",
        ),
        Answer.SIGNATURE: Text(
            en="the signature of image {image} is not accepted by the node's policy",
            zh="镜像 {image} 的签名未通过节点策略校验",
        ),
        Answer.SHORT_NAME: Text(
            en="image {image} names no registry and the container runtime does not know where to look for it",
            zh="镜像 {image} 未写镜像仓库，容器运行时不知道从哪里拉取",
        ),
        Answer.INVALID: Text(
            en="image reference `{image}` is not valid", zh="镜像引用 `{image}` 格式无效"
        ),
        Answer.NEVER: Text(
            en="image {image} is not on the node and imagePullPolicy Never forbids pulling it",
            zh="节点上没有镜像 {image}，而 imagePullPolicy 为 Never，不允许拉取",
        ),
        Answer.UNSEEN: Text(
            en="image {image} cannot be pulled; the registry's answer is no longer in the events",
            zh="镜像 {image} 无法拉取；事件中已看不到镜像仓库的应答",
        ),
        Answer.OTHER: Text(en="image {image} cannot be pulled", zh="镜像 {image} 无法拉取"),
    }
)  # fmt: skip


def what_to_do(
    view: ClusterView, workload: Resource, pod: Obj, container: str, image: str, answer: Answer
) -> tuple[Remedy, ...]:
    """Remedies for one answer, going back to a revision that works first."""
    obj, host = view.find(workload), registry_host(image)
    look = remedies.check(
        Text(en="Read the registry's answer", zh="查看镜像仓库的应答"),
        Text(
            en="kubelet repeats it in the pod's events on each try.",
            zh="kubelet 每次重试都会把应答写进 Pod 事件。",
        ),
        remedies.see_events(pod.ref),
    )
    if answer is Answer.EXPIRED:  # another image of that registry could not be pulled either
        return (renew(workload, obj, pod, host), look)
    if answer in (Answer.DENIED, Answer.HIDDEN, Answer.LIMITED):
        fixes = _credentials(workload, obj, container, image, host, answer)
        if answer is Answer.DENIED and is_ecr(host) and pod.items("spec", "imagePullSecrets"):
            fixes = (renew(workload, obj, pod, host), *fixes)
    elif answer in (Answer.UNREACHABLE, Answer.UNRESOLVED, Answer.UNTRUSTED, Answer.DISK):
        fixes = _infrastructure(workload, obj, pod, container, image, host, answer)
    elif answer is Answer.SIGNATURE:
        fixes = (_sign(workload, obj, container, image),)
    elif answer is Answer.NEVER:
        fixes = (
            remedies.change(
                Text(en="Allow pulling, or load the image onto the node",
                     zh="允许拉取镜像，或把镜像导入节点"),
                remedies.with_note(
                    Text(en=f"Set imagePullPolicy of container {container} to IfNotPresent.",
                         zh=f"把容器 {container} 的 imagePullPolicy 改为 IfNotPresent。"), obj),
                *remedies.edit_template(workload),
            ),
        )  # fmt: skip
    else:
        fixes = (_other_image(workload, obj, container, image, answer),)
    return remedies.with_rollback(view, workload, *fixes, look)


def _sign(workload: Resource, obj: Obj | None, container: str, image: str) -> Remedy:
    return remedies.change(
        Text(en=f"Sign {image}, or use an image that is signed",
             zh=f"为镜像 {image} 签名，或改用已签名的镜像"),
        remedies.with_note(
            Text(en="The node's policy (policy.json or ClusterImagePolicy) says whose signatures it takes; "
                    "its owner decides on exceptions.",
                 zh="节点策略（policy.json 或 ClusterImagePolicy）规定接受谁的签名；"
                    "例外由其负责人决定。"), obj),
        *remedies.set_image(workload, container, f"{repository(image)}:<signed-tag>"),
    )  # fmt: skip


def _other_image(workload: Resource, obj: Obj | None, container: str, image: str, answer: Answer) -> Remedy:
    if answer is Answer.BROKEN:
        detail = Text(
            en=f"Build and push {repository(image)} anew; if other nodes run this tag, a proxy or mirror in "
            "between serves it broken.",
            zh=f"重新构建并推送 {repository(image)}；若其他节点能运行此标签，"
            "则是中间的代理或镜像站返回了损坏的内容。",
        )
    elif answer is Answer.FORMAT:
        detail = Text(
            en=f"Build and push {repository(image)} anew with a current tool: that writes a manifest of "
            f"version 2 "
            "or OCI.",
            zh=f"用较新的工具重新构建并推送 {repository(image)}，即可得到 v2 或 OCI 格式的清单。",
        )
    elif answer is Answer.PLATFORM:
        detail = Text(
            en="Use a tag built for the node's architecture, or schedule the pods onto nodes that match "
            "the image.",
            zh="改用为该节点架构构建的标签，或把 Pod 调度到与镜像匹配的节点。",
        )
    elif answer in (Answer.SHORT_NAME, Answer.INVALID):
        detail = Text(
            en="Write the image as `registry/path:tag`, in lower case.",
            zh="把镜像写成 `仓库/路径:标签` 的完整小写形式。",
        )
    else:
        detail = Text(
            en=f"Check which tags {repository(image)} has in the registry and set one that exists.",
            zh=f"在镜像仓库中确认 {repository(image)} 有哪些标签，并改为存在的标签。",
        )
    name = repository(image) if answer not in (Answer.SHORT_NAME, Answer.INVALID) else "<registry>/<path>"
    title = Text(
        en=f"Set an image that exists for container {container}", zh=f"为容器 {container} 设置存在的镜像"
    )
    if answer in (Answer.BROKEN, Answer.FORMAT):
        title = Text(
            en=f"Push image {image} anew, or set another tag", zh=f"重新推送镜像 {image}，或改用其他标签"
        )
    return remedies.change(
        title,
        remedies.with_note(detail, obj),
        *remedies.set_image(workload, container, f"{name}:<tag>"),
    )


def _credentials(
    workload: Resource, obj: Obj | None, container: str, image: str, host: str, answer: Answer
) -> tuple[Remedy, ...]:
    server = "https://index.docker.io/v1/" if host == "docker.io" else host
    place = remedies.in_namespace(workload)
    login = remedies.change(
        Text(en=f"Give the pods credentials for {host}", zh=f"为 Pod 提供 {host} 的拉取凭证"),
        remedies.with_note(
            Text(en="Create the pull secret and name it under imagePullSecrets of the pod template or "
                    "ServiceAccount.",
                 zh="创建拉取密钥，并写入 Pod 模板或 ServiceAccount 的 imagePullSecrets。"), obj),
        remedies.mutate(
            f"kubectl create secret docker-registry <name> --docker-server={server} --docker-username=<user> "
            f"--docker-password=<password>{place}"
        ),
        *remedies.edit_template(workload),
    )  # fmt: skip
    if answer is not Answer.HIDDEN:
        return (_let_nodes_pull(host), login) if _BY_NODE.search(host) else (login,)
    return (_other_image(workload, obj, container, image, answer), login)


_BY_NODE = re.compile(r"\.dkr\.ecr\.[\w.-]+$|(?:^|\.)gcr\.io$|-docker\.pkg\.dev$|\.azurecr\.(?:io|cn|us)$")
"""Registries of clouds whose nodes pull with an identity of their own."""


def _let_nodes_pull(host: str) -> Remedy:
    return remedies.escalate(
        text("Let the nodes pull from {h}", "允许节点从 {h} 拉取镜像", h=host),
        text(
            "In this cloud kubelet pulls with the node's own identity (instance role, node service account): "
            "whoever runs the nodes gives it the right to pull, and a repository of another account must "
            "allow it, too.",
            "该云环境中 kubelet 使用节点自身的身份（实例角色、节点服务账号）拉取：请节点管理员授予拉取权限；"
            "若仓库属于其他账号，还需在仓库策略中放行。",
        ),
    )


def _infrastructure(
    workload: Resource, obj: Obj | None, pod: Obj, container: str, image: str, host: str, answer: Answer
) -> tuple[Remedy, ...]:
    node = pod.text("spec", "nodeName")
    if answer is Answer.DISK:
        detail = Text(
            en=f"On node {node}, as its administrator: `df -h`, `crictl rmi --prune`, and see what fills the "
            f"image disk; `journalctl -u kubelet` says whether its image garbage collection fails.",
            zh=f"由节点管理员在 {node} 上执行 `df -h` 和 `crictl rmi --prune`，并检查镜像磁盘被什么占满；"
            f"`journalctl -u kubelet` 会写明镜像垃圾回收是否失败。",
        )
        return (
            remedies.escalate(
                Text(en="Free disk space on the node", zh="释放节点磁盘空间"),
                detail,
            ),
        )
    ask = {
        Answer.UNRESOLVED: Text(
            en=f"From node {node}: does its resolver know {host}? A misspelt host is put right in the image.",
            zh=f"在节点 {node} 上确认能否解析 {host}；如果是域名写错，请改正镜像地址。",
        ),
        Answer.UNTRUSTED: Text(
            en=f"From node {node}: which certificate does {host} show, and does the container runtime "
            f"trust its CA?",
            zh=f"在节点 {node} 上确认 {host} 出示的证书，以及容器运行时是否信任其 CA。",
        ),
    }.get(
        answer,
        Text(
            en=f"From node {node}: can it reach {host} (route, firewall, proxy), and is the registry up?",
            zh=f"在节点 {node} 上确认能否连通 {host}（路由、防火墙、代理），以及镜像仓库是否正常。",
        ),
    )
    return (
        remedies.escalate(
            Text(en=f"Ask who runs {host} and the nodes' network", zh=f"联系 {host} 与节点网络的负责人"), ask
        ),
        remedies.change(
            Text(en="Pull from a registry that the nodes can reach", zh="改用节点可以访问的镜像仓库"),
            remedies.with_note(
                Text(
                    en="A mirror inside the network ends the dependence.",
                    zh="使用内网镜像仓库可避免依赖外网。",
                ),
                obj,
            ),
            *remedies.set_image(workload, container, "<registry>/<path>:<tag>"),
        ),
    )
