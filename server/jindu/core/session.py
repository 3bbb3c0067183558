"""The server's end of one connection as sans-I/O state: bytes in, requests and frames out; no socket, no clock of its own.

The driver (`channels.peer`) hands in what arrives and when, and does what comes back. See `websockets`' `protocol.py` for
the pattern. Rules of PROTOCOL held here: 3 (epoch, cursors), 6 (any inbound frame is life), 7 (the unknown is ignored),
section 5 (when a connection is closed, and with which code), and who may watch what as far as names tell.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from . import frames
from .admission import CREDENTIALS, Admission
from .codec import NotJson, decode, encode
from .ids import CLIENT_ID
from .messages import ByeFrame, HelloFrame, ProblemFrame, ServerFrame

PING_EVERY = 20  # seconds
PING = encode(frames.ping())
INBOUND_BYTES = 64 * 1024
CHANNELS = 200
CHANNELS_OF_OPERATORS = 2_000
FRAMES_PER_SECOND = 20.0  # that a client may send on the long run
FRAMES = 40  # at once after a rest, in one message or several
CHANNEL_BYTES = 200  # of the name of a channel
NAME_SHOWN = 256  # characters of an unknown channel's name in a problem: more than any real one has
REPLAYED = ("job", "batch")  # kinds of channel with a cursor
AUTH_WITHIN = 10.0  # seconds that credentials may take to come
RENEW_AFTER_MS = 500  # after which a client whose token is over comes back, with a new one
PACE = (0.2, 10.0)  # frames a second for one job that a client may ask for


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Channels with the seq held of each; of jobs only (feeds do not replay)."""

    epoch: str
    channels: Mapping[str, int]
    pace: float | None


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Say:
    """Send this frame; bytes were encoded already, for all who get them."""

    frame: ServerFrame | bytes


@dataclass(frozen=True, slots=True)
class Close:
    """Say `bye`, then close with `code`."""

    code: int
    why: str
    stop: bool = False
    retry_ms: int | None = None

    @property
    def bye(self) -> ByeFrame:
        return frames.bye(self.code, self.why, retry_ms=self.retry_ms, stop=self.stop)


Request: TypeAlias = Subscribe | Unsubscribe | Say | Close


