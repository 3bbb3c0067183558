"""What people get, over real HTTP: signatures hold, messages are merged, limits kept, failures told without secrets."""

import base64
import hashlib
import hmac
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from standardwebhooks import Webhook

from jindu.core.alerts import Alert, Level
from jindu.core.clock import ManualClock, SystemClock
from jindu.monitor.alerts.config import DingTalkSink, LogSink, PagerDutySink, WebhookSink
from jindu.monitor.alerts.outbox import WAITING, Outbox
from jindu.monitor.alerts.sinks import Callbacks, NotTold, Post, Sink, made
from jindu.monitor.alerts.told import Told, What
from monitor.listening import ACCEPTED, Listener, listening

ALERT = Alert("a1", "high_error_rate", "error_rate", Level.ERROR, 0.5, 0.6, 0.05, 1_800_000_000.0, None, True)
SECRET = "whsec_" + base64.b64encode(b"canary-secret-of-32-bytes-length").decode()


def told(what: What = "firing", level: Level = Level.ERROR) -> Told:
    resolved = ALERT.fired_at + 60 if what == "resolved" else None
    return Told(what, replace(ALERT, level=level, resolved_at=resolved), "node-1")


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as found:
        yield found


@pytest.fixture
async def http() -> AsyncIterator[Post]:
    post = Post()
    yield post
    await post.close()


async def test_a_webhook_is_signed_as_standard_webhooks_has_it(listener: Listener, http: Post) -> None:
    sink = made(WebhookSink(type="webhook", url=f"{listener.url}/hook", secret=SECRET), http, SystemClock())
    await sink.send([told(), told("resolved")])
    first, second = listener.came
    said = Webhook(SECRET).verify(first.body, first.headers)
    assert said["type"] == "alert.firing"
    assert said["data"]["rule"] == "high_error_rate"
    assert (said["data"]["value"], said["data"]["threshold"], said["data"]["level"]) == (0.5, 0.05, "ERROR")
    assert said["data"]["text"]["zh"] == "[告警] 错误率过高：错误率 50.00 %，阈值 5.00 %，级别 错误，服务器 node-1"
    again = Webhook(SECRET).verify(second.body, second.headers)
    assert (again["type"], again["data"]["id"]) == ("alert.resolved", said["data"]["id"])
    assert first.headers["webhook-id"] != second.headers["webhook-id"]
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(SECRET).verify(first.body + b" ", first.headers)


async def test_a_webhook_without_a_secret(listener: Listener, http: Post) -> None:
    await made(WebhookSink(type="webhook", url=listener.url), http, SystemClock()).send([told("test")])
    assert listener.came[0].said["type"] == "alert.test"
    assert "webhook-signature" not in listener.came[0].headers


async def test_pagerduty_opens_and_closes_one_incident(listener: Listener, http: Post) -> None:
    sink = made(PagerDutySink(type="pagerduty", routing_key="K", url=f"{listener.url}/v2/enqueue"), http, SystemClock())
    await sink.send([told(), told("resolved")])
    opened, closed = (came.said for came in listener.came)
    assert (opened["routing_key"], opened["event_action"], opened["payload"]["severity"]) == ("K", "trigger", "error")
    assert opened["payload"]["source"] == "node-1"
    assert opened["payload"]["summary"].startswith("[FIRING] High error rate")
    assert closed == {"routing_key": "K", "event_action": "resolve", "dedup_key": opened["dedup_key"]}


async def test_dingtalk_is_signed_chinese_and_merged(listener: Listener, http: Post) -> None:
    clock = ManualClock()
    sink = made(DingTalkSink(type="dingtalk", url=f"{listener.url}/robot/send?access_token=T", secret="SEC1"), http, clock)
    await sink.send([told(), told("resolved")])
    (came,) = listener.came
    query = parse_qs(urlsplit(came.path).query)
    assert query["access_token"] == ["T"]
    assert query["timestamp"] == [str(int(clock.wall() * 1000))]
    expected = hmac.digest(b"SEC1", f"{query['timestamp'][0]}\nSEC1".encode(), hashlib.sha256)
    assert base64.b64decode(query["sign"][0]) == expected
    assert came.said["msgtype"] == "markdown"
    assert came.said["markdown"]["title"] == "[告警] 错误率过高 等 2 条"
    assert came.said["markdown"]["text"].count("\n- ") == 2
    assert "[已恢复] 错误率过高：" in came.said["markdown"]["text"]


