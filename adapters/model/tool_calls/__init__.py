"""Tool calls that a model wrote into its text, and its reasoning, told apart from its answer."""

from __future__ import annotations

from kubetriage.adapters.model.tool_calls.calls import RecoveredCalls, RefusedCall, ToolCall
from kubetriage.adapters.model.tool_calls.reasoning import split_reasoning
from kubetriage.adapters.model.tool_calls.recovery import recover_tool_calls

__all__ = ["RecoveredCalls", "RefusedCall", "ToolCall", "recover_tool_calls", "split_reasoning"]
