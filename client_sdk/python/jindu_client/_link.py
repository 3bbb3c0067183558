"""One connection without I/O: messages in; updates, texts to send and a verdict out (PROTOCOL sections 2, 3 and 5).

Rules on top:

* Nothing counts on a connection before `hello`: what comes earlier moves no cursor, so a path that works will bring it.
* Any inbound frame is life; after 2 x ping + 5 seconds without one the link is dead (rule 6).
* A connection whose epoch is no longer the one held tells of another history: it is left, nothing of it is applied.
* Time is handed in (`now`, seconds of any monotonic clock); nothing here reads a clock, opens a socket or sleeps.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ._closing import Backoff, Bye, Verdict, verdict
from ._held import KINDS, Holding, Output
from .errors import AccessDenied, JinduError, api_error
from .updates import FeedUpdate

PING = 20.0  # seconds between the server's pings until hello says otherwise
ENDED = 1000  # bye of a stream or poll: nothing of what was asked for can follow
REFILL = 25  # jobs that are subscribed together, when so many others have ended
PROVEN = 10.0  # seconds a link must have been live before the back-off starts anew


class Link:
    """`speaks`: what we say reaches the server, as on a socket; streams and polls are asked with all they need.

    `live`: `hello` has arrived, only now does the path count as working. `proven`: the server has told where the jobs stand.
    `moved`: a frame about a job has come.
    """

    def __init__(
        self, holding: Holding, now: float, *, token: str | None = None, pace: float | None = None, speaks: bool = True
    ) -> None:
        self._holding = holding
        self._token = token
        self._pace = pace
        self._speaks = speaks
        self._outgoing: list[str] = []
        self._ping = PING
        self._heard = now
        self._hello_at: float | None = None
        self._epoch = ""
        self._asked: set[str] = set()
        self._bye: Bye | None = None
        self._refusal: JinduError | None = None
        self.proven = self.moved = self.more = False
        if token:
            self._send({"type": "auth", "tokens": [token]})
        self._subscribe()

    @property
    def live(self) -> bool:
        return self._hello_at is not None

    @property
    def told(self) -> bool:
        """The server said goodbye."""
        return self._bye is not None

    @property
    def leaving(self) -> bool:
        """The server said goodbye, cannot be talked to, or tells of another history: hang up, then ask `closed`."""
        return self.told or self._refusal is not None or (self.live and self._epoch != self._holding.epoch)

    @property
    def dead_at(self) -> float:
        """The second at which the link counts as dead if nothing comes before (rule 6)."""
        return self._heard + 2 * self._ping + 5

    def lasted(self, now: float) -> float:
        """Seconds since `hello`; 0 before it."""
        return 0.0 if self._hello_at is None else now - self._hello_at

    def outgoing(self) -> list[str]:
        """Texts to send now, each one message; asked for once."""
        texts, self._outgoing = self._outgoing, []
        return texts

    def renew(self, token: str) -> None:
        """The application has a new token: the connection goes on with it."""
        self._token = token
        self._send({"type": "auth", "tokens": [token]})

    def received(self, message: str | bytes, now: float) -> list[Output]:
        """One message: an object, or an array handled frame by frame. What cannot be read is still life."""
        self._heard = now
        if isinstance(message, bytes):
            return []
        try:
            value = json.loads(message)
        except (ValueError, RecursionError):
            return []
        return self.frames(value if isinstance(value, list) else [value], now)

    def frames(self, frames: Iterable[Any], now: float) -> list[Output]:
        """Frames of any transport, in order."""
        self._heard = now
        outputs: list[Output] = []
        for frame in frames:
            if isinstance(frame, dict):
                outputs += self._frame(frame, now)
        return outputs

    def closed(self, code: int, now: float, backoff: Backoff) -> Verdict:
        """The link has ended, with this close code (1006: without a word)."""
        if self._holding.over:
            return Verdict()
        if self._refusal is not None:
            return Verdict(error=self._refusal)
        if self._bye is not None and self._bye.code == ENDED and not self._speaks:
            # All that was asked for has ended, and there are more jobs than one request may ask for.
            return Verdict(delay=0.0 if self.moved else backoff.next())
        if self.lasted(now) >= PROVEN:
            backoff.reset()
        return verdict(code, self._bye, backoff)

    def _frame(self, frame: dict[str, Any], now: float) -> list[Output]:
        kind = frame.get("type")
        if kind == "hello":
            self._hello(frame, now)
        elif kind == "ping":
            self._send({"type": "pong"})
        elif kind == "bye":
            self._bye = Bye(_code(frame), _milliseconds(frame), frame.get("stop") is True, str(frame.get("why") or ""))
        elif kind == "problem":
            return self._problem(frame)
        elif self.live and self._epoch == self._holding.epoch:
            return self._told(frame)
        return []

    def _told(self, frame: dict[str, Any]) -> list[Output]:
        kind = frame.get("type")
        self.moved = self.moved or kind in KINDS
        self.proven = self.proven or kind in KINDS or kind == "subscribed"
        if kind == "subscribed":
            named = frame.get("channels")
            return [FeedUpdate(None, {}, None, channel=feed) for feed in self._holding.feeds if feed in (named or ())]
        outputs = self._holding.frame(frame)
        if outputs and self._speaks:
            self._refill()
        return outputs

    def _hello(self, frame: Mapping[str, Any], now: float) -> None:
        ping, epoch = frame.get("ping"), frame.get("epoch")
        if isinstance(ping, int | float) and ping > 0:
            self._ping = float(ping)
        again = self.live
        if not again:
            self._hello_at = now
        self.more = frame.get("more") is True
        changed = self._holding.meet(epoch)
        self._epoch = self._holding.epoch
        if again and changed:
            self._subscribe()
        if frame.get("auth") == "needed" and not self._token:
            self._refusal = AccessDenied({"code": "UNAUTHORIZED", "title": "this server asks for a token"})

    def _problem(self, frame: dict[str, Any]) -> list[Output]:
        channel = str(frame.get("channel") or "")
        if channel not in self._holding.channels:
            return []
        if frame.get("temporary") is True:
            # Coming back repeats the subscription, which is harmless for the others (rule 2).
            self._bye = Bye(4100, _milliseconds(frame), stop=False, why=str(frame.get("code")))
            return []
        return self._holding.refuse(channel, api_error(frame))

    def _refill(self) -> None:
        """Jobs that had to wait take the places of those that have ended, several at once."""
        channels = self._holding.channels
        waiting = {name: held for name, held in channels.items() if name not in self._asked}
        if waiting and (len(waiting) >= REFILL or len(waiting) == len(channels)):
            self._send({"type": "unsubscribe", "channels": sorted(self._asked - channels.keys())})
            self._subscribe(waiting)
            self._asked = set(channels)

    def _subscribe(self, channels: Mapping[str, int] | None = None) -> None:
        if channels is None:
            channels = self._holding.channels
            self._asked = set(channels)
        request: dict[str, Any] = {"type": "subscribe", "epoch": self._holding.epoch, "channels": channels}
        self._send(request if self._pace is None else {**request, "pace": self._pace})

    def _send(self, frame: Mapping[str, Any]) -> None:
        if self._speaks:
            self._outgoing.append(json.dumps(frame, ensure_ascii=False, separators=(",", ":")))


def _milliseconds(frame: Mapping[str, Any]) -> float | None:
    retry = frame.get("retry_ms")
    return max(0.0, retry / 1000) if isinstance(retry, int | float) and not isinstance(retry, bool) else None


def _code(frame: Mapping[str, Any]) -> int:
    code = frame.get("code")
    return code if isinstance(code, int) else 1000
