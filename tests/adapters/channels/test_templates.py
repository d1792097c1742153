"""The user's own templates: sandboxed, escaped by themselves, and never in the way of a message."""

from __future__ import annotations

import json
import sys
import tracemalloc
from collections.abc import Callable
from datetime import UTC

import pytest

from kubetriage.adapters.channels.channel import ChannelBase
from kubetriage.adapters.channels.fake import FakePlatforms, FeishuRobot, WeComRobot
from kubetriage.adapters.channels.templates import MessageTemplate, TemplateFailed, values_of
from kubetriage.domain.errors import BadSettings
from kubetriage.domain.language import Language
from kubetriage.domain.messages.composing import compose
from kubetriage.domain.messages.delivery import Verdict
from kubetriage.domain.messages.dialects import PLAIN
from kubetriage.domain.messages.trial import Trial, trial_notice

Make = Callable[..., ChannelBase]
URL = "https://robot.example.com/x"
SAMPLE = trial_notice(Trial.SAMPLE, Language.EN)
HOSTILE = trial_notice(Trial.HOSTILE, Language.EN)


def shown(make: Make, template: str, kind: str = "wecom", hostile: bool = False) -> str:
    channel = make(kind, url=URL, template=template)
    return channel.preview(HOSTILE if hostile else SAMPLE).body.decode()


def test_a_template_writes_the_message(make: Make) -> None:
    """It has the report, the notice's own fields and our sections."""
    text = shown(
        make, "{{ severity }} {{ incident }} {{ report.root_causes[0].likelihood }}\n{{ sections.steps }}"
    )
    assert text.startswith("warning INC-SAMPLE high")
    assert "```\nkubectl -n aiops describe pvc test-data\n```" in text


def test_what_it_prints_is_escaped(make: Make) -> None:
    """Values are made harmless for the channel without a word in the template; `markup` says otherwise."""
    text = shown(
        make, "{{ report.summary }} {{ title }} {% for l in lines %}{{ l }}{% endfor %}", hostile=True
    )
    assert "<at" not in text and "<@" not in text and "@all" not in text
    assert shown(make, "{{ '**x**' }}") == "＊＊x＊＊"
    assert shown(make, "{{ '**x**' | markup }}") == "**x**"


