"""What clients ask of the content hub: bodies, and whole numbers of a query. What is wrong is `Refused`."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, ValidationError
from starlette.requests import Request

from ..bodies import body_json

BASE = "/api/v1/content"
LIST, LIST_LIMIT, DAYS, DAYS_LIMIT = 20, 200, 30, 36_500
ID_LIMIT = 2**53  # what every client can say
Text = Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]


def divided(value: Any) -> Any:
    """Keywords that are one text, divided at its commas."""
    if not isinstance(value, str):
        return [] if value is None else value
    return [part.strip() for part in value.replace("，", ",").split(",") if part.strip()]


Keywords = Annotated[
    Annotated[list[Text], Field(max_length=20)], BeforeValidator(divided, json_schema_input_type=list[Text] | str | None)
]


def whole(value: Any) -> Any:
    """5.0 is 5 in JSON; `true` is no number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(whole)


class Generate(BaseModel):
    """The body of a submit. Keywords may also be one text, divided by commas. Fields that are not known are ignored."""

    model_config = ConfigDict(str_strip_whitespace=True)

    account_id: Annotated[int, Field(strict=True, ge=0, le=ID_LIMIT), WHOLE]
    topic: Text
    keywords: Keywords = []
    priority: Annotated[int, Field(strict=True, ge=0, le=10), WHOLE] = 5
    auto_approve: StrictBool = False
    callback_url: Annotated[str, Field(max_length=2000)] | None = None


class Account(BaseModel):
    """The body that adds an account."""

    model_config = ConfigDict(str_strip_whitespace=True)

    name: Text


class Refused(Exception):
    """Answered as `{"error": …}`; the text is for people."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


async def model(request: Request, kind: Any) -> Any:
    """The body as this kind of model; raises `Refused`."""
    try:
        return kind.model_validate(await body_json(request))
    except ValidationError as wrong:
        fields = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in wrong.errors(include_url=False))
        raise Refused(f"请求体不符合要求：{fields}", 422) from None
    except ValueError:
        raise Refused("请求体不是 JSON", 400) from None


def number(asks: Mapping[str, str], name: str, usual: int, most: int) -> int:
    """A whole number of the query from 0 to `most`; raises `Refused`."""
    text = asks.get(name, str(usual))
    if not text.isascii() or not text.isdigit() or len(text) > 16 or int(text) > most:
        raise Refused(f"{name} 是 0 到 {most} 的整数", 400)
    return int(text)
