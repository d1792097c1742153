"""Secrets that are known by their own form: issued credentials, headers, webhook addresses.

Each pattern is tried where its stem stands and nowhere else; `secret` is the group to mask.
"""

from __future__ import annotations

import re
from typing import Final

MARK: Final = "[redacted]"
"""What stands where a secret stood; always the same, so that nothing of the secret is told."""

CREDENTIALS: Final[dict[str, re.Pattern[str]]] = {
    stem: re.compile(pattern, re.ASCII)  # Chinese, which has no spaces, is no part of a credential
    for stem, pattern in {
        "AKIA": r"AKIA[A-Z0-9]{16}(?![A-Za-z0-9])",  # AWS access key
        "ASIA": r"ASIA[A-Z0-9]{16}(?![A-Za-z0-9])",  # AWS temporary access key
        "LTAI": r"LTAI[A-Za-z0-9]{12,30}+(?![A-Za-z0-9])",  # Alibaba Cloud AccessKey
        "STS.": r"STS\.[A-Za-z0-9]{20,}+",  # Alibaba Cloud temporary AccessKey
        "AKID": r"AKID[A-Za-z0-9]{13,40}+(?![A-Za-z0-9])",  # Tencent Cloud SecretId
        "AIza": r"AIza[\w-]{30,}+",  # Google API key
        "ya29.": r"ya29\.[\w-]{20,}+",  # Google OAuth access token
        "ghp_": r"ghp_[A-Za-z0-9]{30,}+",  # GitHub: personal, OAuth, user, server, refresh tokens
        "gho_": r"gho_[A-Za-z0-9]{30,}+",
        "ghu_": r"ghu_[A-Za-z0-9]{30,}+",
        "ghs_": r"ghs_[A-Za-z0-9]{30,}+",
        "ghr_": r"ghr_[A-Za-z0-9]{30,}+",
        "github_pat_": r"github_pat_\w{22,}+",
        "glpat-": r"glpat-[\w-]{20,}+",  # GitLab
        "xox": r"xox[abceoprs]-[\w-]{10,}+",  # Slack
        "xapp-": r"xapp-\d-[\w-]{10,}+",
        # OpenAI, Anthropic, DeepSeek, DashScope and others:
        "sk-": r"sk-(?:(?:proj|ant|svcacct|admin|or|lf)-[\w-]{20,}+|[A-Za-z0-9]{20,}+(?![\w-]))",
        "sk_live_": r"sk_live_[A-Za-z0-9]{16,}+",  # Stripe
        "rk_live_": r"rk_live_[A-Za-z0-9]{16,}+",
        "npm_": r"npm_[A-Za-z0-9]{36}(?!\w)",
        "pypi-AgE": r"pypi-AgE[\w-]{40,}+",
        "dckr_pat_": r"dckr_pat_[\w-]{20,}+",  # Docker Hub
        "hvs.": r"hvs\.[\w-]{20,}+",  # HashiCorp Vault
        "hvb.": r"hvb\.[\w-]{20,}+",
        "SG.": r"SG\.[\w-]{16,64}+\.[\w-]{16,}+",  # SendGrid
        "glsa_": r"glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}",  # Grafana
        "hf_": r"hf_[A-Za-z0-9]{30,}+(?!\w)",  # Hugging Face
        # JSON in base64: a JWT, or the configuration of a registry client:
        "eyJ": r"eyJ[\w-]{6,}+(?:\.[\w-]++){1,4}+|eyJhdXRocyI6[A-Za-z0-9+/=]++",
    }.items()
}
"""By the exact letters they begin with."""


def _at(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)


_SEPARATOR: Final = r"\\{0,3}[\"'\]]?[ \t]{0,4}[:=][ \t]{0,4}[\"'\[]?"
_AUTHORIZATION: Final = r"authorization" + _SEPARATOR
_BASE64: Final = r"(?P<secret>[a-z0-9+/=]{8,}+(?:(?:\r?\n|\\n)[ \t]{0,40}[a-z0-9+/=]{40,}+)*+)"

