"""E-mail: text and HTML in one message, encrypted on its way, threaded by incident.

The phases of SMTP are kept apart, so that it is known whether a server that went silent had the text.
"""

from __future__ import annotations

import asyncio
import hashlib
import html
import ssl
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING

from kubetriage.adapters.channels.channel import ChannelBase, Form, Look
from kubetriage.adapters.channels.options import EmailOptions
from kubetriage.adapters.failing import cause_of
from kubetriage.domain.errors import BadSettings
from kubetriage.domain.messages.delivery import Delivery, dead, delivered, retry, shrink, unknown
from kubetriage.domain.messages.dialects import PLAIN
from kubetriage.domain.messages.mail_page import mail_page
from kubetriage.domain.messages.message import Message
from kubetriage.domain.messages.notice import Notice
from kubetriage.domain.messages.sending import Pace
from kubetriage.domain.messages.telling import FOLLOWING
from kubetriage.domain.messages.writing import Writer
from kubetriage.domain.rendering.visible import clip, one_line

if TYPE_CHECKING:
    import aiosmtplib

_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_TOO_LARGE = frozenset({523, 552})
_HAD = "had "
"""Begins what an attempt leaves to the next one: recipients that have the mail, each by `_short`."""


class MailChannel(ChannelBase):
    """Every attempt of a message has the same Message-ID, so that mail systems know the second one."""

    limit = 1024 * 1024
    least = 12_000
    suffix = "eml"
    platform_pace = Pace(per_second=2)
    deduplicates = True
    threads = True

    def __init__(
        self,
        name: str,
        options: EmailOptions,
        look: Look,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(name, options.type, options, look, PLAIN)
        self._options = options
        self._clock = clock
        self._host = parseaddr(options.sender)[1].rpartition("@")[2]
        if not self._host:
            raise BadSettings(f"channels.{name}.sender: {options.sender!r} is no mail address.")
        try:
            self._context()
        except OSError as error:  # ssl's errors too
            why = error.strerror or type(error).__name__
            raise BadSettings(f"channels.{name}.ca_file: {options.ca_file} cannot be used: {why}.") from error

    def escape(self, text: str) -> str:
        """A template writes the HTML part."""
        return html.escape(text)

    def form(self, notice: Notice, message: Message, text: str | None) -> Form:
        mail = EmailMessage(policy=SMTP)
        mail["Subject"] = self._subject(notice, message)
        mail["From"] = self._options.sender
        mail["To"] = ", ".join(self._options.to)
        mail["Date"] = format_datetime(self._clock())
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
        if notice.incident:
            mail["X-Kubetriage-Incident"] = message.incident
        written = Writer(message, PLAIN)
        mail.set_content(written.whole() + "\n", cte="quoted-printable")
        mail.add_alternative(mail_page(message, text), subtype="html", cte="quoted-printable")
        body = mail.as_bytes()
        return Form(body, len(body))

    def _subject(self, notice: Notice, message: Message) -> str:
        """The same for all of an incident, as threads want it: its state is in the mail. Of what is no
        incident's, the title with the state, and the cluster."""
        prefix = f"{self._options.subject_prefix} " if self._options.subject_prefix else ""
        if not notice.incident:
            cluster = f" · {clip(one_line(notice.cluster), 60)}" if notice.cluster else ""
            return f"{prefix}{message.title}{cluster}"
        name = clip(one_line(notice.topic or notice.title), 100)
        severity = f"[{message.severity}] " if message.severity else ""
        follows = "Re: " if notice.event in FOLLOWING else ""
        return f"{follows}{prefix}{severity}{name} ({message.incident})"

    async def attempt(self, notice: Notice, form: Form, *, key: str, earlier: str) -> Delivery:
        try:
            import aiosmtplib
        except ImportError:
            return dead("E-mail needs the package aiosmtplib.", code="missing")
        ident = f"<{_digest(key)}@{self._host}>"
        headers = [f"Message-ID: {ident}"]
        root = f"<{_digest('incident ' + notice.incident)}@{self._host}>" if notice.incident else ""
        answered = earlier if _is_id(earlier) else root
        if answered:
            headers.append(f"In-Reply-To: {answered}")
            headers.append(f"References: {' '.join(dict.fromkeys((root or answered, answered)))}")
        had = frozenset(earlier.split()[1:] if earlier.startswith(_HAD) else ())
        content = "\r\n".join(headers).encode() + b"\r\n" + form.body
        phase = ["connecting"]
        try:
            client = self._client()
            try:
                async with asyncio.timeout(self._options.timeout * 6):  # the library has one for each command
                    refused = await self._hand_over(client, content, phase, had)
            finally:
                client.close()
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError) as error:
            failed = _failed(error, phase[0], self._options.host)
            return failed.model_copy(update={"remote": earlier, "partly": True}) if had else failed
        return _shared(refused, self._options.to, ident)

    async def _hand_over(
        self, client: aiosmtplib.SMTP, content: bytes, phase: list[str], had: frozenset[str]
    ) -> dict[str, aiosmtplib.SMTPResponseException]:
        """The recipients that were refused while others have the mail, some since an attempt before."""
        import aiosmtplib

        await client.connect()
        phase[0] = "logging in"
        if self._options.username:
            await client.login(self._options.username, self._options.password.get_secret_value())
        phase[0] = "addressing"
        size = [f"SIZE={len(content)}"] if client.supports_extension("size") else []
        await client.mail(parseaddr(self._options.sender)[1], options=size)
        refused: dict[str, aiosmtplib.SMTPResponseException] = {}
        left = [to for to in self._options.to if _short(to) not in had]
        for to in left:
            try:
                await client.rcpt(parseaddr(to)[1])
            except aiosmtplib.SMTPRecipientRefused as error:
                if error.code == 421:  # the server is going away
                    raise
                refused[to] = error
        if len(refused) < len(left):
            phase[0] = "sending"
            await client.data(content)
        elif not had:
            raise min(refused.values(), key=lambda error: error.code)  # what may be taken later, if any
        return refused

    def _context(self) -> ssl.SSLContext | None:
        if self._options.security == "none":
            return None
        return ssl.create_default_context(cafile=self._options.ca_file or None)

    def _client(self) -> aiosmtplib.SMTP:
        import aiosmtplib

        given = self._options
        return aiosmtplib.SMTP(
            hostname=given.host,
            port=given.port or _PORTS[given.security],
            timeout=given.timeout,
            use_tls=given.security == "tls",
            start_tls=given.security == "starttls",
            tls_context=self._context(),
            local_hostname=self._host,
        )


