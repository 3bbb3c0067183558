"""Settings: code, shipped file and document say the same, and the strongest of four sources wins."""

import tomllib
from pathlib import Path

import pytest

from jindu import App
from jindu.cli.settings_texts import main, markdown, toml
from jindu.settings import ConfigRefused, Settings, complaint

ROOT = Path(__file__).resolve().parents[2]
SERVER = ROOT / "server" / "jindu"
NAMES = [name for name in Settings.model_fields if name != "config"]


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"JINDU_{name.upper()}", raising=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "some.toml"
    path.write_text('port = 1\ngrace = 1\norigins = ["https://file"]\nconcurrency = 1\n')
    return path


# One truth in three places.


def test_the_shipped_file_has_every_setting_with_its_default() -> None:
    shipped = tomllib.loads((ROOT / "config" / "jindu.toml").read_text())
    assert list(shipped) == NAMES
    assert {**shipped, "config": None} == Settings().model_dump()


@pytest.mark.parametrize(("name", "made"), [("config/jindu.toml", toml), ("docs/settings.md", markdown)])
def test_the_texts_are_what_the_code_makes_of_them(
    name: str, made: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = tmp_path / Path(name).name
    monkeypatch.setattr("sys.argv", ["settings_texts", str(written)])
    main()
    assert (ROOT / name).read_text() == written.read_text() == made(), "make docs"  # type: ignore[operator]


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_every_setting_says_what_it_is_and_in_which_unit(name: str) -> None:
    field = Settings.model_fields[name]
    assert field.description
    assert isinstance(field.json_schema_extra, dict)
    assert field.json_schema_extra["unit"]


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_is_read_by_something(name: str) -> None:
    texts = [path.read_text() for path in SERVER.rglob("*.py") if path.name != "settings.py"]
    assert any(f"settings.{name}" in text for text in texts)


# Who wins.


def test_arguments_win_over_environment_over_file_over_defaults(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORT", "GRACE"):
        monkeypatch.setenv(f"JINDU_{name}", "2")
    settings = Settings(config=str(file), port=3)
    assert (settings.port, settings.grace, settings.concurrency, settings.body_bytes) == (3, 2, 1, 1024 * 1024)
    assert [settings.source(name) for name in ("port", "grace", "concurrency", "body_bytes", "config")] == [
        *("argument", "environment", "file", "default", "argument"),
    ]  # fmt: skip


def test_the_environment_names_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINDU_CONFIG", str(file))
    assert Settings().port == 1
    assert Settings().source("config") == "environment"
    assert Settings(config=None).port == 8765


def test_no_file_is_read_without_being_named(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (file.parent / "config").mkdir()
    file.rename(file.parent / "config" / "jindu.toml")
    monkeypatch.chdir(file.parent)
    assert Settings().port == 8765


@pytest.mark.parametrize("text", ["https://a, https://b", '["https://a", "https://b"]'])
def test_lists_in_the_environment(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINDU_ORIGINS", text)
    assert Settings().origins == ["https://a", "https://b"]


def test_an_app_keeps_what_it_was_given_and_reads_the_rest_anew(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = App(settings=Settings(store="sqlite:///mine.db", grace=5))
    app.configure(config=str(file))
    monkeypatch.setenv("JINDU_CONCURRENCY", "7")
    app.configure(port=9)
    shown = app.settings
    assert (shown.store, shown.grace, shown.port, shown.concurrency) == ("sqlite:///mine.db", 5, 9, 7)
    assert App(store="sqlite:///other.db").settings.source("store") == "argument"


def test_the_command_line_may_correct_what_the_environment_has_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINDU_PORT", "none")
    app = App()
    app.configure(port=9)
    assert app.settings.port == 9


# What is refused, and with which words.


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prot = 1", "'prot' in {path} is no setting; known are host, port"),
        ('config = "other.toml"', "'config' in {path} is no setting"),
        ("[server]\nport = 1", "'server' in {path} is no setting"),
        ("port = ", "{path} is not TOML"),
        ("port = 70000", "port ({path}): Input should be less than or equal to 65535"),
        ('log_level = "loud"', "log_level ({path}): Input should be 'debug'"),
    ],
)
def test_a_file_that_is_wrong(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(ValueError) as raised:
        Settings(config=str(path))
    assert said.format(path=path) in complaint(raised.value, {"config": str(path)})


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(ConfigRefused, match=r"none.toml cannot be read: No such file"):
        Settings(config=str(tmp_path / "none.toml"))
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigRefused, match="is not TOML"):
        Settings(config=str(tmp_path / "bytes.toml"))


def test_a_wrong_value_names_where_it_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINDU_GRACE", "soon")
    monkeypatch.setenv("JINDU_ORIGINS", "[1")
    with pytest.raises(ValueError) as raised:
        Settings(port=-1)
    said = complaint(raised.value, {"port": -1})
    assert "port: Input should be greater" in said
    assert "grace (JINDU_GRACE): Input should be a valid number" in said
    assert "origins (JINDU_ORIGINS): " in said


def test_a_name_that_is_no_setting_is_refused_in_code_too() -> None:
    with pytest.raises(ValueError, match="prot"):
        App().configure(prot=1)
