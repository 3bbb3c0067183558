"""The last rung: status polling, at the pace the server asks for."""

from ._steps import Sleep, Steps, Tell
from ._watch import Watch


def over_poll(watch: Watch, until: float) -> Steps[None]:
    """Look until every job has ended, or the clock shows `until` and a better way is to be tried.

    Begins by waiting: it was one look over HTTP that led here.
    """
    yield Tell("polling")
    while not watch.session.over:
        left = until - watch.clock()
        if left <= 0:
            return
        yield Sleep(min(watch.next_look, left))
        works = yield from watch.look()
        yield Tell("polling" if works else "waiting")
