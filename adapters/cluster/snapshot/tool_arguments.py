"""Arguments of a tool call, checked as kubernetes-mcp-server does: as they are taken, not by schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ToolFailure(Exception):
    """The tool answers with `isError` and this text."""


class Arguments:
    """A call's arguments, checked as they are taken: the server doesn't hold them against the schema."""

    def __init__(self, given: Mapping[str, Any], task: str) -> None:
        self.given = given
        self.task = task

    def text(self, key: str, default: str = "") -> str:
        value = self.given.get(key, default) if key in self.given else default
        if not isinstance(value, str):
            raise ToolFailure(f"{self.task}: {key} parameter must be a string")
        return value

    def required(self, key: str) -> str:
        if key not in self.given:
            raise ToolFailure(f"{self.task}: {key} parameter required")
        return self.text(key)

    def flag(self, key: str, default: bool) -> bool:
        value = self.given.get(key, default)
        if not isinstance(value, bool):
            raise ToolFailure(f"{self.task}: {key} parameter must be a boolean")
        return value

    def count(self, key: str) -> int:
        value = self.given.get(key)
        if value is None:
            return 0
        if isinstance(value, bool) or not isinstance(value, int | float):
            go_type = {bool: "bool", str: "string", list: "[]interface {}"}.get(
                type(value), "map[string]interface {}"
            )
            raise ToolFailure(
                f"{self.task}: {key} parameter must be an integer: expected integer, got {go_type}"
            )
        return int(value)


def group_kind(given: Mapping[str, Any], task: str) -> tuple[str, str]:
    for key in ("apiVersion", "kind"):
        if given.get(key) is None:
            raise ToolFailure(f"{task}, missing argument {key}")
        if not isinstance(given[key], str):
            raise ToolFailure(f"{task}, {key} is not a string")
    if given["apiVersion"].count("/") > 1:
        raise ToolFailure(f"{task}, invalid argument apiVersion")
    return given["apiVersion"], given["kind"]
