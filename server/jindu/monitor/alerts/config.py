"""`config/alerts.toml`: which rules hold, with which thresholds, and who is told. What the file does not say is as built in.

A value that begins with `env:` is read from the environment, so that no secret need stand in the file. Addresses in it are the
operator's own choice and may lie inside: they do not pass the guard that keeps users' webhooks out of there.
"""

import os
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from ...core.alerts import Level
from ...core.durations import seconds
from .measured import INPUTS
from .rules import DEFAULT_RULES, Rule

ENVIRONMENT = "env:"


class AlertsRefused(ValueError):
    """The file cannot be used; the text says what to change in it."""


def _read(value: Any) -> Any:
    if not isinstance(value, str) or not value.startswith(ENVIRONMENT):
        return value
    name = value.removeprefix(ENVIRONMENT)
    if name not in os.environ:
        raise ValueError(f"the environment has no {name}")
    return os.environ[name]


def _address(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError("an address begins with http:// or https://")
    return value


Hidden = Annotated[str, BeforeValidator(_read), Field(min_length=1)]
Url = Annotated[str, BeforeValidator(_read), AfterValidator(_address)]
Seconds = Annotated[float, BeforeValidator(seconds)]
Levels = Annotated[list[Level], Field(min_length=1)]


def _input(value: str) -> str:
    if value not in INPUTS:
        raise ValueError(f"an input is one of {', '.join(INPUTS)}")
    return value


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Terms(_Strict):
    """What may be said of one rule, and in `defaults` of all."""

    window: Annotated[Seconds, Field(gt=0, le=3600)] | None = None
    least: Annotated[int, Field(ge=1)] | None = None
    hold: Annotated[Seconds, Field(ge=0)] | None = Field(None, alias="for")
    cooldown: Annotated[Seconds, Field(ge=0)] | None = None

    def given(self) -> dict[str, Any]:
        return {name: value for name in ("window", "least", "hold", "cooldown") if (value := getattr(self, name)) is not None}


class RuleTerms(Terms):
    """`above` or `below`: the threshold. `clear` defaults to it."""

    enabled: bool = True
    input: Annotated[str, AfterValidator(_input)] | None = None
    above: float | None = None
    below: float | None = None
    clear: float | None = None
    level: Level | None = None

    @model_validator(mode="after")
    def _one_side(self) -> "RuleTerms":
        if self.above is not None and self.below is not None:
            raise ValueError("give above or below, not both")
        return self


class LogSink(_Strict):
    """Lines in the server's log."""

    type: Literal["log"]
    name: str = "log"
    levels: Levels = list(Level)


class WebhookSink(_Strict):
    """JSON by POST; with a `secret` signed as Standard Webhooks has it."""

    type: Literal["webhook"]
    name: str = "webhook"
    levels: Levels = list(Level)
    url: Url
    secret: Hidden | None = None


class PagerDutySink(_Strict):
    """Events v2."""

    type: Literal["pagerduty"]
    name: str = "pagerduty"
    levels: Levels = [Level.ERROR, Level.CRITICAL]
    routing_key: Hidden
    url: Url = "https://events.pagerduty.com/v2/enqueue"


class DingTalkSink(_Strict):
    """A group's robot; `secret` is the one of its setting 加签."""

    type: Literal["dingtalk"]
    name: str = "dingtalk"
    levels: Levels = [Level.WARNING, Level.ERROR, Level.CRITICAL]
    url: Url
    secret: Hidden | None = None


SinkTerms = Annotated[LogSink | WebhookSink | PagerDutySink | DingTalkSink, Field(discriminator="type")]


class _File(_Strict):
    defaults: Terms = Terms()
    rules: dict[str, RuleTerms] = {}
    sinks: list[SinkTerms] = [LogSink(type="log")]


@dataclass(frozen=True, slots=True)
class AlertConfig:
    rules: tuple[Rule, ...] = DEFAULT_RULES
    sinks: tuple[LogSink | WebhookSink | PagerDutySink | DingTalkSink, ...] = (LogSink(type="log"),)


def load(path: str) -> AlertConfig:
    """What a file says; what is built in if `path` is empty. Raises `AlertsRefused`."""
    if not path:
        return AlertConfig()
    try:
        return parsed(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise AlertsRefused(f"the alerts file {path} cannot be read: {error.strerror}") from None
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_url=False))
        raise AlertsRefused(f"the alerts file {path}: {wrong}") from None
    except ValueError as error:  # TOMLDecodeError and UnicodeDecodeError too
        raise AlertsRefused(f"the alerts file {path}: {error}") from None


def parsed(text: str) -> AlertConfig:
    """Raises `ValueError`."""
    file = _File.model_validate(tomllib.loads(text))
    built_in = {rule.name: replace(rule, **file.defaults.given()) for rule in DEFAULT_RULES}
    disabled = {name for name, terms in file.rules.items() if not terms.enabled}
    made = {name: _rule(name, terms, built_in.get(name), file.defaults) for name, terms in file.rules.items()}
    names = [sink.name for sink in file.sinks]
    if len(set(names)) < len(names):
        raise ValueError("sinks: the names of sinks must differ; give each a name")
    rules = {**built_in, **made}
    return AlertConfig(tuple(rule for name, rule in rules.items() if name not in disabled), tuple(file.sinks))


def _rule(name: str, terms: RuleTerms, known: Rule | None, defaults: Terms) -> Rule:
    threshold = terms.above if terms.above is not None else terms.below
    if known is None:
        if terms.input is None or threshold is None:
            known_rules = ", ".join(rule.name for rule in DEFAULT_RULES)
            raise ValueError(f"rules.{name} is none of {known_rules}: give its input, and above or below")
        known = Rule(name, terms.input, terms.above is not None, threshold, threshold, Level.WARNING)
        known = replace(known, **defaults.given())
    rule = replace(known, **terms.given())
    if terms.level is not None:
        rule = replace(rule, level=terms.level)
    if terms.input is not None:
        rule = replace(rule, input=terms.input)
    if threshold is not None:
        rule = replace(rule, above=terms.above is not None, threshold=threshold, clear=threshold)
    if terms.clear is not None:
        rule = replace(rule, clear=terms.clear)
    if (rule.clear > rule.threshold) if rule.above else (rule.clear < rule.threshold):
        raise ValueError(f"rules.{name}: clear lies on the good side of the threshold")
    return rule
