"""An MCP server over stdio that misbehaves as told; standard library only, so that it starts at once.

The first argument is JSON: `hints` (bool), `greeting` (text before the protocol), `child` (a file for the
process id of a child it starts), `deaf` (ignore the end of the input and SIGTERM), `mute` (never answer
initialize), `once` (a file: die at the first call if it isn't there, and make it), `last_words` (on stderr).
What a call does is in the name it asks for: see `answer`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

OPTIONS: dict[str, Any] = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
CANARY = "canary-7f3a9c"


def tool(name: str, *arguments: str, read_only: bool = True) -> dict[str, Any]:
    made: dict[str, Any] = {"name": name, "description": name}
    made["inputSchema"] = {"type": "object", "properties": {key: {"type": "string"} for key in arguments}}
    if OPTIONS.get("hints", True):
        made["annotations"] = {"readOnlyHint": read_only, "destructiveHint": not read_only}
    return made


TOOLS = [
    tool("resources_get", "apiVersion", "kind", "name", "namespace"),
    tool("resources_list", "apiVersion", "kind", "namespace", "labelSelector", "fieldSelector"),
    tool("pods_log", "name", "namespace", "container", "previous", "tail"),
    tool("pods_top", "name", "namespace", read_only=False),
    tool("pods_delete", "name", "namespace", read_only=False),
]


def send(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0"} | message) + "\n")
    sys.stdout.flush()


def said(text: str, *, error: bool = False, structured: Any = None) -> dict[str, Any]:
    result: dict[str, Any] = {"content": [{"type": "text", "text": text}], "isError": error}
    return result | ({"structuredContent": structured} if structured is not None else {})


def pod(name: str, **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "shop"}, "spec": spec}


def answer(arguments: dict[str, Any]) -> dict[str, Any] | None:
    name = str(arguments.get("name", ""))
    if name == "hang":
        return None
    if name == "die":
        os._exit(3)
    if name == "throttled":
        return said("too many requests, please try again later", error=True)
    if name == "large":
        return said("x" * 3_000_000)
    if name == "secret":
        env = [{"name": "DB_PASSWORD", "value": CANARY}]
        text = f"metadata: {{name: secret}}\nspec: {{password: {CANARY}}}"
        return said(text, structured=pod("secret", containers=[{"name": "c", "env": env}]))
    if name == "secret-log":
        return said(f"connecting with password={CANARY}\nready\n")
    if name == "secret-error":
        return said(f"failed: Get https://admin:{CANARY}@host: no route to host", error=True)
    if name == "malformed":
        return {"content": "no list"}
    if name == "process":
        return said("", structured=pod(str(os.getpid())))
    return said("", structured=pod(name))


def handle(message: dict[str, Any]) -> None:
    method, number = message.get("method"), message.get("id")
    if method == "initialize" and not OPTIONS.get("mute"):
        info = {"name": "rough", "version": "0.1"}
        version = message["params"]["protocolVersion"]
        result = {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": info}
        send({"id": number, "result": result})
    elif method == "tools/list":
        send({"id": number, "result": {"tools": TOOLS}})
    elif method == "ping":
        send({"id": number, "result": {}})
    elif method == "tools/call":
        call(message["params"], number)


def call(params: dict[str, Any], number: Any) -> None:
    once = OPTIONS.get("once")
    if once and not Path(once).exists():
        Path(once).touch()
        os._exit(4)
    if params["arguments"].get("name") == "refused":
        send({"id": number, "error": {"code": -32602, "message": f"bad token={CANARY}"}})
        return
    result = answer(params["arguments"])
    if result is not None:
        send({"id": number, "result": result})


def main() -> None:
    if OPTIONS.get("deaf"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if child := OPTIONS.get("child"):
        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        Path(child).write_text(str(process.pid), encoding="utf-8")
    if starts := OPTIONS.get("starts"):
        with Path(starts).open("a", encoding="utf-8") as file:
            file.write(".")
    if greeting := OPTIONS.get("greeting"):
        print(greeting, flush=True)
    if words := OPTIONS.get("last_words"):
        print(words, file=sys.stderr, flush=True)
        sys.exit(1)
    for line in sys.stdin:
        threading.Thread(target=handle, args=(json.loads(line),), daemon=True).start()
    if OPTIONS.get("deaf"):
        time.sleep(60)


if __name__ == "__main__":
    main()
