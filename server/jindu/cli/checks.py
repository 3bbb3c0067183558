"""What `jindu doctor` looks at, each check by itself: what was found, and what to do about it."""

import importlib.util
import os
import resource
import shutil
import socket
import sqlite3
import ssl
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx

from ..core.clock import SystemClock
from ..monitor.alerts.config import AlertsRefused
from ..monitor.alerts.config import load as load_alerts
from ..settings import Settings
from ..store.contract import StoreRefused
from ..store.opener import checkup, on_redis
from ..web.guard import is_local

State = Literal["ok", "warn", "fail"]

DISK_LOW, DISK_OUT = 1024**3, 100 * 1024**2  # bytes free
DESCRIPTORS = 4_096
YEAR_2024 = 1_704_067_200.0
ANSWER_WITHIN = 3.0  # seconds


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; texts are (zh, en). `advice` is empty where there is nothing to do."""

    name: str
    state: State
    found: tuple[str, str]
    advice: tuple[str, str] = ("", "")


def checks(settings: Settings) -> Iterator[Check]:
    """All of them, one after the other."""
    looks: list[Callable[[Settings], Check]] = [_python, _alerts, _database, _disk, _port, _clock, _descriptors, _certificate]
    for look in looks:
        yield look(settings)
    if on_redis(settings.store):
        yield _redis(settings)


def refused(text: str) -> Check:
    """The settings themselves do not fit."""
    return Check("settings", "fail", (text, text), ("改正后再试。", "Correct that, then look again."))


def fit(settings: Settings) -> Check:
    named = settings.config or "—"
    return Check("settings", "ok", (f"有效（文件 {named}）", f"they fit (file {named})"))


def _python(settings: Settings) -> Check:
    versions = f"Python {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}"
    return Check("python", "ok", (versions, versions))


def _alerts(settings: Settings) -> Check:
    try:
        config = load_alerts(settings.alerts)
    except AlertsRefused as error:
        advice = (f"改正 {settings.alerts}。", f"Correct {settings.alerts}; docs/monitoring.md has what may stand in it.")
        return Check("alerts", "fail", (str(error), str(error)), advice)
    ways = ", ".join(sink.name for sink in config.sinks) or "—"
    found = (f"{len(config.rules)} 条规则，通知：{ways}", f"{len(config.rules)} rules, told by: {ways}")
    if all(sink.type == "log" for sink in config.sinks):
        advice = ("告警只写入日志：在 alerts 文件中加入通知渠道。", "Alerts go to the log only: add a sink in an alerts file.")
        return Check("alerts", "warn", found, advice)
    return Check("alerts", "ok", found)


def _database(settings: Settings) -> Check:
    if on_redis(settings.store):
        return Check("database", "ok", ("在 Redis 中", "in Redis"))
    try:
        seen = checkup(settings.store)
    except StoreRefused as error:
        return Check("database", "fail", (str(error), str(error)), ("修正 store 设置。", "Correct the setting `store`."))
    if seen.state == "new":
        writable = seen.folder is not None and os.access(seen.folder, os.W_OK)
        if not writable:
            text = (f"不能写入 {seen.folder}", f"{seen.folder} cannot be written to")
            return Check("database", "fail", text, ("授予写权限。", "Let this user write there."))
        return Check("database", "ok", ("首次启动时创建", "will be made at the first start"))
    if seen.state in ("damaged", "refused"):
        advice = ("停止服务器，恢复备份：jindu restore。", "Stop the server and restore a backup: jindu restore FILE.")
        return Check("database", "fail", (seen.detail, seen.detail), advice)
    texts = {
        "in_use": ("服务器正在使用", "in use by a running server, which looks after it"),
        "older": (
            f"完好，启动时升级（{seen.detail}）",
            f"sound, of an older version that the next start upgrades ({seen.detail})",
        ),
        "sound": (f"完好（{seen.detail}）", f"sound ({seen.detail})"),
    }
    return Check("database", "ok", texts[seen.state])


def _disk(settings: Settings) -> Check:
    path = (
        Path(settings.store.removeprefix("sqlite:///")).absolute().parent
        if settings.store.startswith("sqlite:")
        else Path.cwd()
    )
    folder = path if path.is_dir() else Path.cwd()
    free = shutil.disk_usage(folder).free
    found = (f"{folder} 剩余 {_size(free)}", f"{_size(free)} free in {folder}")
    if free < DISK_OUT:
        return Check("disk", "fail", found, ("释放空间，否则提交会被拒绝（507）。", "Make room, or submits are refused (507)."))
    if free < DISK_LOW:
        advice = ("释放空间：jindu task cleanup。", "Make room: jindu task cleanup --older-than 7d.")
        return Check("disk", "warn", found, advice)
    return Check("disk", "ok", found)


def _port(settings: Settings) -> Check:
    where = f"{settings.host}:{settings.port}"
    try:
        with socket.create_server((settings.host, settings.port)):
            pass
    except OSError as error:
        return _taken(settings, where, error)
    if not is_local(settings.host):
        made = "jindu keys create NAME --scope submit --scope watch"
        advice = (f"先创建密钥：{made}", f"Make a key before you serve: {made}")
        found = (f"{where} 空闲，对其他机器开放", f"{where} is free, and open to other machines")
        return Check("port", "warn", found, advice)
    return Check("port", "ok", (f"{where} 空闲", f"{where} is free"))


def _taken(settings: Settings, where: str, error: OSError) -> Check:
    answer = _asked(settings, "/readyz")
    if answer is not None and "running" in answer:
        if answer.get("status") == "ready":
            return Check("port", "ok", (f"Jindu 正在 {where} 运行", f"Jindu serves on {where}, and is ready"))
        advice = ("查看：jindu monitor status。", "See jindu monitor status and the server's log.")
        found = f"Jindu on {where} is not ready: {answer.get('reason')}"
        return Check("port", "fail", (found, found), advice)
    advice = ("换一个端口（--port），或停止占用它的程序。", "Choose another one (--port), or stop what has it.")
    return Check("port", "fail", (f"{where} 不可用：{error.strerror}", f"{where} cannot be had: {error.strerror}"), advice)


def _clock(settings: Settings) -> Check:
    """The wall clock: what is stored carries its time."""
    if SystemClock().wall() < YEAR_2024:
        advice = ("设置时间（NTP）。", "Set it (NTP): what is stored carries its time.")
        return Check("clock", "fail", ("系统时间不对", "the system's time is years ago"), advice)
    return Check("clock", "ok", ("系统时间可信", "the system's time is plausible"))


def _descriptors(settings: Settings) -> Check:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    found = (f"最多 {soft} 个文件描述符", f"{soft} file descriptors at most")
    if soft < DESCRIPTORS:
        told = f"ulimit -n {min(hard, 65_536) if hard != resource.RLIM_INFINITY else 65_536}"
        return Check("descriptors", "warn", found, (f"每个连接要一个：{told}", f"Each connection takes one: {told}"))
    return Check("descriptors", "ok", found)


def _certificate(settings: Settings) -> Check:
    if not settings.ssl_certfile:
        return Check("certificate", "ok", ("未使用", "none in use"))
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(settings.ssl_certfile, settings.ssl_keyfile or None)
        decoded: dict[str, Any] = ssl._ssl._test_decode_cert(settings.ssl_certfile)  # type: ignore[attr-defined]
    except (OSError, ssl.SSLError) as error:
        text = f"{settings.ssl_certfile}: {error}"
        return Check("certificate", "fail", (text, text), ("检查证书文件。", "Check the files of the certificate."))
    left = (ssl.cert_time_to_seconds(decoded["notAfter"]) - SystemClock().wall()) / 86_400
    found = (f"还有 {left:.0f} 天", f"good for {left:.0f} days")
    if left < 0:
        return Check("certificate", "fail", found, ("已过期，请更新。", "It has expired: renew it."))
    return Check("certificate", "warn" if left < 14 else "ok", found, ("请更新。", "Renew it soon.") if left < 14 else ("", ""))


def _redis(settings: Settings) -> Check:
    """Whether it answers, and keeps what it is given."""
    if importlib.util.find_spec("redis") is None:
        return Check("redis", "fail", ("缺少 redis 包", "the package redis is missing"), ("pip install 'jindu[redis]'",) * 2)
    redis: Any = importlib.import_module("redis")
    host = urlsplit(settings.store).hostname
    try:
        client = redis.Redis.from_url(
            settings.store.replace("valkey", "redis", 1), socket_timeout=ANSWER_WITHIN, socket_connect_timeout=ANSWER_WITHIN
        )
        server, memory = client.info("server"), client.config_get("maxmemory-policy")
        saved = client.config_get("appendonly")
        client.close()
    except redis.RedisError as error:
        text = f"{host}: {type(error).__name__}"
        advice = ("检查地址、密码和网络。", "Check the address, the password and the network.")
        return Check("redis", "fail", (text, text), advice)
    return _safe(str(server["redis_version"]), memory.get("maxmemory-policy"), saved.get("appendonly"))


def _safe(version: str, policy: str | None, appended: str | None) -> Check:
    found = f"Redis {version}, appendonly {appended}, maxmemory-policy {policy}"
    if int(version.partition(".")[0]) < 7:
        return Check("redis", "fail", (found, found), ("需要 Redis 7。", "Redis 7 or newer is needed."))
    if policy != "noeviction" or appended != "yes":
        advice = "CONFIG SET appendonly yes; CONFIG SET maxmemory-policy noeviction"
        return Check("redis", "fail", (found, found), (f"会丢失任务：{advice}", f"Jobs would be lost: {advice}"))
    return Check("redis", "ok", (found, found))


def _asked(settings: Settings, path: str) -> dict[str, Any] | None:
    """The JSON of what answers on the port; None if nothing does, or something else."""
    scheme = "https" if settings.ssl_certfile else "http"
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # asked, not listened on # nosec B104
    host = f"[{host}]" if ":" in host else host
    try:
        # The certificate is judged by a check of its own; nothing secret is asked or told.
        answer = httpx.get(f"{scheme}://{host}:{settings.port}{path}", timeout=ANSWER_WITHIN, verify=False)  # nosec B501
        body = answer.json()
    except (httpx.HTTPError, ValueError):
        return None
    return body if isinstance(body, dict) else None


def _size(number: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024:
            return f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:.1f} TiB"
