"""Okapi BM25 over short texts with weighted fields."""

import re
from collections import Counter
from collections.abc import Sequence
from math import log

K1 = 1.5  # how soon repeating a term stops to help
B = 0.75  # how much long texts are held back

_TERM = re.compile(r"[a-z0-9]+|[\u3400-\u9fff]")
_STOP_WORDS = """
a an and any are as at be by can compare compares could do does for from good has have how i if in is it its me my of on
one or other our recommend recommended should some that the their them there they this to us use used using want was we
what when where which who why will with would you your best alternative alternatives better like please
"""
_STOP = frozenset(_STOP_WORDS.split())
_ENDINGS = (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("ing", ""), ("ers", "er"), ("s", ""))


def terms(text: str) -> list[str]:
    """Terms of a text in lower case, without stop words, endings taken off lightly ("frameworks" -> "framework")."""
    return [_stem(term) for term in _TERM.findall(text.lower()) if term not in _STOP]


def _stem(term: str) -> str:
    if len(term) > 4 and not term.endswith(("ss", "us", "is")):
        for ending, instead in _ENDINGS:
            if term.endswith(ending):
                return term[: -len(ending)] + instead
    return term


class Index:
    """Documents as sequences of (weight, text) fields; a term in a field of weight 3 counts three times."""

    def __init__(self, documents: Sequence[Sequence[tuple[int, str]]]) -> None:
        self._counts = [_weighted(fields) for fields in documents]
        self._lengths = [sum(counts.values()) for counts in self._counts]
        self._mean = sum(self._lengths) / len(documents) if documents else 0.0
        self._holding = Counter(term for counts in self._counts for term in counts)

    def rarity(self, term: str) -> float:
        """The inverse document frequency: high for rare terms, just above 0 for those everywhere, 0 for unknown ones."""
        holding = self._holding[term]
        return log(1 + (len(self._counts) - holding + 0.5) / (holding + 0.5)) if holding else 0.0

    def best(self, query: str, limit: int) -> list[int]:
        """Positions of the documents that match best, best first; those that share no term with the query are left out."""
        asked = set(terms(query))
        scores = [self._score(at, asked) for at in range(len(self._counts))]
        order = sorted(range(len(scores)), key=lambda at: (-scores[at], at))
        return [at for at in order[:limit] if scores[at] > 0]

    def _score(self, at: int, asked: set[str]) -> float:
        counts = self._counts[at]
        # Sorted, as sums of floats depend on their order and sets have none.
        return sum(self._weight(counts[term], at) * self.rarity(term) for term in sorted(asked) if term in counts)

    def _weight(self, count: int, at: int) -> float:
        return count * (K1 + 1) / (count + K1 * (1 - B + B * self._lengths[at] / self._mean))


def _weighted(fields: Sequence[tuple[int, str]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for weight, text in fields:
        for term in terms(text):
            counts[term] += weight
    return counts
