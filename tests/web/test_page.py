"""The page as it is served: policy, types, caching, and files that hold to what the policy says."""

import re
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from jindu.web.page import FOLDER, MEDIA_TYPES, POLICY, wants_page

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
FILES = sorted(path for path in FOLDER.iterdir() if path.is_file())
SCRIPTS = [path for path in FILES if path.suffix == ".js"]
HTML = (FOLDER / "index.html").read_text(encoding="utf-8")


def guarded(headers: Mapping[str, str]) -> bool:
    return headers["content-security-policy"] == POLICY and headers["x-content-type-options"] == "nosniff"


def test_browsers_get_the_page_and_programs_get_json(http: httpx.Client) -> None:
    page = http.get("/", headers=BROWSER)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.text == HTML
    assert guarded(page.headers)
    program = http.get("/")
    assert program.json()["name"] == "jindu"
    assert page.headers["vary"] == program.headers["vary"] == "Accept, Origin"


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        (BROWSER["Accept"], True),
        ("text/html", True),
        ("TEXT/HTML;q=0.5, application/json;q=0.4", True),
        ("text/html;q=0.5, application/json", False),
        ("text/html;q=0", False),
        ("text/html;q=much", False),
        ("application/json", False),
        ("*/*", False),
        ("", False),
    ],
)
def test_who_wants_the_page(accept: str, wanted: bool) -> None:
    assert wants_page(accept) is wanted


def test_the_policy_allows_nothing_foreign_and_nothing_inline() -> None:
    rules = dict(rule.split(" ", 1) for rule in POLICY.split("; "))
    assert rules["default-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == rules["form-action"] == "'self'"
    assert not re.search(r"unsafe|https?:|\*", POLICY)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_is_served_as_what_it_is_and_once(path: Path, http: httpx.Client) -> None:
    answer = http.get(f"/static/{path.name}")
    assert answer.content == path.read_bytes()
    assert answer.headers["content-type"] == MEDIA_TYPES[path.suffix]
    assert guarded(answer.headers)
    assert answer.headers["cache-control"] == "no-cache"
    for held in (answer.headers["etag"], f'"other", W/{answer.headers["etag"]}'):
        again = http.get(f"/static/{path.name}", headers={"If-None-Match": held})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", answer.headers["etag"])
        assert guarded(again.headers)
    assert http.get(f"/static/{path.name}", headers={"If-None-Match": '"other"'}).status_code == 200
    head = http.head(f"/static/{path.name}")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(answer.content)))


@pytest.mark.parametrize(
    "name", ["", "none.js", "..%2fguard", "%2e%2e/guard", "..%2fstatic%2fapp.js", "index.html%00", "../guard", ".", "a/b.js"]
)
def test_nothing_else_is_served(name: str, http: httpx.Client) -> None:
    assert http.get(f"/static/{name}").status_code == 404


def test_the_page_takes_no_other_method(http: httpx.Client) -> None:
    for path in ("/", "/static/app.js"):
        assert http.post(path).status_code == 405


def test_no_script_or_style_stands_in_the_page() -> None:
    assert re.findall(r"<script\b[^>]*>(.*?)</script>", HTML, re.DOTALL) == [""]
    assert "<style" not in HTML
    assert not re.search(r"\s(style|on\w+)=", HTML)
    assert "javascript:" not in HTML


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_file_names_a_foreign_host(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?://|wss?://|[\"'(]//", text)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_makes_markup_or_code_from_text(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|DOMParser", text)


def test_links_are_relative_so_that_a_prefix_does_no_harm() -> None:
    links = re.findall(r'(?:href|src)="([^"]*)"', HTML)
    assert links
    for link in links:
        assert link.startswith(("#", "static/", "v1/")), link
        if link.startswith("static/"):
            assert (FOLDER / link.removeprefix("static/")).is_file()
    for path in SCRIPTS:
        text = path.read_text(encoding="utf-8")
        for module in re.findall(r"from '([^']*)'", text):
            assert module.startswith("./"), f"{path.name} imports {module}"
            assert (FOLDER / module).is_file()
        assert not re.search(r"['\"`]/(v1|static)", text), f"{path.name} names a path from the root"


def texts() -> dict[str, dict[str, str]]:
    """The words of texts.js by language; its layout, a line for each, is part of what is asked."""
    source = (FOLDER / "texts.js").read_text(encoding="utf-8")
    table = source[source.index("export const TEXTS") :].partition("\n}\n")[0]
    return {
        language: dict(re.findall(r"^    (\w+): '(.*)',$", words, re.MULTILINE))
        for language, words in re.findall(r"^  (\w+): \{\n(.*?)^  \},?$", table, re.DOTALL | re.MULTILINE)
    }


def test_both_languages_have_the_same_words() -> None:
    words = texts()
    assert set(words) == {"en", "zh"}
    assert list(words["en"]) == list(words["zh"])
    assert len(words["en"]) > 50
    for key, text in words["en"].items():
        assert text.strip()
        assert words["zh"][key].strip()
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", words["zh"][key])), key


def test_every_word_that_is_asked_for_is_there() -> None:
    asked = set(re.findall(r'data-(?:text|label)="(\w+)"', HTML))
    for path in SCRIPTS:
        asked |= set(re.findall(r"\btext\(\s*'(\w+)'", path.read_text(encoding="utf-8")))
    assert asked <= set(texts()["en"])


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_modules_of_the_page_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("//"), "it says what it is"
    assert text.count("\n") < 300
