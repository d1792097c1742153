"""What an alert's own text is about, where several troubles of one object are possible at once."""

from __future__ import annotations

import re

from kubetriage.domain.view import ClusterView

CERTIFICATES = re.compile(r"certificate|\bx509\b|\btls\b|\bcsrs?\b|signing ?request|证书", re.IGNORECASE)
POD_CAPACITY = re.compile(
    r"pod capacity|too many pods|max(?:imum)?[ -]?pods|pods? (?:limit|count|slots?)|(?:full|out) of pods"
    r"|Pod ?(?:容量|数量|上限)|Pod ?(?:过|太)多",
    re.IGNORECASE,
)
SLOWNESS = re.compile(
    r"latency|slow|response time|durations?|\bp\d\d\b|percentile|taking (?:longer|more)|time ?out"
    r"|\b(?:than|over|above) \d+(?:\.\d+)? ?(?:ms|s|seconds?)\b|延迟|时延|耗时|响应时间|慢|超时",
    re.IGNORECASE,
)
LOAD = re.compile(
    r"\blags?\b|backlog|\bqueues?\b|\bcpu\b|saturat|overload|throughput|utili[sz]ation|latency|slow"
    r"|积压|堆积|延迟|过载|利用率|使用率",
    re.IGNORECASE,
)
"""That there is more to do than is done: more replicas might help."""
SCRAPES = re.compile(
    r"\btargets? (?:\S+ ){0,8}(?:down|unreachable|missing|disappeared)\b"
    r"|\b(?:can ?not|can't|fail\w*|unable to|stopped) (?:be )?scrap\w+|采集目标|抓取失败",
    re.IGNORECASE,
)
VERSIONS = re.compile(r"\bversions?\b|\bskew|版本", re.IGNORECASE)


def speaks_of(view: ClusterView, words: re.Pattern[str]) -> bool:
    """Whether the annotations (never the alert's name) speak of this."""
    return any(words.search(text) for text in view.alert.annotations.values())
