"""How long a watch waits for what (CLIENTS, the ladder). All in seconds; tests and the impatient hand in others."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """`hello`, `stream_hello`: from the start of an attempt to `hello`, or the path does not count as working.

    `first_look`: without `hello`, after which one GET shows the snapshot. `waits`: what a long-poll asks for, shortened when
    it is cut. `probes`: on a lower rung, before the socket is tried again. `remembered`: how long the next watch begins on the
    rung of the last. `short`: a link that dies sooner, without data, was no good. `http`: for connecting, and between two
    pieces of an answer. `gap`: from one long-poll to the next, at least. `least`, `most`: ceilings of the first wait between
    attempts, and of all.
    """

    hello: float = 8.0
    stream_hello: float = 5.0
    first_look: float = 2.5
    waits: tuple[float, ...] = (25, 10, 5)
    probes: tuple[float, ...] = (30, 60, 120, 300, 600)
    remembered: float = 600.0
    short: float = 10.0
    http: float = 10.0
    gap: float = 0.1
    least: float = 0.5
    most: float = 20.0
