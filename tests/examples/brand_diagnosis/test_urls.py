"""One spelling for each URL, whatever text stands around it."""

import pytest
from examples.brand_diagnosis.urls import MAX_CHARS, blanked, find, host_of, normalised
from hypothesis import given
from hypothesis import strategies as st

URL_LIKE = st.from_regex(r"\Ahttps?://[a-zA-Z0-9.:@\[\]-]{1,20}[/a-zA-Z0-9.,?=&%()~_'-]{0,30}\Z")


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("See https://Example.COM/Path/.", ["https://example.com/Path"]),
        ("(https://example.com/a_(b))", ["https://example.com/a_(b)"]),
        ("[docs](https://example.com/docs)", ["https://example.com/docs"]),
        ("[https://a.example](https://a.example/)", ["https://a.example", "https://a.example"]),
        ("**https://example.com**", ["https://example.com"]),
        ("来源：https://example.com/页面，另见http://b.example。", ["https://example.com/页面", "http://b.example"]),
        ("HTTPS://example.com:443/a?b=C#part", ["https://example.com/a?b=C"]),
        ("http://user:secret@example.com:8080/", ["http://example.com:8080"]),
        ("https://[::1]/ is not read as one", []),
        ("https://example.com:99999/ http://... https:// ftp://a.example", []),
        ("https://example.com/" + "a" * MAX_CHARS, []),
    ],
)
def test_found_in_text(text: str, urls: list[str]) -> None:
    assert [url for _, _, url in find(text)] == urls


def test_the_place_of_a_url_is_where_it_is_written() -> None:
    text = "a https://Example.com/x/, b"
    [(start, end, _)] = find(text)
    assert text[start:end] == "https://Example.com/x/"


def test_host_keeps_an_unusual_port() -> None:
    assert host_of("http://example.com:8080/a") == "example.com:8080"


@given(URL_LIKE)
def test_normalising_twice_changes_nothing(written: str) -> None:
    if (url := normalised(written)) is not None:
        assert normalised(url) == url


@given(st.text() | URL_LIKE)
def test_blanking_keeps_the_length_and_leaves_no_url(text: str) -> None:
    assert len(blanked(text)) == len(text)
    assert not list(find(blanked(text)))
