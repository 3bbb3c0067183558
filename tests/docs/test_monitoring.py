"""What is shipped for watching over a server: the list of metrics, the dashboard and the rules name what there is."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from jindu.monitor.alerts.rules import DEFAULT_RULES
from support.metrics_text import FILE, families, markdown, shown

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "config"
DASHBOARD = json.loads((CONFIG / "grafana-dashboard.json").read_text())
RULES = yaml.safe_load((CONFIG / "prometheus-rules.yml").read_text())
MONITORING = (ROOT / "docs" / "monitoring.md").read_text()
PROCESS = {"process_resident_memory_bytes", "process_open_fds"}


@pytest.fixture(scope="module")
def series() -> set[str]:
    """Every name that a query may use."""
    names = set(PROCESS)
    for family in families():
        names.add(shown(family))
        if family.kind == "histogram":
            names |= {f"{family.name}_{part}" for part in ("bucket", "sum", "count")}
    return names


def expressions() -> Iterator[str]:
    for panel in DASHBOARD["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    yield from (rule["expr"] for group in RULES["groups"] for rule in group["rules"])


def test_the_list_is_what_a_node_makes_of_it() -> None:
    assert FILE.read_text() == markdown(), "make docs"


def test_queries_name_metrics_that_there_are(series: set[str]) -> None:
    recorded = {rule["record"] for group in RULES["groups"] for rule in group["rules"] if "record" in rule}
    used = {name for text in expressions() for name in re.findall(r"\b(?:jindu[_:][\w:]+|process_\w+)", text)}
    assert used - series - recorded == set()
    assert len(used) > 40


def test_every_histogram_and_gauge_of_weight_is_on_the_dashboard() -> None:
    shown_there = " ".join(target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"])
    jobs = ("queue_length", "job_wait_seconds", "job_run_seconds", "stage_seconds")
    server = ("push_lag_seconds", "connections", "http_request_seconds", "store_commit_seconds", "loop_lag_seconds")
    for name in (*jobs, *server, "cache_hits", "consistency_ratio"):
        assert f"jindu_{name}" in shown_there


def test_panels_do_not_lie_on_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_rules_have_what_people_need() -> None:
    alerts: list[dict[str, Any]] = [rule for group in RULES["groups"] for rule in group["rules"] if "alert" in rule]
    assert len({alert["alert"] for alert in alerts}) == len(alerts) > 10
    assert all(alert["labels"]["severity"] and alert["annotations"]["summary"] for alert in alerts)
    assert sum("Budget" in alert["alert"] for alert in alerts) >= 3, "burn rates"


def test_prometheus_takes_them() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("there is no promtool here: it comes with Debian's package prometheus")
    done = subprocess.run([promtool, "check", "rules", str(CONFIG / "prometheus-rules.yml")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("rule", DEFAULT_RULES, ids=lambda rule: rule.name)
def test_the_document_tells_of_every_rule(rule: Any) -> None:
    assert f"`{rule.name}`" in MONITORING
    assert f"`{rule.input}`" in MONITORING


@pytest.mark.parametrize("file", ["README.md", "README.zh-CN.md"])
def test_it_is_linked(file: str) -> None:
    assert "docs/monitoring.md" in (ROOT / file).read_text()
