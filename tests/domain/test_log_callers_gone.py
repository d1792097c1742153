"""A server's error about a caller that went away, whose exception stands on a line of its own."""

from __future__ import annotations

import pytest

from kubetriage.domain.log_clients import client_left
from kubetriage.domain.logs import records

HEAD = "2026-08-01 08:21:01.001 ERROR 1 --- [exec-4] o.a.c.c.C.[dispatcherServlet]: Servlet.service() threw exception"
INFO = "2026-08-01 08:21:02.001 INFO 1 --- [exec-4] app: handled"


@pytest.mark.parametrize(
    "thrown",
    [
        "org.apache.catalina.connector.ClientAbortException: java.io.IOException: Broken pipe",
        "org.eclipse.jetty.io.EofException: Closed",
        "org.springframework.web.context.request.async.AsyncRequestNotUsableException: ServletOutputStream failed",
    ],
)
def test_the_exception_belongs_to_the_error(thrown: str) -> None:
    """The error and the exception under it are one record, which tells of the caller alone."""
    text = (
        f"{HEAD}\n{thrown}\n\tat org.a.B.c(B.java:341)\nCaused by: java.io.IOException: Broken pipe\n{INFO}\n"
    )
    first, last = records(text)
    assert client_left(first.whole) and last.said == "handled"


def test_another_exception_is_the_applications() -> None:
    """Any other exception under such an error stays what the application threw."""
    text = (
        f"{HEAD}\njava.lang.IllegalStateException: no price for SKU-9\n\tat org.a.B.c(B.java:341)\n{INFO}\n"
    )
    assert not any(client_left(record.whole) for record in records(text))
