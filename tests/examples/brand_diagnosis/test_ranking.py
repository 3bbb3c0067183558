"""The ranking: early and frequent names first, the same for every order of the platforms."""

from examples.brand_diagnosis.brands import fold
from examples.brand_diagnosis.ranking import MAX_OTHERS, candidates, rank, tally
from hypothesis import given
from hypothesis import strategies as st

NAMES = ["starlette", "FastAPI", "华为", "Vue.js", "aiohttp"]
WORDS = st.sampled_from(
    [*NAMES, "**Sanic**", "\n1. Quart: ", "fastapi", "and", "，", "\n- `uvicorn`", "https://starlette.example/x"]
)
TEXTS = st.lists(WORDS, max_size=30).map(" ".join)


def ranking(own: str, competitors: list[str], texts: list[str]) -> list[dict]:
    names = candidates(own, competitors, texts)
    return rank([tally(text, names) for text in texts], names, own, competitors)


def test_a_ranking_as_people_read_it() -> None:
    rows = ranking(
        "starlette",
        ["Django"],
        ["1. **FastAPI** – fast\n2. **Starlette** – small, FastAPI is built on it", "1. **Starlette** – small"],
    )
    assert rows == [
        {"brand": "starlette", "rank": 1, "mentions": 2, "first_position": 1, "score": 72.5, "own": True},
        {"brand": "FastAPI", "rank": 2, "mentions": 2, "first_position": 1, "score": 45.0, "own": False},
        {"brand": "Django", "rank": None, "mentions": 0, "first_position": None, "score": 0.0, "own": False},
    ]


def test_nothing_answered_ranks_nothing() -> None:
    assert ranking("a", [], []) == [
        {"brand": "a", "rank": None, "mentions": 0, "first_position": None, "score": 0.0, "own": True}
    ]


def test_others_are_limited_and_the_asked_never_dropped() -> None:
    text = "\n".join(f"{place}. **Brand{place}** – good" for place in range(1, 60)) + "\nand own"
    rows = ranking("own", [], [text])
    assert len(rows) == MAX_OTHERS + 1
    assert rows[-1]["brand"] == "own"
    assert rows[-1]["rank"] == 60


def test_the_spelling_most_in_use_is_shown() -> None:
    rows = ranking("x", [], ["**FastAPI**", "**fastapi**", "**FastAPI**"])
    assert rows[0]["brand"] == "FastAPI"


@given(st.lists(TEXTS, max_size=5).flatmap(lambda texts: st.tuples(st.just(texts), st.permutations(texts))))
def test_the_order_of_platforms_does_not_matter(orders: tuple[list[str], list[str]]) -> None:
    one, other = orders
    assert ranking("starlette", NAMES[1:3], one) == ranking("starlette", NAMES[1:3], other)


@given(st.lists(TEXTS, max_size=5))
def test_mentions_never_exceed_the_texts_and_scores_their_range(texts: list[str]) -> None:
    rows = ranking("starlette", NAMES[1:], texts)
    assert sum(row["mentions"] * len(fold(row["brand"])) for row in rows) <= sum(len(fold(text)) for text in texts)
    assert all(0 <= row["score"] <= 100 for row in rows)
    assert [row["score"] for row in rows] == sorted((row["score"] for row in rows), reverse=True)
    assert all((row["rank"] is None) == (row["mentions"] == 0) == (row["first_position"] is None) for row in rows)


@given(st.lists(TEXTS, max_size=4))
def test_every_asked_brand_has_one_row_and_one_is_own(texts: list[str]) -> None:
    rows = ranking("starlette", ["FastAPI", "fastapi", "华为"], texts)
    keys = [fold(row["brand"]) for row in rows]
    assert len(set(keys)) == len(keys)
    assert {"starlette", "fastapi", "华为"} <= set(keys)
    assert [row["brand"] for row in rows if row["own"]] == ["starlette"]
