"""The external script: print the name that belongs to an info hash. python find_name.py INFO_HASH

Reads the torrent files of the folder `CALIBRATION_TORRENTS` (or `--folder`). The info hash of one is the SHA-1 of its `info`
dictionary in bencode (BEP 3). Exit code 0 with the name on standard output, 3 if no file has this hash.
"""

import argparse
import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bencodepy

HERE = Path(__file__).parent
NOT_FOUND = 3  # exit code; stated here too, for the script runs without the application
LARGEST = 16 * 1024 * 1024  # bytes of a torrent file


def read(path: Path) -> dict[bytes, Any] | None:
    """The `info` dictionary of a torrent file; None for a file that is none."""
    try:
        if path.stat().st_size > LARGEST:
            return None
        whole = bencodepy.decode(path.read_bytes())
    except (OSError, bencodepy.BencodeDecodeError, ValueError, RecursionError):
        return None
    info = whole.get(b"info") if isinstance(whole, dict) else None
    return info if isinstance(info, dict) and isinstance(info.get(b"name"), bytes) else None


def names(folder: Path) -> Iterator[tuple[str, str]]:
    """Info hash and name of each torrent file below the folder."""
    for path in sorted(folder.rglob("*.torrent")):
        if (info := read(path)) is not None:
            name = info.get(b"name.utf-8", info[b"name"])
            # The hash names the torrent; BitTorrent has no other use for it. # nosec B324
            yield hashlib.sha1(bencodepy.encode(info), usedforsecurity=False).hexdigest(), name.decode(errors="replace")


def main() -> int:
    parser = argparse.ArgumentParser(description="Print the name that belongs to an info hash.")
    parser.add_argument("info_hash")
    parser.add_argument("--folder", type=Path, default=Path(os.environ.get("CALIBRATION_TORRENTS") or HERE / "torrents"))
    options = parser.parse_args()
    wanted = options.info_hash.lower()
    for info_hash, name in names(options.folder):
        if info_hash == wanted:
            sys.stdout.write(f"{name}\n")
            return 0
    sys.stderr.write(f"no torrent file in {options.folder} has the info hash {wanted}\n")
    return NOT_FOUND


if __name__ == "__main__":
    sys.exit(main())
