"""`python -m examples.brand_diagnosis.local_platform --port N`: the platform alone, until interrupted."""

import argparse
import os

import uvicorn

from .running import RATE_VARIABLE, rate
from .server import Settings, create_app

KEY_VARIABLE = "LOCAL_PLATFORM_API_KEY"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m examples.brand_diagnosis.local_platform",
        description="An OpenAI-compatible chat platform that answers from the metadata of the installed Python packages.",
        epilog=f"{KEY_VARIABLE}: the key that clients must send; none by default.",
    )
    parser.add_argument("--port", type=int, default=8766, help="loopback port, 0 for any free one (default 8766)")
    parser.add_argument("--tokens-per-second", type=float, default=None, help=f"words a second ({RATE_VARIABLE}, default 40)")
    options = parser.parse_args()
    try:
        settings = Settings(
            tokens_per_second=rate() if options.tokens_per_second is None else options.tokens_per_second,
            api_key=os.environ.get(KEY_VARIABLE, ""),
        )
    except ValueError as fault:
        parser.error(str(fault))
    uvicorn.run(create_app(settings), host="127.0.0.1", port=options.port, lifespan="off")


if __name__ == "__main__":
    main()
