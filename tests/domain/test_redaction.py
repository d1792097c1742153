"""Secrets in texts are masked; what a person needs to diagnose is not."""

from __future__ import annotations

import base64
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubetriage.domain.redaction import MARK, redact_text

PEM = (
    "-----BEGIN RSA PRIVATE KEY-----\n"
    + "MIIEpAIBAAKCAQEA7b5m9Q" * 3
    + "\n"
    + "Zm9vYmFyCg==\n-----END RSA PRIVATE KEY-----"
)
JWT = "eyJhbGciOiJSUzI1NiIsImtpZCI6IiJ9.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJl-_x"

MASKED = {
    "password=hunter2": "password=[redacted]",
    "DB_PASSWORD: hunter2": "DB_PASSWORD: [redacted]",
    "DB_PASS=hunter2": "DB_PASS=[redacted]",
    '{"db":{"pass":"hunter2"}}': '{"db":{"pass":"[redacted]"}}',
    "--db-pass hunter2 -v": "--db-pass [redacted] -v",
    "mysql -phunter2 shop": "mysql -p[redacted] shop",
    "db.password = letmein": "db.password = [redacted]",
    '  password: "a b\\"c"': '  password: "[redacted]"',
    '{"password":"x y","user":"bob"}': '{"password":"[redacted]","user":"bob"}',
    '{\\"password\\":\\"hunter2\\",\\"port\\":1}': '{\\"password\\":\\"[redacted]\\",\\"port\\":1}',
    "password=p,w;x user=bob": "password=[redacted] user=bob",
    "?user=bob&token=abc123&x=1": "?user=bob&token=[redacted]&x=1",
    "密码：abc123": "密码：[redacted]",
    "数据库密码=hunter2，连接失败": "数据库密码=[redacted]，连接失败",
    "用户名：root 密码：R00t@123 登录失败": "用户名：root 密码：[redacted] 登录失败",
    "数据库密码为hunter2，连接失败": "数据库密码为[redacted]，连接失败",
    "账号 root，密码 hunter22 请勿外传": "账号 root，密码 [redacted] 请勿外传",
    "密钥：0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0 无效": "密钥：[redacted] 无效",
    "私钥：“a b c”。": "私钥：“[redacted]”。",
    "password＝hunter2": "password＝[redacted]",
    "the password is hunter2, try it": "the password is [redacted], try it",
    "user: root password: R00t@123 refused": "user: root password: [redacted] refused",
    "<db:password>hunter2</db:password>": "<db:password>[redacted]</db:password>",
    '<add key="password" value="hunter2"/>': '<add key="password" value="[redacted]"/>',
    "<name>db.password</name>\n  <value>hunter2</value>": "<name>db.password</name>\n  <value>[redacted]</value>",
    "jdbc:oracle:thin:scott/tiger@//db:1521/x": "jdbc:oracle:thin:scott/[redacted]@//db:1521/x",
    "requirepass foobared": "requirepass [redacted]",
    "ldap bindpw=hunter2": "ldap bindpw=[redacted]",
    "https://api.telegram.org/bot123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/send": (
        "https://api.telegram.org/bot[redacted]/send"
    ),
    "--password hunter2 --user bob": "--password [redacted] --user bob",
    "--admin-token=abc": "--admin-token=[redacted]",
    '["--api-key", "abc", "-v"]': '["--api-key", "[redacted]", "-v"]',
    "- --password\n- hunter2\n- --user": "- --password\n- [redacted]\n- --user",
    "- name: DB_PASSWORD\n  value: hunter2\n": "- name: DB_PASSWORD\n  value: [redacted]\n",
    '{"name":"API_KEY","value":"abc"}': '{"name":"API_KEY","value":"[redacted]"}',
    "password: |\n  line one\n  line two\nport: 1": "password: |\n  [redacted]\nport: 1",
    "client-key-data: LS0tLS1CRUdJTg==": "client-key-data: [redacted]",
    "postgres://app:s3cret@db.svc:5432/app?sslmode=disable": (
        "postgres://app:[redacted]@db.svc:5432/app?sslmode=disable"
    ),
    "redis://:pw@cache:6379/0": "redis://:[redacted]@cache:6379/0",
    "mongodb://u:p@ss@h1:27017,h2/db": "mongodb://u:[redacted]@h1:27017,h2/db",
    "postgres://u:pa/ss@host/db": "postgres://u:[redacted]@host/db",
    "app:pw@tcp(db:3306)/shop": "app:[redacted]@tcp(db:3306)/shop",
    "dsn=scott/tiger@db:1521": "dsn=[redacted]",
    "Server=db;User Id=sa;Password=S3;Pooling=true": "Server=db;User Id=sa;Password=[redacted];Pooling=true",
    "AccountName=x;AccountKey=ab+/c==;Suffix=core": "AccountName=x;AccountKey=[redacted];Suffix=core",
    "Authorization: Bearer abcDEF123456789": "Authorization: Bearer [redacted]",
    "Authorization: Basic dXNlcjpwYXNz": "Authorization: Basic [redacted]",
    "Cookie: session=abcdef; theme=dark": "Cookie: [redacted]",
    "X-Api-Key: abcdef123456": "X-Api-Key: [redacted]",
    "curl -u bob:pw http://x": "curl -u bob:[redacted] http://x",
    "redis-cli -a s3cr ping": "redis-cli -a [redacted] ping",
    "mysqladmin ping -uroot -pfoo": "mysqladmin ping -uroot -p[redacted]",
    "https://open.feishu.cn/open-apis/bot/v2/hook/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0": (
        "https://open.feishu.cn/open-apis/bot/v2/hook/[redacted]"
    ),
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a1xx6-7aoc-4bc4": (
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=[redacted]"
    ),
    "https://b.core/x?sv=2022&sig=abcd1234abcd1234%3D&se=1": "https://b.core/x?sv=2022&sig=[redacted]&se=1",
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYKEY": "aws_secret_access_key = [redacted]",
}  # fmt: skip

