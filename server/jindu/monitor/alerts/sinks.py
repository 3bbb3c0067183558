"""The ways on which people are told of alerts. Each takes a few messages at once and raises `NotTold` if they did not arrive.

No redirect is followed, and no proxy of the environment used: an address says where it leads.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import inspect
import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode, urlsplit

from standardwebhooks import Webhook

from ...core.alerts import Level
from ...core.clock import Clock, rfc3339
from ...core.codec import encode
from ...core.lazily import Lazily
from .config import DingTalkSink, LogSink, PagerDutySink, WebhookSink
from .told import Told

if TYPE_CHECKING:
    import httpx
else:
    httpx = Lazily("httpx")

log = logging.getLogger("jindu.alerts")

TIMEOUT = 5.0  # seconds for one message
CALLBACK_WITHIN = 5.0  # seconds that a callback is waited for
_WEIGHTS = {
    Level.INFO: logging.INFO,
    Level.WARNING: logging.WARNING,
    Level.ERROR: logging.ERROR,
    Level.CRITICAL: logging.CRITICAL,
}


class NotTold(Exception):
    """A message did not arrive; the text holds no secret. `again`: trying once more may help."""

    def __init__(self, text: str, *, again: bool) -> None:
        super().__init__(text)
        self.again = again


class Sink(ABC):
    """`per_minute`: sendings that it may be asked for in a minute, each of as many messages as wait; None: no limit."""

    kind: str
    per_minute: int | None = None

    def __init__(self, name: str, levels: Sequence[Level]) -> None:
        self.name, self.levels = name, tuple(levels)

    @abstractmethod
    async def send(self, messages: Sequence[Told]) -> None:
        """Raises `NotTold`."""


class Log(Sink):
    kind = "log"

    def __init__(self, terms: LogSink) -> None:
        super().__init__(terms.name, terms.levels)

    async def send(self, messages: Sequence[Told]) -> None:
        for told in messages:
            log.log(logging.INFO if told.what != "firing" else _WEIGHTS[told.level], "%s", told.text["en"])


class Callbacks(Sink):
    """Functions of the application; plain ones run in a thread of their own, so that none can hold the loop."""

    kind = "callback"

    def __init__(self, functions: Callable[[], Sequence[Callable[[Told], object]]]) -> None:
        super().__init__("callback", tuple(Level))
        self._functions = functions

    async def send(self, messages: Sequence[Told]) -> None:
        for told in messages:
            for function in self._functions():
                await self._call(function, told)

    async def _call(self, function: Callable[[Told], object], told: Told) -> None:
        try:
            async with asyncio.timeout(CALLBACK_WITHIN):
                answer = function(told) if inspect.iscoroutinefunction(function) else await _in_thread(function, told)
                if inspect.isawaitable(answer):
                    await answer
        except Exception:  # of somebody else's code; the others are called all the same
            log.exception("a callback for alerts failed: %r", function)


async def _in_thread(function: Callable[[Told], object], told: Told) -> object:
    """Its result. The thread is a daemon: one that never returns does not hold the process."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[object] = loop.create_future()

    def settle(answer: object, error: Exception | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(answer)
        else:
            done.set_exception(error)

    def work() -> None:
        answer, raised = None, None
        try:
            answer = function(told)
        except Exception as error:  # noqa: BLE001 - raised in the task that waits
            raised = error
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, answer, raised)

    threading.Thread(target=work, name="jindu-alert-callback", daemon=True).start()
    return await done


class _Http(Sink):
    """What the sinks over HTTP have in common."""

    def __init__(self, name: str, levels: Sequence[Level], post: Post) -> None:
        super().__init__(name, levels)
        self._send = post

    async def _post(self, url: str, content: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
        headers = {"content-type": "application/json", **(headers or {})}
        try:
            async with asyncio.timeout(TIMEOUT):
                answer = await self._send(url, content, headers)
        except (httpx.TransportError, TimeoutError) as error:
            # Without its text: it may hold the address, and addresses hold keys.
            raise NotTold(f"{urlsplit(url).hostname} cannot be reached ({type(error).__name__})", again=True) from None
        if not answer.is_success:
            again = answer.status_code == 429 or answer.status_code >= 500
            raise NotTold(f"{urlsplit(url).hostname} answered {answer.status_code}", again=again)
        return answer


class Post:
    """One HTTP client for all sinks, made for the first message: most servers never send one."""

    def __init__(self) -> None:
        self._client: httpx.AsyncClient | None = None

    async def __call__(self, url: str, content: bytes, headers: dict[str, str]) -> httpx.Response:
        """Raises `httpx.TransportError`."""
        if self._client is None:
            await asyncio.to_thread(import_module, "httpx")
            self._client = self._client or httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=False)
        return await self._client.post(url, content=content, headers=headers)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()


