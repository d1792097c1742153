"""What can be set of each channel; pydantic alone, so that reading the settings loads no library."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from kubetriage.domain.messages.hours import zone_name
from kubetriage.domain.messages.routing import SeverityWord

_NONE = SecretStr("")
_TEAMS_USER = re.compile(
    r"[A-Za-z0-9.!#^~'_-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
)
"""A user principal name, or the object id of a user in Microsoft Entra."""


def _web_address(url: SecretStr) -> SecretStr:
    """The address of a robot holds its key, so it is a secret as a whole."""
    try:
        parts = urlsplit(url.get_secret_value())
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is none, brackets that are not closed
        good = False
    if not good:
        raise ValueError("must be an address that begins with http:// or https://")
    if not _is_host(parts.hostname or "") or re.search(r"[\s\x00-\x1f\x7f]", url.get_secret_value().strip()):
        raise ValueError("is no address that can be asked: look at its host, and for blanks in it")
    return SecretStr(url.get_secret_value().strip())


def _is_host(name: str) -> bool:
    """What can be looked up, or is an IPv6 address."""
    if ":" in name:
        return True
    try:
        ascii_name = name.encode("idna").decode()
    except UnicodeError:  # a label that is empty, or longer than 63
        return False
    return re.fullmatch(r"[A-Za-z0-9._-]+", ascii_name) is not None


def _header_lines(headers: dict[str, SecretStr]) -> dict[str, SecretStr]:
    """Names of RFC 9110, values of one line; those that we write ourselves cannot be set."""
    for name, value in headers.items():
        if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name):
            raise ValueError(f"{name!r} is no name of a header")
        if name.lower() in _OWN_HEADERS:
            raise ValueError(f"{name} is written by kubetriage and cannot be set")
        if not re.fullmatch(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?|", value.get_secret_value()):
            raise ValueError(f"the value of {name} must be one line of ASCII without blanks at its ends")
    return headers


_OWN_HEADERS = frozenset(
    {"host", "content-type", "content-length", "transfer-encoding", "connection"}
    | {"webhook-id", "webhook-timestamp", "webhook-signature"}
)


def _mail_address(given: str) -> str:
    """One mailbox, `oncall@example.com` or `On call <oncall@example.com>`; the address itself in ASCII."""
    from email.policy import default
    from email.utils import parseaddr

    if given.isprintable():
        read = default.header_factory("to", given)
        one = len(read.addresses) == 1 and not read.defects
        address = read.addresses[0].addr_spec if one else ""
        if re.fullmatch(r"[!-?A-~]+@[A-Za-z0-9.-]+", address) and parseaddr(given)[1] == address:
            return given
    raise ValueError(f"{given!r} is not one mail address")


def _apprise_address(url: SecretStr) -> SecretStr:
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://\S", url.get_secret_value()):
        raise ValueError("must be an Apprise address, such as tgram://…")
    return url


def _one_line(words: str) -> str:
    if not words.isprintable():
        raise ValueError("must be one line of text")
    return words


WebAddress = Annotated[SecretStr, AfterValidator(_web_address)]
ZoneName = Annotated[str, AfterValidator(zone_name)]
MailAddress = Annotated[str, AfterValidator(_mail_address)]
OneLine = Annotated[str, AfterValidator(_one_line)]


class ChannelOptions(BaseModel):
    """What every channel has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    language: Literal["en", "zh", "both"] | None = None
    """Of headings and of our own words; as for reports if not set."""
    timezone: ZoneName = ""
    """Of times, like `Asia/Shanghai`; the machine's if empty."""
    template: str = ""
    """A Jinja2 file that writes the message instead of us."""
    mention: tuple[str, ...] = ()
    """Who is mentioned, in the platform's own ids; `all` for everybody."""
    mention_severities: tuple[SeverityWord, ...] = ("critical",)
    """Severities whose diagnoses mention them; nothing else does."""
    fallback: str = ""
    """The channel that gets a message which this one will never take."""
    repeat_unknown: bool | None = None
    """Send again where no answer came; by default only where the far side deduplicates."""
    per_second: float | None = Field(default=None, gt=0)
    per_minute: int | None = Field(default=None, gt=0)
    """A pace of one's own, instead of the platform's."""
    timeout: float = Field(default=10.0, gt=0, le=120)
    """Seconds until an attempt without an answer ends."""
    max_bytes: int | None = Field(default=None, ge=2000)
    """A size limit of one's own, with room for any message's least; the platform's if it is smaller."""


class FeishuOptions(ChannelOptions):
    """A custom robot of Feishu or Lark."""

    type: Literal["feishu", "lark"]
    url: WebAddress
    secret: SecretStr = _NONE
    """The signing secret of its security settings."""
    keyword: OneLine = ""
    """The keyword of its security settings; put into the title."""
    card: Literal["2.0", "1.0"] = "2.0"
    """1.0 for clients before 7.20."""
    max_bytes: int | None = Field(default=None, ge=4000)
    """The frame of a card takes its part."""