PATTERNS: Final[dict[str, tuple[re.Pattern[str], ...]]] = {
    "bearer": _at(
        r"bearer[\"']?[ \t:=]{1,4}(?P<secret>(?=[^\s\"']{0,400}(?:\d|(?-i:[A-Z])))[\w.~+/=-]{12,}+)"
    ),
    "basic": _at(
        r"basic[ \t]{1,4}(?P<secret>(?=[a-z0-9+/]{0,400}(?:\d|=|(?-i:[a-z][A-Z])))[a-z0-9+/]{8,}+={0,2})"
        r"(?![\w.:-])"
    ),
    "authorization": _at(
        _AUTHORIZATION + r"(?:digest|token|apikey|negotiate|ntlm|aws4-hmac-sha256|tc3-hmac-sha256)"
        r"[ \t]{1,4}(?P<secret>[^\n\"'\]]{6,})",
        _AUTHORIZATION + r"(?P<secret>(?=[^\s\"']{0,400}\d)[\w.~+/=-]{20,}+)",
    ),
    "cookie": _at(r"cookie" + _SEPARATOR + r"(?P<secret>[\w.-]{1,80}=(?!\[redacted\])[^\n\"'\]]{4,})"),
    "signature": _at(r"signature[\"']?[ \t]{0,4}=[ \t]{0,4}[\"']?(?P<secret>[\w%+/=.-]{16,}+)"),
    # "PRIVATE KEY" in base64, at each of the three places that it can have in it:
    "ufjjvkfursblrv": _at(r"(?-i:UFJJVkFURSBLRV)" + _BASE64),
    "bssvzbveugs0vz": _at(r"(?-i:BSSVZBVEUgS0VZ)" + _BASE64),
    "quklwqvrfietfw": _at(r"(?-i:QUklWQVRFIEtFW)" + _BASE64),
    "&sig=": _at(r"&sig=(?P<secret>[\w%+/=.-]{16,}+)"),
    "?sig=": _at(r"\?sig=(?P<secret>[\w%+/=.-]{16,}+)"),
    "/hook/": _at(r"/hook/(?P<secret>[0-9a-f-]{20,}+)"),  # Feishu, Lark
    "/webhook/send?key=": _at(r"/webhook/send\?key=(?P<secret>[\w-]{8,}+)"),  # WeCom
    "hooks.slack.com/": _at(r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<secret>[\w/-]{16,}+)"),
    "/api/webhooks/": _at(r"/api/webhooks/\d{5,25}/(?P<secret>[\w-]{20,}+)"),  # Discord
    "/webhookb2/": _at(r"/webhookb2/(?P<secret>[\w@/.-]{20,}+)"),  # Teams
    "/bot": _at(r"/bot(?P<secret>\d{6,12}:[\w-]{30,}+)"),  # Telegram
    "oracle:thin:": _at(r"oracle:thin:[^\s/@\"']{1,60}/(?P<secret>[^\s@\"']{1,200}+)@"),
    **dict.fromkeys(
        ("requirepass", "masterauth"),  # Redis' configuration
        _at(r"(?:requirepass|masterauth)[ \t]{1,8}(?!(?:is|was|not|has)\b)[\"']?(?P<secret>[^\s\"'$]{2,}+)"),
    ),
    "redis-cli": _at(
        r"redis-cli\b[^\n;|&]{0,100}?[ \t](?:-a|--pass)[ \t=]{1,4}[\"']?(?P<secret>[^\s\"'$][^\s\"']*+)"
    ),
    "mysql": _at(
        r"mysql(?:admin|dump|check|show)?(?=[ \t])[^\n;|&]{0,100}?[ \t]-p[\"']?"
        r"(?P<secret>[^\s\"'$][^\s\"']*+)"
    ),
    "sshpass": _at(r"sshpass[ \t]{1,4}-p[ \t]{0,4}[\"']?(?P<secret>[^\s\"'$][^\s\"']*+)"),
    "curl": _at(
        r"curl\b[^\n;|]{0,100}?[ \t](?:-u|--user)[ \t=]{0,4}[\"']?[^\s\"':]{1,80}:"
        r"(?P<secret>[^\s\"'$][^\s\"']*+)"
    ),
}
"""By the lower-case letters at which they are tried, whatever the case of the text."""