class WebhookSender(_Http):
    """One POST for each message."""

    kind = "webhook"

    def __init__(self, terms: WebhookSink, post: Post, clock: Clock) -> None:
        """Raises `ValueError` for a secret that is none."""
        super().__init__(terms.name, terms.levels, post)
        self._url, self._clock = terms.url, clock
        self._signer = None if terms.secret is None else Webhook(terms.secret)

    async def send(self, messages: Sequence[Told]) -> None:
        for told in messages:
            body = encode(told.body)
            await self._post(self._url, body, self._signed(f"{told.alert.id}-{told.what}", body))

    def _signed(self, id: str, body: bytes) -> dict[str, str]:
        at = datetime.fromtimestamp(int(self._clock.wall()), UTC)
        headers = {"webhook-id": id, "webhook-timestamp": str(int(at.timestamp()))}
        return headers if self._signer is None else {**headers, "webhook-signature": self._signer.sign(id, at, body.decode())}


class PagerDuty(_Http):
    """Events v2: one event for each message; what belongs to one alert has one key, so that RESOLVED closes its incident."""

    kind = "pagerduty"
    _SEVERITIES: ClassVar[dict[Level, str]] = {
        Level.INFO: "info", Level.WARNING: "warning", Level.ERROR: "error", Level.CRITICAL: "critical"
    }  # fmt: skip

    def __init__(self, terms: PagerDutySink, post: Post) -> None:
        super().__init__(terms.name, terms.levels, post)
        self._url, self._key = terms.url, terms.routing_key

    async def send(self, messages: Sequence[Told]) -> None:
        for told in messages:
            await self._post(self._url, encode(self._event(told)))

    def _event(self, told: Told) -> dict[str, Any]:
        event = {
            "routing_key": self._key,
            "event_action": "resolve" if told.what == "resolved" else "trigger",
            "dedup_key": f"jindu-{told.alert.id}",
        }
        if told.what == "resolved":
            return event
        payload = {
            "summary": told.text["en"][:1024],
            "source": told.node,
            "severity": self._SEVERITIES[told.level],
            "timestamp": rfc3339(told.alert.fired_at),
            "component": "jindu",
            "class": told.alert.input,
            "custom_details": told.body["data"],
        }
        return {**event, "payload": payload}


class DingTalk(_Http):
    """A group's robot: one message for all that wait, in Chinese. Robots are muted above 20 a minute."""

    kind = "dingtalk"
    per_minute = 15

    def __init__(self, terms: DingTalkSink, post: Post, clock: Clock) -> None:
        super().__init__(terms.name, terms.levels, post)
        self._url, self._secret, self._clock = terms.url, terms.secret, clock

    async def send(self, messages: Sequence[Told]) -> None:
        first = messages[0].title["zh"]
        title = first if len(messages) == 1 else f"{first} 等 {len(messages)} 条"
        lines = "\n".join(f"- {told.text['zh']}" for told in messages)
        body = {"msgtype": "markdown", "markdown": {"title": title, "text": f"#### {title}\n{lines}"}}
        answer = await self._post(self._address(), encode(body))
        # The robot answers 200 whatever it thinks of the message.
        try:
            code = answer.json().get("errcode")
        except (ValueError, AttributeError):
            code = None
        if code != 0:
            raise NotTold(f"the robot refused the message (errcode {code})", again=code in (-1, 130101))

    def _address(self) -> str:
        if self._secret is None:
            return self._url
        stamp = str(int(self._clock.wall() * 1000))
        digest = hmac.new(self._secret.encode(), f"{stamp}\n{self._secret}".encode(), hashlib.sha256).digest()
        query = urlencode({"timestamp": stamp, "sign": base64.b64encode(digest).decode()})
        return f"{self._url}{'&' if '?' in self._url else '?'}{query}"


def made(terms: LogSink | WebhookSink | PagerDutySink | DingTalkSink, post: Post, clock: Clock) -> Sink:
    """The sink that is configured so. Raises `ValueError`."""
    if isinstance(terms, LogSink):
        return Log(terms)
    if isinstance(terms, WebhookSink):
        return WebhookSender(terms, post, clock)
    return PagerDuty(terms, post) if isinstance(terms, PagerDutySink) else DingTalk(terms, post, clock)
