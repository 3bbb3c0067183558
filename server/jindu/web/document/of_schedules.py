"""The calls about schedules: jobs that run again and again."""

from dataclasses import replace

from ..answers import Accepted
from ..schedules import ScheduleBody, ScheduleChange, ScheduleList, ScheduleShown
from .of_jobs import ID
from .operation import Answer, Calls, Link, Operation

TAG = "schedules"
SCHEDULE_ID = replace(ID, text="the schedule")
LEADS = tuple(Link(name, {"id": "$response.body#/id"}) for name in ("readSchedule", "pauseSchedule", "resumeSchedule"))
SHOWN = {200: Answer("the schedule as it is now", ScheduleShown, links=LEADS)}

SCHEDULES: Calls = {
    ("GET", "/v1/schedules"): Operation(
        "listSchedules", TAG, "All schedules with their next times", {200: Answer("by id", ScheduleList)}
    ),
    ("POST", "/v1/schedules"): Operation(
        "createSchedule",
        TAG,
        "Run a job again and again",
        {201: Answer("the schedule", ScheduleShown, headers=("Location",), links=LEADS)},
        body=ScheduleBody,
        refusals=(404,),
        text="Each run is a job whose idempotency key is the schedule and the due time: a crash doubles none.",
    ),
    ("GET", "/v1/schedules/{id}"): Operation("readSchedule", TAG, "One schedule", SHOWN, (SCHEDULE_ID,), refusals=(404,)),
    ("PATCH", "/v1/schedules/{id}"): Operation(
        "changeSchedule",
        TAG,
        "Change what is given",
        SHOWN,
        (SCHEDULE_ID,),
        ScheduleChange,
        refusals=(404,),
        text="403 for one that is declared in the code of the application.",
    ),
    ("DELETE", "/v1/schedules/{id}"): Operation(
        "removeSchedule", TAG, "Run it no more", {204: Answer("its runs stay")}, (SCHEDULE_ID,), refusals=(404,)
    ),
    ("POST", "/v1/schedules/{id}/pause"): Operation(
        "pauseSchedule", TAG, "Let nothing fall due for now", SHOWN, (SCHEDULE_ID,), refusals=(404,)
    ),
    ("POST", "/v1/schedules/{id}/resume"): Operation(
        "resumeSchedule", TAG, "Count due times from now on", SHOWN, (SCHEDULE_ID,), refusals=(404,)
    ),
    ("POST", "/v1/schedules/{id}/run"): Operation(
        "runSchedule",
        TAG,
        "A run out of turn",
        {202: Answer("its job", Accepted, headers=("Location",), may=("Retry-After",),
                     links=(Link("readJob", {"id": "$response.body#/id"}),))},
        (SCHEDULE_ID,),
        refusals=(404, 422),
    ),
}  # fmt: skip
