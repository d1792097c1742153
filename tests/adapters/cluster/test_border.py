"""Nothing raw gets past the border: not to callbacks and tracers, not to observations, not to errors."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables import RunnableLambda
from langchain_mcp_adapters.interceptors import MCPToolCallRequest, MCPToolCallResult
from mcp import McpError
from mcp.types import CallToolResult, ErrorData, TextContent

from kubetriage.adapters.cluster.border import at_the_border
from kubetriage.adapters.cluster.reads import McpCluster
from kubetriage.domain.evidence import FailureKind, Observation, Read, get, log_of
from kubetriage.domain.resource import resource

OpenRough = Callable[..., McpCluster]

CANARY = "canary-7f3a9c"
POD = resource("Pod", "shop", "secret-log")


class Listener(BaseCallbackHandler):
    """Keeps everything that LangChain tells of a run, as a tracer does."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def on_tool_start(self, *args: Any, **kwargs: Any) -> None:
        self.heard.append(("start", args, kwargs))

    def on_tool_end(self, *args: Any, **kwargs: Any) -> None:
        self.heard.append(("end", args, kwargs))

    def on_tool_error(self, *args: Any, **kwargs: Any) -> None:
        self.heard.append(("error", args, kwargs))

    def on_chain_end(self, *args: Any, **kwargs: Any) -> None:
        self.heard.append(("chain", args, kwargs))


async def traced(cluster: McpCluster, read: Read) -> tuple[Observation, Listener]:
    """Read inside a LangChain run with a callback handler, as a graph node does."""
    listener = Listener()
    ended: list[Observation] = []

    async def node(_: Any) -> str:
        ended.append(await cluster.read(read))
        return "done"

    await RunnableLambda(node).ainvoke({}, {"callbacks": [listener]})
    return ended[0], listener


@pytest.mark.parametrize(
    "read",
    [
        get(resource("Pod", "shop", "secret")),
        log_of(POD, "web"),
        get(resource("Pod", "shop", "secret-error")),
        get(resource("Pod", "shop", "refused")),
    ],
    ids=["structured", "text", "error", "protocol-error"],
)
async def test_callbacks_never_see_a_secret(
    rough: OpenRough, read: Read, caplog: pytest.LogCaptureFixture
) -> None:
    """A secret in text, in structured content or in an error reaches no callback, no log, no observation."""
    caplog.set_level(logging.DEBUG, logger="kubetriage")
    observation, listener = await traced(rough(), read)
    assert any(kind in ("end", "error") for kind, *_ in listener.heard)
    assert CANARY not in repr(listener.heard)
    assert CANARY not in observation.model_dump_json()
    assert CANARY not in caplog.text


async def test_what_is_needed_to_diagnose_stays(rough: OpenRough) -> None:
    """The mask hides values; names of variables and the rest of the line stay."""
    cluster = rough()
    (pod,) = (await cluster.read(get(resource("Pod", "shop", "secret")))).objects
    assert pod["spec"]["containers"][0]["env"] == [{"name": "DB_PASSWORD", "value": "[redacted]"}]
    log = await cluster.read(log_of(POD, "web"))
    assert log.text == "connecting with password=[redacted]\nready\n"


def request(name: str, **arguments: Any) -> MCPToolCallRequest:
    return MCPToolCallRequest(name=name, args=arguments, server_name="test")


async def passed(name: str, text: str, structured: Any = None, **arguments: Any) -> CallToolResult:
    async def handler(_: MCPToolCallRequest) -> MCPToolCallResult:
        return CallToolResult(content=[TextContent(type="text", text=text)], structuredContent=structured)

    result = await at_the_border(request(name, **arguments), handler)
    assert isinstance(result, CallToolResult)
    return result


async def test_objects_in_text_are_read_and_masked_as_objects() -> None:
    """A server without structured content sends YAML; environment variables in it are masked by name too."""
    pod = {
        "kind": "Pod",
        "metadata": {"name": "web"},
        "spec": {"env": [{"name": "API_KEY", "value": CANARY}]},
    }
    result = await passed("resources_list", json.dumps([pod]))
    assert result.structuredContent is not None
    assert result.structuredContent["objects"][0]["metadata"] == {"name": "web"}
    assert CANARY not in result.model_dump_json()


async def test_the_raw_text_of_objects_is_not_kept_beside_them() -> None:
    """The same objects as text are dropped: half the size, and nothing that was masked only by pattern."""
    result = await passed("resources_get", f"data: {CANARY}", {"metadata": {"name": "x"}})
    assert CANARY not in result.model_dump_json()


async def test_a_log_is_cut_before_it_is_masked_and_keys_cut_in_two_stay_masked() -> None:
    """A private key whose beginning was cut off with the front of a log is masked all the same."""
    body = "".join(f"{CANARY.replace('-', '')}{n:051d}\n" for n in range(60))
    log = "x" * 2_100_000 + f"\n-----BEGIN PRIVATE KEY-----\n{body}-----END PRIVATE KEY-----\nend\n"
    result = await passed("pods_log", log, tail=40)
    text = result.content[0]
    assert isinstance(text, TextContent)
    assert text.text == "[redacted]-----END PRIVATE KEY-----\nend\n"
    assert result.structuredContent is not None
    assert "were left out" in result.structuredContent["cut"]


async def test_errors_of_the_protocol_are_masked_and_stay_errors() -> None:
    """An error that the server sends instead of a result is passed on, masked."""

    async def handler(_: MCPToolCallRequest) -> MCPToolCallResult:
        raise McpError(ErrorData(code=-32602, message=f"bad password={CANARY}"))

    with pytest.raises(McpError, match=r"bad password=\[redacted\]"):
        await at_the_border(request("resources_get"), handler)


async def test_an_answer_that_is_a_table_is_said_to_be_one() -> None:
    """Lists as tables lack most fields: the failure says how to start the server instead."""
    table = "NAMESPACE   APIVERSION   KIND   NAME    READY   STATUS\nshop   v1   Pod   web   1/1   Running\n"
    result = await passed("resources_list", table)
    assert "--list-output yaml" in str(result.structuredContent)


async def test_a_tool_marked_as_writing_is_never_called(
    rough: OpenRough, caplog: pytest.LogCaptureFixture
) -> None:
    """A tool on the allow-list that the server marks as writing is refused, with a warning."""
    from kubetriage.domain.evidence import top_of

    observation = await rough().read(top_of("Pod", "shop"))
    assert observation.tool != "pods_top"
    assert "pods_top is not called" in caplog.text


async def test_secrets_are_not_even_asked_for(rough: OpenRough) -> None:
    """A read of a Secret is denied without a server being started."""
    observation = await rough(last_words="must not be started").read(get(resource("Secret", "shop", "db")))
    assert observation.failure is not None
    assert observation.failure.kind is FailureKind.DENIED