ISSUED = [
    "AKIA" + "IOSFODNN7EXAMPLE",
    "LTAI" + "5tAbCdEfGhIjKlMn",
    "AKID" + "z8krbsJ5yKBZQpn74WFkmLPx3gnPhESA",
    "AIza" + "SyD-9tSrke72PouQMnMX-a7eZSW0jkFMB",
    "ghp_" + "a1B2" * 9,
    "github_pat_" + "11ABCDEFG0" * 3,
    "glpat-" + "x1y2z3" * 4,
    "xoxb-" + "123456789012-abcdefghij",
    "sk-" + "a1" * 24,
    "sk-proj-" + "Ab1-_" * 8,
    "hvs." + "CAESIJ" * 5,
    JWT,
]

ORDINARY = [
    "2024-05-01T12:00:00Z INFO token refreshed for user 17, status=200",
    "token: expired",
    'FATAL: password authentication failed for user "app"',
    "failed to get token: context deadline exceeded",
    "invalid token: signature is invalid",
    'MountVolume.SetUp failed for volume "tls" : secret "web-tls" not found',
    'Error: couldn\'t find key DB_PASSWORD in Secret shop/db',
    'error getting secret "shop/db": secrets "db" is forbidden: User "system:serviceaccount:shop:web"',
    "secret=default/web-tls",
    "Error: secret: web-tls not found",
    "tokens=1234 max_tokens: 4096 token_count=12",
    "Basic authentication failed",
    "basic-auth: bearer token missing",
    "use the --token flag or --password-file /run/secrets/x",
    "PASSWORD_FILE=/run/secrets/db TOKEN_TTL=300 SECRET_NAME=db",
    "password=${DB_PASS} token=$(TOKEN) secret=%s api_key=<none>",
    "password is required",
    "密码错误",
    "密码 不正确，密码 3 次错误",
    "拉取密钥：registry-v2，密钥 tls-v2 不存在，密钥为 web-tls-3",
    "密码：错误，请重试",
    "密码是否正确",
    "密码为空，用户=bob",
    "令牌已过期 2026-01-01",
    "token is 5m0s old",
    "password>=8 characters, token > 100000",
    "requirepass is set",
    "<password/><token></token>",
    "pwd=/srv/app",
    "unexpected token: }",
    "Unexpected token < in JSON at position 0",
    "secretName: web-tls\nsecretKeyRef:\n  name: db\n  key: password\n",
    "serviceAccountToken:\n  expirationSeconds: 3607\n  path: token\n",
    "automountServiceAccountToken: false\ntokenExpirationSeconds: 3607",
    "image: registry.test:5000/team/app@sha256:" + "0123456789abcdef" * 4,
    "pod sk-learn-serving-5d4f7c8b9d-abcde in namespace xox",
    "https://registry.test:5000/v2/app/manifests/1.2@x",
    "uid: 8c1a7f3e-1111-2222-3333-444444444444, resourceVersion: 4711, monkey: 12",
    'failed calling webhook "validate.nginx.ingress.kubernetes.io": Post "https://a.b.svc:443/v1?timeout=10s"',
    "ssh: handshake failed: ssh: unable to authenticate, attempted methods [none password]",
    "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----",
    "open /etc/tls/private key file: no such file",
    "Access Key ID is not set",
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), MASKED.items())
def test_the_value_is_masked_and_the_rest_stays(text: str, expected: str) -> None:
    """Only what is secret goes; names, hosts, users and what stands beside it stay."""
    assert redact_text(text) == expected


