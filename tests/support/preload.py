"""What `jindu` imports only when it is used, imported ahead of use: once, by a process that forks many."""

from importlib import import_module

from jindu.cli.main import COMMANDS

USED_LATER = ("jwt", "httpx", "croniter", "jindu.monitor.exposition", "jindu.web.document.joined", "jindu.web.document.openapi")


def preload() -> None:
    for name in USED_LATER:
        import_module(name)
    for place in COMMANDS.values():
        import_module(place.partition(":")[0], "jindu.cli")
