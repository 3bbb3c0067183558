"""The dashboard as it is served: policy, types, caching, and files that hold to what the policy says."""

import re
from collections.abc import Mapping
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest

from jindu.core.states import Kind, Status
from jindu.monitor.alerts.rules import State as RuleState
from jindu.web.page import FOLDER, MEDIA_TYPES, POLICY, places, wants_page
from support.page_sdk import COPIES
from support.server import ServerProcess

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
VENDOR, SDK = FOLDER / "vendor", FOLDER / "sdk"
FILES = [path for path in places().values() if VENDOR not in path.parents]  # those of others: test_reference
OURS = [path for path in FILES if SDK not in path.parents]
SCRIPTS = [path for path in OURS if path.suffix == ".js"]
HTML = (FOLDER / "index.html").read_text(encoding="utf-8")


def name(path: Path) -> str:
    return path.relative_to(FOLDER).as_posix()


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


@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_file_is_served_as_what_it_is_and_once(path: Path, http: httpx.Client) -> None:
    answer = http.get(f"/static/{name(path)}")
    assert answer.content == path.read_bytes()
    assert answer.headers["content-type"] == MEDIA_TYPES[path.suffix]
    assert guarded(answer.headers)
    assert answer.headers["cache-control"] == "no-cache"
    for held in (answer.headers["etag"], f'"other", W/{answer.headers["etag"]}'):
        again = http.get(f"/static/{name(path)}", headers={"If-None-Match": held})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", answer.headers["etag"])
        assert guarded(again.headers)
    assert http.get(f"/static/{name(path)}", headers={"If-None-Match": '"other"'}).status_code == 200
    head = http.head(f"/static/{name(path)}")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(answer.content)))


@pytest.mark.parametrize(
    "wanted",
    [
        *(
            "",
            "none.js",
            ".",
            "/",
            "//",
            "app",
            "app/",
            "a/b.js",
            "index.html%00",
            "vendor/README.md",
            "app/main.js/",
            "app//main.js",
        ),
        *("../guard", "..%2fguard", "%2e%2e/guard", "..%2fstatic%2findex.html", "app/../index.html", "app/%2e%2e/index.html"),
        *("app/..%2f..%2fguard.py", "%2fetc%2fpasswd", "/etc/passwd", "app%5c..%5cindex.html"),
    ],
)
def test_nothing_else_is_served(wanted: str, server: ServerProcess) -> None:
    """The path as it is written: a client that tidied it up would ask for something else."""
    asking = HTTPConnection("127.0.0.1", server.port)
    asking.request("GET", f"/static/{wanted}")
    assert asking.getresponse().status == 404
    asking.close()


def test_the_page_takes_no_other_method(http: httpx.Client) -> None:
    for path in ("/", "/static/app/main.js"):
        assert http.post(path).status_code == 405


def test_no_script_or_style_stands_in_the_page() -> None:
    assert set(re.findall(r"<script\b[^>]*>(.*?)</script>", HTML, re.DOTALL)) == {""}
    assert "<style" not in HTML
    assert not re.search(r"\s(style|on\w+)=", HTML)
    assert "javascript:" not in HTML


