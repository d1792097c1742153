"""domain.log_fields and domain.log_times: lines made of fields, and the times that lines carry."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kubetriage.domain.log_fields import json_fields, logfmt_said
from kubetriage.domain.log_times import time_in
from kubetriage.domain.logs import Level, records

NOW = datetime(2026, 3, 1, 13, tzinfo=UTC)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "level", "said"),
    [
        ('{"level":50,"time":1772366400000,"msg":"boom","err":{"message":"no url"}}', Level.ERROR, "boom; no url"),
        ('{"level":"error","ts":1772366400.5,"caller":"a.go:1","msg":"boom","error":"no url"}', Level.ERROR,
         "boom; no url"),
        ('{"t":{"$date":"2026-03-01T12:00:00.000+00:00"},"s":"E","c":"NETWORK","msg":"boom","attr":{"error":"no url"}}',
         Level.ERROR, "boom; no url"),
        ('{"@t":"2026-03-01T12:00:00Z","@l":"Fatal","@mt":"boom","@x":"System.Exception: no url\\n   at A.B()"}',
         Level.FATAL, "boom; System.Exception: no url"),
        ('{"Timestamp":"2026-03-01T12:00:00Z","LogLevel":"Error","Category":"A","Message":"boom"}', Level.ERROR, "boom"),
        ('{"event":"boom","level":"warning","timestamp":"2026-03-01T12:00:00Z"}', Level.WARN, "boom"),
        ('{"severity":"CRITICAL","message":"boom","time":"2026-03-01T12:00:00Z"}', Level.FATAL, "boom"),
        ('{"instant":{"epochSecond":1772366400},"level":"ERROR","message":"boom","thrown":{"message":"no url"}}',
         Level.ERROR, "boom; no url"),
        ('2026-03-01T12:00:00Z {"level":"error","msg":"boom"}', Level.ERROR, "boom"),
        ("2026-03-01T12:00:00.000Z\tERROR\tcmd/main.go:7\tboom\t{\"error\": \"no url\"}", Level.ERROR,
         "cmd/main.go:7\tboom; no url"),
    ],
)  # fmt: skip
def test_json_of_common_loggers_is_read(line: str, level: Level, said: str) -> None:
    """pino, zap, MongoDB, Serilog, .NET, structlog, Google Cloud, log4j2, and JSON behind a prefix."""
    (record,) = records(line)
    assert (record.level, record.said) == (level, said)
    assert record.at is not None and record.at.replace(microsecond=0) == NOON


@pytest.mark.parametrize(
    "line", ["{not json}", '{"a":' * 5000 + "1" + "}" * 5000, "[1, 2]", "{}", '{"msg": 7}', ""]
)
def test_what_is_no_json_object_is_a_plain_line(line: str) -> None:
    """Broken, deep and empty JSON neither fails nor hides the line."""
    fields = json_fields(line)
    assert fields is None or fields.said == ""
    assert [record.raw for record in records(line)] == ([line[:2000]] if line else [])


def test_logfmt_says_message_and_error() -> None:
    """Both the message and the error of a logfmt line, quotes unescaped; another line is none."""
    assert logfmt_said('level=error msg="boom" err="bad \\"x\\""') == 'boom; bad "x"'
    assert logfmt_said("msg=boom without a level") == ""


@pytest.mark.parametrize(
    "line",
    [
        "2026-03-01T12:00:00Z x",
        "2026-03-01 12:00:00,000 INFO x",
        "2026/03/01 12:00:00 [error] 31#31: x",
        "[2026-03-01T13:00:00.000+01:00] x",
        '10.0.0.1 - - [01/Mar/2026:13:00:00 +0100] "GET / HTTP/1.1" 200 2',
        "1:M 01 Mar 2026 12:00:00.000 * Ready to accept connections",
        "Mar  1 12:00:00 node-1 kubelet[1]: x",
        "E0301 12:00:00.000000       1 main.go:12] x",
        "2026-03-01 12:00:00.000 UTC [1] LOG:  x",
    ],
)
def test_times_are_read_in_the_forms_that_servers_write(line: str) -> None:
    """ISO, access logs, nginx, redis, syslog, klog and postgres; UTC where no zone is named."""
    assert time_in(line, NOW) == NOON


@pytest.mark.parametrize(
    "line",
    ["at 12:00:00 sharp", "10.0.0.1:5432 refused", "2026-13-45T99:00:00Z x", "E0301 12:00:00.0 1 a.go:1] x"],
)
def test_what_carries_no_date_has_no_time(line: str) -> None:
    """A clock without a date, a broken date, and a date without a year of which nothing tells the year."""
    assert time_in(line) is None


def test_a_date_without_a_year_lies_before_now() -> None:
    """In January, a line of December is of the year before."""
    made = time_in("E1231 23:59:00.000000 1 a.go:1] x", datetime(2026, 1, 1, tzinfo=UTC))
    assert made == datetime(2025, 12, 31, 23, 59, tzinfo=UTC)