@pytest.mark.parametrize(
    "template",
    [
        "{{ report.nothing.at.all }} {{ 1 // 0 }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ self.__init__.__globals__ }}",
        "{% for i in range(10**9) %}x{% endfor %}",
        "{{ 'x' * 9999999 }}",
        "{{ '%s' | format }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "{% set n = namespace(x='aaaa') %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
        "{% set n = namespace(x='aaaa') %}{% for i in range(60) %}{% set n.x = n.x + n.x %}{% endfor %}",
        "{% set n = namespace(x=[1]) %}{% for i in range(60) %}{% set n.x = n.x + n.x %}{% endfor %}",
        "{{ 9 ** (9 ** 9) }}",
        "{{ ([1] * 10 ** 9) | length }}",
        "{{ 'x' | center(10 ** 9) }}",
        "{{ 'x'.ljust(1000000000) }}",
        "{{ '%999999999d' | format(1) }}",
        "{{ '%999999999d' % 1 }}",
        "{{ '{:999999999}'.format(1) }}",
        "{{ lipsum(n=1000000) }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ report.update({'x': 1}) }}",
        "{{ ''|attr('__class__') }}{{ 1 // 0 }}",
        "{% include '/etc/passwd' %}",
    ],
)
async def test_a_template_that_fails_keeps_no_message_back(
    template: str, platforms: FakePlatforms, make: Make
) -> None:
    """Errors, what the sandbox forbids and floods end with our own text, and it is said."""
    robot = WeComRobot()
    channel = make("wecom", url=platforms.add("wecom", robot), template=template)
    delivery = await channel.send(SAMPLE, key="k1")
    assert delivery.verdict is Verdict.DELIVERED
    assert "built-in" in delivery.why
    assert "Root cause" in robot.seen[0].texts[0]


LONG = "('x' * 200000)"


@pytest.mark.parametrize(
    "template",
    [
        f"{{{{ {LONG} | replace('x', {LONG}) }}}}",
        f"{{{{ {LONG}.replace('x', {LONG}) }}}}",
        f"{{{{ {LONG}.join(['a'] * 10000) }}}}",
        f"{{{{ ([{LONG}] * 10000) | join | length }}}}",
        f"{{{{ [{LONG}, {LONG}] | tojson | length }}}} {{{{ [{LONG}, {LONG}] }}}}",
        f"{{{{ 'x'.join([{LONG}] * 20) ~ [{LONG}] }}}}",
        "{{ ('a\n' * 90000) | indent(90000) }}",
        "{{ ('\t' * 90000).expandtabs(90000) }}",
        f"{{{{ ('{{0}}' * 60000).format({LONG}) }}}}",
        f"{{{{ ('%(a)s' * 30000) % {{'a': {LONG}}} }}}}",
        f"{{{{ {LONG}.translate({{120: {LONG}}}) }}}}",
        f"{{{{ {LONG} | wordwrap(1, wrapstring={LONG}) }}}}",
        f"{{{{ ('a,' * 90000).split(',') | map('replace', 'a', {LONG}) | join | length }}}}",
        f"{{% set x %}}{{% for i in range(9000) %}}{{{{ {LONG} | markup }}}}{{% endfor %}}{{% endset %}}{{{{ x | length }}}}",
        "{% set n = namespace(x=[1]) %}{% for i in range(40) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x }}",
        "{% set n = namespace(x=1) %}{% for i in range(9999) %}{% set n.x = [n.x] %}{% endfor %}{{ n.x }}",
    ],
)
def test_a_template_is_stopped_before_it_fills_the_memory(template: str) -> None:
    """What a step would make is worked out before it is made: no clock ends a single step."""
    made = MessageTemplate(template, "template", PLAIN.prose)
    message = compose(SAMPLE, language=Language.EN, zone=UTC)
    tracemalloc.start()
    try:
        with pytest.raises(TemplateFailed, match=r"too large|longer than 2 s|more than 200,000"):
            made.fill(values_of(SAMPLE, message, PLAIN))
        assert tracemalloc.get_traced_memory()[1] < 100_000_000
    finally:
        tracemalloc.stop()


def test_the_namespace_is_a_name_and_a_function(make: Make) -> None:
    """It is a value of the message, and what counts in loops, as in every Jinja2 template."""
    counting = "{% set n = namespace(a=1) %}{% for e in 'abc' %}{% set n.a = n.a + 1 %}{% endfor %}"
    assert shown(make, counting + "{{ namespace }} {{ n.a }}") == "aiops 4"


def test_a_template_may_compute(make: Make) -> None:
    """Bounds are far from what a message needs, and nothing watches the interpreter afterwards."""
    watched = sys.gettrace()
    text = shown(
        make,
        "{{ 'a' ~ 1 ~ '-' * 3 }} {{ '%05.1f' % 2.5 }} {{ '{:>4}'.format('x') }} {{ [1] + [2] }} {{ 2 ** 10 }} "
        "{% for e in report.evidence %}{{ loop.index }}{% endfor %} {{ report.evidence | map(attribute='id') "
        "| join('/') | upper | truncate(20) }}",
    )
    assert text.startswith("a1--- 002.5    x")
    assert "1024" in text
    assert sys.gettrace() is watched


def test_a_template_that_is_too_long_gives_way(make: Make) -> None:
    """A text over the channel's limit is not cut: ours, which fits, is sent."""
    assert "Root cause" in shown(make, "{{ 'x' * 5000 }}")


def test_a_template_with_an_error_is_refused_at_once(make: Make) -> None:
    """A template that cannot be read is said with its line before anything is sent."""
    with pytest.raises(BadSettings, match="line 2"):
        make("wecom", url=URL, template="fine\n{{ broken")


async def test_a_template_writes_the_body_of_a_card(platforms: FakePlatforms, make: Make) -> None:
    """On Feishu it is the card's text; header, links and mentions stay ours."""
    robot = FeishuRobot()
    url = platforms.add("feishu", robot)
    channel = make("feishu", url=url, template="**{{ report.summary }}**")
    assert (await channel.send(SAMPLE, key="k1")).verdict is Verdict.DELIVERED
    card = robot.seen[0].raw["card"]
    assert card["header"]["title"]["content"].startswith("[firing")
    assert card["body"]["elements"][0]["content"].startswith("**Pod test-deployment")


def test_a_webhooks_template_writes_json(make: Make) -> None:
    """With `tojson` any text is safe in it; what is no JSON is not sent."""
    template = '{"text": {{ report.summary | tojson | markup }}, "n": {{ alike }}}'
    body = json.loads(shown(make, template, "webhook", hostile=True))
    assert set(body) == {"text", "n"} and body["n"] == 12
    assert "schema" in json.loads(shown(make, "{ not json", "webhook"))
