"""The read-only Kubernetes API over snapshots that kubectl and kubernetes-mcp-server can talk to.

Discovery, get and list with selectors and paging, Tables, watches that end at once, container logs,
metrics where they are recorded, access reviews; 405 for everything that writes. Several clusters are
served under one path each; a single one is at the root too.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from kubetriage.adapters.cluster.snapshot import access_review, discovery, status
from kubetriage.adapters.cluster.snapshot.log_window import log_window
from kubetriage.adapters.cluster.snapshot.paging import page
from kubetriage.adapters.cluster.snapshot.rebase import rebased
from kubetriage.adapters.cluster.snapshot.served_kinds import ServedKind, join_version
from kubetriage.adapters.cluster.snapshot.status import ApiStatus
from kubetriage.adapters.cluster.snapshot.store import Object, SnapshotStore
from kubetriage.adapters.cluster.snapshot.tables import partial, table

VERSION = {"major": "1", "minor": "33", "gitVersion": "v1.33.0", "platform": "linux/amd64"}
"""What `/version` answers; kubectl warns when it is more than one minor version away."""

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"


def app(
    stores: Mapping[str, SnapshotStore], *, rebase: bool = False, hang: Collection[str] = ()
) -> Starlette:
    """The API of each store under `/NAME`, and of a single one under `/` too.

    With `rebase` every timestamp moves so that the snapshot's time is now. Reads of the kinds in `hang`
    are never answered (`pods/log` for container logs): how an API server looks that is stuck.
    """
    apis = {name: _Api(store, rebase, frozenset(hang)) for name, store in stores.items()}

    async def answer(request: Request) -> Response:
        path = request.path_params["path"].strip("/").split("/")
        api = apis.get(path[0])
        if api:
            path = path[1:]
        elif len(apis) == 1:
            api = next(iter(apis.values()))
        try:
            if api is None:
                raise status.no_such_path()
            return await api.answer(request, path)
        except ApiStatus as refusal:
            return _json(refusal.body(), refusal.code)

    return Starlette(routes=[Route("/{path:path}", answer, methods=_METHODS)])


def _json(body: Any, code: int = 200, media: str = "application/json") -> Response:
    encoded = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
    return Response(encoded, code, media_type=media)


@dataclass(frozen=True)
class _Target:
    """What a path below `/api/v1` or `/apis/GROUP/VERSION` names."""

    kind: ServedKind
    api_version: str
    namespace: str
    name: str
    subresource: str


class _Api:
    def __init__(self, store: SnapshotStore, rebase: bool, hang: frozenset[str]) -> None:
        self.store = store
        self.rebase = rebase
        self.hang = hang
        self.version = str(int(store.time.timestamp()))
        """The resourceVersion of every list."""

    async def answer(self, request: Request, path: list[str]) -> Response:
        match path:
            case ["version"]:
                return _json(VERSION)
            case ["healthz" | "livez" | "readyz", *_]:
                return PlainTextResponse("ok")
            case ["api"] | ["api", "v1"] | ["apis"] | ["apis", _] | ["apis", _, _]:
                return self.discover(path, request.headers.get("accept", ""))
            case ["apis", ("authorization.k8s.io" | "authentication.k8s.io"), "v1", plural]:
                return await self.review(request, plural)
            case ["api", "v1", *rest]:
                return await self.resource(request, self.target("", "v1", rest))
            case ["apis", group, version, *rest]:
                return await self.resource(request, self.target(group, version, rest))
        raise status.no_such_path()

    def discover(self, path: list[str], accept: str) -> Response:
        version = discovery.aggregated_version(accept)
        document: discovery.Document | None
        match path:
            case ["api" | "apis"] if version:
                document = discovery.aggregated(self.store, version, core=path == ["api"])
                return _json(document, media=_AGGREGATED.format(version))
            case ["api"]:
                document = discovery.api_versions()
            case ["apis"]:
                document = discovery.api_group_list(self.store)
            case ["apis", group]:
                document = discovery.api_group(self.store, group)
            case [*_, group, version]:
                document = discovery.api_resource_list(self.store, "" if group == "api" else group, version)
            case _:
                document = None
        if document is None:
            raise status.no_such_path()
        return _json(document)

    async def review(self, request: Request, plural: str) -> Response:
        if request.method != "POST":
            raise status.method_not_allowed(plural)
        body, media = await request.body(), request.headers.get("content-type", "")
        if plural == "selfsubjectaccessreviews":
            return _json(access_review.access_review(self.store, body, media), 201)
        if plural == "selfsubjectrulesreviews":
            return _json(access_review.rules_review(self.store, body, media), 201)
        if plural == "selfsubjectreviews":
            return _json(access_review.self_review(), 201)
        raise status.no_such_path()

    def target(self, group: str, version: str, rest: list[str]) -> _Target:
        namespace = ""
        if rest[0] == "namespaces" and len(rest) > 2 and rest[2] not in ("status", "finalize"):
            namespace, rest = rest[1], rest[2:]
        kind = self.store.served_plural(group, version, rest[0])
        if kind is None or (namespace and not kind.namespaced):
            raise status.no_such_path()
        name = rest[1] if len(rest) > 1 else ""
        return _Target(kind, join_version(group, version), namespace, name, "/".join(rest[2:]))

    async def resource(self, request: Request, target: _Target) -> Response:
        if request.method not in ("GET", "HEAD"):
            raise status.method_not_allowed(target.kind.plural, target.kind.group)
        logs = target.kind.kind == "Pod" and target.subresource == "log"
        if ("pods/log" if logs else target.kind.kind) in self.hang:
            await _until_gone(request)
        if target.name and target.kind.namespaced and not target.namespace:
            raise status.no_such_path()
        if logs:
            return self.log(request, target)
        if target.kind.kind == "Node" and target.subresource.startswith("proxy/"):
            raise status.node_proxy(target.name, target.subresource.split("/")[1])
        if target.subresource not in ("", "status"):
            raise status.no_such_path()
        if target.name:
            return self.one(request, target)
        if request.query_params.get("watch") in ("1", "true"):
            return self.watch(request, target)
        return self.many(request, target)

    def one(self, request: Request, target: _Target) -> Response:
        obj = self.store.get(target.api_version, target.kind.kind, target.namespace, target.name)
        return _json(self.shape(request, target, [obj], {"resourceVersion": self.version}, single=True))

    def many(self, request: Request, target: _Target) -> Response:
        query = request.query_params
        if query.get("resourceVersionMatch") == "Exact" and query.get("resourceVersion") != self.version:
            raise status.expired()
        limit = query.get("limit") or "0"
        if not limit.isdecimal():
            raise status.bad_request(f'strconv.ParseInt: parsing "{limit}": invalid syntax')
        objects, metadata = page(
            self.selected(request, target), int(limit), query.get("continue", ""), self.version
        )
        return _json(self.shape(request, target, objects, metadata))

    def selected(self, request: Request, target: _Target) -> list[Object]:
        query = request.query_params
        return self.store.list(
            target.api_version,
            target.kind.kind,
            target.namespace,
            query.get("labelSelector", ""),
            query.get("fieldSelector", ""),
        )

    def shape(
        self,
        request: Request,
        target: _Target,
        objects: Collection[Object],
        metadata: dict[str, Any],
        *,
        single: bool = False,
    ) -> Any:
        """Objects as the client takes them: a Table, metadata alone, or as they are."""
        accept = request.headers.get("accept", "").partition(",")[0]
        if "as=Table" in accept:
            # Ages in a Table are counted here, by the snapshot's time.
            version = "v1beta1" if "v=v1beta1" in accept else "v1"
            include = request.query_params.get("includeObject", "Metadata")
            body: Any = table(
                target.kind, objects, self.store.time, version=version, include=include, metadata=metadata
            )
        elif single:
            obj = next(iter(objects))
            body = partial(obj) if "as=PartialObjectMetadata" in accept else obj
        elif "as=PartialObjectMetadataList" in accept:
            items = [partial(obj) for obj in objects]
            kind, version = "PartialObjectMetadataList", "meta.k8s.io/v1"
            body = {"kind": kind, "apiVersion": version, "metadata": metadata, "items": items}
        else:
            kind, version = f"{target.kind.kind}List", target.api_version
            body = {"kind": kind, "apiVersion": version, "metadata": metadata, "items": list(objects)}
        return rebased(body, datetime.now(UTC) - self.store.time) if self.rebase else body

    def watch(self, request: Request, target: _Target) -> Response:
        """Nothing ever changes: the objects (unless the client has them), a bookmark, and the end."""
        query = request.query_params
        version = query.get("resourceVersion", "")
        if version not in ("", "0", self.version):
            raise status.expired(f"too old resource version: {version} ({self.version})")
        objects = [] if version == self.version else self.selected(request, target)
        metadata: dict[str, Any] = {"resourceVersion": self.version}
        events = [
            {"type": "ADDED", "object": self.shape(request, target, [obj], metadata, single=True)}
            for obj in objects
        ]
        if query.get("allowWatchBookmarks") in ("1", "true"):
            if query.get("sendInitialEvents") in ("1", "true"):
                metadata["annotations"] = {"k8s.io/initial-events-end": "true"}
            kind, api_version = target.kind.kind, target.api_version
            mark = {"kind": kind, "apiVersion": api_version, "metadata": metadata}
            events.append({"type": "BOOKMARK", "object": mark})
        lines = (json.dumps(event, separators=(",", ":")) + "\n" for event in events)
        return StreamingResponse(lines, media_type="application/json")

    def log(self, request: Request, target: _Target) -> Response:
        query = request.query_params
        previous = query.get("previous") in ("1", "true")
        text = self.store.log(target.namespace, target.name, query.get("container", ""), previous)
        return PlainTextResponse(log_window(text, query, self.store.time))


async def _until_gone(request: Request) -> None:
    """Wait until the client gives up."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
