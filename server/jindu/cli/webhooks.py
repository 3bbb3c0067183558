"""`jindu webhooks …`: where ends are told, what became of each telling, dead letters asked for again."""

import json
from typing import Annotated

import typer

from . import operating_texts as texts
from . import tables
from .client_commands import Json, Token, Url, talking
from .watching import language

Id = Annotated[str, typer.Argument(metavar="ID", help="The webhook.")]

webhooks = typer.Typer(
    help="Webhooks: list, add, rotate, delete; deliveries, redeliver. Exit code: 1 refused, 2 wrong input, 4 not there.",
    no_args_is_help=True,
)


@webhooks.command("list")
def list_webhooks(url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Where ends are told, without secrets. With --json one array."""
    with talking(url, token, as_json=as_json) as client:
        items = client.webhooks()
    if as_json:
        print(json.dumps(items, ensure_ascii=False))
    else:
        lang = language()
        tables.terminal().print(texts.webhooks(items, lang) if items else texts.say("no_webhooks", lang))


@webhooks.command()
def add(
    receiver: Annotated[str, typer.Argument(metavar="RECEIVER", help="The URL that is told.")],
    event: Annotated[list[str] | None, typer.Option(help="As job.completed; may be given more than once.")] = None,
    owner: Annotated[str | None, typer.Option(help="Of this owner's jobs only.")] = None,
    type: Annotated[list[str] | None, typer.Option(help="Of this job type only; may be given more than once.")] = None,
    description: Annotated[str | None, typer.Option(help="What it is for, in your words.")] = None,
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Have ends told there; prints its id, and this once the secret that it is signed with. Exit code 2: no such URL."""
    with talking(url, token, as_json=as_json) as client:
        made = client.create_webhook(receiver, events=event, owner=owner, types=type, description=description)
    print(json.dumps(made, ensure_ascii=False) if as_json else made["id"])
    if not as_json:
        print(texts.say("shown_once", language(), made["secret"]))


@webhooks.command()
def rotate(id: Id, url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Sign with a new secret, printed this once; for a day the one before signs as well."""
    with talking(url, token, as_json=as_json) as client:
        turned = client.rotate_webhook(id)
    print(json.dumps(turned, ensure_ascii=False) if as_json else texts.say("shown_once", language(), turned["secret"]))


@webhooks.command()
def delete(id: Id, url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Tell nothing there any more; what waited for it is dead."""
    with talking(url, token, as_json=as_json) as client:
        client.remove_webhook(id)
    print(json.dumps({"id": id, "deleted": True}) if as_json else texts.say("is_deleted", language()))


@webhooks.command()
def deliveries(
    state: Annotated[str | None, typer.Option(help="pending, delivered or dead (the dead letters).")] = None,
    webhook: Annotated[str | None, typer.Option(help="Of this webhook only.")] = None,
    job: Annotated[str | None, typer.Option(help="Of this job only.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="At most so many.")] = 50,
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """What became of each telling, newest first. With --json one array."""
    with talking(url, token, as_json=as_json) as client:
        items = client.deliveries(state=state, webhook=webhook, job=job, limit=limit)
    if as_json:
        print(json.dumps(items, ensure_ascii=False))
    else:
        lang = language()
        tables.terminal().print(texts.deliveries(items, lang) if items else texts.say("no_deliveries", lang))


@webhooks.command()
def redeliver(
    id: Annotated[str, typer.Argument(metavar="DELIVERY", help="The delivery: msg_…")],
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Send it again now, whatever became of it, with all tries before it."""
    with talking(url, token, as_json=as_json) as client:
        item = client.redeliver(id)
    print(json.dumps(item, ensure_ascii=False) if as_json else texts.say("sent_again", language()))
