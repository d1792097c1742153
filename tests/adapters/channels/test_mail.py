"""E-mail, against a real SMTP server on this machine, with and without STARTTLS."""

from __future__ import annotations

import asyncio
import email
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from kubetriage.adapters.channels.channel import ChannelBase
from kubetriage.domain.language import Language
from kubetriage.domain.messages.delivery import Verdict
from kubetriage.domain.messages.notice import Notice
from kubetriage.domain.messages.trial import REPORT_URL, Trial, trial_notice

Make = Callable[..., ChannelBase]
SAMPLE = trial_notice(Trial.SAMPLE, Language.ZH)
RESOLVED = trial_notice(Trial.RESOLVED, Language.ZH)
PASSWORD = "canary-mail-3391"


class Mailbox:
    """Keeps what arrives; `answers` are given to DATA instead of 250, `refused` to RCPT."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.readers: list[list[str]] = []
        self.encrypted: list[bool] = []
        self.answers: list[str] = []
        self.refused: dict[str, str] = {}

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answers and (answer := self.answers.pop(0)) != "250":
            if answer == "cut":
                assert isinstance(server.transport, asyncio.Transport)
                server.transport.abort()
            return answer
        content = envelope.content
        assert isinstance(content, bytes)
        made = email.message_from_bytes(content, policy=default)
        assert isinstance(made, EmailMessage)
        self.mails.append(made)
        self.readers.append(list(envelope.rcpt_tos))
        self.encrypted.append(session.ssl is not None)
        return "250 OK queued"


@asynccontextmanager
async def serving(box: Mailbox, **given: Any) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, loop=loop, **given), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.fixture
def box() -> Mailbox:
    return Mailbox()


@pytest_asyncio.fixture
async def plain(box: Mailbox) -> AsyncIterator[int]:
    """The port of a server without encryption."""
    async with serving(box, data_size_limit=200_000) as port:
        yield port


@pytest_asyncio.fixture
async def encrypted(box: Mailbox, certificate: tuple[Path, Path]) -> AsyncIterator[int]:
    """The port of a server that wants STARTTLS and a login."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*map(str, certificate))

    def login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        good = isinstance(data, LoginPassword) and data.password == PASSWORD.encode()
        return AuthResult(success=good, handled=good)

    wants = {"require_starttls": True, "auth_required": True}
    async with serving(box, tls_context=context, authenticator=login, **wants) as port:
        yield port


def mailer(make: Make, port: int, **given: Any) -> ChannelBase:
    usual = {"host": "127.0.0.1", "port": port, "security": "none", "sender": "Triage <kt@example.com>"}
    return make(
        "email", **{**usual, "to": ["ops@example.com"], "language": Language.ZH, "timeout": 60.0, **given}
    )


async def test_a_mail_has_both_forms(plain: int, box: Mailbox, make: Make) -> None:
    """Text and HTML say the same; the HTML loads nothing and runs nothing."""
    delivery = await mailer(make, plain).send(SAMPLE, key="k1")
    assert delivery.verdict is Verdict.DELIVERED
    (mail,) = box.mails
    assert mail.get_content_type() == "multipart/alternative"
    assert mail["Auto-Submitted"] == "auto-generated"
    text, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None and page is not None
    for words in ("根因", "存储供应程序", "kubectl -n aiops describe pvc test-data", REPORT_URL):
        assert words in text.get_content() and words in page.get_content()
    for loading in ("<script", "<img", "<link", "url(", " src=", "@import"):
        assert loading not in page.get_content()


async def test_mails_of_an_incident_are_a_thread(plain: int, box: Mailbox, make: Make) -> None:
    """Same subject, one common reference, an answer to the first; another incident is another thread."""
    channel = mailer(make, plain)
    first = await channel.send(SAMPLE, key="k1")
    await channel.send(RESOLVED, key="k2", earlier=first.remote)
    await channel.send(SAMPLE.model_copy(update={"incident": "INC-OTHER"}), key="k3")
    one, two, other = box.mails
    assert two["Subject"] == f"Re: {one['Subject']}"
    assert two["In-Reply-To"] == one["Message-ID"] == first.remote
    assert one["References"].split()[0] == two["References"].split()[0]
    assert other["References"] != one["References"]


