"""Bodies meant for people or another tool: their words become a text alert about the right object."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from kubetriage.domain.alert import Alert, AlertStatus, Severity
from kubetriage.domain.alert_formats import alerts_from, has_alert_shape
from kubetriage.domain.subject import subject_of

POD = "checkout-6d9c7f8b5d-x2x7q"
WORDS = f"命名空间: shop\nPod: {POD}\n级别: 严重"


def only(body: Any, now: datetime) -> Alert:
    (alert,) = alerts_from(body, received_at=now).alerts
    return alert


def card(*texts: str) -> dict[str, Any]:
    told = [{"tag": "div", "text": {"tag": "lark_md", "content": text}} for text in texts]
    title = {"tag": "plain_text", "content": "Pod 反复重启"}
    return {
        "msg_type": "interactive",
        "card": {"header": {"template": "red", "title": title}, "elements": told},
    }


ROBOTS: list[dict[str, Any]] = [
    {"msgtype": "text", "text": {"content": f"Pod 反复重启\n{WORDS}"}, "at": {"isAtAll": True}},
    {
        "msgtype": "markdown",
        "markdown": {"title": "Pod 反复重启", "text": f"> **命名空间**: shop\n\n> **Pod**: {POD}"},
    },
    {"msgtype": "actionCard", "actionCard": {"title": "Pod 反复重启", "text": WORDS, "singleTitle": "查看"}},
    {
        "msgtype": "markdown",
        "markdown": {
            "content": f"Pod 反复重启\n>命名空间: <font color=\"comment\">shop</font>\n>Pod: <font>{POD}</font>"
        },
    },
    {
        "msgtype": "template_card",
        "template_card": {
            "main_title": {"title": "Pod 反复重启"},
            "horizontal_content_list": [
                {"keyname": "命名空间", "value": "shop"},
                {"keyname": "Pod", "value": POD},
            ],
        },
    },
    {"msg_type": "text", "content": {"text": f"Pod 反复重启\n{WORDS}"}},
    {
        "msg_type": "post",
        "content": {
            "post": {
                "zh_cn": {
                    "title": "Pod 反复重启",
                    "content": [[{"tag": "text", "text": f"命名空间: shop, Pod: {POD}"}], [{"tag": "at", "user_id": "all"}]],
                }
            }
        },
    },
    card("**命名空间**: shop", f"**Pod**: {POD}"),
    {"title": "Pod 反复重启", "content": f"shop 命名空间 {POD} 反复重启 37 次"},
    {"subject": "Pod 反复重启", "message": f"shop/{POD} restarted 37 times"},
    {
        "attachments": [
            {
                "title": "Pod 反复重启",
                "fields": [{"title": "namespace", "value": "shop"}, {"title": "pod", "value": POD}],
            }
        ],
        "text": "Pod 反复重启",
    },
]  # fmt: skip


@pytest.mark.parametrize("body", ROBOTS)
def test_what_was_meant_for_a_chat(body: dict[str, Any], now: datetime) -> None:
    """A robot's message and a titled text name their title, and the object that their words name."""
    alert = only(body, now)
    assert (alert.name, alert.source) == ("Pod 反复重启", "text")
    assert str(subject_of(alert).resource) == f"Pod shop/{POD}"
    assert "<font" not in alert.annotations["description"]


def nightingale(*, recovered: bool, at: int) -> dict[str, Any]:
    tags = {"namespace": "shop", "pod": POD, "rulename": "重启过多"}
    return {
        "rule_name": "重启过多",
        "rule_prod": "metric",
        "severity": 1,
        "tags": [f"{name}={value}" for name, value in tags.items()],
        "tags_map": tags,
        "is_recovered": recovered,
        "first_trigger_time": 1795398808,
        "trigger_time": at,
        "cluster": "prod-1",
    }


def test_nightingale(now: datetime) -> None:
    """An event's tags are labels; the recovered one has the identity of the firing one."""
    first, last = (only(nightingale(recovered=r, at=1795398808 + 60 * r), now) for r in (False, True))
    assert (first.status, last.status) == (AlertStatus.FIRING, AlertStatus.RESOLVED)
    assert first.fingerprint == last.fingerprint
    assert (first.severity, first.labels["pod"]) == (Severity.CRITICAL, POD)
    assert first.starts_at == datetime(2026, 11, 23, 1, 53, 28, tzinfo=UTC)


@pytest.mark.parametrize(
    "dimensions",
    [f"{{namespace=shop, pod={POD}}}", json.dumps({"namespace": "shop", "pod": POD}), f"namespace:shop,pod:{POD}"],
)  # fmt: skip
def test_dimensions_in_a_text(dimensions: str, now: datetime) -> None:
    """Aliyun's monitor and Zabbix write the labels into one text; the product's namespace is not the pod's."""
    body = {"alertName": "重启", "alertState": "OK", "namespace": "acs_k8s", "dimensions": dimensions}
    alert = only(body, now)
    assert str(subject_of(alert).resource) == f"Pod shop/{POD}"
    assert (alert.name, alert.status) == ("重启", AlertStatus.RESOLVED)


def test_a_notice_is_opened(now: datetime) -> None:
    """What a cloud's notification service forwards as JSON in a text is read as if it had come alone."""
    told = {
        "AlarmName": "restarts",
        "NewStateValue": "ALARM",
        "StateChangeTime": "2026-11-23T03:13:28.123+0000",
        "Trigger": {
            "Dimensions": [{"name": "Namespace", "value": "shop"}, {"name": "PodName", "value": POD}]
        },
    }
    for topic, text in (("TopicArn", "Message"), ("topic_urn", "message")):
        alert = only({"Type": "Notification", topic: "x", text: json.dumps(told)}, now)
        assert (alert.name, alert.status) == ("restarts", AlertStatus.FIRING)
        assert str(subject_of(alert).resource) == f"Pod shop/{POD}"
    alert = only({"topic_urn": "x", "subject": "容器重启", "message": f"命名空间: shop，Pod: {POD}"}, now)
    assert (alert.name, str(subject_of(alert).resource)) == ("容器重启", f"Pod shop/{POD}")


def test_an_event_of_tencent(now: datetime) -> None:
    """An event gives its object as `namespace/name` and the rest as pairs."""
    body = {
        "alarmStatus": "1",
        "alarmObjInfo": {"dimensions": {"objName": f"shop/{POD}"}},
        "alarmPolicyInfo": {"policyName": "Pod异常"},
        "additionalMsg": [{"key": "原因", "value": "BackOff"}, {"key": 3}, None],
    }
    alert = only(body, now)
    assert str(subject_of(alert).resource) == f"Pod shop/{POD}"
    assert alert.annotations["details"] == "原因: BackOff"


def test_a_mail(now: datetime) -> None:
    """A mail is named by its subject, not by its sender."""
    alert = only(f"From: zabbix@example.com\nSubject: Pod restarts\n\nNamespace: shop\nPod: {POD}\n", now)
    assert alert.name == "Pod restarts"
    assert str(subject_of(alert).resource) == f"Pod shop/{POD}"


@pytest.mark.parametrize("body", ROBOTS[:2])
def test_text_with_colons_is_no_message(body: dict[str, Any]) -> None:
    """Text whose lines happen to be YAML of a message's shape stays a text."""
    assert not has_alert_shape(body)
