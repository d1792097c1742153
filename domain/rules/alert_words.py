"""What an alert's own text is about, where several troubles of one object are possible at once."""

from __future__ import annotations

import re

from kubetriage.domain.view import ClusterView

CERTIFICATES = re.compile(r"certificate|\bx509\b|\btls\b|\bcsrs?\b|signing ?request|证书", re.IGNORECASE)
VERSIONS = re.compile(r"\bversions?\b|\bskew|版本", re.IGNORECASE)


def speaks_of(view: ClusterView, words: re.Pattern[str]) -> bool:
    """Whether the annotations (never the alert's name) speak of this."""
    return any(words.search(text) for text in view.alert.annotations.values())
