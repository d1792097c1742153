"""The files of deploy/: rules that fire, examples that other programs accept, manifests that are whole."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from kubetriage.bootstrap.settings import load_settings

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"


def test_the_rules_are_rules() -> None:
    """promtool accepts the alert rules."""
    if not shutil.which("promtool"):
        pytest.skip("promtool is not on PATH (Debian: `apt-get install prometheus`)")
    rules = DEPLOY / "prometheus" / "kubetriage-rules.yml"
    told = subprocess.run(["promtool", "check", "rules", rules], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr


def test_the_scrape_is_prometheus() -> None:
    """promtool accepts the example of how the server is scraped."""
    if not shutil.which("promtool"):
        pytest.skip("promtool is not on PATH (Debian: `apt-get install prometheus`)")
    config = DEPLOY / "prometheus" / "scrape.yml"
    command = ["promtool", "check", "config", "--syntax-only", str(config)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


def test_the_receiver_is_alertmanagers() -> None:
    """amtool accepts the example of Alertmanager's configuration."""
    if not shutil.which("amtool"):
        pytest.skip("amtool is not on PATH (Debian: `apt-get install prometheus-alertmanager`)")
    config = DEPLOY / "prometheus" / "alertmanager-receiver.yml"
    told = subprocess.run(["amtool", "check-config", config], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr


@pytest.mark.parametrize("example", ["deploy", "docs"])
@pytest.mark.parametrize("alert", ["Watchdog", "KubePodCrashLooping"])
def test_receivers_that_are_there_go_on_to_get_everything(tmp_path: Path, example: str, alert: str) -> None:
    """With the example merged in, Alertmanager sends an alert to kubetriage, and to whom it was sent before."""
    if not shutil.which("amtool"):
        pytest.skip("amtool is not on PATH (Debian: `apt-get install prometheus-alertmanager`)")
    if example == "deploy":
        text = (DEPLOY / "prometheus" / "alertmanager-receiver.yml").read_text(encoding="utf-8")
    else:
        docs = (DEPLOY.parent / "docs" / "server.md").read_text(encoding="utf-8")
        text = next(each for each in re.findall(r"```yaml\n(.*?)```", docs, re.DOTALL) if "routes:" in each)
    (tmp_path / "alertmanager.yml").write_text(text, encoding="utf-8")
    command = ["amtool", "config", "routes", "test", f"--config.file={tmp_path}/alertmanager.yml"]
    told = subprocess.run([*command, f"alertname={alert}"], capture_output=True, text=True, check=False)
    before = yaml.safe_load(text)["route"]["receiver"]
    assert told.stdout.strip().split(",") == ["kubetriage", before], told.stderr


RULE_TEST = """
rule_files: [{rules}]
evaluation_interval: 1m
tests:
- interval: 1m
  input_series:
  - {{series: 'kubetriage_store_up{{job="kubetriage", instance="a"}}', values: '1 0x20'}}
  - {{series: 'kubetriage_diagnoses_total{{job="kubetriage", instance="a", executor="w", outcome="failed"}}', values: '0+1x180'}}
  - {{series: 'kubetriage_diagnoses_total{{job="kubetriage", instance="b", executor="w", outcome="failed"}}', values: '0+1x180'}}
  - {{series: 'kubetriage_diagnoses_total{{job="kubetriage", instance="a", executor="w", outcome="diagnosed"}}', values: '0+1x180'}}
  - {{series: 'kubetriage_watchdog_silent{{job="kubetriage", instance="a", cluster="east"}}', values: '0x5 1x100'}}
  - {{series: 'up{{job="kubetriage", instance="a"}}', values: '1x30 0x100'}}
  - {{series: 'kubetriage_inbox_age_seconds{{job="kubetriage", instance="a"}}', values: '0x9 180x100'}}
  - {{series: 'kubetriage_inbox_failed{{job="kubetriage", instance="a"}}', values: '0x29 1x200'}}
  - {{series: 'kubetriage_messages{{job="kubetriage", instance="a", channel="chat", state="dead"}}', values: '_x29 1x200'}}
  alert_rule_test:
  - {{eval_time: 2m, alertname: KubetriageStoreDown, exp_alerts: []}}
  - eval_time: 10m
    alertname: KubetriageStoreDown
    exp_alerts: [{{exp_labels: {{severity: critical, job: kubetriage}}, exp_annotations: {{summary: kubetriage has no database., description: {down}}}}}]
  promql_expr_test:
  - {{expr: 'count(ALERTS{{alertname="KubetriageDiagnosesFail", alertstate="firing"}})', eval_time: 90m, exp_samples: [{{value: 1}}]}}
  - {{expr: 'count(ALERTS{{alertname="KubetriageAlertChainSilent", alertstate="firing"}})', eval_time: 4m, exp_samples: []}}
  - {{expr: 'count(ALERTS{{alertname="KubetriageAlertChainSilent", alertstate="firing"}})', eval_time: 10m, exp_samples: [{{value: 1}}]}}
  - {{expr: 'count(ALERTS{{alertname="KubetriageDown", alertstate="firing"}})', eval_time: 29m, exp_samples: []}}
  - {{expr: 'count(ALERTS{{alertname="KubetriageDown", alertstate="firing"}})', eval_time: 40m, exp_samples: [{{value: 1}}]}}
  - {{expr: 'count(ALERTS{{alertname="KubetriageInboxOld", alertstate="firing"}})', eval_time: 14m, exp_samples: []}}
  - {{expr: 'count(ALERTS{{alertname="KubetriageInboxOld", alertstate="firing"}})', eval_time: 16m, exp_samples: [{{value: 1}}]}}
  - {{expr: 'count(ALERTS{{alertname="KubetriagePostsFailed", alertstate="firing"}})', eval_time: 29m, exp_samples: []}}
  - {{expr: 'count(ALERTS{{alertname="KubetriagePostsFailed", alertstate="firing"}})', eval_time: 31m, exp_samples: [{{value: 1}}]}}
  - {{expr: 'count(ALERTS{{alertname="KubetriagePostsFailed", alertstate="firing"}})', eval_time: 95m, exp_samples: []}}
  - {{expr: 'count(ALERTS{{alertname="KubetriageMessagesDead", alertstate="firing"}})', eval_time: 32m, exp_samples: [{{value: 1}}]}}
  - {{expr: 'count(ALERTS{{alertname="KubetriageMessagesDead", alertstate="firing"}})', eval_time: 95m, exp_samples: []}}
"""


def test_the_rules_fire_when_they_should(tmp_path: Path) -> None:
    """A database that is down, failing diagnoses seen by two replicas, a silent Watchdog and a dead server alert."""
    if not shutil.which("promtool"):
        pytest.skip("promtool is not on PATH (Debian: `apt-get install prometheus`)")
    rules = DEPLOY / "prometheus" / "kubetriage-rules.yml"
    loaded = yaml.safe_load(rules.read_text(encoding="utf-8"))
    down = next(r for r in loaded["groups"][0]["rules"] if r["alert"] == "KubetriageStoreDown")
    text = RULE_TEST.format(rules=rules, down=json.dumps(down["annotations"]["description"]))
    (tmp_path / "test.yml").write_text(text, encoding="utf-8")
    told = subprocess.run(
        ["promtool", "test", "rules", tmp_path / "test.yml"], capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stdout + told.stderr


def test_the_manifests_are_whole() -> None:
    """Every document has a kind and a name; what the workload names is there; nothing may be written or is a Secret."""
    text = (DEPLOY / "kubernetes" / "kubetriage.yaml").read_text(encoding="utf-8")
    objects = {(o["kind"], o["metadata"]["name"]): o for o in yaml.safe_load_all(text)}
    pod = objects["StatefulSet", "kubetriage"]["spec"]["template"]["spec"]
    assert ("ServiceAccount", pod["serviceAccountName"]) in objects
    assert ("ConfigMap", pod["volumes"][0]["configMap"]["name"]) in objects
    for rule in objects["ClusterRole", "kubetriage"]["rules"]:
        assert set(rule["verbs"]) <= {"get", "list"}
        assert "secrets" not in rule["resources"]
        assert "*" not in rule["resources"]
    container = pod["containers"][0]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert {m["name"] for m in container["volumeMounts"]} == {"state", "config", "tmp"}


def test_workers_are_probed_where_they_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The manifest of pods that only diagnose asks the port that the same manifest makes them listen on."""
    text = (DEPLOY / "kubernetes" / "workers.yaml").read_text(encoding="utf-8")
    [workers] = yaml.safe_load_all(text)
    [container] = workers["spec"]["template"]["spec"]["containers"]
    probes = [container[each]["httpGet"] for each in ("startupProbe", "livenessProbe", "readinessProbe")]
    assert [each["path"] for each in probes] == ["/readyz", "/healthz", "/readyz"]
    assert {each["port"] for each in probes} == {"health"}
    for each in container["env"]:
        monkeypatch.setenv(each["name"], each.get("value", "postgresql://h/d"))
    settings = load_settings(None)
    assert [settings.server.health_port] == [port["containerPort"] for port in container["ports"]]
    assert settings.database == "postgresql://h/d"
    assert container["args"][-2:] == ["--role", "worker"]


def test_the_settings_of_the_manifest_are_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The configuration in the manifest is accepted, with its tokens from the environment."""
    text = (DEPLOY / "kubernetes" / "kubetriage.yaml").read_text(encoding="utf-8")
    config = next(o for o in yaml.safe_load_all(text) if o["kind"] == "ConfigMap")["data"]["kubetriage.toml"]
    (tmp_path / "kubetriage.toml").write_text(config, encoding="utf-8")
    tokens = ("TOKEN_ALERTMANAGER", "TOKEN_PROMETHEUS", "TOKEN_API")
    for name in ("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", *tokens):
        monkeypatch.setenv(name, name.lower())
    settings = load_settings(str(tmp_path / "kubetriage.toml"))
    found = {name: each[1:] for name, each in settings.server.secrets().items()}
    assert found == {
        "alertmanager": (("intake",), ("alertmanager",)),
        "prometheus": (("metrics",), ()),
        "api": (("intake", "api"), ()),
    }
    assert settings.server.host == "0.0.0.0"