def _shared(
    refused: Mapping[str, aiosmtplib.SMTPResponseException], to: Sequence[str], ident: str
) -> Delivery:
    """The end of an attempt that somebody has the mail after. Those who may take it later are tried again."""
    if not refused:
        return delivered(remote=ident, code="250")
    told = "; ".join(f"{parseaddr(each)[1]}: {error.code} {error.message}" for each, error in refused.items())
    why = f"Not accepted for {len(refused)} of {len(to)} recipients ({clip(one_line(told), 200)})."
    later = [each for each, error in refused.items() if error.code < 500]
    if not later:
        return delivered(remote=ident, code="250", why=why)
    had = _HAD + " ".join(_short(each) for each in to if each not in later)
    return retry(why, code=str(refused[later[0]].code)).model_copy(update={"remote": had, "partly": True})


def _short(to: str) -> str:
    return hashlib.sha256(parseaddr(to)[1].lower().encode()).hexdigest()[:12]


def _failed(error: Exception, phase: str, host: str) -> Delivery:
    """The class of a failure by SMTP's reply code, or by how far it got."""
    import aiosmtplib

    if isinstance(error, aiosmtplib.SMTPResponseException):
        said, code = clip(one_line(error.message), 200), str(error.code)
        if error.code in _TOO_LARGE:
            return shrink(f"The server refused it as too large: {said}", code=code)
        if 400 <= error.code < 500:
            return retry(f"The server takes no more for now: {said}", code=code)
        if error.code >= 500:
            return dead(f"The server refused it while {phase}: {said}", code=code)
        why = f"The server's answer while {phase} is not SMTP's: {said}"
        return unknown(why, code=code) if phase == "sending" else retry(why, code="answer")
    if isinstance(error, ssl.SSLError):
        return dead(f"No encrypted connection could be made ({cause_of(error)}).", code="TLS")
    if isinstance(error, aiosmtplib.SMTPException) and "STARTTLS" in str(error):
        return dead("The server offers no STARTTLS, and nothing is sent unencrypted.", code="STARTTLS")
    if phase == "sending":
        return unknown(f"The server had the text and gave no answer ({cause_of(error)}).", code="none")
    if phase == "connecting":
        return retry(f"{host} could not be reached ({cause_of(error)}).", code="no connection")
    return retry(f"{host} went away while {phase} ({cause_of(error)}).", code="no connection")


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32] if key else uuid.uuid4().hex


def _is_id(earlier: str) -> bool:
    return earlier.startswith("<") and earlier.endswith(">") and earlier.isascii() and earlier.isprintable()
