"""How much of what is public says what it promises: python -m support.docstrings. Exit code 1 below the least."""

import inspect
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import jindu
import jindu_client

LEAST = 0.8


def public(package: ModuleType) -> Iterator[tuple[str, Any]]:
    """The names of a package, and of its own classes the methods and properties."""
    for name in package.__all__:
        one = getattr(package, name)
        yield name, one
        if inspect.isclass(one) and one.__module__.startswith("jindu"):
            for inner, value in vars(one).items():
                found = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
                if not inner.startswith("_") and inspect.isfunction(found):
                    yield f"{name}.{inner}", found


def silent(*packages: ModuleType) -> tuple[list[str], float]:
    """Names without a docstring, and the share of those that have one."""
    said = {name: bool((inspect.getdoc(one) or "").strip()) for package in packages for name, one in public(package)}
    return [name for name, has in said.items() if not has], sum(said.values()) / len(said)


def main() -> int:
    names, share = silent(jindu, jindu_client)
    if share > LEAST:
        return 0
    sys.stdout.write(f"{share:.0%} of what is public has a docstring, not more than {LEAST:.0%}: {', '.join(names)}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
