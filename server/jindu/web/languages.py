"""What a client can read, by weight (RFC 9110 section 12.4.2), and which of our two languages that makes."""

import re

from starlette.datastructures import Headers, QueryParams
from starlette.types import Scope

_WEIGHT = re.compile(r"q=(0(\.[0-9]{0,3})?|1(\.0{0,3})?)", re.IGNORECASE)


def weighted(preferences: str) -> list[tuple[str, float]]:
    """The entries of such a header in lower case, in order, with their weights; one that cannot be read counts as unwanted."""
    entries = ([part.strip() for part in entry.split(";")] for entry in preferences.lower().split(","))
    return [(name, _weight(parameters)) for name, *parameters in entries if name]


def asked_for(scope: Scope) -> str:
    """`Accept-Language`, or the query parameter `lang` that stands for it; the parameter wins."""
    headers, query = Headers(scope=scope), QueryParams(scope.get("query_string", b""))
    return query.get("lang", ",".join(headers.getlist("accept-language")))


def prefers_chinese(languages: str) -> bool:
    """Whether zh is wanted more than en. Every kind of Chinese counts; where nothing is said for one of them, English."""
    ranges = weighted(languages)
    chinese = _liking(ranges, "zh")
    return chinese[0] > 0 and chinese > _liking(ranges, "en")


def _liking(ranges: list[tuple[str, float]], language: str) -> tuple[float, bool, int]:
    """How much a language is wanted: the weight; then whether it was named, for * stands for what was not; then how early."""
    likings = [
        (weight, name != "*", -place)
        for place, (name, weight) in enumerate(ranges)
        if name == "*" or name.partition("-")[0] == language
    ]
    named = [liking for liking in likings if liking[1]]
    return max(named or likings, default=(0.0, False, 0))


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            found = _WEIGHT.fullmatch(parameter)
            return float(found[1]) if found else 0.0
    return 1.0
