"""Standard output, Apprise, Teams' errors inside 200, and the options themselves."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from kubetriage.adapters.channels import dingtalk, feishu, slack_api, wecom
from kubetriage.adapters.channels.answers import Answer, wait_of
from kubetriage.adapters.channels.channel import ChannelBase
from kubetriage.adapters.channels.options import AnyOptions
from kubetriage.adapters.channels.teams import of_answer
from kubetriage.domain.errors import BadSettings
from kubetriage.domain.language import Language
from kubetriage.domain.messages.delivery import Verdict
from kubetriage.domain.messages.trial import Trial, trial_notice

Make = Callable[..., ChannelBase]
SAMPLE = trial_notice(Trial.SAMPLE, Language.EN)
OPTIONS: TypeAdapter[Any] = TypeAdapter(AnyOptions)


async def test_stdout_prints_the_message(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    """The message is printed as text."""
    assert (await make("stdout").send(SAMPLE, key="k")).verdict is Verdict.DELIVERED
    assert "Root cause\n" in capsys.readouterr().out


@pytest.fixture
def ntfy() -> Iterator[tuple[str, list[bytes]]]:
    """A server that takes every POST, as ntfy does: host and port, and what it got."""
    got: list[bytes] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200 if len(got) < 2 else 500)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: Any) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_address[1]}", got
    server.shutdown()


async def test_apprise_takes_the_long_tail(ntfy: tuple[str, list[bytes]], make: Make) -> None:
    """Plain text goes to whatever Apprise knows; its yes is a delivery, its no is tried again."""
    pytest.importorskip("apprise")
    host, got = ntfy
    channel = make("apprise", url=f"ntfy://{host}/alerts")
    taken = await channel.send(SAMPLE, key="k")
    assert taken.verdict is Verdict.DELIVERED, taken
    assert b"Root cause" in got[0] and b"**" not in got[0]
    assert (await channel.send(SAMPLE, key="k")).verdict is Verdict.RETRY
    unknown = await make("apprise", url="nosuchthing://x").send(SAMPLE, key="k")
    assert unknown.verdict is Verdict.DEAD


@pytest.mark.parametrize(
    "scheme", ["feishu", "wecombot", "dingtalk", "slack", "workflows", "mailtos", "json"]
)
def test_apprise_is_not_used_where_we_do_more(scheme: str, make: Make) -> None:
    """Platforms with a channel of ours are refused there, and the sentence names it."""
    with pytest.raises(BadSettings, match="use type = "):
        make("apprise", url=f"{scheme}://token")


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (b"1", Verdict.DELIVERED),
        (
            b"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429",
            Verdict.RETRY,
        ),
        (
            b"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 413",
            Verdict.SHRINK,
        ),
        (
            b"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 400",
            Verdict.DEAD,
        ),
    ],
)
def test_teams_errors_inside_200_are_seen(body: bytes, verdict: Verdict) -> None:
    """A 200 whose text holds the error of what stands behind is no delivery."""
    assert of_answer(Answer(200, {}, body)).verdict is verdict


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"null", b"[]", b"{}", b'"0"', b"<html>", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 9000),
        *(b'{"code": "--5"}', '{"code": "²"}'.encode(), b'{"code": ' + b"1" * 5000 + b"}"),
        *(b'{"code": null}', b'{"errcode": []}', b'{"ok": "yes"}', b'{"code": 1e999}', b'{"errcode": "0x0"}'),
    ],
)
def test_an_answer_without_a_code_is_unknown(body: bytes) -> None:
    """Whatever comes instead of a platform's answer, the message may be there or not; nothing is raised."""
    answer = Answer(200, {}, body)
    judged = [each(answer) for each in (feishu.of_answer, wecom.of_answer, dingtalk.of_answer)]
    judged.append(slack_api.of_answer(answer, 100))
    assert {each.verdict for each in judged} == {Verdict.UNKNOWN}


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("-5", 0.0),
        ("999999", 3600.0),
        ("Mon, 01 Jan 2001 00:00:00 GMT", 0.0),
        ("Fri, 01 Jan 2100 00:00:00 -0000", 3600.0),
        ("Mon Jan  1 00:00:00 2001", 0.0),
        ("soon", None),
        ("nan", None),
    ],
)
def test_retry_after_in_any_form(given: str, seconds: float | None) -> None:
    """Seconds and dates are read, within an hour; anything else is none."""
    assert wait_of({"retry-after": given}) == seconds


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"type": "feishu", "url": "ftp://x"}, "http"),
        ({"type": "feishu", "url": "https://x", "sekret": "x"}, "sekret"),
        ({"type": "wecom", "url": "https://x", "mention": ["a"]}, "markdown"),
        ({"type": "teams", "url": "https://x", "mention": ["all"]}, "single people only"),
        ({"type": "teams", "url": "https://x", "mention": ["li <at>wei</at>@example.com"]}, "principal name"),
        ({"type": "webhook", "url": "https://x", "secret": "!!"}, "whsec_"),
        ({"type": "webhook", "url": "https://x", "secret": "whsec_AAAA"}, "24 to 64"),
        ({"type": "webhook", "url": "https://x", "secret": "whsec_" + "A" * 28}, "24 to 64"),
        ({"type": "webhook", "url": "https://x", "secret": "whsec_" + "A" * 88}, "24 to 64"),
        ({"type": "email", "host": "m", "sender": "no", "to": ["a@b.c"]}, "mail address"),
        ({"type": "email", "host": "m", "sender": "a@b.c\nBcc: x@y", "to": ["a@b.c"]}, "mail address"),
        (
            {
                "type": "email",
                "host": "m",
                "sender": "a@b.c",
                "to": ["a@b.c"],
                "username": "u",
                "security": "none",
            },
            "encryption",
        ),
        ({"type": "email", "host": "m", "sender": "a@b.c", "to": ["a@b.c <x@y.z>, d@e"]}, "one mail address"),
        ({"type": "email", "host": "m", "sender": "a@b.c", "to": ["运@b.c"]}, "one mail address"),
        ({"type": "webhook", "url": "https://x", "headers": {"a b": "c"}}, "no name of a header"),
        ({"type": "stdout", "timezone": "Mars/Olympus"}, "time zone"),
        ({"type": "pager"}, "type"),
    ],
)
def test_options_that_cannot_be_used_are_refused(options: dict[str, Any], said: str) -> None:
    """Wrong options are refused where they are read, in words that name them."""
    with pytest.raises(ValidationError, match=said):
        OPTIONS.validate_python(options)


def test_options_show_no_secret() -> None:
    """An address with a key, a secret, a token and a password are not in what is printed of the options."""
    given = [
        {"type": "feishu", "url": "https://x/canary-1", "secret": "canary-1"},
        {"type": "slack-api", "token": "canary-1", "channel": "C"},
        {
            "type": "email",
            "host": "m",
            "sender": "a@b.c",
            "to": ["a@b.c"],
            "username": "u",
            "password": "canary-1",
        },
        {"type": "apprise", "url": "tgram://canary-1/2"},
    ]
    for each in given:
        assert "canary-1" not in repr(OPTIONS.validate_python(each))
