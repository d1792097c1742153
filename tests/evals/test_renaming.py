"""Scenarios under other names."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kubetriage.bootstrap.settings import Settings
from kubetriage.domain.alert import Alert
from kubetriage.domain.evidence import Observation, get, list_of, log_of
from kubetriage.domain.resource import resource
from kubetriage.evals.catalogue import bundled
from kubetriage.evals.renaming import Renaming, renaming
from kubetriage.evals.replaying import replaying
from kubetriage.evals.scenario import load

AT = datetime(2025, 6, 1, tzinfo=UTC)


@pytest.fixture
def made() -> Renaming:
    return Renaming({"web": "jro", "web-5d9c-abcde": "jro-7f2h-fghjk", "shop": "fubc"})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("web", "jro"),
        ("shop/web-5d9c-abcde: web", "fubc/jro-7f2h-fghjk: jro"),
        ("\nweb.shop.svc:80", "\njro.fubc.svc:80"),
        ("webs cobweb shopping", "webs cobweb shopping"),
    ],
)
def test_text(made: Renaming, old: str, new: str) -> None:
    """Whole names are replaced, the longest first, and never a part of another word."""
    assert made.text(old) == new


def test_reads_and_answers(made: Renaming) -> None:
    """A read is asked under the old names, what comes back stands under the new ones."""
    pod = resource("Pod", "fubc", "jro-7f2h-fghjk")
    assert made.ask(get(pod)).name == "web-5d9c-abcde"
    assert made.ask(list_of("Pod", "fubc", labels="app=jro")).label_selector == "app=web"
    raw = {"metadata": {"name": "web", "labels": {"app": "web", "web": "1"}}}
    seen = made.answer(Observation(read=log_of(pod, "app"), tool="t", at=AT, objects=(raw,), text="web died"))
    assert seen.objects == ({"metadata": {"name": "jro", "labels": {"app": "jro", "jro": "1"}}},)
    assert seen.text == "jro died"
    assert made.alert(Alert(name="A", labels={"pod": "web"}, fingerprint="0")).labels == {"pod": "jro"}


def test_what_names_software_stays(made: Renaming) -> None:
    """The recommended label, a class's controller and a driver say which software it is, whoever bears its name."""
    labels = {"app.kubernetes.io/name": "web", "app": "web"}
    raw = {"metadata": {"name": "web", "labels": labels}, "spec": {"controller": "k8s.io/web"}}
    seen = made.answer(Observation(read=get(resource("Pod", "shop", "web")), tool="t", at=AT, objects=(raw,)))
    told = {"app.kubernetes.io/name": "web", "app": "jro"}
    assert seen.objects == (
        {"metadata": {"name": "jro", "labels": told}, "spec": {"controller": "k8s.io/web"}},
    )


def test_blank(made: Renaming) -> None:
    """Texts under the old and the new names are the same when all names are blanked."""
    assert made.blank("Pod web is gone", new=False) == made.blank("Pod jro is gone", new=True)


async def test_names_of_a_scenario() -> None:
    """People's names change letter by letter, generated parts in their own alphabet; the system's stay."""
    async with replaying(load(bundled() / "rollout-stuck-bad-image"), Settings()) as replayer:
        whole = await replayer.triage()
    names = renaming(whole.view).names
    assert names["search"] == "frnepu"
    pods = [old for old in names if old.startswith("api-") and old.count("-") == 2]
    assert pods
    assert all(names[p].startswith("ncv-") and len(names[p]) == len(p) for p in pods)
    assert not {"kube-system", "default", "coredns"} & set(names)
