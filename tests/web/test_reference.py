"""The pages `/docs` and `/redoc`: everything they load is in the package, nothing of it names a foreign host to be asked."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from jindu.web.page import FOLDER, MEDIA_TYPES, POLICY
from jindu.web.reference import DOCS_POLICY, REDOC_POLICY
from support.server import ServerProcess

PAGES = ("docs", "redoc")
VENDOR = FOLDER / "vendor"
FILES = sorted(path for path in VENDOR.iterdir() if path.suffix in MEDIA_TYPES)
REGISTRIES = ("pypi" + r"\.org", "files.python" + "hosted", "registry" + r"\.npmjs", "deb" + r"\.debian")
HOSTS = re.compile("|".join((*REGISTRIES, r"cdn\.", "unpkg", "jsdelivr")))


@pytest.fixture
def http(server: ServerProcess) -> Iterator[httpx.Client]:
    """Not looked over as our own answers are: what others wrote says what it likes."""
    with httpx.Client(base_url=server.url) as client:
        yield client


@pytest.mark.parametrize(("page", "policy"), [("docs", DOCS_POLICY), ("redoc", REDOC_POLICY)])
def test_a_page_has_the_policy_that_it_needs(page: str, policy: str, http: httpx.Client) -> None:
    answer = http.get(f"/{page}")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == policy
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_policies_allow_no_foreign_host_and_no_script_of_the_page() -> None:
    assert DOCS_POLICY == POLICY
    for policy in (DOCS_POLICY, REDOC_POLICY):
        rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
        assert (rules["default-src"], rules["script-src"], rules["connect-src"]) == ("'none'", "'self'", "'self'")
        assert not re.search(r"https?:|\*|unsafe-eval", policy)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_loads_only_what_is_beside_it(page: str, http: httpx.Client) -> None:
    text = http.get(f"/{page}").text
    loaded = re.findall(r'(?:href|src)="([^"]*)"', text)
    assert len(loaded) > 3
    for link in loaded:
        assert not link.startswith(("/", "http")), "relative, so that a prefix does no harm"
        assert http.get(f"/{link}").status_code == 200
    assert not re.search(r"<style|\sstyle=|<script[^>]*>[^<]", text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_files_of_others_are_served_once(path: Path, http: httpx.Client) -> None:
    answer = http.get(f"/static/vendor/{path.name}")
    assert answer.content == path.read_bytes()
    again = http.get(f"/static/vendor/{path.name}", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert not HOSTS.search(answer.text)
    assert "sourceMappingURL" not in answer.text[-200:], "that would be asked for, and is not there"


def test_whatever_is_of_others_has_its_licence_beside_it_and_is_listed() -> None:
    listed = (VENDOR / "README.md").read_text()
    for path in FILES:
        if path.suffix != ".txt":
            assert f"`{path.name}`" in listed
            assert list(VENDOR.glob(f"{path.name.partition('.')[0].removesuffix('-bundle')}.LICENSE.txt"))


@pytest.mark.parametrize("name", ["README.md", "none.js"])
def test_nothing_else_is_served(name: str, http: httpx.Client) -> None:
    assert http.get(f"/static/vendor/{name}").status_code == 404


def test_the_pages_are_in_the_folder_of_the_page() -> None:
    assert {f"{page}{suffix}" for page in PAGES for suffix in (".html", ".js")} <= {path.name for path in FOLDER.iterdir()}
