"""domain.rules.log_values: values that an application was given and cannot use, and where they stand."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.finding import Finding, Likelihood, Specificity
from kubetriage.domain.log_patterns import Sign
from kubetriage.domain.log_signs import signs
from kubetriage.domain.rules.crash import app_error
from kubetriage.domain.rules.log_causes import log_causes

POD = "Pod shop/app-1"
LOG = ("shop", "app-1", "app", True)


def _env(**values: Any) -> list[Any]:
    """Variables with a value, or from a Secret where a tuple names it and its key."""
    return [
        {"name": k, "value": v}
        if isinstance(v, str)
        else {"name": k, "valueFrom": {"secretKeyRef": {"name": v[0], "key": v[1]}}}
        for k, v in values.items()
    ]


def _crashing(k8s: Any, **spec: Any) -> list[Any]:
    state = k8s.waiting("CrashLoopBackOff")
    made = k8s.container(state=state, last=k8s.ended(1), restarts=4, **spec)
    pod = k8s.pod(POD, made, phase="Running", owner="ReplicaSet shop/app-rs")
    return [pod, k8s.replicaset("ReplicaSet shop/app-rs"), k8s.deployment()]


def _one(k8s: Any, view_of: Any, log: str, **spec: Any) -> Finding:
    (found,) = k8s.findings(log_causes(view_of(_crashing(k8s, **spec), POD, logs={LOG: log})))
    return found  # type: ignore[no-any-return]


def test_a_value_is_found_in_the_environment(k8s: Any, view_of: Any) -> None:
    """A time zone that is none is the variable's that holds it."""
    log = "zoneinfo._common.ZoneInfoNotFoundError: 'No time zone found with key Asia/Beijing'\n"
    found = _one(k8s, view_of, log, env=_env(APP_TZ="Asia/Beijing", TZ="UTC"))
    assert "`Asia/Beijing`, the value of its environment variable APP_TZ" in found.statement.en
    assert (found.category, found.likelihood) == ("misconfigured-app", Likelihood.HIGH)
    assert found.specificity is Specificity.EXACT and "环境变量 APP_TZ 的值" in found.statement.zh


def test_a_value_that_two_variables_have_is_no_one_variables(k8s: Any, view_of: Any) -> None:
    """Where several variables hold it, none is named."""
    log = 'FATAL strconv.Atoi: parsing "auto": invalid syntax\n'
    found = _one(k8s, view_of, log, env=_env(WORKERS="auto", MODE="auto"))
    assert "it cannot use value `auto`" in found.statement.en and "WORKERS" not in found.statement.en


def test_an_argument_and_its_flag(k8s: Any, view_of: Any) -> None:
    """A flag that the program names is quoted with the value that it refuses."""
    log = 'Error: invalid argument "Fast=true" for "--feature-gates" flag: unrecognized feature gate: Fast\n'
    found = _one(k8s, view_of, log, args=["--feature-gates=Fast=true"])
    assert "value `Fast=true` of --feature-gates" in found.statement.en


def test_numbers_of_users_are_not_settings(k8s: Any, view_of: Any) -> None:
    """A ready pod that meets such values again and again gets them from its callers."""
    line = 'ERROR NumberFormatException: For input string: "abc"\n'
    pod = k8s.pod(POD, k8s.container(env=_env(PORT="8080")))
    view = view_of([pod], POD, logs={("shop", "app-1", "app", False): line * 12})
    assert k8s.findings(log_causes(view)) == []


def test_a_header_with_a_line_end(k8s: Any, view_of: Any) -> None:
    """The request is not sent at all; tokens that come from Secrets are named, their values never read."""
    line = 'ERROR Post "https://a.example.com/": net/http: invalid header field value for "Authorization"\n'
    found = _one(k8s, view_of, line, env=_env(MAIL_TOKEN=("mail", "token"), HOST="x"))
    assert "header Authorization" in found.statement.en
    assert "MAIL_TOKEN (Secret mail)" in found.statement.en and "echo -n" in found.remedies[0].detail.en


def test_an_address_that_is_none(k8s: Any, view_of: Any) -> None:
    """A URL without a scheme is a setting, not a TLS failure."""
    found = _one(k8s, view_of, 'FATAL Get "": unsupported protocol scheme ""\n')
    assert found.rule == "log.bad-address" and "TLS" not in found.statement.en


def test_its_own_certificate(k8s: Any, view_of: Any) -> None:
    """A key that does not fit its certificate is no failure between two peers."""
    found = _one(k8s, view_of, "FATAL tls: private key does not match public key\n")
    assert found.rule == "log.own-certificate" and "its own certificate" in found.statement.en


@pytest.mark.parametrize(
    ("line", "sign"),
    [
        ("FATAL Unable to validate credentials inherited from the shell environment", Sign.BAD_VALUE),
        ("ERROR java.time.zone.ZoneRulesException: Unknown time-zone ID: Mars/Base", Sign.BAD_VALUE),
        ("ERROR ValueError: invalid literal for int() with base 10: 'ten'", Sign.BAD_VALUE),
        ('FATAL time: missing unit in duration "30"', Sign.BAD_VALUE),
        ("error: invalid value 'abc' for '--port <PORT>': invalid digit found in string", Sign.BAD_VALUE),
        ('ERROR parse "postgres://u:p@ss@pg:x/db": invalid port ":x" after host', Sign.BAD_ADDRESS),
        ("requests.exceptions.MissingSchema: Invalid URL 'api/v1': No scheme supplied", Sign.BAD_ADDRESS),
        ('TypeError [ERR_INVALID_CHAR]: Invalid character in header content ["X-Key"]', Sign.BAD_HEADER),
        ("ERROR tls: failed to find any PEM data in certificate input", Sign.OWN_CERTIFICATE),
        ('ERROR server certificate: error:0480006C:PEM routines::no start line', Sign.OWN_CERTIFICATE),
        ("ERROR invalid header in CSV file, line 3", None),
        ("ERROR the scheme of the report is missing", None),
    ],
)  # fmt: skip
def test_words_for_values(line: str, sign: Sign | None) -> None:
    """Go, Java, Python, Node.js and Rust name such values in words of their own."""
    seen = next((one.sign for one in signs(line + "\n")), None)
    assert seen is sign


def test_the_variable_that_last_words_name(k8s: Any, view_of: Any) -> None:
    """Where an application's last words name a variable of its container, the value stands beside them."""
    log = "FATAL WORKER_THREADS must be a number\n"
    view = view_of(_crashing(k8s, env=_env(WORKER_THREADS="auto", RUST_LOG="info")), POD, logs={LOG: log})
    (found,) = k8s.findings(app_error(view))
    assert "its environment sets WORKER_THREADS to `auto`" in found.statement.en
    assert "WORKER_THREADS 的值为 `auto`" in found.statement.zh


def test_a_variable_from_a_secret(k8s: Any, view_of: Any) -> None:
    """Of a Secret only the name is known."""
    view = view_of(_crashing(k8s, env=_env(API_KEY=("api", "key"))), POD,
                   logs={LOG: "FATAL API_KEY has 31 characters, 32 expected\n"})  # fmt: skip
    (found,) = k8s.findings(app_error(view))
    assert "API_KEY comes from Secret api" in found.statement.en
