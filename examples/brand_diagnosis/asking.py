"""What a client of the earlier system asks for in `POST /api/perform-brand-test`, checked by hand as it was there. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ANONYMOUS = "anonymous"
BRANDS, BRAND_CHARS, QUESTION_CHARS = 51, 80, 2000


class BadBody(ValueError):
    """The text says what to send instead."""


@dataclass(frozen=True, slots=True)
class Asked:
    """`platforms` is None for all."""

    brands: Sequence[str]
    platforms: Sequence[str] | None
    question: str
    owner: str

    def params(self, known: Sequence[str]) -> dict[str, Any]:
        """Parameters of the job. Names that nobody configured are left out; if that leaves none, all are asked: clients carry
        lists of platforms of their own, and others stand in for what is not there."""
        names = {name.casefold(): name for name in known}
        chosen = [names[name.casefold()] for name in self.platforms or () if name.casefold() in names]
        return {
            "brand": self.brands[0],
            "competitors": list(self.brands[1:]),
            "question": self.question,
            "platforms": chosen or None,
        }


def asked(body: Any) -> Asked:
    """Raises `BadBody`."""
    if not isinstance(body, Mapping):
        raise BadBody("请求体必须是 JSON 对象")
    return Asked(_brands(body.get("brand_list")), _models(body.get("selectedModels")), _question(body), _owner(body))


def _brands(value: Any) -> list[str]:
    if not isinstance(value, list) or not value:
        raise BadBody("brand_list 必须是非空数组，第一个是您的品牌")
    if not all(isinstance(one, str) and one.strip() and len(one.strip()) <= BRAND_CHARS for one in value):
        raise BadBody(f"brand_list 的每一项必须是 1 到 {BRAND_CHARS} 个字符的文本")
    if len(value) > BRANDS:
        raise BadBody(f"brand_list 最多 {BRANDS} 项")
    return [one.strip() for one in value]


def _models(value: Any) -> list[str] | None:
    if value is None:
        return None
    if not isinstance(value, list):
        raise BadBody("selectedModels 必须是数组")
    chosen = []
    for one in value:
        name, checked = (one.get("name"), one.get("checked", True)) if isinstance(one, Mapping) else (one, True)
        if not isinstance(name, str) or not name.strip():
            raise BadBody("selectedModels 的每一项必须是模型名称，或 {name, checked}")
        if checked:
            chosen.append(name.strip())
    if not chosen:
        raise BadBody("selectedModels 至少要选择一个模型")
    return chosen


def _question(body: Mapping[str, Any]) -> str:
    question = body.get("custom_question") or ""
    if not isinstance(question, str) or len(question) > QUESTION_CHARS:
        raise BadBody(f"custom_question 必须是最多 {QUESTION_CHARS} 个字符的文本")
    return question


def _owner(body: Mapping[str, Any]) -> str:
    owner = body.get("userOpenid") or ANONYMOUS
    if not isinstance(owner, str) or len(owner) > 200:
        raise BadBody("userOpenid 必须是最多 200 个字符的文本")
    return owner
