"""What a state says of the time that remains, in words: "about 2 min, at most 4"."""

import math
from collections.abc import Mapping
from typing import Any, TypeGuard

MINUTE, HOUR, DAY = 60, 3600, 86_400
_UNITS: Mapping[str, Mapping[int, str]] = {
    "en": {1: "s", MINUTE: "min", HOUR: "h", DAY: "d"},
    "zh": {1: "秒", MINUTE: "分钟", HOUR: "小时", DAY: "天"},
}
_TEXTS: Mapping[str, Mapping[str, str]] = {
    "about": {"en": "about {}", "zh": "约 {}"},
    "between": {"en": "about {}, at most {}", "zh": "约 {}，最多 {}"},
    "slow": {"en": "longer than usual", "zh": "比平时久"},
    "place": {"en": "number {} in line", "zh": "排在第 {} 位"},
    "turn": {"en": "its turn in {}", "zh": "{}后开始"},
}

_STEPS = (  # up to so many seconds, in this unit, in steps of so many of it
    (10, 1, 1.0), (55, 1, 5.0),
    (10 * MINUTE, MINUTE, 1.0), (55 * MINUTE, MINUTE, 5.0),
    (10 * HOUR, HOUR, 0.5), (2 * DAY, HOUR, 1.0),
)  # fmt: skip


def remaining(state: Mapping[str, Any], lang: str = "en") -> str:
    """Of a state, a snapshot or a hint: when the job may end, that it takes longer than usual, its place in the line; empty
    where nothing is known. `lang` is `en` or `zh`."""
    lang = lang if lang in _UNITS else "en"
    parts = [*_of_queue(state.get("queue"), lang), *_of_eta(state.get("eta"), lang)]
    return ("，" if lang == "zh" else ", ").join(parts)


def _of_eta(eta: Any, lang: str) -> list[str]:
    if not isinstance(eta, Mapping) or not _known(eta.get("p50")):
        return []
    slow = [_TEXTS["slow"][lang]] if eta.get("slow") else []
    usual, unit = _rounded(float(eta["p50"]))
    if not _known(eta.get("p90")):
        return [*slow, _TEXTS["about"][lang].format(_said(usual, unit, lang))]
    most, unit_of_most = _rounded(float(eta["p90"]), up=True)
    if most * unit_of_most <= usual * unit:
        return [*slow, _TEXTS["about"][lang].format(_said(usual, unit, lang))]
    said = f"{most:.9g}" if unit == unit_of_most and lang == "en" else _said(most, unit_of_most, lang)
    return [*slow, _TEXTS["between"][lang].format(_said(usual, unit, lang), said)]


def _of_queue(queue: Any, lang: str) -> list[str]:
    if not isinstance(queue, Mapping) or not isinstance(queue.get("position"), int):
        return []
    place = _TEXTS["place"][lang].format(queue["position"])
    wait = queue.get("wait")
    return [place, _TEXTS["turn"][lang].format(_said(*_rounded(float(wait)), lang))] if _known(wait) else [place]


def _known(seconds: Any) -> TypeGuard[float]:
    return isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 <= seconds < math.inf


def _rounded(seconds: float, *, up: bool = False) -> tuple[float, int]:
    """A figure that people would say, and its unit in seconds: finer would promise what nobody knows."""
    whole = math.ceil if up else round
    steps = (
        (10, 1, 1.0),
        (55, 1, 5.0),
        (10 * MINUTE, MINUTE, 1.0),
        (55 * MINUTE, MINUTE, 5.0),
        (10 * HOUR, HOUR, 0.5),
        (2 * DAY, HOUR, 1.0),
    )
    for below, unit, step in steps:
        if seconds <= below:
            return max(whole(seconds / unit / step), 1) * step, unit
    return max(whole(seconds / DAY), 1), DAY


def _said(figure: float, unit: int, lang: str) -> str:
    return f"{figure:.9g} {_UNITS[lang][unit]}"