class BadFrame(ValueError):
    """A readable frame with a wrong field; the text in zh and en says which."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.detail = {"zh": zh, "en": en}


class Session:
    def __init__(
        self,
        *,
        epoch: str,
        conn: str,
        now: float,
        ping: float = PING_EVERY,
        admission: Admission | None = None,
        auth_within: float = AUTH_WITHIN,
        let_go: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        """`let_go` ends subscriptions of which nothing can follow and returns their channels: asked when there are too many."""
        self.epoch = epoch
        self.conn = conn
        self.admission = admission or Admission()
        self._ping = ping
        self._let_go = let_go
        self._heard = now
        self._auth_by = now + auth_within
        self._next_ping = now + ping
        self._channels: set[str] = set()
        self._allowance = float(FRAMES)
        self._allowed_at = now
        self._pongs = 0  # asked for and not yet come

    def hello(self, wall: float) -> HelloFrame:
        """The first frame of every connection; `wall` is wall-clock seconds."""
        auth: Literal["ok", "needed"] = "needed" if self.admission.needed else "ok"
        return frames.hello(epoch=self.epoch, conn=self.conn, ping=self._ping, now=wall, auth=auth)

    def receive(self, message: str | bytes, now: float) -> list[Request]:
        """What a message asks for. A message that cannot be read closes the connection; a wrong field is told."""
        self._heard = now
        if isinstance(message, bytes):
            return [Close(4000, "binary messages are not part of jindu.v1: send JSON as text", stop=True)]
        if len(message) > INBOUND_BYTES or len(message.encode(errors="replace")) > INBOUND_BYTES:
            return [too_big(INBOUND_BYTES)]
        try:
            value = decode(message)
        except (NotJson, UnicodeEncodeError):
            return [Close(4000, "not JSON", stop=True)]
        if not isinstance(value, dict | list):
            return [Close(4000, "a message is a JSON object, or an array of them", stop=True)]
        requests: list[Request] = []
        received = value if isinstance(value, list) else [value]
        if (flood := self._flood(received, now)) is not None:
            return [flood]
        for frame in received:
            requests += self._request(frame)
            if isinstance(requests[-1] if requests else None, Close):
                break
        return requests

    def tick(self, now: float) -> list[Request]:
        """What time demands: a ping every `ping` seconds, the end of a connection that says nothing, or not who it is."""
        if now - self._heard > 2 * self._ping + 5:
            return [Close(4102, "no pong")]
        if self.admission.needed and now >= self._auth_by:
            return [Close(4105, "no auth in time")]
        if now < self._next_ping:
            return []
        self._next_ping = now + self._ping
        self._pongs += 1
        return [Say(frames.ping())]

    def ask(self) -> bytes:
        """A ping, encoded, for who sends it along with something else; the pong to it will be free."""
        self._pongs += 1
        return PING

    def review(self, wall: float, covered: Callable[[], bool]) -> Close | None:
        """The end of a connection whose credentials are no longer good: none is left, or what it watches is not `covered` by
        the rest. `wall` is wall-clock seconds."""
        if self.admission.drop_revoked() and (self.admission.needed or not covered()):
            return Close(4009, "revoked", stop=True)
        if self.admission.drop_expired(wall) and (self.admission.needed or not covered()):
            return Close(4202, "token expired", retry_ms=RENEW_AFTER_MS)
        return None

    def dropped(self, channel: str) -> None:
        """A subscription ended from our side."""
        self._channels.discard(channel)

    def resume(self, epoch: str, held: int, seq: int) -> tuple[int, bool]:
        """From which seq a subscription of a job at `seq` goes on, and whether the client must be told to forget.

        A cursor of another epoch, or above the job's seq, counts as 0 and is told. Without an epoch every number counts as
        0; a held 0 never causes a reset.
        """
        if held == 0 or not epoch:
            return 0, False
        if epoch != self.epoch or held > seq:
            return 0, True
        return held, False

    def _flood(self, received: list[Any], now: float) -> Close | None:
        """The end of a connection that says too much: what was sent counts before any of it is done. A pong that was asked for
        is free; a message without frames counts as one."""
        asked_for = sum(isinstance(frame, dict) and frame.get("type") == "pong" for frame in received)
        free = min(asked_for, self._pongs)
        self._pongs -= free
        gained = max(0.0, now - self._allowed_at) * FRAMES_PER_SECOND
        self._allowance = min(float(FRAMES), self._allowance + gained)
        self._allowed_at = now
        self._allowance -= max(len(received), 1) - free
        if self._allowance >= 0:
            return None
        return Close(4104, f"a connection may send {FRAMES_PER_SECOND:.0f} frames a second, {FRAMES} at once")

    def _request(self, frame: Any) -> list[Request]:
        try:
            return self._understood(frame)
        except BadFrame as error:
            return [Say(frames.problem("BAD_REQUEST", detail=error.detail))]

    def _understood(self, frame: Any) -> list[Request]:
        if not isinstance(frame, dict):
            raise BadFrame("数组中的每一项都必须是 JSON 对象。", "Each item of an array must be a JSON object.")
        kind = frame.get("type")
        if not isinstance(kind, str):
            raise BadFrame("缺少字段 type，或不是文本。", "The field type is missing, or is not text.")
        if kind == "subscribe":
            return self._subscribe(frame)
        if kind == "unsubscribe":
            return self._unsubscribe(frame)
        if kind == "auth":
            return self._auth(frame)
        return []  # pong, and whatever a later version may send

    def _auth(self, frame: Mapping[str, Any]) -> list[Request]:
        tokens = frame.get("tokens")
        if self.admission.open:
            return []
        if not isinstance(tokens, list) or not tokens or not all(isinstance(token, str) for token in tokens):
            raise BadFrame("字段 tokens 必须是非空的文本数组。", "The field tokens must be an array of texts, not empty.")
        bad = self.admission.add(tokens)
        if bad == len(tokens):
            return [Close(4009, "unauthorized", stop=True)]
        if not self.admission.watches:
            return [Close(4003, "none of these credentials may watch", stop=True)]
        if self.admission.full:
            return [Close(4004, f"a connection may hold {CREDENTIALS} credentials", stop=True)]
        return [Say(frames.problem("UNAUTHORIZED", detail=_bad_tokens(bad, len(tokens))))] if bad else []

    def _subscribe(self, frame: Mapping[str, Any]) -> list[Request]:
        channels, epoch, pace = frame.get("channels"), frame.get("epoch"), frame.get("pace")
        epoch = "" if epoch is None else epoch
        if not isinstance(channels, dict):
            raise BadFrame(
                '字段 channels 必须是对象，例如 {"job:ID": 0}。',
                'The field channels must be an object, such as {"job:ID": 0}.',
            )
        if not isinstance(epoch, str):
            raise BadFrame("字段 epoch 必须是文本。", "The field epoch must be text.")
        refused: list[Request] = []
        wanted: dict[str, int] = {}
        for channel, held in channels.items():
            if (reason := _wrong(channel, held) or self._denied(channel)) is None:
                wanted[channel] = held
            else:
                refused.append(Say(reason))
        limit = CHANNELS_OF_OPERATORS if self.admission.operates_all else CHANNELS
        if len(self._channels) + len(wanted) > limit:
            self._channels.difference_update(self._let_go())
        if len(self._channels | wanted.keys()) > limit:
            return [Close(4004, f"a connection may watch {limit} channels: unsubscribe, or watch a feed", stop=True)]
        self._channels |= wanted.keys()
        return [*refused, Subscribe(epoch, wanted, _pace(pace))]

    def _denied(self, channel: str) -> ProblemFrame | None:
        """The problem with a channel for who has not said who they are, and with a feed that is not theirs. Whether a job is
        theirs is known when it has been read."""
        if self.admission.needed:
            return frames.problem("UNAUTHORIZED", channel)
        if watched_id(channel) is None and not self.admission.follows(channel):
            return frames.problem("FORBIDDEN", channel)
        return None

    def _unsubscribe(self, frame: Mapping[str, Any]) -> list[Request]:
        channels = frame.get("channels")
        if not isinstance(channels, list) or not all(isinstance(channel, str) for channel in channels):
            raise BadFrame("字段 channels 必须是文本数组。", "The field channels must be an array of texts.")
        self._channels.difference_update(channels)
        return [Unsubscribe(tuple(channels))]


def too_big(limit: int) -> Close:
    """The end of a connection on which a message of more than `limit` bytes came."""
    return Close(4013, f"a message may have {limit} bytes: send less at once", stop=True)


def _bad_tokens(bad: int, given: int) -> Mapping[str, str]:
    return {
        "zh": f"{given} 个凭证中有 {bad} 个无效，其余已采用。",
        "en": f"{bad} of {given} credentials are not valid; the others count.",
    }


def _wrong(channel: str, held: Any) -> ProblemFrame | None:
    """The problem with one channel of a subscribe, if there is one."""
    if not is_channel(channel):
        detail = {
            "zh": "没有这个频道；可用的有 job:ID、batch:ID、jobs、owner:ID。",
            "en": "There is no such channel; there are job:ID, batch:ID, jobs, owner:ID.",
        }
        return frames.problem("NOT_FOUND", channel[:NAME_SHOWN], detail)
    if not isinstance(held, int) or isinstance(held, bool) or held < 0:
        detail = {
            "zh": "频道的值必须是已收到的 seq，从 0 开始的整数。",
            "en": "The value of a channel is the seq held: an integer from 0.",
        }
        return frames.problem("BAD_REQUEST", channel, detail)
    return None


def watched_id(channel: str) -> str | None:
    """The id of the job or batch that a channel is of; None for a feed."""
    kind, _, name = channel.partition(":")
    return name if kind in REPLAYED else None


def is_channel(channel: str) -> bool:
    kind, _, name = channel.partition(":")
    if kind in REPLAYED:
        return CLIENT_ID.fullmatch(name) is not None
    return channel == "jobs" or (kind == "owner" and name != "" and len(channel.encode(errors="replace")) <= CHANNEL_BYTES)


def _pace(pace: Any) -> float | None:
    """Frames a second for one job, brought into what is allowed."""
    if pace is None:
        return None
    if isinstance(pace, bool) or not isinstance(pace, int | float):
        raise BadFrame("字段 pace 必须是数字（0.2 到 10）。", "The field pace must be a number from 0.2 to 10.")
    return min(max(float(pace), PACE[0]), PACE[1])
