"""Which platforms there are: settings read with clear errors, stand-in models, the local platform as a default."""

import json
from collections.abc import Iterator

import httpx
import pytest
from examples.brand_diagnosis.app import app
from examples.brand_diagnosis.completions import Secret, client
from examples.brand_diagnosis.panel import OF_THE_MODEL
from examples.brand_diagnosis.platforms import Platform, SettingsError, check, configured, parsed, timeout
from examples.brand_diagnosis.wire import PlatformError

from examples.brand_diagnosis import platforms

KEY = "sk-a-very-secret-key"
ENTRY = {"name": "One", "base_url": "https://api.example.com/v1/", "api_key": KEY, "model": "m"}


@pytest.fixture
def local() -> Iterator[None]:
    yield
    platforms.stop_local()


def test_platforms_from_json() -> None:
    [one, two] = parsed(json.dumps([ENTRY, {"name": "Two", "base_url": "http://two.example", "model": ["a", "b"]}]))
    assert (one.name, one.base_url, one.models) == ("One", "https://api.example.com/v1", ("m",))
    assert (two.models, two.api_key.reveal()) == (("a", "b"), "")
    assert KEY not in repr(one)


@pytest.mark.parametrize(
    "written",
    [
        f'[{{"api_key": "{KEY}", ]',
        f'"{KEY}"',
        "[]",
        f'["{KEY}"]',
        json.dumps([{**ENTRY, "name": ""}]),
        json.dumps([{**ENTRY, "model": []}]),
        json.dumps([{**ENTRY, "model": [1]}]),
        json.dumps([{**ENTRY, "model": None}]),
        json.dumps([{**ENTRY, "api_key": KEY + "\n"}]),
        json.dumps([{**ENTRY, "api_key": [KEY]}]),
        json.dumps([{**ENTRY, "base_url": "api.example.com"}]),
        json.dumps([{**ENTRY, "base_url": f"https://u:{KEY}@api.example.com"}]),
        json.dumps([{**ENTRY, "base_url": "https://api.example.com:99999"}]),
        json.dumps([ENTRY, {**ENTRY, "name": "one"}]),
    ],
)
def test_bad_settings_say_what_is_wrong_and_no_key(monkeypatch, written: str) -> None:
    monkeypatch.setenv("BRAND_PLATFORMS", written)
    with pytest.raises(SettingsError, match="BRAND_PLATFORMS") as caught:
        check()
    assert KEY not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize(("written", "seconds"), [("", 300.0), ("2.5", 2.5), (" 60 ", 60.0)])
def test_the_time_limit(monkeypatch, written: str, seconds: float) -> None:
    monkeypatch.setenv("BRAND_TIMEOUT", written)
    assert timeout() == seconds


@pytest.mark.parametrize("written", ["soon", "0", "-1", "nan", "inf", "1e9"])
def test_a_bad_time_limit(monkeypatch, written: str) -> None:
    monkeypatch.setenv("BRAND_TIMEOUT", written)
    with pytest.raises(SettingsError, match="BRAND_TIMEOUT"):
        check()


def test_a_bad_rate_of_the_local_platform(monkeypatch) -> None:
    monkeypatch.delenv("BRAND_PLATFORMS", raising=False)
    monkeypatch.setenv("LOCAL_PLATFORM_TOKENS_PER_SECOND", "fast")
    with pytest.raises(SettingsError, match="LOCAL_PLATFORM_TOKENS_PER_SECOND"):
        check()


@pytest.mark.usefixtures("local")
async def test_without_settings_the_local_platform_answers(monkeypatch) -> None:
    monkeypatch.delenv("BRAND_PLATFORMS", raising=False)
    monkeypatch.setenv("LOCAL_PLATFORM_TOKENS_PER_SECOND", "inf")
    known = configured()
    assert [platform.name for platform in known] == ["Local BM25", "Local Summaries", "Local Classifiers"]
    assert configured() == known
    async with client(httpx.Timeout(20.0)) as http:
        answers = [
            await platform.ask(http, "web frameworks for asyncio", lambda text: None, of_the_model) for platform in known
        ]
    assert len({answer.text for answer in answers}) == 3


def of_the_model(fault: PlatformError) -> bool:
    return app.errors.body(fault)["code"] in OF_THE_MODEL


async def asked(base_url: str, *models: str) -> str:
    async with client(httpx.Timeout(5.0)) as http:
        return (
            await Platform("One", base_url, models, Secret("")).ask(http, "web framework", lambda text: None, of_the_model)
        ).model


async def test_another_model_stands_in(start_platform) -> None:
    assert await asked(start_platform().base_url, "gone", "local-summary") == "local-summary"


async def test_the_error_of_the_last_model_is_told(start_platform) -> None:
    with pytest.raises(PlatformError, match="status 404, model_not_found"):
        await asked(start_platform().base_url, "gone", "gone too")


async def test_without_quota_no_other_model_is_tried(start_platform) -> None:
    server = start_platform(fail_status=402)
    with pytest.raises(PlatformError, match="status 402"):
        await asked(server.base_url, "local-bm25", "local-summary")


def test_secrets_do_not_print_themselves() -> None:
    assert repr(Secret(KEY)) == "Secret(…)"
    assert repr(Secret("")) == "Secret()"
