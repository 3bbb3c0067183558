"""Names in text: counted as a reader would, in Latin and Chinese."""

import pytest
from examples.brand_diagnosis.brands import Names, fold, put_forward
from hypothesis import given
from hypothesis import strategies as st

LETTERS = st.text(alphabet="abAB12 -.华为手机ßİ\n*`é", max_size=60)


@pytest.mark.parametrize(
    ("names", "text", "found"),
    [
        (["starlette"], "Starlette and STARLETTE, not starlettes or xstarlette", ["starlette", "starlette"]),
        (["starlette"], "用starlette开发，很好", ["starlette"]),
        (["华为", "小米"], "推荐华为手机、小米和华为。", ["华为", "小米", "华为"]),
        (["pytest", "pytest-asyncio"], "pytest-asyncio extends pytest.", ["pytest-asyncio", "pytest"]),
        (["C++", "C"], "C++ or C?", ["c++", "c"]),
        (["Visual Studio"], "visual\n  studio", ["visual studio"]),
        (["OpenAI"], "ＯｐｅｎＡＩ", ["openai"]),
        (["fastapi"], "see https://fastapi.example/fastapi", []),
        (["a.b"], "axb a.b", ["a.b"]),
        ([" ", ""], "nothing to find", []),
    ],
)
def test_mentions(names: list[str], text: str, found: list[str]) -> None:
    assert Names(names).mentions(text) == found


def test_the_first_spelling_is_shown() -> None:
    names = Names(["FastAPI", "fastapi", "Django"])
    assert names.shown == {"fastapi": "FastAPI", "django": "Django"}


@given(st.lists(LETTERS, max_size=6), LETTERS)
def test_mentions_never_exceed_the_text(names: list[str], text: str) -> None:
    found = Names(names).mentions(text)
    assert sum(map(len, found)) <= len(fold(text))


@given(LETTERS)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.lists(LETTERS, max_size=6), LETTERS)
def test_every_mention_is_a_known_name(names: list[str], text: str) -> None:
    known = Names(names)
    assert set(known.mentions(text)) <= set(known)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("1. **FastAPI** – modern. Source: https://fastapi.example", ["FastAPI"]),
        ("1. **FastAPI:** modern\n   - **Pros:** fast\n   - Easy to use: yes", ["FastAPI"]),
        ("2) Sanic: fast\n3. Vue.js - a framework", ["Sanic", "Vue.js"]),
        ("- Node.js is a runtime", ["Node.js"]),
        ("1、小米：性价比高\n2、**华为**：旗舰", ["小米", "华为"]),
        ("Try `uvicorn`, not `pip install x` or `run()`.", ["uvicorn"]),
        ("```\ncode\n```", []),
        ("- Easy to use: you will like it", []),
        ("**This is a whole sentence in bold that goes on.**", []),
        ("- 优点：便宜\n- **Conclusion**", []),
        ("* **https://example.com**", []),
        ("__Flask__, not snake_case_names", ["Flask"]),
    ],
)
def test_names_put_forward_by_form(text: str, names: list[str]) -> None:
    assert put_forward(text) == names


@given(LETTERS)
def test_what_is_put_forward_is_short(text: str) -> None:
    assert all(0 < len(name) <= 40 for name in put_forward(text))
