"""A real Redis for tests: a process of its own on a free port, with an append-only file; killed, paused, started again."""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.crc import key_slot

from support.server import START_WITHIN

EXECUTABLE = shutil.which("redis-server")
SAFE = ("--appendonly", "yes", "--maxmemory-policy", "noeviction")


def quiet_port() -> int:
    """A free port that no outgoing connection is given: it stays free while the server is down."""
    while True:
        port = random.randrange(12_000, 30_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class RedisProcess:
    """`redis-server` on loopback. Used as a context manager. `settings` are in the place of those that keep jobs safe."""

    def __init__(self, folder: Path, settings: tuple[str, ...] = SAFE) -> None:
        if EXECUTABLE is None:
            pytest.skip("no redis-server here")
        self.folder = folder
        self.port = quiet_port()
        self._settings = settings
        self.process: subprocess.Popen[bytes] | None = None
        self.client = redis.Redis(port=self.port)

    def start(self) -> "RedisProcess":
        """Start, and return when it answers."""
        command = [
            *(str(EXECUTABLE), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), "--save", ""),
            *("--daemonize", "no", *self._settings),
        ]
        with (self.folder / "redis.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + START_WITHIN
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(redis.RedisError, OSError):
                if self.client.ping():
                    return self
            time.sleep(0.01)
        self.__exit__()
        raise AssertionError((self.folder / "redis.log").read_text())

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        assert self.process is not None
        self.process.wait()

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        assert self.process is not None
        os.kill(self.process.pid, number)

    def __enter__(self) -> "RedisProcess":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.client.close()
        if self.process is not None and self.process.poll() is None:
            self.kill()


SLOTS = 16_384
FORGIVING = ("--cluster-node-timeout", "3000")  # milliseconds


class RedisCluster:
    """Masters that share the slots, on loopback, found by the first of them. Used as a context manager, as `RedisProcess`."""

    def __init__(self, folder: Path, settings: tuple[str, ...] = SAFE, *, masters: int = 3, replicas: int = 0) -> None:
        self.nodes = [self._node(folder, number, settings) for number in range(masters + replicas)]
        self.masters = self.nodes[:masters]
        self.client = Everywhere(self)

    @staticmethod
    def _node(folder: Path, number: int, settings: tuple[str, ...]) -> RedisProcess:
        own = folder / f"redis{number}"
        own.mkdir()
        bus = ("--cluster-enabled", "yes", "--cluster-port", str(quiet_port()))
        return RedisProcess(own, (*settings, *bus, *FORGIVING))

    @property
    def url(self) -> str:
        return self.nodes[0].url

    def __enter__(self) -> "RedisCluster":
        started: list[RedisProcess] = []
        try:
            for node in self.nodes:
                started.append(node.start())
            self._join()
        except BaseException:
            for node in started:
                node.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for node in self.nodes:
            node.__exit__()

    def _join(self) -> None:
        number = len(self.masters)
        # Ours are dealt out so that the types of the tests lie apart: by chance most would be on the first.
        dealt = {key_slot(b"j%d" % shard): shard % 7 % number for shard in range(16)} | {key_slot(b"j"): number - 1}
        owners = [dealt.get(slot, slot * number // SLOTS) for slot in range(SLOTS)]
        for place, node in enumerate(self.masters):
            node.client.execute_command("CLUSTER", "ADDSLOTS", *(slot for slot in range(SLOTS) if owners[slot] == place))
        for node in self.nodes:
            node.client.execute_command("CLUSTER", "SET-CONFIG-EPOCH", self.nodes.index(node) + 1)
        for node in self.nodes[1:]:
            bus = int(node.client.config_get("cluster-port")["cluster-port"])
            self.nodes[0].client.execute_command("CLUSTER", "MEET", "127.0.0.1", node.port, bus)
        self._until(lambda node: int(self._state(node)["cluster_known_nodes"]) == len(self.nodes))
        for place, node in enumerate(self.nodes[number:]):
            master = self.masters[place % number].client.execute_command("CLUSTER", "MYID")
            node.client.execute_command("CLUSTER", "REPLICATE", master)
        self._until(self.serves)

    def serves(self, node: RedisProcess) -> bool:
        """Whether a node finds all slots served."""
        return self._state(node)["cluster_state"] == "ok"

    def master_of(self, key: str | bytes) -> RedisProcess:
        """Whoever has a key now, as one of them that lives knows it."""
        slot = key_slot(key.encode() if isinstance(key, str) else key)
        for node in self.nodes:
            with contextlib.suppress(redis.RedisError, OSError):
                for first, last, (_, port, *_), *_ in node.client.execute_command("CLUSTER SLOTS"):
                    if first <= slot <= last:
                        return next(node for node in self.nodes if node.port == port)
        raise AssertionError("nobody serves this slot")

    def begin_to_move(self, tag: str, to: RedisProcess) -> RedisProcess:
        """The slot of a hash tag is on its way to another; its keys follow by `move_keys`. From whom."""
        slot, at = key_slot(tag.encode()), self.master_of(tag)
        to.client.execute_command("CLUSTER", "SETSLOT", slot, "IMPORTING", at.client.execute_command("CLUSTER", "MYID"))
        at.client.execute_command("CLUSTER", "SETSLOT", slot, "MIGRATING", to.client.execute_command("CLUSTER", "MYID"))
        return at

    def move_keys(self, at: RedisProcess, to: RedisProcess, keys: list[bytes]) -> None:
        at.client.execute_command("MIGRATE", "127.0.0.1", to.port, "", 0, 5_000, "KEYS", *keys)

    def end_move(self, tag: str, at: RedisProcess, to: RedisProcess) -> None:
        """All that is left goes, and all know."""
        slot = key_slot(tag.encode())
        while keys := at.client.execute_command("CLUSTER", "GETKEYSINSLOT", slot, 100):
            self.move_keys(at, to, keys)
        name = to.client.execute_command("CLUSTER", "MYID")
        for node in (to, at, *self.nodes):
            node.client.execute_command("CLUSTER", "SETSLOT", slot, "NODE", name)

    @staticmethod
    def _state(node: RedisProcess) -> dict[str, str]:
        said = node.client.execute_command("CLUSTER", "INFO").decode()
        return dict(line.split(":", 1) for line in said.split())

    def _until(self, condition: Callable[[RedisProcess], bool]) -> None:
        deadline = time.monotonic() + START_WITHIN
        while not all(map(condition, self.nodes)):
            assert time.monotonic() < deadline, [self._state(node) for node in self.nodes]
            time.sleep(0.01)


class Everywhere:
    """What tests ask of a Redis, asked of those masters that have it."""

    def __init__(self, cluster: RedisCluster) -> None:
        self._cluster = cluster

    def flushall(self) -> None:
        for node in self._cluster.masters:
            node.client.flushall()

    def keys(self, pattern: str = "*") -> list[bytes]:
        return [key for node in self._cluster.masters for key in node.client.keys(pattern)]

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """A command whose first argument is a key."""
        return lambda key, *args: getattr(self._cluster.master_of(key).client, name)(key, *args)
