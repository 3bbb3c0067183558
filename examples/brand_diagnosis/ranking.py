"""Who is named, how often and how early: from answers to a ranking. Pure; the order of the answers does not matter."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Any

from .brands import Names, fold, put_forward

MAX_OTHERS = 20  # brands nobody asked for, kept in the ranking
POSITION_WEIGHT = 0.7  # of the score; the share of mentions is the rest


@dataclass(frozen=True, slots=True)
class Tally:
    """One answer: the keys of the brands it names, in the order of their first mention, and how often each."""

    counts: Mapping[str, int]  # dicts keep the order of first mention

    def reciprocal(self, key: str) -> float:
        """1 for the brand named first, 1/2 for the second, ... 0 for one not named."""
        return 1 / self.position(key) if key in self.counts else 0.0

    def position(self, key: str) -> int:
        """From 1; raises `ValueError` if it is not named."""
        return list(self.counts).index(key) + 1

    def share(self, key: str) -> float:
        """Its part of all mentions in this answer, 0 to 1."""
        return self.counts[key] / sum(self.counts.values()) if key in self.counts else 0.0


def candidates(own: str, competitors: Iterable[str], texts: Iterable[str]) -> Names:
    """The asked brands, then what the answers put forward, each in its most frequent spelling."""
    spellings = Counter(name for text in texts for name in put_forward(text))
    frequent_first = sorted(spellings, key=lambda name: (-spellings[name], name))
    return Names([own, *competitors, *frequent_first])


def tally(text: str, names: Names) -> Tally:
    """Count one answer. The sum of mentions times their lengths never exceeds the (folded) text."""
    return Tally(Counter(names.mentions(text)))


def rank(tallies: Sequence[Tally], names: Names, own: str, competitors: Iterable[str]) -> list[dict[str, Any]]:
    """Rows for all asked brands and at most `MAX_OTHERS` further ones, best first.

    `score` is 0 to 100: 70 % the mean reciprocal position of the first mention, 30 % the mean share of mentions.
    `first_position` is the best position in any answer. A brand that nobody names has no rank and no position.
    """
    asked = {fold(own), *map(fold, competitors)}
    scores = {key: _score(key, tallies) for key in names}
    mentions = {key: sum(tally.counts.get(key, 0) for tally in tallies) for key in names}
    order = sorted(scores, key=lambda key: (-scores[key], -mentions[key], key))
    rows: list[dict[str, Any]] = []
    others = 0
    for place, key in enumerate(order, start=1):
        others += key not in asked
        if key not in asked and (others > MAX_OTHERS or not mentions[key]):
            continue
        positions = [tally.position(key) for tally in tallies if key in tally.counts]
        rows.append(
            {
                "brand": names.shown[key],
                "rank": place if positions else None,
                "mentions": mentions[key],
                "first_position": min(positions, default=None),
                "score": round(scores[key], 1),
                "own": key == fold(own),
            }
        )
    return rows


def _score(key: str, tallies: Sequence[Tally]) -> float:
    # fsum rounds once, so the order of the answers cannot change the last digit, and with it a tie.
    if not tallies:
        return 0.0
    early = fsum(tally.reciprocal(key) for tally in tallies)
    share = fsum(tally.share(key) for tally in tallies)
    return 100 * (POSITION_WEIGHT * early + (1 - POSITION_WEIGHT) * share) / len(tallies)
