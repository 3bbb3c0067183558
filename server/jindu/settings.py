"""One typed settings object. In rising order of strength: defaults, a TOML file, the environment (`JINDU_*`), arguments.

The file is the one named by `--config` or `JINDU_CONFIG`; without a name none is read.
"""

import json
import os
import tomllib
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import Field, PrivateAttr, ValidationError, field_validator
from pydantic_settings import BaseSettings, InitSettingsSource, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

DEFAULT_PORT = 8765
PREFIX = "JINDU_"

Source: TypeAlias = Literal["default", "file", "environment", "argument"]


class ConfigRefused(ValueError):
    """The settings file cannot be used; the text names the file and what to change in it."""


def _unit(name: str) -> dict[str, Any]:
    return {"unit": name}


class Settings(BaseSettings):
    """Durations in seconds, sizes in bytes. Raises `ConfigRefused` or `ValueError`; `complaint` turns both into sentences."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid")

    config: str | None = Field(
        None, description="the TOML file that was read; it cannot name another", json_schema_extra=_unit("path")
    )
    host: str = Field(
        "127.0.0.1", description="address to listen on; without keys loopback only", json_schema_extra=_unit("address")
    )
    port: int = Field(
        DEFAULT_PORT, ge=0, le=65_535, description="port to listen on; 0 takes a free one", json_schema_extra=_unit("port")
    )
    store: str = Field(
        "sqlite:///jindu.db",
        description="where jobs are kept: sqlite:///jindu.db (relative), sqlite:////var/lib/jindu.db, redis://host:6379/0",
        json_schema_extra=_unit("URL"),
    )
    allow_volatile: bool = Field(
        False,
        description="start even on a Redis whose settings lose jobs: for trying things out",
        json_schema_extra=_unit("true or false"),
    )
    concurrency: int = Field(10, ge=1, description="jobs running at once, all types together", json_schema_extra=_unit("jobs"))
    grace: float = Field(
        20.0, ge=0, description="time that running jobs have to end after SIGTERM", json_schema_extra=_unit("seconds")
    )
    queue_limit: int = Field(
        10_000,
        ge=1,
        description="jobs that may wait; further submits are refused until there is room",
        json_schema_extra=_unit("jobs"),
    )
    keep_for: float = Field(
        86_400.0,
        ge=0,
        allow_inf_nan=False,
        description="how long a job is kept after its end, if its type does not say",
        json_schema_extra=_unit("seconds"),
    )
    origins: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        description="origins of web pages that may use the API, besides its own; in the environment separated by commas",
        json_schema_extra=_unit("list of origins"),
    )
    ssl_certfile: str = Field(
        "",
        description="certificate with its chain, PEM: serve https and wss; a certificate is read when the server starts",
        json_schema_extra=_unit("path"),
    )
    ssl_keyfile: str = Field(
        "", description="private key of the certificate, if it is not in the same file", json_schema_extra=_unit("path")
    )
    body_bytes: int = Field(1024 * 1024, ge=1024, description="largest HTTP body", json_schema_extra=_unit("bytes"))
    batch_bytes: int = Field(
        16 * 1024 * 1024, ge=1024, description="largest HTTP body of a batch", json_schema_extra=_unit("bytes")
    )
    consistency_report_seconds: float = Field(
        3600.0,
        ge=0,
        allow_inf_nan=False,
        description="how often the report of the consistency monitor is logged; 0 never",
        json_schema_extra=_unit("seconds"),
    )
    submits_per_second: float = Field(
        0.0,
        ge=0,
        allow_inf_nan=False,
        description="submits one key may send, on the long run; 0: 10 where keys exist, no limit without keys",
        json_schema_extra=_unit("requests a second"),
    )
    reads_per_second: float = Field(
        0.0,
        ge=0,
        allow_inf_nan=False,
        description="reads and other requests of one key; 0: 50 where keys exist, no limit without keys",
        json_schema_extra=_unit("requests a second"),
    )
    rate_burst: int = Field(
        200, ge=1, description="requests one key may send at once after a rest", json_schema_extra=_unit("requests")
    )
    application_submits: int = Field(
        60,
        ge=0,
        description="submits one client may send in a minute to routes that an application brings along; 0 for no limit",
        json_schema_extra=_unit("requests a minute"),
    )
    sockets: int = Field(
        20_000,
        ge=1,
        description="sockets and streams open at once, and never more than half the file descriptors (ulimit -n)",
        json_schema_extra=_unit("connections"),
    )
    sockets_per_address: int = Field(
        200,
        ge=1,
        description="sockets and streams of one address; this machine is exempt",
        json_schema_extra=_unit("connections"),
    )
    trusted_proxies: Annotated[list[str], NoDecode] = Field(
        default_factory=lambda: ["127.0.0.1", "::1"],
        description="proxies (addresses, networks) whose X-Forwarded-For is believed; in the environment separated by commas",
        json_schema_extra=_unit("list of addresses"),
    )
    header_seconds: float = Field(
        10.0,
        gt=0,
        allow_inf_nan=False,
        description="time that the head of a request may take to arrive; then the connection is closed",
        json_schema_extra=_unit("seconds"),
    )
    body_seconds: float = Field(
        30.0,
        gt=0,
        allow_inf_nan=False,
        description="time between two pieces of a request's body; then the connection is closed",
        json_schema_extra=_unit("seconds"),
    )
    write_stall_seconds: float = Field(
        10.0,
        gt=0,
        allow_inf_nan=False,
        description="time that a reader may take nothing of what is written to it; then it is dropped",
        json_schema_extra=_unit("seconds"),
    )
    webhook_networks: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        description="inside networks that webhooks may be sent to, as 127.0.0.0/8 for development; in the environment commas",
        json_schema_extra=_unit("list of networks"),
    )
    report_folder: str = Field(
        "reports", description="where reports are saved, with their archive", json_schema_extra=_unit("path")
    )
    child_memory_bytes: int = Field(
        0,
        ge=0,
        description='address space that a body with run_in="process" may have, and each program it starts; 0: no limit',
        json_schema_extra=_unit("bytes"),
    )
    loop_blocked_seconds: float = Field(
        1.0,
        ge=0,
        allow_inf_nan=False,
        description="a job that keeps the event loop for longer is named in the log and counted; 0 turns that off",
        json_schema_extra=_unit("seconds"),
    )
    alerts: str = Field(
        "",
        description="TOML file of alert rules and of who is told (config/alerts.toml); without it the six rules that are "
        "built in, told in the log",
        json_schema_extra=_unit("path"),
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="least weight of what is logged: debug, info, warning, error", json_schema_extra=_unit("level")
    )

    log_file: str = Field(
        "",
        description="file that the log is written to as well, such as logs/app.log; its folder is made",
        json_schema_extra=_unit("path"),
    )
    log_file_bytes: int = Field(
        10 * 1024 * 1024, ge=1024, description="size at which the log file is put aside", json_schema_extra=_unit("bytes")
    )
    log_files: int = Field(5, ge=1, description="log files that were put aside and are kept", json_schema_extra=_unit("files"))

    traces: bool = Field(
        False,
        description="each job as a trace of OpenTelemetry, sent by the provider of the process; needs jindu[otel]",
        json_schema_extra=_unit("true or false"),
    )

    _arguments: dict[str, Any] = PrivateAttr(default_factory=dict)
    _environment: frozenset[str] = PrivateAttr(default=frozenset())

    if not TYPE_CHECKING:  # type checkers know the fields by name

        def __init__(self, **arguments: Any) -> None:
            super().__init__(**arguments)
            self._arguments = arguments
            self._environment = frozenset(_in_environment())

    @field_validator("origins", "trusted_proxies", "webhook_networks", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        """A JSON list or names between commas: an environment knows no lists."""
        if not isinstance(value, str):
            return value
        if value.lstrip().startswith("["):
            return json.loads(value)
        return [part.strip() for part in value.split(",") if part.strip()]

    @field_validator("trusted_proxies", "webhook_networks")
    @classmethod
    def _networks(cls, value: list[str]) -> list[str]:
        for name in value:
            ip_network(name, strict=False)  # raises ValueError with what is wrong
        return value

    @property
    def arguments(self) -> dict[str, Any]:
        """What was given in code or on the command line, apart from file and environment."""
        return dict(self._arguments)

    def source(self, name: str) -> Source:
        """Where the value of a setting comes from."""
        if name in self._arguments:
            return "argument"
        if name in self._environment:
            return "environment"
        return "file" if name in self.model_fields_set else "default"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The strongest first."""
        named = {**env_settings(), **init_settings()}.get("config")
        return init_settings, env_settings, InitSettingsSource(settings_cls, _read(Path(named)) if named else {})