@pytest.mark.parametrize(
    ("answer", "again"),
    [
        ((200, b'{"errcode":310000,"errmsg":"sign not match"}'), False),
        ((200, b'{"errcode":130101}'), True),
        ((200, b"<html>"), False),
        ((200, b"[]"), False),
        ((500, b""), True),
        ((429, b""), True),
        ((404, b""), False),
        ((302, b""), False),
    ],
)
async def test_a_robot_that_refuses(listener: Listener, http: Post, answer: tuple[int, bytes], again: bool) -> None:
    listener.answer = lambda number: answer
    sink = made(DingTalkSink(type="dingtalk", url=f"{listener.url}/?access_token=canary", secret="canary"), http, SystemClock())
    with pytest.raises(NotTold) as raised:
        await sink.send([told()])
    assert raised.value.again is again
    assert "canary" not in str(raised.value)
    assert len(listener.came) == 1, "no redirect is followed"


async def test_who_cannot_be_reached_is_tried_again_and_told_of_without_the_address(
    http: Post, caplog: pytest.LogCaptureFixture
) -> None:
    sink = made(WebhookSink(type="webhook", url="http://127.0.0.1:9/canary"), http, SystemClock())
    with pytest.raises(NotTold) as raised:
        await sink.send([told()])
    assert raised.value.again
    outbox = Outbox(sink, ManualClock())
    outbox.put(told())
    outbox.stop()  # else the pauses between two tries would be waited for
    with caplog.at_level(logging.ERROR, "jindu.alerts"):
        await outbox.flush()
    assert outbox.failed is not None
    assert "127.0.0.1 cannot be reached" in caplog.text
    assert "canary" not in caplog.text


async def test_fifteen_a_minute_then_what_waits_is_one_message(listener: Listener, http: Post) -> None:
    clock = ManualClock()
    outbox = Outbox(made(DingTalkSink(type="dingtalk", url=listener.url), http, clock), clock)
    for _ in range(40):
        outbox.put(told())
        await outbox.flush()
        clock.advance(0.1)
    assert len(listener.came) == 15
    assert len(outbox.waiting) == 25
    assert outbox.due_in() == pytest.approx(60 - 4)
    clock.advance(57)
    await outbox.flush()
    assert len(listener.came) == 16
    assert listener.came[-1].said["markdown"]["title"].endswith("等 25 条")
    assert outbox.due_in() is None


async def test_what_fails_once_is_sent_again(listener: Listener, http: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jindu.monitor.alerts.outbox.PAUSES", (0.001, 0.001))
    listener.answer = lambda number: ACCEPTED if number == 2 else (503, b"")
    outbox = Outbox(made(WebhookSink(type="webhook", url=listener.url), http, SystemClock()), SystemClock())
    outbox.put(told())
    await outbox.flush()
    assert len(listener.came) == 3
    assert len({came.headers["webhook-id"] for came in listener.came}) == 1, "the same message, so that it can be known as such"
    assert outbox.failed is None


async def test_levels_choose_and_what_piles_up_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    outbox = Outbox(made(LogSink(type="log", levels=[Level.ERROR]), Post(), ManualClock()), ManualClock())
    outbox.put(told(level=Level.INFO))
    assert outbox.due_in() is None
    for _ in range(WAITING + 3):
        outbox.put(told())
    assert len(outbox.waiting) == WAITING
    assert caplog.text.count("forgotten: [FIRING] High error rate") == 3


async def test_the_log_says_it_with_its_weight(caplog: pytest.LogCaptureFixture) -> None:
    sink = made(LogSink(type="log"), Post(), ManualClock())
    with caplog.at_level(logging.INFO, "jindu.alerts"):
        await sink.send([told(), told("resolved"), told(level=Level.WARNING)])
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO", "WARNING"]


async def test_callbacks_of_either_kind_are_called_and_harm_nobody(caplog: pytest.LogCaptureFixture) -> None:
    heard: list[object] = []

    async def awaited(message: Told) -> None:
        heard.append((message.rule, message.what))

    def plain(message: Told) -> None:
        heard.append((message.level, message.value, message.threshold))

    def raising(message: Told) -> None:
        raise ValueError("not today")

    sink: Sink = Callbacks(lambda: [raising, awaited, plain])
    await sink.send([told()])
    assert heard == [("high_error_rate", "firing"), (Level.ERROR, 0.5, 0.05)]
    assert "not today" in caplog.text
