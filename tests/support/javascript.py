"""The JavaScript client: where it is, and whether its packages are installed (`make npm`)."""

from support.server import ROOT

SDK = ROOT / "client_sdk" / "javascript"
NO_PACKAGES = "no node_modules in client_sdk/javascript: `make npm` installs them"


def has_packages() -> bool:
    return all((SDK / "node_modules" / name / "package.json").is_file() for name in ("ws", "esbuild", "typescript", "eslint"))
