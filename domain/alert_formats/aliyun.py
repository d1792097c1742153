"""Aliyun ARMS and Managed Service for Prometheus, with the `$alertmanager_content` template.

Alertmanager's form without groupKey, version, truncatedAlerts and generatorURL; posted as text/plain unless
configured otherwise.
"""

from __future__ import annotations

from kubetriage.domain.alert_formats.fields import Fields

SOURCE = "aliyun"


def is_aliyun(fields: Fields) -> bool:
    if "groupKey" in fields.value:
        return False
    url = fields.value.get("externalURL")
    common = fields.value.get("commonLabels")
    return (isinstance(url, str) and "aliyun" in url) or (
        isinstance(common, dict) and any("aliyun_arms" in str(name) for name in common)
    )