async def test_the_subject_is_the_same_whichever_alert_it_is_about(
    plain: int, box: Mailbox, make: Make
) -> None:
    """An incident's mails are headed by the incident; `Re:` stands only before what follows a first mail."""
    channel = mailer(make, plain)
    topic = {"topic": "KubePodCrashLooping shop/web"}
    failed = trial_notice(Trial.FAILED, Language.ZH).model_copy(update=topic)
    await channel.send(failed, key="k1")
    await channel.send(SAMPLE.model_copy(update={**topic, "title": "KubePodNotReady"}), key="k2")
    await channel.send(RESOLVED.model_copy(update=topic), key="k3")
    subject = "[警告] KubePodCrashLooping shop/web (INC-SAMPLE)"
    assert [mail["Subject"] for mail in box.mails] == [subject, subject, f"Re: {subject}"]


async def test_a_storms_subject_says_so(plain: int, box: Mailbox, make: Make) -> None:
    """What is no incident's has the state, how many, and the cluster in its subject."""
    await mailer(make, plain).send(trial_notice(Trial.STORM, Language.ZH), key="k1")
    assert box.mails[0]["Subject"] == "[告警风暴] 短时间内出现 34 个事件 · prod-guangzhou"


async def test_an_attempt_again_has_the_same_id(plain: int, box: Mailbox, make: Make) -> None:
    """Mail systems can tell that a second attempt is the same message."""
    channel = mailer(make, plain)
    for _ in range(2):
        await channel.send(SAMPLE, key="k1")
    assert box.mails[0]["Message-ID"] == box.mails[1]["Message-ID"]


async def test_starttls_and_login(
    encrypted: int, box: Mailbox, make: Make, certificate: tuple[Path, Path]
) -> None:
    """The connection is encrypted before the password is sent, and the certificate is checked."""
    given = {"security": "starttls", "username": "kt", "password": PASSWORD, "host": "localhost"}
    trusted = mailer(make, encrypted, ca_file=str(certificate[0]), **given)
    assert (await trusted.send(SAMPLE, key="k1")).verdict is Verdict.DELIVERED
    assert box.encrypted == [True]
    untrusted = await mailer(make, encrypted, **given).send(SAMPLE, key="k1")
    assert untrusted.verdict is not Verdict.DELIVERED and len(box.mails) == 1


async def test_a_wrong_password_is_final_and_not_said(
    encrypted: int, make: Make, certificate: tuple[Path, Path]
) -> None:
    """535 ends the message; the password is not in what is said of it."""
    given = {"security": "starttls", "username": "kt", "password": "wrong-canary", "host": "localhost"}
    delivery = await mailer(make, encrypted, ca_file=str(certificate[0]), **given).send(SAMPLE, key="k1")
    assert delivery.verdict is Verdict.DEAD and delivery.code == "535"
    assert "wrong-canary" not in delivery.model_dump_json()


async def test_nothing_is_sent_unencrypted(plain: int, box: Mailbox, make: Make) -> None:
    """A server that offers no STARTTLS gets no mail from a channel that wants it."""
    delivery = await mailer(make, plain, security="starttls").send(SAMPLE, key="k1")
    assert delivery.verdict is Verdict.DEAD and "STARTTLS" in delivery.why
    assert box.mails == []


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("451 try later", Verdict.RETRY),
        ("550 rejected by policy", Verdict.DEAD),
        ("552 too big", Verdict.SHRINK),
        ("cut", Verdict.UNKNOWN),
    ],
)
async def test_reply_codes_have_their_class(
    answer: str, verdict: Verdict, plain: int, box: Mailbox, make: Make
) -> None:
    """4xx is tried again, 5xx is final, too large is made smaller, a cut after the text is unknown."""
    box.answers = [answer]
    delivery = await mailer(make, plain).send(SAMPLE, key="k1")
    assert delivery.verdict is verdict, delivery


