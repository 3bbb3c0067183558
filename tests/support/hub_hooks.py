"""What keeps the tasks that are asked about at random while schemathesis asks. Loaded by it."""

from typing import Any

import schemathesis


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Nothing that has just ended is cleaned up: there would be no task left to ask about."""
    if case.operation.label.startswith("DELETE") and str((case.query or {}).get("days")) == "0":
        case.query["days"] = 1
