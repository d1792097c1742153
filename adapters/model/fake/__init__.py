"""A scripted OpenAI-compatible server: deterministic, with modelled time and failures on demand.

It answers like a model behind a given provider, so that whatever talks to models can be tested over real
sockets and compared in wall time and tokens. It says nothing about what a model is able to.

    async with scripted_server(["Hello"], profile="qwen3-235b-a22b", mode="zero") as server:
        ...  # a client with base_url=server.base_url

`settings.py` is the form of scripts, `faults/` what can go wrong, `quirks.yaml` the providers.
"""

from __future__ import annotations

from kubetriage.adapters.model.fake.oracle import READS_TOOL, CaseAnswer, diagnosis_oracle
from kubetriage.adapters.model.fake.replies import Fault, Oracle, Reply, ToolCall
from kubetriage.adapters.model.fake.request import CaseKey, ChatRequest
from kubetriage.adapters.model.fake.serving import (
    ScriptedServer,
    scripted_server,
    scripted_server_in_thread,
)
from kubetriage.adapters.model.fake.settings import FaultRule, Match, ReplyRule, Settings, settings

__all__ = [
    "READS_TOOL",
    "CaseAnswer",
    "CaseKey",
    "ChatRequest",
    "Fault",
    "FaultRule",
    "Match",
    "Oracle",
    "Reply",
    "ReplyRule",
    "ScriptedServer",
    "Settings",
    "ToolCall",
    "diagnosis_oracle",
    "scripted_server",
    "scripted_server_in_thread",
    "settings",
]
