"""Apps of modules joined into one: their friendly errors come along, and the joining app has the last word."""

from pathlib import Path

import pytest

from jindu import App, JobError

TEXTS = {"title": {"zh": "门关了", "en": "The door is shut"}, "message": {"zh": "请敲门。", "en": "Knock."}}


class DoorShut(Exception):
    pass


class DoorStuck(Exception):
    pass


def module() -> App:
    app = App()
    app.errors.add("DOOR_SHUT", **TEXTS)
    app.errors.map(DoorShut, "DOOR_SHUT")
    app.errors.map(DoorStuck, "DOOR_SHUT")

    @app.job
    async def enter(stuck: bool) -> None:
        raise DoorStuck if stuck else DoorShut

    return app


@pytest.mark.parametrize(("stuck", "code"), [(False, "DOOR_SHUT"), (True, "DIAGNOSIS_FAILED")])
async def test_an_included_job_fails_with_the_errors_of_both_apps(tmp_path: Path, stuck: bool, code: str) -> None:
    app, other = App(store=f"sqlite:///{tmp_path}/a.db"), module()
    app.errors.map(DoorStuck, "DIAGNOSIS_FAILED")
    app.include(other)
    async with app.open():
        handle = await other._functions[0].submit(stuck=stuck)
        with pytest.raises(JobError) as failed:
            await handle.wait(10)
    assert failed.value.code == code


def test_a_name_taken_twice_changes_neither_app() -> None:
    app, other = module(), module()
    with pytest.raises(ValueError, match="enter"):
        app.include(other)
    assert other._functions[0]._app is other
