"""The imports that asking takes are begun early, and nothing depends on whether they were."""

from __future__ import annotations

import subprocess
import sys
import textwrap

RUN = """
    import asyncio, sys, threading
    from kubetriage.adapters.model import loading

    heavy = loading.MODULES[0]
    assert heavy not in sys.modules
    {begin}
    asyncio.run(loading.loaded())
    assert heavy in sys.modules and hasattr(sys.modules[heavy], "Call")
    print(sum(thread.name.startswith("loading") for thread in begun))
"""


def output(begin: str) -> str:
    """What a fresh process says; it must end well."""
    counting = "begun = []; start = threading.Thread.start\n"
    counting += "threading.Thread.start = lambda self: (begun.append(self), start(self))[1]\n"
    code = textwrap.dedent(RUN).format(begin=f"{counting}{begin}")
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout.strip()


def test_loading_is_begun_once_and_waited_for() -> None:
    """However often it is begun; whoever asks finds everything there."""
    assert output("loading.load_ahead(); loading.load_ahead()") == "1"


def test_what_was_not_begun_is_loaded_when_it_is_needed() -> None:
    """A library user who never begins it waits for it then."""
    assert output("pass") == "0"


def test_what_cannot_be_imported_is_said_where_one_asks() -> None:
    """The thread is silent; the question raises what is wrong."""
    begin = "loading.MODULES = ('no_such_module_anywhere',); loading.load_ahead()\n"
    begin += "try: asyncio.run(loading.loaded())\n"
    begin += "except ModuleNotFoundError as error: print(error.name); sys.exit()\n"
    code = textwrap.dedent(RUN).format(begin=begin)
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False
    )
    assert (ended.stdout.strip(), ended.stderr) == ("no_such_module_anywhere", "")
