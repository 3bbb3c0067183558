"""One typed settings object: arguments win over environment (`JINDU_*`), environment over defaults."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

DEFAULT_PORT = 8765


class Settings(BaseSettings):
    """Durations in seconds, sizes in bytes."""

    model_config = SettingsConfigDict(env_prefix="JINDU_", extra="ignore")

    host: str = "127.0.0.1"
    port: int = Field(DEFAULT_PORT, ge=0, le=65_535)
    store: str = "sqlite:///jindu.db"
    concurrency: int = Field(10, ge=1, description="jobs running at once, all types together")
    grace: float = Field(20.0, ge=0, description="seconds that running jobs have to end after SIGTERM")
    origins: list[str] = Field(default_factory=list, description="origins of web pages that may use the API, besides its own")
    body_bytes: int = Field(1024 * 1024, ge=1024, description="largest HTTP body")
    log_level: Literal["debug", "info", "warning", "error"] = "info"
