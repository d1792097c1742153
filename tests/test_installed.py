"""The tests run against what they claim to run against: the sources, or the installed wheel."""

from __future__ import annotations

import os
from pathlib import Path

import kubetriage.domain

ROOT = Path(__file__).resolve().parents[1]


def test_the_tested_package_is_the_one_that_is_meant() -> None:
    """With KUBETRIAGE_TEST_INSTALLED the package is not the checkout's own source, without it it is."""
    assert kubetriage.domain.__file__
    from_sources = Path(kubetriage.domain.__file__).resolve().parent == ROOT / "domain"
    assert from_sources is not bool(os.environ.get("KUBETRIAGE_TEST_INSTALLED"))
