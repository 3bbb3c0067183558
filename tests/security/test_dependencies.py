"""Neither what is installed nor what pyproject.toml allows has a known hole."""

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from security.known_holes import KNOWN, Hole

ROOT = Path(__file__).resolve().parents[2]
PROJECTS = (ROOT / "pyproject.toml", ROOT / "client_sdk" / "python" / "pyproject.toml")


def declared() -> list[tuple[str, Requirement]]:
    """What our distributions ask for, each with the file that does."""
    return [
        (path.relative_to(ROOT).as_posix(), Requirement(text))
        for path in PROJECTS
        for text in tomllib.loads(path.read_text())["project"]["dependencies"]
    ]


def lowest(requirement: Requirement) -> Version:
    (bound,) = [Version(one.version) for one in requirement.specifier if one.operator == ">="]
    return bound


@pytest.mark.parametrize("hole", KNOWN, ids=lambda hole: f"{hole.package}-{hole.id}")
def test_no_version_with_a_known_hole_is_installed_or_allowed(hole: Hole) -> None:
    assert Version(version(hole.package)) >= Version(hole.fixed), f"{hole.id}: {hole.about}"
    for file, requirement in declared():
        if requirement.name == hole.package:
            assert lowest(requirement) >= Version(hole.fixed), f"{file} allows {hole.package} with {hole.id}: {hole.about}"


def test_every_requirement_has_a_lower_and_an_upper_bound() -> None:
    for file, requirement in declared():
        assert {one.operator for one in requirement.specifier} == {">=", "<"}, f"{file}: {requirement}"


def test_every_row_names_an_advisory() -> None:
    assert all(re.fullmatch(r"CVE-\d{4}-\d{4,}|GHSA(-[23456789cfghjmpqrvwx]{4}){3}", hole.id) for hole in KNOWN)
    assert len({(hole.package, hole.id) for hole in KNOWN}) == len(KNOWN)
