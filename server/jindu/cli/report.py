"""`jindu report`: the warm-up report of a server, as a file and in words; without a server it comes too, and says so."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from jindu_client import Client, JinduError

from ..monitor.report_building import Report
from ..monitor.report_keeping import FOLDER, keep
from ..monitor.report_summary import summary
from . import operating_texts as texts
from .client_commands import Json, Token, Url
from .serve import refuse
from .watching import language


def report(
    folder: Annotated[Path, typer.Option(help="where it is saved, with its archive")] = Path(FOLDER),
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Build the report, save it as FOLDER/warmup-report.json and in FOLDER/archive, print its summary (with --json: all of it).

    What cannot be had is 0 and named as missing, also all of it where no server answers: exit code 0. Exit code 1: it cannot be
    written."""
    lang = language()
    try:
        with Client(url, token=token) as client:
            made = client.report()
    except JinduError as error:
        print(texts.say("without_server", lang, error), file=sys.stderr)
        made = Report().build_report()
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--url") from None
    try:
        newest, _ = keep(made, folder)
    except OSError as error:
        refuse(f"the report cannot be written to {folder}: {error.strerror}; name another with --folder")
    print(json.dumps(made, ensure_ascii=False) if as_json else summary(made, lang))
    if not as_json:
        print(texts.say("report_saved", lang, newest))
