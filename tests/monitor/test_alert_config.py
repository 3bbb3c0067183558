"""The alerts file: what is shipped is what is built in, what is wrong is told, secrets come from the environment."""

from pathlib import Path

import pytest

from jindu.monitor.alerts.config import AlertConfig, AlertsRefused, DingTalkSink, LogSink, PagerDutySink, load
from jindu.monitor.alerts.rules import DEFAULT_RULES

ROOT = Path(__file__).resolve().parents[2]


def rules(tmp_path: Path, text: str) -> dict[str, object]:
    return {rule.name: rule for rule in read(tmp_path, text).rules}


def read(tmp_path: Path, text: str) -> AlertConfig:
    path = tmp_path / "alerts.toml"
    path.write_text(text)
    return load(str(path))


def test_the_shipped_file_says_what_is_built_in() -> None:
    assert load(str(ROOT / "config" / "alerts.toml")) == load("") == AlertConfig()


def test_a_file_changes_what_it_names(tmp_path: Path) -> None:
    text = '[defaults]\nfor = "2m"\nleast = 5\n[rules.high_latency]\nabove = 3\nclear = 2\nfor = 10\nlevel = "CRITICAL"\n'
    found = rules(tmp_path, f"{text}[rules.cache_hit_rate_low]\nenabled = false\n")
    assert "cache_hit_rate_low" not in found
    assert len(found) == len(DEFAULT_RULES) - 1
    latency, errors = found["high_latency"], found["high_error_rate"]
    assert (latency.threshold, latency.clear, latency.hold, latency.least, latency.level) == (3, 2, 10, 5, "CRITICAL")  # type: ignore[attr-defined]
    assert (errors.threshold, errors.hold, errors.least) == (0.05, 120, 5)  # type: ignore[attr-defined]


def test_a_rule_of_ones_own(tmp_path: Path) -> None:
    found = rules(tmp_path, '[rules.slow]\ninput = "avg_latency"\nabove = 2\nwindow = "10m"\n')["slow"]
    assert (found.input, found.above, found.threshold, found.clear, found.window) == ("avg_latency", True, 2, 2, 600)  # type: ignore[attr-defined]


def test_secrets_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PD_KEY", "canary-key")
    text = '[[sinks]]\ntype = "pagerduty"\nrouting_key = "env:PD_KEY"\n[[sinks]]\ntype = "log"\n'
    pager, logged = read(tmp_path, text).sinks
    assert isinstance(pager, PagerDutySink)
    assert isinstance(logged, LogSink)
    assert (pager.routing_key, pager.levels) == ("canary-key", ["ERROR", "CRITICAL"])
    monkeypatch.delenv("PD_KEY")
    with pytest.raises(AlertsRefused, match="the environment has no PD_KEY"):
        read(tmp_path, text)


def test_levels_route(tmp_path: Path) -> None:
    (sink,) = read(tmp_path, '[[sinks]]\ntype = "dingtalk"\nurl = "https://a/b"\nlevels = ["INFO"]\n').sinks
    assert isinstance(sink, DingTalkSink)
    assert sink.levels == ["INFO"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[rules.high_latency", "alerts.toml: "),
        ("[rules.new]\nabove = 1", "rules.new is none of high_error_rate"),
        ("[rules.high_latency]\nabove = 1\nbelow = 1", "above or below, not both"),
        ("[rules.high_latency]\nclear = 11", "rules.high_latency: clear lies on the good side"),
        ('[rules.x]\ninput = "cpu"\nabove = 1', "an input is one of error_rate"),
        ("[rules.high_latency]\nabov = 1", "rules.high_latency.abov"),
        ('[defaults]\nfor = "soon"', "a duration is"),
        ("[defaults]\nleast = 0", "greater than or equal to 1"),
        ('[[sinks]]\ntype = "mail"', "does not match any of the expected tags"),
        ('[[sinks]]\ntype = "webhook"\nurl = "ftp://a"', "begins with http"),
        ('[[sinks]]\ntype = "log"\nlevels = ["LOUD"]', "Input should be 'INFO'"),
        ('[[sinks]]\ntype = "log"\n[[sinks]]\ntype = "log"', "names of sinks must differ"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(AlertsRefused) as raised:
        read(tmp_path, text)
    assert said in str(raised.value)
    assert "alerts.toml" in str(raised.value)


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(AlertsRefused, match=r"none.toml cannot be read: No such file"):
        load("/nowhere/none.toml")
