"""Words around a number, brought to one form, in English and Chinese: `restarted`, `restarts`, `重启`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_SAME: Final = {
    "times": "time", "occurrences": "time", "occurrence": "time", "occurred": "time", "count": "time",
    "counts": "time", "failures": "fail", "failure": "fail", "failed": "fail", "failing": "fail",
    "retries": "retry", "retried": "retry", "replicas": "pod", "replica": "pod", "pods": "pod",
    "instances": "pod", "instance": "pod", "copies": "pod", "readiness": "ready", "unready": "unready",
    "notready": "unready", "maximum": "max", "minimum": "min", "least": "min", "most": "max",
    "entries": "entry", "cpus": "cpu", "cores": "cpu", "core": "cpu", "exits": "exit", "exited": "exit",
    "terminated": "exit", "killed": "kill", "kills": "kill", "killing": "kill", "desired": "want",
    "wanted": "want", "wants": "want", "expected": "want", "expects": "want", "expectedpods": "want",
    "requires": "want", "required": "want", "demands": "want", "needs": "want", "healthy": "healthy",
    "evicted": "evict", "evictions": "evict", "preempted": "preempt", "statuscode": "code", "codes": "code",
    "revisions": "revision", "version": "version", "replicasets": "replicaset", "running": "run",
    "runs": "run", "ran": "run", "available": "available", "restarting": "restart", "attempts": "attempt",
    "tries": "attempt", "objects": "object", "events": "event", "warnings": "warning", "lines": "line",
    "errors": "error", "used": "use", "uses": "use", "using": "use", "uptodate": "update",
    "updated": "update", "status": "", "state": "", "exist": "exist", "exists": "exist", "existing": "exist",
    "both": "pod", "upper": "max", "latest": "update", "hard": "max", "limited": "limit", "limits": "limit",
    "bytes": "byte", "maxreplicas": "max", "minreplicas": "min", "unavailable": "unready", "starts": "start",
}  # fmt: skip
_CHINESE: Final = {
    "重启": "restart", "退出码": "exit code", "副本": "pod", "实例": "pod", "端口": "port", "次": "time",
    "就绪": "ready", "未就绪": "unready", "不可用": "unready", "期望": "want", "应有": "want", "需要": "want",
    "要求": "want", "共": "want", "现有": "exist", "存在": "exist", "失败": "fail", "阈值": "threshold",
    "超时": "timeout", "优先级": "priority", "信号": "signal", "连接": "connection", "修订": "revision",
    "版本": "revision", "完成": "completion", "并行": "parallelism", "可用": "available", "最少": "min",
    "至少": "min", "最小": "min", "最多": "max", "最大": "max", "上限": "max limit", "限额": "max",
    "配额": "quota", "已用": "use", "节点": "node", "健康": "healthy", "驱逐": "evict", "中断": "disruption",
    "请求": "request", "重试": "retry", "状态码": "code", "返回": "code answer", "代码": "code", "行": "line",
    "不可调度": "unready", "页": "page", "表": "table", "条": "line entry", "任务": "job", "抢占": "preempt",
    "探针": "probe", "错误": "error", "报错": "error time", "事件": "event", "尝试": "attempt",
    "分区": "partition", "终止": "kill exit", "杀死": "kill", "个 Pod": "pod", "对象": "object",
    "容器": "container", "端点": "endpoint", "卷": "volume", "运行": "run", "更新": "update",
    "调度": "schedule", "挂载": "mount", "拒绝": "reject", "文件": "file", "描述符": "descriptor",
    "线程": "thread", "库": "database", "主机": "host", "创建": "create", "线上": "online",
    "还需": "request want", "只有": "exist", "仅有": "exist", "缩容": "scale pod", "扩容": "scale pod",
    "最新": "update", "旧": "old", "取值": "value", "总数": "want", "中断数": "disruption", "次数": "time",
    "回退": "backoff", "平均": "average", "周期": "period", "延迟": "latency", "期限": "deadline",
    "并发": "concurrent", "缓存": "cache", "内存": "memory", "存储": "storage", "权重": "weight",
    "成功": "success", "活动": "active", "活跃": "active", "空闲": "idle", "间隔": "interval",
    "队列": "queue", "深度": "depth", "容量": "capacity", "大小": "size", "宽限": "grace", "会话": "session",
    "用户": "user", "文档": "document", "记录": "record", "核": "cpu", "目标": "target", "当前": "current",
    "历史": "history", "层": "layer",
}  # fmt: skip
_FORMS: Final = {word: word for made in _CHINESE.values() for word in made.split()} | {
    made: made for made in _SAME.values()
} | _SAME  # fmt: skip
_EMPTY_WORDS: Final = """
    a an the of is are was were be been being to and or with at in on for by from as it its has have
    had that this these those which who will would can cannot could may might only also but so
    because since than then there their they while about around nearly exactly just even all any
    each into per not no after before between now already still more less already i e g s already
    over under up down out new same other
"""
_EMPTY: Final = frozenset(_EMPTY_WORDS.split())
_ENDINGS: Final = ("s", "es", "ed", "d", "ing")
_CHINESE_WORD: Final = re.compile("|".join(sorted(map(re.escape, _CHINESE), key=len, reverse=True)))
_BACK_OFF: Final = re.compile(r"\bback-?offs?\b", re.IGNORECASE)
_NAMES: Final = re.compile(r"[A-Za-z0-9_./:@-]*[0-9/_@-][A-Za-z0-9_./:@-]*")
"""Names and values: they say whose a number is, not what it is of."""
_WORD: Final = re.compile(r"[A-Za-z]+")
_PART: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """One form for all forms of a word; empty for words that say nothing."""
    low = word.lower()
    if low in _EMPTY or len(low) < 2:
        return ""
    if low in _FORMS:
        return _FORMS[low]
    for ending in _ENDINGS:
        if low.endswith(ending) and low[: -len(ending)] in _FORMS:
            return _FORMS[low[: -len(ending)]]
    for ending in _ENDINGS[::-1]:
        if low.endswith(ending) and len(low) - len(ending) >= 3:
            low = low[: -len(ending)]
            break
    return low.rstrip("e")[:7]


def stems(words: str) -> list[str]:
    """The stems of a text's words in their order, camel case taken apart, names left out."""
    plain = _NAMES.sub(lambda m: " " * len(m[0]), _BACK_OFF.sub("backoff", words))
    found: list[tuple[int, str]] = []
    for match in _WORD.finditer(plain):
        if match[0].lower() in _FORMS:
            found += [(match.start(), made)] if (made := _FORMS[match[0].lower()]) else []
            continue
        found += [(match.start() + p.start(), made) for p in _PART.finditer(match[0]) if (made := stem(p[0]))]
    if not plain.isascii():
        found += _chinese(plain)
        found.sort(key=lambda each: each[0])
    return [said for _, said in found]


def _chinese(words: str) -> list[tuple[int, str]]:
    """The stems of Chinese words with their places; a longer word hides the shorter ones in it."""
    found: list[tuple[int, str]] = []
    for match in _CHINESE_WORD.finditer(words):
        found += [(match.start(), said) for said in _CHINESE[match[0]].split()]
    return found
