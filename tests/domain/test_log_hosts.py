"""The hosts that logs name, and failures that are told in several lines."""

from __future__ import annotations

import pytest

from kubetriage.domain.log_patterns import Sign
from kubetriage.domain.log_signs import endpoint, last_sign, read_record, signs
from kubetriage.domain.logs import records


@pytest.mark.parametrize(
    ("line", "host"),
    [
        ("Connection to ledger timed out after 30000ms", ("ledger", "")),
        ("Connection timeout to ledger!", ("ledger", "")),
        ("cannot reach ledger: timeout", ("ledger", "")),
        ("Failed to acquire a database connection: pool exhausted", ("", "")),
        ("unable to get a connection from pool", ("", "")),
        ("Request timeout after 5000ms", ("", "")),
        ("remaining connection slots are reserved", ("", "")),
    ],
)
def test_a_word_after_to_is_a_host_only_where_something_is_called(line: str, host: tuple[str, str]) -> None:
    """`to` also stands before verbs: only what is connected to or called is a host."""
    assert endpoint(line) == host


def test_the_last_failure_takes_its_host_from_the_line_before() -> None:
    """An application that gives up seldom repeats which host it could not reach."""
    log = 'WARNING could not translate host name "ledger-prod" to address\nFATAL could not connect, giving up'
    seen = last_sign(log)
    assert seen is not None and (seen.sign, seen.values["host"]) == (Sign.DNS, "ledger-prod")


def test_errors_with_and_without_the_host() -> None:
    """Errors that leave out the host count as those that name it; many more of them are another matter."""
    named = ["ERROR no answer: dial tcp ledger:80: i/o timeout"] * 3
    (one,) = signs("\n".join([*named, *["ERROR could not connect"] * 9]))
    assert one.values["host"] == "ledger"
    assert len(list(signs("\n".join([*named, *["ERROR could not connect"] * 60])))) == 2


def test_of_two_as_frequent_the_first_one_counts() -> None:
    """What a log complained of first is nearer to the reason."""
    both = ["ERROR dial tcp zebra:80: connection refused", "ERROR dial tcp alpha:80: connection refused"]
    assert next(iter(signs("\n".join(both * 6)))).values["host"] == "zebra"


def test_a_chain_of_python_exceptions_is_one_record() -> None:
    """The last exception of a chain, which names most, is what the record says."""
    (one, _) = records(
        "2025-06-01 10:00:00 ERROR in app: Exception on / [GET]\n"
        "Traceback (most recent call last):\n"
        '  File "a.py", line 3, in look\n    socket.getaddrinfo(host)\n'
        "socket.gaierror: [Errno -2] Name or service not known\n\n"
        "During handling of the above exception, another exception occurred:\n\n"
        "Traceback (most recent call last):\n"
        '  File "b.py", line 9, in send\n'
        "requests.exceptions.ConnectionError: HTTPConnectionPool(host='ledger', port=80): Max retries exceeded "
        "(Caused by NewConnectionError('Name or service not known'))\n"
        "10.0.0.1 GET / 500\n"
    )
    seen = read_record(one)
    assert seen is not None and (seen.sign, seen.values["host"]) == (Sign.DNS, "ledger")


@pytest.mark.parametrize(
    "line",
    [
        '2025-06-01T10:00:00Z\tERROR\tReconciler error\t{"controller": "w", "error": "pods is forbidden: '
        'User \\"system:serviceaccount:a:b\\" cannot list resource \\"pods\\""}',
        'time="2025-06-01T10:00:00Z" level=error msg="sync failed" error="pods is forbidden: '
        'User \\"system:serviceaccount:a:b\\" cannot list resource \\"pods\\""',
    ],
)
def test_quotes_that_a_logger_escaped(line: str) -> None:
    """Structured loggers put a backslash before the quotes of the message that they carry."""
    (one,) = records(line)
    seen = read_record(one)
    assert seen is not None and (seen.sign, seen.values["verb"]) == (Sign.RBAC, "list")


@pytest.mark.parametrize(
    ("line", "sign"),
    [
        ('"root" execution of the server is not permitted.', Sign.AS_ROOT),
        ("java.lang.RuntimeException: can not run the search engine as root", Sign.AS_ROOT),
        ("Running as root without --no-sandbox is not allowed", Sign.AS_ROOT),
        ("WARN running the package manager as root is not recommended", None),
        ("ledger:5432 - no response", Sign.TIMEOUT),
        ("Failed to retrieve sessions from cache: TimeoutError", Sign.TIMEOUT),
        ("Could not acquire connection from pool after 30s", Sign.POOL),
        ("Health check failed: Invalid Partner API key", Sign.AUTH),
    ],
)
def test_further_wordings(line: str, sign: Sign | None) -> None:
    """Programs that refuse to run as root, probes without an answer, pools and keys in other words."""
    (one,) = records(line)
    seen = read_record(one)
    assert (seen.sign if seen is not None else None) is sign
