"""What each tool of the embedded MCP server answers, in kubernetes-mcp-server's words (0.0.67)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from kubetriage.adapters.cluster.snapshot import status
from kubetriage.adapters.cluster.snapshot.log_window import last_lines
from kubetriage.adapters.cluster.snapshot.logs import DEFAULT_CONTAINER
from kubetriage.adapters.cluster.snapshot.scope import parse_time
from kubetriage.adapters.cluster.snapshot.served_kinds import ServedKind
from kubetriage.adapters.cluster.snapshot.store import DEFAULT_NAMESPACE, Object, SnapshotStore
from kubetriage.adapters.cluster.snapshot.tool_arguments import Arguments, ToolFailure, group_kind
from kubetriage.adapters.cluster.snapshot.top_text import node_usage, pod_usage
from kubetriage.adapters.cluster.snapshot.yaml_text import yaml_text

DEFAULT_TAIL = 100
_METRICS = "metrics.k8s.io/v1beta1"


class Answer(NamedTuple):
    text: str
    structured: dict[str, Any] | None = None


class ToolAnswers:
    """The tools over one store. A call raises `ToolFailure`; nothing else is expected of bad arguments."""

    def __init__(self, store: SnapshotStore) -> None:
        self.store = store
        self.by_name: dict[str, Callable[[Mapping[str, Any]], Answer]] = {
            "events_list": self.events_list,
            "namespaces_list": self.namespaces_list,
            "nodes_log": self.nodes_log,
            "nodes_stats_summary": self.nodes_stats_summary,
            "nodes_top": self.nodes_top,
            "pods_get": self.pods_get,
            "pods_list": self.pods_list,
            "pods_list_in_namespace": self.pods_list_in_namespace,
            "pods_log": self.pods_log,
            "pods_top": self.pods_top,
            "resources_get": self.resources_get,
            "resources_list": self.resources_list,
        }

    # --- any kind -----------------------------------------------------------------------------------

    def resources_get(self, given: Mapping[str, Any]) -> Answer:
        namespace = given.get("namespace") or ""
        api_version, kind = group_kind(given, "failed to get resource")
        if given.get("name") is None:
            raise ToolFailure("failed to get resource, missing argument name")
        for key, value in (("namespace", namespace), ("name", given["name"])):
            if not isinstance(value, str):
                raise ToolFailure(f"{key} is not a string")
        obj = self._get("failed to get resource", api_version, kind, namespace, given["name"])
        return Answer(yaml_text(obj), obj)

    def resources_list(self, given: Mapping[str, Any]) -> Answer:
        namespace = given.get("namespace") or ""
        selectors = {"label_selector": "labelSelector", "field_selector": "fieldSelector"}
        chosen = {key: given.get(argument) or "" for key, argument in selectors.items()}
        for key, value in chosen.items():
            if not isinstance(value, str):
                raise ToolFailure(f"{selectors[key]} is not a string")
        api_version, kind = group_kind(given, "failed to list resources")
        if not isinstance(namespace, str):
            raise ToolFailure("namespace is not a string")
        found = self._list("failed to list resources", api_version, kind, namespace, **chosen)
        return Answer(yaml_text(found), {"items": found})

    def namespaces_list(self, given: Mapping[str, Any]) -> Answer:
        task = "failed to list namespaces"
        fields = Arguments(given, task).text("fieldSelector")
        return Answer(yaml_text(self._list(task, "v1", "Namespace", "", field_selector=fields)))

    def events_list(self, given: Mapping[str, Any]) -> Answer:
        task = "failed to list events in all namespaces"
        arguments = Arguments(given, task)
        namespace, fields = arguments.text("namespace"), arguments.text("fieldSelector")
        events = self._list(task, "v1", "Event", namespace, field_selector=fields)
        if not events:
            return Answer("# No events found")
        lines = yaml_text([_event_row(event) for event in events])
        return Answer(f"# The following events (YAML format) were found:\n{lines}")

    # --- pods ---------------------------------------------------------------------------------------

    def pods_get(self, given: Mapping[str, Any]) -> Answer:
        arguments = Arguments(given, "failed to get pod")
        namespace, name = arguments.text("namespace"), arguments.required("name")
        task = f"failed to get pod {name} in namespace {namespace}"
        return Answer(yaml_text(self._get(task, "v1", "Pod", namespace, name)))

    def pods_list(self, given: Mapping[str, Any]) -> Answer:
        task = "failed to list pods in all namespaces"
        return self._pods(Arguments(given, task), task, "")

    def pods_list_in_namespace(self, given: Mapping[str, Any]) -> Answer:
        arguments = Arguments(given, "failed to list pods in namespace")
        namespace = arguments.required("namespace")
        return self._pods(arguments, f"failed to list pods in namespace {namespace}", namespace)

    def _pods(self, arguments: Arguments, task: str, namespace: str) -> Answer:
        labels, fields = arguments.text("labelSelector"), arguments.text("fieldSelector")
        found = self._list(task, "v1", "Pod", namespace, label_selector=labels, field_selector=fields)
        return Answer(yaml_text(found))

    def pods_log(self, given: Mapping[str, Any]) -> Answer:
        arguments = Arguments(given, "failed to get pod log")
        namespace, name = arguments.text("namespace"), arguments.required("name")
        container, previous = arguments.text("container"), arguments.flag("previous", False)
        tail = arguments.count("tail")
        try:
            where = namespace or DEFAULT_NAMESPACE
            container = container or _default_container(self.store.get("v1", "Pod", where, name))
            text = last_lines(
                self.store.log(where, name, container, previous), tail if tail > 0 else DEFAULT_TAIL
            )
        except status.ApiStatus as refusal:
            raise ToolFailure(
                f"failed to get pod {name} log in namespace {namespace}: {refusal}"
            ) from refusal
        return Answer(text or f"The pod {name} in namespace {namespace} has not logged any message yet")

    def pods_top(self, given: Mapping[str, Any]) -> Answer:
        task = "failed to get pods top"
        arguments = Arguments(given, task)
        everywhere, namespace = arguments.flag("all_namespaces", True), arguments.text("namespace")
        name, labels = arguments.text("name"), arguments.text("label_selector")
        if not self.store.served(_METRICS, "PodMetrics"):
            raise ToolFailure(f"{task}: metrics API is not available")
        if not namespace and not everywhere:
            namespace = DEFAULT_NAMESPACE
        try:
            if name:
                task += f": failed to get metrics for pod {namespace}/{name}"
                found = [self.store.get(_METRICS, "PodMetrics", namespace, name)]
            else:
                task += f": failed to list pod metrics in namespace {namespace}"
                found = self.store.list(_METRICS, "PodMetrics", namespace, labels)
        except status.ApiStatus as refusal:
            raise ToolFailure(f"{task}: {refusal}") from refusal
        return Answer(pod_usage(found))

    # --- nodes --------------------------------------------------------------------------------------

    def nodes_top(self, given: Mapping[str, Any]) -> Answer:
        name, labels = (given.get(key) for key in ("name", "label_selector"))
        name, labels = (value if isinstance(value, str) else "" for value in (name, labels))
        task = "failed to get nodes top"
        if not self.store.served(_METRICS, "NodeMetrics"):
            raise ToolFailure(f"{task}: metrics API is not available")
        try:
            if name:
                task += f": failed to get metrics for node {name}"
                found = [self.store.get(_METRICS, "NodeMetrics", "", name)]
            else:
                task += ": failed to list node metrics"
                found = self.store.list(_METRICS, "NodeMetrics", "", labels)
            task = "failed to list nodes"
            nodes = self.store.list("v1", "Node", "", labels)
        except status.ApiStatus as refusal:
            raise ToolFailure(f"{task}: {refusal}") from refusal
        return Answer(node_usage(found, nodes))

    def nodes_log(self, given: Mapping[str, Any]) -> Answer:
        return self._node_proxy(given, "node log", "logs", "name", "query")

    def nodes_stats_summary(self, given: Mapping[str, Any]) -> Answer:
        return self._node_proxy(given, "node stats summary", "stats", "name")

    def _node_proxy(self, given: Mapping[str, Any], what: str, path: str, *required: str) -> Answer:
        for key in required:
            if not isinstance(given.get(key), str) or not given[key]:
                raise ToolFailure(f"failed to get {what}, missing argument {key}")
        name = given["name"]
        try:
            self.store.get("v1", "Node", "", name)
        except status.ApiStatus as refusal:
            raise ToolFailure(
                f"failed to get {what} for {name}: failed to get node {name}: {refusal}"
            ) from refusal
        unrecorded = status.node_proxy(name, path)
        short = what if path == "stats" else "node logs"
        raise ToolFailure(f"failed to get {what} for {name}: failed to get {short}: {unrecorded}")

    # --- how the server asks the API ----------------------------------------------------------------

    def _get(self, task: str, api_version: str, kind: str, namespace: str, name: str) -> Object:
        served = self._served(task, api_version, kind)
        if served.namespaced:
            namespace = namespace or DEFAULT_NAMESPACE
        self._not_denied(task, api_version, served, namespace, name)
        self._right_scope(task, served, namespace)
        try:
            return self.store.get(api_version, kind, namespace, name)
        except status.ApiStatus as refusal:
            raise ToolFailure(f"{task}: {refusal}") from refusal

    def _list(self, task: str, api_version: str, kind: str, namespace: str, **selectors: str) -> list[Object]:
        served = self._served(task, api_version, kind)
        if served.namespaced and not namespace and not self.store.allowed(served, ""):
            # Where the whole cluster is refused, that server quietly asks for one namespace instead.
            namespace = DEFAULT_NAMESPACE
        self._not_denied(task, api_version, served, namespace)
        self._right_scope(task, served, namespace)
        try:
            return self.store.list(api_version, kind, namespace, **selectors)
        except status.ApiStatus as refusal:
            raise ToolFailure(f"{task}: {refusal}") from refusal

    def _served(self, task: str, api_version: str, kind: str) -> ServedKind:
        served = self.store.served(api_version, kind)
        if served is None:
            raise ToolFailure(f"{task}: {self.store.unserved(api_version, kind)}")
        return served

    def _not_denied(
        self, task: str, api_version: str, served: ServedKind, namespace: str, name: str = ""
    ) -> None:
        if (served.group, served.kind) != ("", "Secret"):
            return
        where = f"namespaces/{namespace}/" if namespace else ""
        url = f"/api/{api_version}/{where}{served.plural}{'/' + name if name else ''}"
        raise ToolFailure(f'{task}: Get "{url}": resource not allowed: /v1, Kind=Secret')

    def _right_scope(self, task: str, served: ServedKind, namespace: str) -> None:
        if namespace and not served.namespaced:
            raise ToolFailure(f"{task}: {status.no_such_path()}")


def _default_container(pod: Object) -> str:
    containers = [c.get("name", "") for c in (pod.get("spec") or {}).get("containers") or ()]
    chosen = (pod["metadata"].get("annotations") or {}).get(DEFAULT_CONTAINER)
    if len(containers) > 1 and chosen:
        return str(chosen)
    return str(containers[0]) if containers else ""


def _event_row(event: Object) -> Object:
    series, count = event.get("series") or {}, event.get("count") or 0
    time = event.get("eventTime") or series.get("lastObservedTime")
    if not time and not series:
        time = event.get("lastTimestamp") if count > 1 else event.get("firstTimestamp")
    about = event.get("involvedObject") or {}
    return {
        "Namespace": event["metadata"].get("namespace", ""),
        "Timestamp": _go_time(parse_time(time or "")),
        "Type": event.get("type", ""),
        "Reason": event.get("reason", ""),
        "InvolvedObject": {
            "apiVersion": about.get("apiVersion", ""),
            "Kind": about.get("kind", ""),
            "Name": about.get("name", ""),
        },
        "Message": (event.get("message") or "").strip(),
    }


def _go_time(time: datetime | None) -> str:
    """Go's `Time.String()` in UTC; the zero time where there is none."""
    if time is None:
        return "0001-01-01 00:00:00 +0000 UTC"
    fraction = f".{time.microsecond:06d}".rstrip("0") if time.microsecond else ""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S}{fraction} +0000 UTC"
