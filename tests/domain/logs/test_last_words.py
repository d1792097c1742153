"""domain.logs: which of a log's last records says why the program ended."""

from __future__ import annotations

import pytest

from kubetriage.domain.logs import Level, last_words, records

REDIS = "1:M 21 Mar 2026 08:07:40.{n:03} {mark} {text}\n"


def test_words_that_only_say_that_it_ends() -> None:
    """What a program ends for stands before `Aborting` and `Crash dump is being written`."""
    mysql = (
        "2026-01-01T08:06:42Z 1 [ERROR] [MY-012215] [InnoDB] Cannot open datafile './ibdata1'\n"
        "2026-01-01T08:06:42Z 0 [ERROR] [MY-010020] [Server] Data Dictionary initialization failed.\n"
        "2026-01-01T08:06:42Z 0 [ERROR] [MY-010119] [Server] Aborting\n"
    )
    words = last_words(mysql)
    assert words is not None and "Cannot open datafile" in words.record.said
    erlang = "ERROR: node rabbit@a disagrees\nCrash dump is being written to: /x/erl_crash.dump...done\n"
    words = last_words(erlang)
    assert words is not None and "disagrees" in words.record.said


def test_nothing_but_such_words() -> None:
    """Where nothing else was said, they are better than none."""
    words = last_words("INFO ready\nFATAL Aborting\n")
    assert words is not None and words.record.said == "Aborting" and words.decisive


def test_an_end_with_its_reason_is_a_reason() -> None:
    """`Aborting` with what for is the reason itself."""
    words = last_words("ERROR cache is cold\nFATAL Aborting: schema version 7 is newer than 5\n")
    assert words is not None and "schema version 7" in words.record.said


@pytest.mark.parametrize(("mark", "level"), [("#", Level.WARN), ("*", Level.INFO), (".", Level.DEBUG)])
def test_redis_marks_how_serious_a_line_is(mark: str, level: Level) -> None:
    """A sign stands where others write a word."""
    (record,) = records(REDIS.format(n=1, mark=mark, text="Loading"))
    assert record.level is level and record.said == "Loading"


def test_a_warning_is_the_last_word_where_nothing_is_worse() -> None:
    """Redis ends with a warning; lines after one without a level do not hide it."""
    log = REDIS.format(n=1, mark="*", text="Reading RDB base file") + REDIS.format(
        n=2, mark="#", text="Bad file format reading the append only file"
    )
    words = last_words(log)
    assert words is not None and words.decisive and words.record.said.startswith("Bad file format")
    words = last_words(
        "\nWARNING: needs a CPU with AVX\n  see https://example.com/1\n  see also https://x.y/2\n"
    )
    assert words is not None and "AVX" in words.record.said


def test_a_ruby_exception_says_its_message() -> None:
    """Ruby writes where before what."""
    log = (
        "/usr/gems/rails/application.rb:629:in `validate': Missing `secret_key_base` for 'production' "
        "(ArgumentError)\n\tfrom /usr/gems/rails/application.rb:479:in `secret_key_base'\n"
    )
    words = last_words(log)
    assert words is not None and words.record.thrown
    assert words.record.said.startswith("Missing `secret_key_base` for 'production'")


@pytest.mark.parametrize(
    "line",
    [
        "2026-03-13T08:57:06.731Z ERROR 1 --- [billing] [     main] o.s.boot.SpringApplication  : It fails",
        "2026-03-30 15:20:11.331 [http-nio-8080-exec-3] ERROR c.a.pay.WxPayClient - It fails",
    ],
)
def test_what_stands_before_a_java_message(line: str) -> None:
    """Spring Boot and Logback write process, thread and logger first: a quotation has no room for them."""
    (record,) = records(line)
    assert record.said == "It fails" and record.level is Level.ERROR


def test_chinese_words_of_trouble() -> None:
    """A line without a level speaks of an error in Chinese as well."""
    words = last_words("启动完成\n读取配置失败，缺少 database.url\n")
    assert words is not None and words.decisive