@pytest.mark.parametrize("secret", ISSUED)
@pytest.mark.parametrize(
    "line",
    ["{}", "using {}", "key={},", '"{}"', "a/{}?b", "x\n{}\ny", "使用密钥{}访问失败", "密钥：{}，请更换"],
)
def test_issued_credentials_are_masked_wherever_they_stand(secret: str, line: str) -> None:
    """Credentials with a form of their own are masked in any surroundings."""
    masked = redact_text(line.format(secret))
    assert secret not in masked
    assert MARK in masked


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_lines_are_left_alone(text: str) -> None:
    """What speaks about secrets without telling one is not touched."""
    assert redact_text(text) == text


@pytest.mark.parametrize("glue", ["\n", "\\n"])
def test_private_keys_are_masked_whole(glue: str) -> None:
    """All lines of a key go, also where newlines are escaped; what comes before and after stays."""
    masked = redact_text(f"before\n{PEM.replace(chr(10), glue)}\nafter")
    assert masked == ("before\n-----BEGIN RSA PRIVATE KEY-----[redacted]-----END RSA PRIVATE KEY-----\nafter")


@pytest.mark.parametrize("before", ["", "x", "xy"])
def test_private_keys_in_base64_are_masked_too(before: str) -> None:
    """As a Secret's data holds them, wherever in the base64 the key begins; certificates stay."""
    encoded = base64.b64encode(f"{before}{PEM}".encode()).decode()
    wrapped = "\n".join(encoded[at : at + 76] for at in range(0, len(encoded), 76))
    for text in (encoded, wrapped):
        assert len(redact_text(text)) < 90
    certificate = base64.b64encode(PEM.replace("RSA PRIVATE KEY", "CERTIFICATE").encode()).decode()
    assert redact_text(certificate) == certificate


@pytest.mark.parametrize("lines", [slice(0, 2), slice(1, 4), slice(2, 4)])
def test_half_a_private_key_is_masked_too(lines: slice) -> None:
    """A key whose first or last line was cut off, as in a log that was shortened, is masked all the same."""
    masked = redact_text("\n".join(PEM.splitlines()[lines]) + "\nan ordinary line of the log")
    assert "MIIE" not in masked
    assert "Zm9v" not in masked
    assert masked.endswith("an ordinary line of the log")


WORDS = [
    *MASKED,
    *ISSUED,
    *ORDINARY,
    PEM,
    "\n",
    " ",
    "=",
    ": ",
    '"',
    "://",
    "@",
    "token",
    "password",
    "key",
    MARK,
]
TEXTS = st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=8)), max_size=8).map("".join)


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_masking_twice_changes_nothing(text: str) -> None:
    """Whatever stands beside whatever, a second pass finds nothing more to mask."""
    once = redact_text(text)
    assert redact_text(once) == once


@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from(ISSUED[4:]))
@settings(deadline=None)
def test_a_token_never_comes_through(before: str, after: str, secret: str) -> None:
    """A credential that stands alone is masked whatever the text around it is."""
    assert secret not in redact_text(f"{before} {secret} {after}")


HOSTILE = [
    "token:", "dsn=", "://:", "eyJ", "eyJaaaaaaa.", "-----BEGIN PRIVATE KEY-----\n", "a", "password ",
    "@tcp(", "x token:a1:", "- token: |\n", "curl -u ", "secret_", "--", '"token":"', "redis-cli ",
    "cookie:", "https://a:b",
]  # fmt: skip


@pytest.mark.parametrize("hostile", HOSTILE)
def test_the_time_is_linear(hostile: str) -> None:
    """Four times the text takes about four times the time, whatever the text is made of."""

    def seconds(size: int) -> float:
        text = "x " + hostile * (size // len(hostile))
        taken = []
        for _ in range(3):
            began = time.thread_time()
            redact_text(text)
            taken.append(time.thread_time() - began)
        return min(taken)

    assert seconds(80_000) < 10 * seconds(20_000) + 0.1


@pytest.mark.slow
def test_ten_megabytes_of_log_are_quick() -> None:
    """10 MB of an ordinary log take about half a second of processor time; three times that fails."""
    line = (
        "2024-05-01T12:00:00.123Z INFO c.e.Handler - request {:016x} path=/api/v1/items status=200 in 31 ms\n"
    )
    text = "".join(line.format(number * 2654435761) for number in range(100_000))

    def seconds() -> float:
        began = time.thread_time()
        redact_text(text)
        return time.thread_time() - began

    assert min(seconds() for _ in range(3)) < 1.5
