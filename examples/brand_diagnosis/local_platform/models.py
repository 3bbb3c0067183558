"""Three models that know the same packages and read them differently, so that they disagree as platforms do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .corpus import Package
from .retrieval import Index, terms

ITEMS = 10  # packages in one answer


@dataclass(frozen=True, slots=True)
class Reading:
    """What a model reads of a package, what it says besides the summary, and which of its addresses it cites first."""

    fields: Callable[[Package], Sequence[tuple[int, str]]]
    remark: Callable[[Package, set[str], Index], str]
    cites: tuple[str, ...]


def _best_sentence(package: Package, asked: set[str], index: Index) -> str:
    """The sentence of the description that holds the rarest of the asked terms; the first of equals, "" if none does."""

    def worth(sentence: str) -> float:
        return sum(index.rarity(term) for term in sorted(asked & set(terms(sentence))))

    best = max(package.sentences, key=worth, default="")
    return best if best and worth(best) > 0 and best.rstrip(".") != package.summary else ""


def _nothing(package: Package, asked: set[str], index: Index) -> str:
    return ""


def _matching_classifiers(package: Package, asked: set[str], index: Index) -> str:
    matching = [line for line in package.classifiers if asked & set(terms(line))]
    return f"Classified as {', '.join(matching[:3])}." if matching else ""


READINGS: dict[str, Reading] = {
    "local-bm25": Reading(
        lambda p: ((3, p.name), (2, p.summary), (2, p.keywords), (1, " ".join(p.sentences))),
        _best_sentence,
        ("homepage", "home", "documentation", "source", "repository", "github"),
    ),
    "local-summary": Reading(
        lambda p: ((3, p.name), (2, p.summary), (2, p.keywords)),
        _nothing,
        ("documentation", "homepage", "source", "repository", "github"),
    ),
    "local-classifier": Reading(
        lambda p: ((1, p.name), (1, " ".join(p.classifiers)), (2, p.keywords)),
        _matching_classifiers,
        ("source", "source code", "repository", "github", "homepage"),
    ),
}


class Model:
    """Answers questions from packages; the same question has the same answer."""

    def __init__(self, name: str, packages: Sequence[Package]) -> None:
        self.name = name
        self._reading = READINGS[name]
        self._packages = packages
        self._index = Index([self._reading.fields(package) for package in packages])

    def answer(self, question: str) -> str:
        """A numbered list of the packages that match the question best, in Markdown; a plain sentence if none does."""
        asked = set(terms(question))
        best = self._index.best(question, ITEMS)
        if not best:
            return f"None of the {len(self._packages)} packages I know matches this question."
        lines = [f"{len(best)} of the {len(self._packages)} packages I know match best:"]
        lines += [self._line(place, self._packages[at], asked) for place, at in enumerate(best, start=1)]
        return "\n".join(lines)

    def _line(self, place: int, package: Package, asked: set[str]) -> str:
        said = [f"{place}. **{package.name}** – {package.summary or 'no summary'}."]
        if remark := self._reading.remark(package, asked, self._index):
            said.append(remark)
        if url := _cited(package, self._reading.cites):
            said.append(f"Source: {url}")
        return " ".join(said)


def _cited(package: Package, preferred: Sequence[str]) -> str | None:
    known = [package.urls[label] for label in preferred if label in package.urls]
    return next(iter([*known, *package.urls.values()]), None)