@pytest.mark.parametrize("path", FILES, ids=name)
def test_no_file_names_a_foreign_host(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?://|wss?://|[\"'(]//", text)


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_no_script_makes_markup_or_code_from_text(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|DOMParser", text)


def test_links_are_relative_so_that_a_prefix_does_no_harm() -> None:
    links = re.findall(r'(?:href|src)="([^"]*)"', HTML)
    assert links
    for link in links:
        assert link.startswith(("static/", "v1/")), link
        if link.startswith("static/"):
            assert (FOLDER / link.removeprefix("static/")).is_file()
    for path in SCRIPTS:
        text = path.read_text(encoding="utf-8")
        for module in imports(text):
            assert module.startswith(("./", "../")), f"{path.name} imports {module}"
            assert (path.parent / module).is_file()
        assert not re.search(r"(href|src)=[\"'`]?/|fetch\(", text), f"{path.name} names a path from the root"


def imports(text: str) -> list[str]:
    code = re.sub(r"^\s*(//|/?\*).*$", "", text, flags=re.MULTILINE)  # types are imported in comments
    return re.findall(r"from '(\.[^']*)'", code) + re.findall(r"import\('(\.[^']*)'\)", code)


def test_all_modules_are_asked_for_at_once() -> None:
    """A browser that knows all of them need not read one to hear of the next. uPlot comes when there is a chart to draw."""
    told = re.findall(r'rel="modulepreload" href="static/([^"]*)"', HTML)
    main = FOLDER / "app" / "main.js"
    reached, waiting = set(), [main]
    while waiting:
        path = waiting.pop()
        reached.add(path)
        found = [(path.parent / module).resolve() for module in imports(path.read_text(encoding="utf-8"))]
        waiting += [module for module in found if module not in reached]
    assert sorted(told) == sorted(name(path) for path in reached - {main})
    unused = {path for path in SCRIPTS if path.parent.name in ("app", "pages")} - reached
    assert {path.name for path in unused} == {"early.js"}


@pytest.mark.parametrize(("source", "copy"), COPIES, ids=lambda path: path.name)
def test_the_sdk_of_the_page_is_our_sdk(source: Path, copy: Path) -> None:
    """`make docs` copies it."""
    assert copy.read_bytes() == source.read_bytes()


def test_the_sdk_of_the_page_is_nothing_else() -> None:
    assert {path for path in FILES if SDK in path.parents} == {copy for _, copy in COPIES}


def texts() -> dict[str, tuple[str, str]]:
    """The words of texts.js: English, Chinese. Its layout, a line for each, is part of what is asked."""
    source = (FOLDER / "app" / "texts.js").read_text(encoding="utf-8")
    table = source[source.index("export const TEXTS") :].partition("\n}\n")[0]
    lines = [line for line in table.splitlines()[1:] if line]
    found = [re.fullmatch(r"  (\w+): \['(.+)', '(.+)'\],", line) for line in lines]
    assert all(found), [line for line, match in zip(lines, found, strict=True) if not match]
    pairs = [match.groups() for match in found if match]
    assert len({key for key, _, _ in pairs}) == len(pairs)
    return {key: (english, chinese) for key, english, chinese in pairs}


def test_both_languages_say_the_same() -> None:
    words = texts()
    assert len(words) > 200
    for key, (english, chinese) in words.items():
        assert english.strip()
        assert chinese.strip()
        assert set(re.findall(r"\{\w+\}", english)) == set(re.findall(r"\{\w+\}", chinese)), key


def test_every_word_that_is_asked_for_is_there_and_no_other() -> None:
    """Names with a part that is only known later, as in text(`status_${of}`), count by their beginning."""
    words, said = set(texts()), "".join(path.read_text(encoding="utf-8") for path in SCRIPTS if path.name != "texts.js")
    asked = set(re.findall(r"\btext(?:Or)?\('(\w+)'", said))
    assert asked <= words, asked - words
    beginnings = tuple(re.findall(r"\btext(?:Or)?\(`(\w+_)\$", said))
    assert len(beginnings) > 10
    quoted = set(re.findall(r"'(\w+)'", said))
    unused = {key for key in words - asked - quoted if not key.startswith(beginnings)}
    assert not unused


@pytest.mark.parametrize("wanted", ["status", "stage", "link", "banner", "event", "transport", "rule_state"])
def test_a_word_for_each_of_a_kind(wanted: str) -> None:
    of = {
        "status": [*Status, "cancelling", "retrying", "skipped", "waiting"],
        "stage": ["init", "working", "completed", "failed", "cancelled"],
        "link": ["connecting", "live", "reconnecting", "polling", "offline", "stopped"],
        "banner": ["connecting", "reconnecting", "polling", "offline", "stopped"],
        "event": [kind for kind in Kind if kind not in (Kind.PROGRESS, Kind.RESULT)],
        "transport": ["ws", "stream", "longpoll", "poll"],
        "rule_state": [*RuleState],
    }
    assert {f"{wanted}_{one}" for one in of[wanted]} <= set(texts())


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_modules_of_the_page_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("//"), "it says what it is"
    assert text.count("\n") < 300 or path.name == "texts.js"
