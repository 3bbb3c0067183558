"""Each guard can still be switched off, and the test that has to notice is there. That it notices: `make guards`."""

import ast

import pytest

from .off import ROOT, Body, DoesNotApply, Instead
from .table import GUARDS, Guard


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name.replace(" ", "_"))
def test_the_change_applies_and_its_test_exists(guard: Guard) -> None:
    changed = guard.off.apply(ROOT)
    assert changed.text != changed.path.read_text(encoding="utf-8")
    file, _, name = guard.test.partition("::")
    functions = {node.name for node in ast.walk(ast.parse((ROOT / "tests" / file).read_text())) if hasattr(node, "name")}
    assert not name or name.partition("[")[0] in functions


def test_no_two_guards_have_one_name() -> None:
    assert len({guard.name for guard in GUARDS}) == len(GUARDS)


@pytest.mark.parametrize("change", [Instead("no such text anywhere", ""), Instead("import", ""), Body("No.such", "pass")])
def test_a_change_without_its_one_place_says_what_it_looked_for(change: Instead | Body) -> None:
    with pytest.raises(DoesNotApply, match=r"no such text|import|No\.such"):
        change.apply(ROOT)
