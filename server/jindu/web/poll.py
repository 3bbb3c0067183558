"""`/v1/poll`: one HTTP answer as a transport of the peer, for who can hold nothing open. Stateless."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..channels.answer import Answer
from ..channels.peer import Peer
from ..channels.visit import Poll
from ..core.access import WATCHING
from . import access, asking, watching


async def poll(request: Request) -> Response:
    """`[hello, frame…]`: the first frames beyond the cursors, waited for at most `wait` seconds."""
    asked = await watching.read(watching.AskedPoll, request)
    node = asking.node(request)
    wait = 0 if request.method == "HEAD" else asked.wait
    visit = Poll(asked.channels, asked.epoch or "", asked.pace, node.clock.monotonic() + wait)
    answer = Answer(lambda: watching.gone(request.receive))
    await Peer(node.hub, answer, visit, access.admission(request), asking.origin(request.scope, "poll")).run()
    return Response(answer.text, headers={"Cache-Control": "no-store"}, media_type="application/json")


def routes() -> list[Route]:
    return [Route("/v1/poll", access.needs(WATCHING, poll), methods=["GET", "POST"])]
