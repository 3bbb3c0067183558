"""Versions that are too old: known holes in what we build on, and the first version without each.

Only what is installed with Jindu and its client. A new advisory is one more row; a lower bound in pyproject.toml follows.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hole:
    package: str
    fixed: str  # the first version without it
    id: str
    about: str


KNOWN = [
    Hole("certifi", "2024.7.4", "CVE-2024-39689", "trusts roots that were withdrawn"),
    Hole("h11", "0.16.0", "CVE-2025-43859", "lenient chunk ends: request smuggling"),
    Hole("httptools", "0.5.0", "CVE-2022-32213", "lenient transfer encoding: request smuggling (llhttp)"),
    Hole("httpx", "0.23.0", "CVE-2021-41945", "improper parsing of addresses"),
    Hole("idna", "3.7", "CVE-2024-3651", "quadratic time for a long name"),
    Hole("orjson", "3.9.15", "CVE-2024-27454", "reading JSON that is nested deeply ends the process"),
    Hole("orjson", "3.11.6", "CVE-2025-67221", "writing what is nested deeply ends the process"),
    Hole("pydantic", "2.4.0", "CVE-2024-3772", "exponential time for an email address"),
    Hole("pydantic-settings", "2.14.2", "GHSA-4xgf-cpjx-pc3j", "secrets are read through links that lead out of their folder"),
    Hole("pygments", "2.20.0", "CVE-2026-4539", "exponential time for some texts"),
    Hole("pyjwt", "2.4.0", "CVE-2022-29217", "a public key taken for a shared secret"),
    Hole("pyjwt", "2.12.0", "CVE-2026-32597", "unknown critical extensions are accepted"),
    Hole("pyjwt", "2.13.0", "CVE-2026-48526", "forged tokens are accepted"),
    Hole("starlette", "0.40.0", "CVE-2024-47874", "a form without file fields fills the memory"),
    Hole("starlette", "0.47.2", "CVE-2025-54121", "a large form blocks the event loop"),
    Hole("starlette", "0.49.1", "CVE-2025-62727", "quadratic time for a Range header"),
    Hole("starlette", "1.0.1", "CVE-2026-48710", "the address of a request is made of a Host that was not checked"),
    Hole("starlette", "1.3.1", "CVE-2026-54283", "limits of a form are ignored"),
    Hole("uvicorn", "0.11.7", "CVE-2020-7695", "headers can be split"),
    Hole("websockets", "9.1", "CVE-2021-33880", "passwords can be guessed by time"),
]
