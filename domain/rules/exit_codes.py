"""What exit codes mean (POSIX shells: 126, 127, 128 + signal; signal numbers of Linux)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from kubetriage.domain.language import Text
from kubetriage.domain.rules.phrases import NOTHING

_MEANINGS: Mapping[int, Text] = MappingProxyType(
    {
        0: Text(en="success", zh="正常退出"),
        1: Text(en="application error", zh="应用错误"),
        2: Text(en="application error or wrong usage", zh="应用错误或用法错误"),
        126: Text(en="command cannot be executed", zh="命令不可执行"),
        127: Text(en="command not found", zh="命令不存在"),
        129: Text(en="SIGHUP", zh="SIGHUP"),
        130: Text(en="SIGINT", zh="SIGINT"),
        131: Text(en="SIGQUIT", zh="SIGQUIT"),
        132: Text(en="SIGILL, illegal instruction", zh="SIGILL，非法指令"),
        133: Text(en="SIGTRAP", zh="SIGTRAP"),
        134: Text(en="SIGABRT, aborted itself", zh="SIGABRT，程序自行中止"),
        135: Text(en="SIGBUS, bad memory access", zh="SIGBUS，内存访问错误"),
        136: Text(en="SIGFPE, arithmetic error", zh="SIGFPE，算术错误"),
        137: Text(en="SIGKILL, killed from outside", zh="SIGKILL，被强制终止"),
        139: Text(en="SIGSEGV, segmentation fault", zh="SIGSEGV，段错误"),
        141: Text(en="SIGPIPE", zh="SIGPIPE"),
        143: Text(en="SIGTERM, asked to stop", zh="SIGTERM，被要求停止"),
        255: Text(en="exit status -1", zh="退出状态 -1"),
    }
)
CRASHES = frozenset({132, 134, 135, 136, 139})
"""Signals that a program brings upon itself by a defect in it."""


def meaning(code: int) -> Text:
    """What a code says by itself; empty for codes that only the application knows."""
    if code in _MEANINGS:
        return _MEANINGS[code]
    if 128 < code < 160:
        return Text(en=f"signal {code - 128}", zh=f"信号 {code - 128}")
    return NOTHING


def exit_code(code: int) -> Text:
    """`exit code 139 (SIGSEGV, segmentation fault)`."""
    if code < 0:
        return Text(en="unknown exit code", zh="退出码未知")
    said = meaning(code)
    if not said.en:
        return Text(en=f"exit code {code}", zh=f"退出码 {code}")
    return Text(en=f"exit code {code} ({said.en})", zh=f"退出码 {code}（{said.zh}）")
