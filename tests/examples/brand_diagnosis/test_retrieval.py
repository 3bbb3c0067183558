"""What the local platform knows and how it finds it."""

import pytest
from examples.brand_diagnosis.local_platform.corpus import Package, installed, sentences
from examples.brand_diagnosis.local_platform.models import ITEMS, READINGS, Model
from examples.brand_diagnosis.local_platform.retrieval import Index, terms

ASKED = "Which web frameworks for asyncio do you recommend?"


@pytest.fixture(scope="module")
def packages() -> list[Package]:
    return installed()


def test_it_knows_what_is_installed_once_each(packages: list[Package]) -> None:
    names = [package.name.lower() for package in packages]
    assert names == sorted(set(names))
    assert {"starlette", "httpx", "pytest", "uvicorn"} <= set(names)


def test_metadata_is_read(packages: list[Package]) -> None:
    starlette = next(package for package in packages if package.name.lower() == "starlette")
    assert "ASGI" in starlette.summary
    assert starlette.sentences
    assert any(url.startswith("https://") for url in starlette.urls.values())


def test_sentences_are_prose(packages: list[Package]) -> None:
    for package in packages:
        for sentence in package.sentences:
            assert not any(mark in sentence for mark in ("**", "```", "http://", "https://", "\n"))
            assert 30 <= len(sentence) <= 220


def test_markup_of_both_kinds_is_taken_off() -> None:
    description = (
        "# Title\n\n[Frame](https://frame.example) is a **small** `framework` for the web.\n\n```\ncode. Not This.\n```\n\n"
        "The `loop <https://loop.example>`_ is documented on Frame_ pages.\n\n"
        ".. image:: x.png\n\n    indented code. Not This.\n"
    )
    assert list(sentences(description)) == [
        "Frame is a small framework for the web.",
        "The loop is documented on Frame pages.",
    ]


def test_terms_are_stemmed_lightly() -> None:
    assert terms("Which web Frameworks for libraries, classes?") == ["web", "framework", "library", "class"]
    assert terms("asyncio status bus") == ["asyncio", "status", "bus"]


def test_rare_terms_count_more_and_unrelated_texts_are_left_out() -> None:
    index = Index([[(1, "common rare")], [(1, "common")], [(1, "common other")], [(1, "nothing")]])
    assert index.best("common rare", 10) == [0, 1, 2]
    assert index.best("rare", 10) == [0]
    assert index.best("unknown", 10) == []


def test_an_empty_corpus_answers_too() -> None:
    assert Model("local-bm25", []).answer(ASKED) == "None of the 0 packages I know matches this question."


def test_models_disagree_and_are_steady(packages: list[Package]) -> None:
    answers = {name: Model(name, packages).answer(ASKED) for name in READINGS}
    assert len(set(answers.values())) == len(READINGS)
    assert answers == {name: Model(name, packages).answer(ASKED) for name in READINGS}
    for answer in answers.values():
        lead, *items = answer.split("\n")
        assert 1 <= len(items) <= ITEMS
        assert f"{len(items)} of the {len(packages)} packages" in lead
        assert all(item.startswith(f"{place}. **") for place, item in enumerate(items, start=1))


def test_answers_name_and_cite_only_what_is_installed(packages: list[Package]) -> None:
    by_name = {package.name: package for package in packages}
    for name in READINGS:
        for item in Model(name, packages).answer(ASKED).split("\n")[1:]:
            package = by_name[item.split("**")[1]]
            if "Source: " in item:
                assert item.rsplit("Source: ", 1)[1] in package.urls.values()
