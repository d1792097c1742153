"""The signatures, against values worked out by hand from the platforms' descriptions."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable

from kubetriage.adapters.channels.channel import ChannelBase
from kubetriage.adapters.channels.fake import FakePlatforms, WebhookReceiver
from kubetriage.adapters.channels.signing import (
    dingtalk_query,
    dingtalk_sign,
    feishu_sign,
    standard_signature,
)
from kubetriage.domain.language import Language
from kubetriage.domain.messages.delivery import Verdict
from kubetriage.domain.messages.trial import Trial, trial_notice

Make = Callable[..., ChannelBase]


def b64(key: bytes, message: bytes) -> str:
    return base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()


def test_feishu_signs_nothing_with_time_and_secret() -> None:
    """The key is time and secret, the message empty."""
    assert feishu_sign("demo", 1599360473) == b64(b"1599360473\ndemo", b"")


def test_dingtalk_signs_time_and_secret_with_the_secret() -> None:
    """The key is the secret, the message time and secret; in the address it is encoded once."""
    sign = dingtalk_sign("SECabc", 1577808000000)
    assert sign == b64(b"SECabc", b"1577808000000\nSECabc")
    query = dingtalk_query("SECabc", 1577808000000)
    assert query.startswith("timestamp=1577808000000&sign=")
    assert "+" not in query and "/" not in query and "%25" not in query


def test_the_two_are_not_each_other() -> None:
    """Feishu's and DingTalk's signatures of the same secret and time differ."""
    assert feishu_sign("s", 1) != dingtalk_sign("s", 1)


def test_the_standard_signature_is_the_specifications() -> None:
    """The example of the Standard Webhooks specification gives the signature printed there."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert standard_signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == expected


async def test_what_comes_over_the_wire_is_signed(platforms: FakePlatforms, make: Make) -> None:
    """Worked out here from the three headers and the bytes that came, the signature is the one that came."""
    key, receiver = b"0123456789abcdef01234567", WebhookReceiver()
    secret = f"whsec_{base64.b64encode(key).decode()}"
    url = platforms.add("hook", receiver)
    channel = make("webhook", url=url, secret=secret, allow_private=True, headers={"X-Team": "ops"})
    sent = await channel.send(trial_notice(Trial.HOSTILE, Language.ZH), key="msg_1")
    assert sent.verdict is Verdict.DELIVERED
    (call,) = receiver.calls
    signed = f"{call.headers['webhook-id']}.{call.headers['webhook-timestamp']}.".encode() + call.body
    assert call.headers["webhook-signature"] == f"v1,{b64(key, signed)}"
    assert call.headers["webhook-id"] == "msg_1" and call.headers["x-team"] == "ops"
    assert secret not in str(call.headers) and base64.b64encode(key) not in call.body
