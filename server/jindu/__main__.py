"""``python -m jindu`` is ``jindu``."""

from .cli import main

main()
