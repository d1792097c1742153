"""Model profiles out of settings and environment, and what the doctor says of them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kubetriage.adapters.model.fake import settings as scripted_settings
from kubetriage.adapters.model.profile import ModelProfile
from kubetriage.bootstrap.folders import state_folder
from kubetriage.bootstrap.model_settings import profiles_of
from kubetriage.bootstrap.models import ConfiguredModels, keys_of, listed, model_state
from kubetriage.bootstrap.settings import Settings, load_settings
from kubetriage.domain.errors import BadSettings, UnknownModel

CANARY = "sk-canary-77aa10"
Load = Callable[[str], Settings]


@pytest.fixture(autouse=True)
def home(tmp_path: Path) -> Iterator[Path]:
    """A home of its own, and nothing of the machine's settings and keys."""
    with pytest.MonkeyPatch.context() as patched:
        for name in list(os.environ):
            if name.startswith("KUBETRIAGE_") or name.endswith("_API_KEY"):
                patched.delenv(name)
        for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
            patched.setenv(name, str(tmp_path / name.lower()))
        patched.chdir(tmp_path)
        yield tmp_path


@pytest.fixture
def load(home: Path) -> Load:
    """`load("[models.x]…")` reads that as `kubetriage.toml`."""

    def read(text: str) -> Settings:
        (home / "kubetriage.toml").write_text(text, encoding="utf-8")
        return load_settings()

    return read


def test_a_table_overrides_single_fields_of_a_ready_profile(load: Load) -> None:
    """The rest stays as it is; other profiles too."""
    settings = load('[models.vllm-qwen3-30b]\nbase_url = "http://gpu.test:8000/v1"\ncontext_tokens = 16384\n')
    made = profiles_of(settings.models)
    profile = made["vllm-qwen3-30b"]
    assert (profile.base_url, profile.context_tokens) == ("http://gpu.test:8000/v1", 16384)
    assert profile.model == "Qwen/Qwen3-30B-A3B"
    assert made["vllm-qwen3-235b"].base_url == "http://127.0.0.1:8000/v1"


def test_a_profile_of_ones_own(load: Load) -> None:
    """Out of nothing, out of a ready one, and out of another table."""
    settings = load(
        'model = "night"\n'
        '[models.own]\nbase_url = "http://h/v1"\nmodel = "m"\nfallbacks = ["siliconflow-qwen3-30b"]\n'
        '[models.second]\nextends = "siliconflow-qwen3-235b"\noutput_tokens = 2048\n'
        '[models.night]\nextends = "second"\nread_timeout = 30\n'
    )
    made = profiles_of(settings.models)
    assert made["own"].key_env == "" and made["own"].name == "own"
    assert (made["night"].output_tokens, made["night"].read_timeout) == (2048, 30)
    assert made["night"].key_env == "SILICONFLOW_API_KEY"
    assert settings.chosen_model(None) == "night"
    assert settings.chosen_model("own") == "own"
    assert settings.chosen_model("none") == ""