class WeComOptions(ChannelOptions):
    """A group robot of WeCom."""

    type: Literal["wecom"]
    url: WebAddress
    format: Literal["markdown_v2", "markdown"] = "markdown_v2"
    """`markdown` for old clients, and for mentions, which markdown_v2 has not."""

    @model_validator(mode="after")
    def _mentions_need_markdown(self) -> WeComOptions:
        if self.mention and self.format != "markdown":
            raise ValueError('mention needs format = "markdown": markdown_v2 has no mentions')
        return self


class DingTalkOptions(ChannelOptions):
    """A custom robot of DingTalk."""

    type: Literal["dingtalk"]
    url: WebAddress
    secret: SecretStr = _NONE
    keyword: OneLine = ""


class SlackOptions(ChannelOptions):
    """An incoming webhook of Slack."""

    type: Literal["slack"]
    url: WebAddress


class SlackApiOptions(ChannelOptions):
    """A Slack app with `chat:write`: it can answer in a thread and change what it wrote."""

    type: Literal["slack-api"]
    token: SecretStr = Field(min_length=1)
    channel: OneLine = Field(min_length=1)
    """The channel's id, `C…`."""
    follow_up: Literal["thread", "update", "both"] = "thread"
    """What a later message of an incident does with the first one."""
    api: WebAddress = SecretStr("https://slack.com/api")


class TeamsOptions(ChannelOptions):
    """A Teams workflow that posts to a channel when a webhook request is received."""

    type: Literal["teams"]
    url: WebAddress
    max_bytes: int | None = Field(default=None, ge=4000)
    """The frame of a card takes its part."""

    @model_validator(mode="after")
    def _mentions_are_people(self) -> TeamsOptions:
        for each in self.mention:
            if not _TEAMS_USER.fullmatch(each):
                raise ValueError(
                    f"mention: {each!r} is no user principal name (name@example.com) and no object id; cards "
                    "of a workflow can mention single people only"
                )
        return self


class EmailOptions(ChannelOptions):
    """A mail server."""

    type: Literal["email"]
    host: OneLine = Field(min_length=1)
    port: int = Field(default=0, ge=0, le=65535)
    """0 for the usual one: 587, or 465 with tls, or 25 with none."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: SecretStr = _NONE
    ca_file: str = ""
    sender: MailAddress
    to: tuple[MailAddress, ...] = Field(min_length=1)
    subject_prefix: OneLine = ""
    max_bytes: int | None = Field(default=None, ge=32_000)
    """Its page takes its part, and a Chinese character nine bytes of a mail."""

    @model_validator(mode="after")
    def _password_is_safe(self) -> EmailOptions:
        if self.password.get_secret_value() and not self.username:
            raise ValueError("has a password without a username")
        if self.username and self.security == "none":
            raise ValueError("a password is never sent without encryption: set security")
        return self


class WebhookOptions(ChannelOptions):
    """Any HTTP server: the report as JSON, signed as Standard Webhooks says."""

    type: Literal["webhook"]
    url: WebAddress
    secret: SecretStr = _NONE
    """`whsec_` and base64 of 24 to 64 bytes; unsigned without it."""
    headers: Annotated[dict[str, SecretStr], AfterValidator(_header_lines)] = Field(default_factory=dict)
    max_bytes: int | None = Field(default=None, ge=16_000)
    """Without its report the notice still has its labels."""
    allow_private: bool = False
    """Also send to private, loopback and link-local addresses."""

    @model_validator(mode="after")
    def _secret_is_one(self) -> WebhookOptions:
        given = self.secret.get_secret_value()
        if given:
            try:
                key = base64.b64decode(given.removeprefix("whsec_"), validate=True)
            except (binascii.Error, ValueError):
                raise ValueError("secret must be whsec_ and base64") from None
            if not 24 <= len(key) <= 64:
                raise ValueError("secret must be whsec_ and base64 of 24 to 64 bytes")
        return self


class StdoutOptions(ChannelOptions):
    """Standard output."""

    type: Literal["stdout"]


class AppriseOptions(ChannelOptions):
    """Anything else that Apprise knows, as plain text and best effort."""

    type: Literal["apprise"]
    url: Annotated[SecretStr, AfterValidator(_apprise_address)]
    """One Apprise address, such as `tgram://…`."""


SHORTEST_SECRET = 8
"""Characters: a shorter part of an address is no key, and a word of every answer."""


def secrets_of(options: ChannelOptions) -> tuple[str, ...]:
    """What must not be repeated to anyone: secrets, addresses, and the parts of addresses that are keys."""
    values = [getattr(options, name) for name in type(options).model_fields]
    values += [each for value in values if isinstance(value, dict) for each in value.values()]
    found: set[str] = set()
    for value in values:
        if isinstance(value, SecretStr):
            secret = value.get_secret_value()
            found.add(secret)
            if "://" in secret:
                _, _, rest = secret.partition("://")
                found |= set(re.split(r"[/?&=#@:]", rest.partition("/")[2]))
    return tuple(sorted((each for each in found if len(each) >= SHORTEST_SECRET), key=len, reverse=True))


AnyOptions = Annotated[
    FeishuOptions
    | WeComOptions
    | DingTalkOptions
    | SlackOptions
    | SlackApiOptions
    | TeamsOptions
    | EmailOptions
    | WebhookOptions
    | StdoutOptions
    | AppriseOptions,
    Field(discriminator="type"),
]
