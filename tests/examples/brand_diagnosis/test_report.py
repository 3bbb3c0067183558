"""The result and its sentences."""

import pytest
from examples.brand_diagnosis.report import default_question, report

OWN = {"brand": "A", "rank": 2, "mentions": 3, "first_position": 1, "score": 10.0, "own": True}
FIRST = {**OWN, "brand": "B", "rank": 1, "own": False}
GOOD = {"name": "One", "model": "m", "ok": True, "text": "long"}
BAD = {"name": "Two", "model": "m", "ok": False, "error": {"code": "NETWORK_ERROR"}}


def test_the_shape() -> None:
    result = report("A", "Q?", [GOOD, BAD], [FIRST, OWN], [])
    assert list(result) == ["brand", "question", "platforms", "ranking", "sources", "summary"]
    assert result["platforms"] == [{"name": "One", "model": "m", "ok": True}, BAD]
    assert result["summary"] == {
        "zh": "A 在被提到的 2 个品牌中排第 2，共被提到 3 次；第一是 B。引用来源 0 个网站。未应答的平台：Two。",
        "en": "A ranks 2 of 2 brands named, with 3 mentions; first is B. Sources: 0 sites. Did not answer: Two.",
    }


def test_a_brand_nobody_names() -> None:
    result = report("A", "Q?", [GOOD], [{**OWN, "rank": None}], [])
    assert result["summary"]["en"] == "A was not named by any of 1 platforms. Sources: 0 sites."
    assert result["summary"]["zh"] == "1 个平台均未提到 A。引用来源 0 个网站。"


@pytest.mark.parametrize(("brand", "language"), [("华为", "怎么样"), ("starlette", "recommend")])
def test_the_default_question_speaks_the_language_of_the_brand(brand: str, language: str) -> None:
    assert brand in default_question(brand)
    assert language in default_question(brand)
