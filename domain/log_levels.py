"""How serious a log line is, by the level it names or by its words."""

from __future__ import annotations

import re
from enum import IntEnum


class Level(IntEnum):
    """How serious a record says it is; NONE where it says nothing."""

    DEBUG = 0
    NONE = 1
    INFO = 2
    WARN = 3
    ERROR = 4
    FATAL = 5


LEVELS = {
    "trace": Level.DEBUG, "debug": Level.DEBUG, "dbg": Level.DEBUG, "info": Level.INFO, "inf": Level.INFO,
    "information": Level.INFO, "notice": Level.INFO, "warn": Level.WARN, "warning": Level.WARN,
    "wrn": Level.WARN, "error": Level.ERROR, "err": Level.ERROR, "severe": Level.ERROR, "fatal": Level.FATAL,
    "ftl": Level.FATAL, "pnc": Level.FATAL, "critical": Level.FATAL, "crit": Level.FATAL,
    "panic": Level.FATAL, "emerg": Level.FATAL, "alert": Level.FATAL,
}  # fmt: skip
_LEVEL = re.compile(
    r"(?<![^\s\[|<=\"])(?:t(?:race)|d(?:ebug|bg)|i(?:nfo?)|n(?:otice)|w(?:arn(?:ing)?|rn)|e(?:rr(?:or)?|merg)"
    r"|s(?:evere)|f(?:atal|tl)|p(?:anic|nc)|c(?:rit(?:ical)?)|a(?:lert))(?![^\]\s|>:\",])"
)
"""A level's name that stands by itself, in lower case; grouped by first letters, which makes it fast."""
_KLOG = re.compile(r"[EWIF]\d{4} \d\d:\d\d:\d\d")
_REDIS = re.compile(r"\d+:[CMSX] \d\d \w{3} \d{4} [\d:.]+ ([.*#-]) ")
_REDIS_LEVELS = {".": Level.DEBUG, "-": Level.DEBUG, "*": Level.INFO, "#": Level.WARN}
_KLOG_LEVELS = {"E": Level.ERROR, "W": Level.WARN, "I": Level.INFO, "F": Level.FATAL}
_REACH = 100
"""Characters of a line within which its level stands."""
_HEAD = re.compile(
    r"^(?:[EWIF]\d{4} [\d:.]+ +\d+ \S+\] |\d+:[CMSX] \d\d \w{3} \d{4} [\d:.]+ [.*#-] |"
    r"[\s\[|(<]*(?:\d{4}[-/]\d\d[-/]\d\d[T ]?)?\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?[\s\]|)>:]*)?"
    r"(?:\[?(?:" + "|".join(LEVELS) + r")\]?[\s:|]+)?",
    re.IGNORECASE,
)
_NAMES = ("inf", "err", "warn", "deb", "trac", "fat", "not", "crit", "panic", "wrn", "dbg", "severe", "alert",
          "emerg", "ftl", "pnc")  # fmt: skip
"""Parts of which one stands in every line that names a level."""
_ERRORISH = re.compile(
    r"error|e(?:xception|xpired|xhausted)|f(?:ail|atal|orbidden)|panic"
    r"|c(?:an(?:not|'t| not)|ould(?: not|n't)|rash|ore dumped)|un(?:able|reachable|authorized|defined"
    r"|known|recognized|expected|supported)"
    r"|re(?:fused|quired)|denied|no(?:t (?:found|set)| such| available)|in(?:valid| use)"
    r"|m(?:issing|ust (?:be|have|specify))|timed? ?out|abort|is empty|segmentation|corrupt"
    r"|bad (?:file|magic|interpreter)"
    r"|失败|错误|异常|拒绝|超时|过期|无[法效]|缺少|不(?:足|存在)|溢出"
)
"""Words of trouble in lower case, grouped by first letters: with IGNORECASE it takes ten times as long."""


def level_of(line: str) -> Level:
    """The level that the beginning of a line names."""
    if _KLOG.match(line):
        return _KLOG_LEVELS[line[0]]
    if line[:1].isdigit() and (redis := _REDIS.match(line)):
        return _REDIS_LEVELS[redis[1]]
    head = line[:_REACH].lower()
    for name in _NAMES:
        if name in head:
            named = _LEVEL.search(head)
            return LEVELS[named[0]] if named else Level.NONE
    return Level.NONE


def says_error(words: str) -> bool:
    """Whether words speak of something that went wrong."""
    return _ERRORISH.search(words.lower()) is not None


_LOGGER = re.compile(
    r"\d{1,7} --- (?:\[[^\]\n]{0,60}\] ){1,3}[\w.$\[\]/]{1,80} *: "
    r"|\[[^\]\n]{1,60}\] (?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL) +[\w.$]{1,80} +- "
)
"""What Spring Boot and Logback write between the time and the message: process, thread and logger."""


def without_head(line: str) -> str:
    """A line without the time, level, thread and logger that it begins with."""
    said = _HEAD.sub("", line, count=1)
    found = _LOGGER.match(said)
    return said[found.end() :] if found else said