async def test_one_bad_recipient_keeps_nobody_else_from_it(plain: int, box: Mailbox, make: Make) -> None:
    """A refused recipient is said; with all refused, the reply code decides."""
    channel = mailer(make, plain, to=["a@example.com", "b@example.com"])
    box.refused = {"a@example.com": "550 no such user"}
    some = await channel.send(SAMPLE, key="k1")
    assert some.verdict is Verdict.DELIVERED and "1 of 2" in some.why
    box.refused["b@example.com"] = "550 no such user"
    assert (await channel.send(SAMPLE, key="k2")).verdict is Verdict.DEAD
    box.refused = {"a@example.com": "450 greylisted", "b@example.com": "450 greylisted"}
    assert (await channel.send(SAMPLE, key="k3")).verdict is Verdict.RETRY


async def test_a_recipient_that_is_taken_later_gets_it_alone(plain: int, box: Mailbox, make: Make) -> None:
    """Who has the mail gets no second one, whoever makes the next attempt; a refusal for now outweighs one
    for good."""
    to = ["a@example.com", "b@example.com", "c@example.com"]
    channel, of_another_worker = mailer(make, plain, to=to), mailer(make, plain, to=to)
    box.refused = {"b@example.com": "450 greylisted", "c@example.com": "550 no such user"}
    first = await channel.send(SAMPLE, key="k1")
    assert first.verdict is Verdict.RETRY and first.partly and "b@example.com: 450 greylisted" in first.why
    box.answers = ["451 busy"]
    box.refused.pop("b@example.com")
    second = await of_another_worker.send(SAMPLE, key="k1", earlier=first.remote)
    assert second.verdict is Verdict.RETRY and second.partly and second.remote == first.remote
    third = await channel.send(SAMPLE, key="k1", earlier=second.remote)
    assert third.verdict is Verdict.DELIVERED and third.remote.startswith("<")
    assert box.readers == [["a@example.com"], ["b@example.com"]]
    assert box.mails[0]["Message-ID"] == box.mails[1]["Message-ID"]
    box.refused = {"a@example.com": "550 no such user", "b@example.com": "450 greylisted"}
    only = mailer(make, plain, to=["a@example.com", "b@example.com"])
    assert (await only.send(SAMPLE, key="k2")).verdict is Verdict.RETRY


async def test_a_server_that_speaks_no_smtp_is_said(make: Make) -> None:
    """A wrong port is explained, not named after a class."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        delivery = await mailer(make, server.sockets[0].getsockname()[1]).send(SAMPLE, key="k1")
    assert delivery.verdict is Verdict.RETRY and "not SMTP's" in delivery.why


@pytest.mark.parametrize("trial", Trial)
async def test_every_notice_is_a_proper_mail(trial: Trial, plain: int, box: Mailbox, make: Make) -> None:
    """Long and hostile reports add no header, no line longer than SMTP takes, and no element of their own."""
    notice: Notice = trial_notice(trial, Language.EN)
    assert (await mailer(make, plain).send(notice, key="k1")).verdict is Verdict.DELIVERED
    (mail,) = box.mails
    assert all(len(line) <= 998 for line in mail.as_bytes().splitlines())
    known = {"message-id", "in-reply-to", "references", "subject", "from", "to", "date", "mime-version"}
    known |= {"auto-submitted", "x-auto-response-suppress", "content-type", "x-kubetriage-incident", "x-peer"}
    known |= {"x-mailfrom", "x-rcptto"}
    assert {name.lower() for name in mail.keys()} <= known  # noqa: SIM118
    page = mail.get_body(("html",))
    assert page is not None
    for element in ("<script", "<font", "<at ", "<img", "<@all", "evil.example'>"):
        assert element not in page.get_content()