def complaint(error: ValueError, arguments: Mapping[str, Any]) -> str:
    """Sentences for people: which setting is wrong, where it was given, and what it may be."""
    if not isinstance(error, ValidationError):
        return str(error)
    environment = _in_environment()
    path = arguments.get("config") or os.environ.get(f"{PREFIX}CONFIG")
    lines = []
    for wrong in error.errors(include_url=False):
        name = str(wrong["loc"][0]) if wrong["loc"] else ""
        where = "" if name in arguments else f" ({PREFIX}{name.upper()})" if name in environment else f" ({path})"
        lines.append(f"{'.'.join(map(str, wrong['loc']))}{where}: {wrong['msg']}")
    return "; ".join(lines)


def _in_environment() -> set[str]:
    present = {name.lower() for name in os.environ}
    return {name for name in Settings.model_fields if f"{PREFIX}{name}".lower() in present}


def _read(path: Path) -> dict[str, Any]:
    """The settings of a file. A key that is no setting is refused: a slip of the pen must not be silently without effect."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigRefused(f"the settings file {path} cannot be read: {error.strerror}") from None
    except ValueError as error:  # TOMLDecodeError and UnicodeDecodeError
        raise ConfigRefused(f"the settings file {path} is not TOML: {error}") from None
    known = [name for name in Settings.model_fields if name != "config"]
    unknown = [name for name in values if name not in known]
    if unknown:
        raise ConfigRefused(f"{', '.join(map(repr, unknown))} in {path} is no setting; known are {', '.join(known)}")
    return values
