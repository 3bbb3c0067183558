"""The calls about watching over the server: figures, charts, connections, metrics."""

from typing import Annotated

from pydantic import Field

from ..alerts import LIST_DEFAULT, LIST_LIMIT, AlertList, Tested
from ..draining import Draining
from ..measures import SHOWN_DEFAULT, SHOWN_LIMIT, STEP_DEFAULT, STEP_LEAST, STEP_MOST, ChartHistory, Connections
from ..stats import Stats
from .operation import Answer, Calls, Operation, Parameter

TAG = "operation"
STEP = Parameter(
    "step",
    "query",
    Annotated[int, Field(ge=STEP_LEAST, le=STEP_MOST)],
    f"seconds between two values, {STEP_DEFAULT} if not given",
)
SHOWN = Parameter(
    "limit", "query", Annotated[int, Field(ge=1, le=SHOWN_LIMIT)], f"at most so many items, {SHOWN_DEFAULT} if not given"
)
EXPOSITION = ("text/plain", "application/openmetrics-text")

OBSERVING: Calls = {
    ("GET", "/v1/stats"): Operation("readStats", TAG, "Figures of this node", {200: Answer("as they are", Stats)}),
    ("GET", "/v1/stats/history"): Operation(
        "readHistory", TAG, "Charts of the last hour, in columns", {200: Answer("from the oldest on", ChartHistory)}, (STEP,)
    ),
    ("GET", "/v1/connections"): Operation(
        "listConnections", TAG, "Who is connected, and what left for them", {200: Answer("as they are", Connections)}, (SHOWN,)
    ),
    ("GET", "/v1/alerts"): Operation(
        "listAlerts",
        TAG,
        "Alerts that are active, those that are over, and the rules",
        {200: Answer("as they are", AlertList)},
        (
            Parameter(
                "limit",
                "query",
                Annotated[int, Field(ge=1, le=LIST_LIMIT)],
                f"at most so many of the history, {LIST_DEFAULT} if not given",
            ),
        ),
    ),
    ("POST", "/v1/alerts/test"): Operation(
        "testAlerts",
        TAG,
        "Send a test message on every way",
        {200: Answer("what became of it on each", Tested)},
        text="Waits for the answers of those who are told, some seconds at most.",
    ),
    ("POST", "/v1/drain"): Operation(
        "drain",
        TAG,
        "Take no more work, and end when what runs has ended",
        {202: Answer("it begins; the process ends by itself", Draining), 200: Answer("nothing runs any more", Draining)},
        text="As SIGTERM does: jobs have their grace, what is left is handed back, clients are told to come back.",
    ),
    ("GET", "/metrics"): Operation(
        "metrics", TAG, "Metrics for Prometheus", {200: Answer("in the format that Accept asks for", str, EXPOSITION)}
    ),
}
