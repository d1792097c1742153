"""The MCP server that is started where none is configured: kubernetes-mcp-server, at the current context."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import SecretStr

from kubetriage.adapters.cluster.connection import ClusterConnection
from kubetriage.adapters.cluster.tools import READ_TOOLS

PROGRAM = "kubernetes-mcp-server"
NAME = "current-context"

NOTE = f"No cluster is configured: {PROGRAM} from PATH is used, with the current kube context."

MISSING = (
    f"No cluster is configured, and there is no {PROGRAM} on PATH to reach the current kube context with:"
    f" install it (for example `npm install -g {PROGRAM}`), or configure a connection in kubetriage.toml."
)

_RULES = """\
# Written by kubetriage for its own server, which it starts and ends.
read_only = true
enabled_tools = [{tools}]

[[denied_resources]]
group = ""
version = "v1"
kind = "Secret"
"""

REQUESTS = {"KUBE_CLIENT_QPS": "50", "KUBE_CLIENT_BURST": "100"}
"""Requests a second to the API server; Go's client waits at 5 a second unless told otherwise."""


def server_on_path() -> str | None:
    """Where the program is; None if it is not installed."""
    return shutil.which(PROGRAM)


@contextmanager
def default_connection(program: str) -> Iterator[ClusterConnection]:
    """A connection that starts the server read-only, denied Secrets, with a configuration file of its own.

    It gets the whole environment, as kubectl would: credential plugins and proxies are configured there.
    """
    with TemporaryDirectory(prefix="kubetriage-") as folder:
        rules = Path(folder) / "kubernetes-mcp-server.toml"
        tools = ", ".join(f'"{tool}"' for tool in sorted(READ_TOOLS))
        rules.write_text(_RULES.format(tools=tools), encoding="utf-8")
        environment = {k: v for k, v in os.environ.items() if not k.startswith("KUBETRIAGE_")}
        yield ClusterConnection(
            name=NAME,
            command=program,
            args=("--read-only", "--list-output", "yaml", "--config", str(rules)),
            env={name: SecretStr(value) for name, value in (REQUESTS | environment).items()},
        )
