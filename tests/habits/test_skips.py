"""In CI a skipped test fails unless its name is on the list; elsewhere skipping is what it always was."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST_FOLDER = Path(__file__).resolve().parents[1]
CONFTEST = (CONFTEST_FOLDER / "conftest.py").read_text()
LIST = re.compile(r"^ALLOWED_SKIPS: frozenset\[str\] = frozenset\(.*?^\)$", re.MULTILINE | re.DOTALL)
EMPTY_LIST = "ALLOWED_SKIPS: frozenset[str] = frozenset()"
TESTS = """
import pytest

@pytest.mark.skip(reason="not today")
def test_marked(): ...

def test_inside():
    pytest.skip("no such tool here")

@pytest.mark.xfail
def test_expected_to_fail():
    assert False

def test_that_runs(): ...
"""
WHOLE = 'import pytest\npytest.skip("all of it", allow_module_level=True)\n'


def outcomes(tmp_path: Path, *, ci: str, allowed: str = EMPTY_LIST, tests: str = TESTS) -> tuple[int, str]:
    assert len(LIST.findall(CONFTEST)) == 1
    (tmp_path / "conftest.py").write_text(LIST.sub(lambda _: allowed, CONFTEST))
    (tmp_path / "test_some.py").write_text(tests)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rA", str(tmp_path)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env={**environment, "CI": ci})
    return done.returncode, done.stdout


def test_a_skip_fails_in_ci(tmp_path: Path) -> None:
    code, said = outcomes(tmp_path, ci="true")
    assert code == 1
    assert "test_some.py::test_inside was skipped (Skipped: no such tool here)" in said
    assert "test_some.py::test_marked was skipped" in said
    assert "1 failed, 1 passed, 1 xfailed, 1 error" in said


def test_a_skip_that_is_named_passes_in_ci(tmp_path: Path) -> None:
    allowed = 'ALLOWED_SKIPS = frozenset({"test_some.py::test_inside", "test_some.py::test_marked"})'
    code, said = outcomes(tmp_path, ci="true", allowed=allowed)
    assert code == 0
    assert "1 passed, 2 skipped, 1 xfailed" in said


def test_elsewhere_a_skip_is_a_skip(tmp_path: Path) -> None:
    assert outcomes(tmp_path, ci="")[0] == 0


@pytest.mark.parametrize(("ci", "code"), [("true", 2), ("", 5)])
def test_a_module_that_skips_itself(tmp_path: Path, ci: str, code: int) -> None:
    assert outcomes(tmp_path, ci=ci, tests=WHOLE)[0] == code


def test_what_may_be_skipped_is_there() -> None:
    """A name on the list that no test has any more would let nothing through, and mislead."""
    [listed] = LIST.findall(CONFTEST)
    for file, name in re.findall(r'"(tests/\S+\.py)::(\w+)', listed):
        assert f"def {name}(" in (CONFTEST_FOLDER.parent / file).read_text()