def test_variables_reach_profiles_whose_names_have_dashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Underscores stand for them."""
    monkeypatch.setenv("KUBETRIAGE_MODELS__VLLM_QWEN3_30B__BASE_URL", "http://gpu.test/v1")
    monkeypatch.setenv("KUBETRIAGE_MODELS__VLLM_QWEN3_30B__CONTEXT_TOKENS", "8192")
    monkeypatch.setenv("KUBETRIAGE_BUDGET__DAY_TOKENS", "1000000")
    settings = load_settings()
    profile = profiles_of(settings.models)["vllm-qwen3-30b"]
    assert (profile.base_url, profile.context_tokens) == ("http://gpu.test/v1", 8192)
    assert settings.budget.day_tokens == 1_000_000


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "[models.vllm-qwen3-30b]\ncontxt_tokens = 1",
            "contxt_tokens: there is no such setting; did you mean context_tokens?",
        ),
        ('[models.x]\nmodel = "m"', "x.base_url is missing (or extends"),
        ('[models.x]\nextends = "nothing"', "x.extends: there is no model profile named nothing"),
        ('[models.x]\nextends = "y"\n[models.y]\nextends = "x"', "goes round in a circle"),
        ('[models.vllm-qwen3-30b]\nfallbacks = ["gone"]', "fallbacks: there is no model profile named gone"),
        (f'[models.vllm-qwen3-30b]\nbase_url = "http://u:{CANARY}@h/v1"', "no credentials"),
        (f'[models.vllm-qwen3-30b]\napi_key = "{CANARY}"', "api_key: there is no such setting"),
        ("[budget]\nday_cots = 3", "there is no setting budget.day_cots. Did you mean day_cost?"),
        ('[budget]\ncurrency = "yuan"', "budget.currency: "),
        ("[model_cache]\nseconds = -1", "model_cache.seconds: "),
        ("models = 3", "models: "),
        ('[models.x]\nmodel = "m"\nbase_url = "http://h:99999/v1"', "x.base_url: Port out of range"),
        ('[models.none]\nmodel = "m"\nbase_url = "http://h/v1"', "none: this name means that no model"),
    ],
)
def test_a_wrong_table_is_refused_in_one_sentence(text: str, sentence: str, load: Load) -> None:
    """It names the file and the setting, and never shows a value."""
    with pytest.raises(BadSettings) as caught:
        load(text)
    assert sentence in str(caught.value) and "kubetriage.toml" in str(caught.value)
    assert CANARY not in str(caught.value)


def test_an_unknown_model_is_refused_with_those_of_nearly_that_name() -> None:
    """`none` and nothing are no model, and fine. Where no name is near, it is said where they stand."""
    settings = load_settings()
    for name in (None, "", "none", "vllm-qwen3-30b"):
        settings.require_model(name)
    with pytest.raises(UnknownModel, match=r"named vllm-qwen30b; did you mean vllm-qwen3-30b( or |\?)"):
        settings.require_model("vllm-qwen30b")
    with pytest.raises(UnknownModel, match=r"named gpt; `kubetriage models` lists them\.$"):
        settings.require_model("gpt")


def test_keys_come_from_the_environment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the variables that profiles name; they are never shown."""
    monkeypatch.setenv("ARK_API_KEY", CANARY)
    keys = keys_of(profiles_of({}).values())
    assert list(keys) == ["ARK_API_KEY"]
    assert CANARY not in f"{keys} {listed(load_settings())}"
    assert {each.profile.name for each in listed(load_settings()) if each.key_set and each.profile.key_env} == {
        "ark-deepseek-v3", "ark-deepseek-v3-2", "ark-deepseek-r1",
    }  # fmt: skip


def test_limits_are_known_without_importing_a_client() -> None:
    """A node asks for them before it asks the model."""
    import subprocess
    import sys

    code = (
        "import sys\nfrom kubetriage.bootstrap.models import ConfiguredModels\n"
        "from kubetriage.bootstrap.settings import Settings\n"
        "print(ConfiguredModels(Settings()).limits('siliconflow-deepseek-r1'))\n"
        "print(sorted({m.split('.')[0] for m in sys.modules} & {'openai', 'langchain_core', 'httpx2'}))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines() == [
        "evidence_characters=24000 native_tools=False fixed_schema=False",
        "[]",
    ]


async def test_models_that_were_never_asked_are_closed_without_a_trace(home: Path) -> None:
    """Nothing is opened, made or written."""
    await ConfiguredModels(Settings()).aclose()
    assert not state_folder().exists()
    with pytest.raises(UnknownModel):
        ConfiguredModels(Settings()).limits("gpt")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ""),
        ('model = "none"', ""),
        ('model = "gpt"', "THERE IS NO SUCH PROFILE"),
        ('model = "ark-deepseek-v3"', "NO KEY, the environment variable ARK_API_KEY is not set"),
        ('model = "x"\n[models.x]\nbase_url = "http://127.0.0.1:9/v1"\nmodel = "m"', "x: NOT REACHABLE"),
    ],
)
async def test_the_doctor_says_how_the_model_is(text: str, said: str, load: Load) -> None:
    """Empty if none is configured, else what keeps it from being asked."""
    state = await model_state(load(text))
    assert said in state and bool(state) == bool(said)


def test_the_readmes_models_are_accepted(load: Load) -> None:
    """Its example of profiles, budget and cache is one that kubetriage takes."""
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    blocks = [block for block in readme.split("```toml\n")[1:] if "[models." in block]
    settings = load(blocks[0].partition("```")[0])
    assert profiles_of(settings.models)[settings.model].base_url == "http://gpu.ops.svc:8000/v1"
    assert (settings.budget.currency, settings.model_cache.seconds) == ("CNY", 3600)


def test_the_models_page_is_right(load: Load, tmp_path: Path) -> None:
    """Its configuration is accepted, its script is one that the scripted server plays, its fields exist."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "models.md").read_text(encoding="utf-8")
    settings = load(page.split("```toml\n")[1].partition("```")[0])
    assert profiles_of(settings.models)[settings.model].base_url == "http://gpu.ops.svc:8000/v1"
    script = tmp_path / "answers.yaml"
    script.write_text(page.split("```yaml\n")[1].partition("```")[0], encoding="utf-8")
    assert len(scripted_settings(script).replies) == 1
    rows = [
        line.split("|")[1]
        for line in page.partition("## The fields")[2].split("\n")
        if line.startswith("| `")
    ]
    named = {word for row in rows[:11] for word in re.findall(r"`(\w+)`", row)}
    assert named <= set(ModelProfile.model_fields) and len(named) > 18
