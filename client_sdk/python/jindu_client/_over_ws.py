"""The first rung: WebSocket."""

from dataclasses import dataclass

from ._closing import NO_CODE, SILENT, Verdict
from ._steps import Closed, Dial, HangUp, Heard, Opened, Refused, Send, Silence, Steps, Tell, receive
from ._watch import Watch

HELLO_WITHIN = 8.0  # seconds from dialling to `hello`, or the path does not count as working
FIRST_LOOK = 2.5  # seconds without `hello` after which one GET shows the snapshot


@dataclass(frozen=True, slots=True)
class LinkEnd:
    """How an attempt ended. `hello`: it was live; `told`: the server itself sent us away; `status`: of a refused upgrade."""

    verdict: Verdict
    hello: bool = True
    told: bool = False
    status: int | None = None


def over_ws(watch: Watch, look_every: float | None) -> Steps[LinkEnd]:
    """One connection from dialling to its end. Until `hello`, looks over HTTP: once, or each `look_every` seconds."""
    yield Dial(HELLO_WITHIN)
    missed = yield from _greeted(watch, look_every)
    if missed is not None:
        yield HangUp()
        return missed
    watch.backoff.reset()
    yield Tell("live")
    code = yield from _listen(watch)
    yield HangUp()
    return LinkEnd(watch.session.closed(code, watch.clock()))


def _greeted(watch: Watch, look_every: float | None) -> Steps[LinkEnd | None]:
    """None once `hello` has arrived."""
    session, began = watch.session, watch.clock()
    limit = began + HELLO_WITHIN
    look_at = began + (look_every or FIRST_LOOK)
    while not session.live:
        now = watch.clock()
        if now >= limit or session.over or session.leaving:
            return _missed(watch, Silence())
        heard = yield from receive(min(limit, look_at) - now)
        if isinstance(heard, Refused | Closed):
            return _missed(watch, heard)
        yield from _take(watch, heard)
        if not session.live and watch.clock() >= look_at:
            yield from watch.look()
            look_at = watch.clock() + look_every if look_every else limit
    return None


def _missed(watch: Watch, heard: Heard) -> LinkEnd:
    code = heard.code if isinstance(heard, Closed) else NO_CODE
    status = heard.status if isinstance(heard, Refused) else None
    told = watch.session.leaving or 4000 <= code < 4300
    return LinkEnd(watch.session.closed(code, watch.clock()), hello=False, told=told, status=status)


def _listen(watch: Watch) -> Steps[int]:
    """Until the link ends; its close code."""
    session = watch.session
    while not session.over and not session.leaving:
        heard = yield from receive(session.dead_at - watch.clock())
        if isinstance(heard, Closed):
            return heard.code
        if isinstance(heard, Silence) and watch.clock() >= session.dead_at:
            return SILENT
        yield from _take(watch, heard)
    return NO_CODE


def _take(watch: Watch, heard: Heard) -> Steps[None]:
    session = watch.session
    outputs = []
    if isinstance(heard, Opened):
        session.opened(watch.clock())
    elif isinstance(heard, str | bytes):
        outputs = session.received(heard, watch.clock())
    if texts := session.outgoing():
        yield Send(texts)
    yield from watch.give(outputs)
