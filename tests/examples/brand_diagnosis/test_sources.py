"""Sources: each URL once, with who cites it and the brand beside it."""

from examples.brand_diagnosis.brands import Names
from examples.brand_diagnosis.sources import MAX_URLS, citations, grouped
from hypothesis import given
from hypothesis import strategies as st

NAMES = Names(["FastAPI", "Starlette", "华为"])
PIECES = st.sampled_from(
    ["FastAPI", "Starlette", "\n", "\n\n", "https://a.example/x/", "https://A.example/x", "https://b.example.", "华为", "text"]
)
TEXTS = st.lists(PIECES, max_size=20).map(" ".join)


def traced(answers: dict[str, str]) -> list[dict]:
    return grouped([cited for platform, text in answers.items() for cited in citations(platform, text, NAMES)], NAMES)


def test_grouped_by_host_with_platforms_and_brands() -> None:
    assert traced(
        {
            "One": "1. **FastAPI** – good. Source: https://FastAPI.example/docs/\n2. **Starlette** (https://starlette.example)",
            "Two": "FastAPI: https://fastapi.example/docs.",
        }
    ) == [
        {
            "host": "fastapi.example",
            "urls": [{"url": "https://fastapi.example/docs", "brands": ["FastAPI"], "platforms": ["One", "Two"]}],
            "citations": 2,
        },
        {
            "host": "starlette.example",
            "urls": [{"url": "https://starlette.example", "brands": ["Starlette"], "platforms": ["One"]}],
            "citations": 1,
        },
    ]


def test_the_brand_beside_a_url() -> None:
    def beside(text: str) -> list[str | None]:
        return [cited.brand for cited in citations("One", text, NAMES)]

    assert beside("FastAPI https://a.example Starlette https://b.example") == ["fastapi", "starlette"]
    assert beside("https://a.example is about Starlette and FastAPI") == ["starlette"]
    assert beside("1. FastAPI\n   - Source: https://a.example") == ["fastapi"]
    assert beside("1. **FastAPI** – built on Starlette. Source: https://a.example") == ["fastapi"]
    assert beside("1. [FastAPI](https://a.example) – built on Starlette") == ["fastapi"]
    assert beside("- FastAPI is built on Starlette\n  Source: https://a.example") == ["fastapi"]
    assert beside("FastAPI\n\nhttps://a.example") == [None]
    assert beside("华为官网https://a.example") == ["华为"]


def test_only_so_many_urls_but_all_are_counted() -> None:
    [row] = traced({"One": " ".join(f"https://a.example/{n}" for n in range(100))})
    assert len(row["urls"]) == MAX_URLS
    assert row["citations"] == 100


@given(st.lists(TEXTS, max_size=4).flatmap(lambda texts: st.permutations(list(enumerate(texts)))))
def test_the_order_of_platforms_does_not_matter(answers: list[tuple[int, str]]) -> None:
    named = [(f"P{at}", text) for at, text in answers]
    assert traced(dict(named)) == traced(dict(sorted(named)))


@given(TEXTS)
def test_each_url_stands_once_and_counts_add_up(text: str) -> None:
    rows = traced({"One": text})
    urls = [entry["url"] for row in rows for entry in row["urls"]]
    assert len(set(urls)) == len(urls)
    assert sum(row["citations"] for row in rows) == len(urls)
    assert all(entry["platforms"] == ["One"] for row in rows for entry in row["urls"])
