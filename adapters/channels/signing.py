"""The three signatures. Feishu's and DingTalk's are mirror images of each other, which is easily confused."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import quote


def feishu_sign(secret: str, seconds: int) -> str:
    """HMAC-SHA256 with `"{seconds}\\n{secret}"` as key over nothing, in base64; goes into the body."""
    return _base64(f"{seconds}\n{secret}".encode(), b"")


def dingtalk_sign(secret: str, milliseconds: int) -> str:
    """HMAC-SHA256 with the secret as key over `"{milliseconds}\\n{secret}"`, in base64."""
    return _base64(secret.encode(), f"{milliseconds}\n{secret}".encode())


def dingtalk_query(secret: str, milliseconds: int) -> str:
    """What is added to the address; the signature is percent-encoded once."""
    return f"timestamp={milliseconds}&sign={quote(dingtalk_sign(secret, milliseconds), safe='')}"


def standard_signature(secret: str, ident: str, seconds: int, body: bytes) -> str:
    """Of Standard Webhooks 1.0: `v1,` and base64 of the HMAC of `id.timestamp.body`."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return f"v1,{_base64(key, f'{ident}.{seconds}.'.encode() + body)}"


def _base64(key: bytes, message: bytes) -> str:
    return base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()
