"""Parameters of a job type: a model made from the function's signature, checked before a job exists."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, PydanticUserError, ValidationError, create_model

from ..core.codec import DEPTH_LIMIT, NotJson, deeper_than, encode_strict
from .context import Context


@dataclass(frozen=True, slots=True)
class FieldError:
    """`pointer` is a JSON pointer (RFC 6901) into the submitted body."""

    pointer: str
    detail: str


class InvalidParams(ValueError):
    """What was submitted does not fit the job's parameters; one entry for each field."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__("; ".join(f"{error.pointer}: {error.detail}" for error in errors))
        self.errors = errors


class Params:
    """The typed parameters of one function, its context left out."""

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        signature = inspect.signature(function)
        hints = get_type_hints(function, include_extras=True)
        self.context_name: str | None = None
        fields: dict[str, Any] = {}
        self._names: dict[str, str] = {}
        for parameter in signature.parameters.values():
            hint = hints.get(parameter.name, Any)
            if hint is Context:
                self.context_name = parameter.name
                continue
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
                raise TypeError(f"job {name!r}: parameter {parameter} cannot be sent as JSON; give it a plain name")
            # Field names of our own, so that a parameter called "json" or "_x" shadows nothing of BaseModel.
            field = f"field_{len(fields)}"
            default = ... if parameter.default is parameter.empty else parameter.default
            fields[field] = (hint, Field(default, alias=parameter.name))
            self._names[field] = parameter.name
        self._signature = signature.replace(
            parameters=[p for p in signature.parameters.values() if p.name != self.context_name]
        )
        # "constants" keeps NaN as it is, to be refused, where the default would make null of it in silence.
        config = ConfigDict(extra="forbid", ser_json_inf_nan="constants")
        try:
            self._model: type[BaseModel] = create_model(name, __config__=config, **fields)
        except PydanticUserError as error:
            raise TypeError(f"job {name!r}: a parameter cannot be sent as JSON: {error.message.splitlines()[0]}") from None

    @property
    def schema(self) -> dict[str, Any]:
        """JSON Schema of the parameters."""
        return self._model.model_json_schema(by_alias=True)

    def check(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Keyword arguments for the function from JSON values; raises `InvalidParams`."""
        model = self._validated(dict(params))
        return {name: getattr(model, field) for field, name in self._names.items()}

    def pack(self, *args: Any, **kwargs: Any) -> bytes:
        """JSON text of arguments given in Python, checked; raises `InvalidParams`, or `TypeError` as a call would."""
        bound = self._signature.bind(*args, **kwargs)
        model = self._validated(bound.arguments)
        try:
            values = model.model_dump(mode="json", by_alias=True, exclude_unset=True)
            if deeper_than(values, DEPTH_LIMIT):
                raise NotJson(f"nested deeper than {DEPTH_LIMIT} levels")
            return encode_strict(values)
        except (ValueError, RecursionError) as error:  # what pydantic or JSON cannot write
            raise InvalidParams([FieldError("/params", str(error))]) from None

    def _validated(self, values: Mapping[str, Any]) -> BaseModel:
        try:
            return self._model.model_validate(values)
        except ValidationError as error:
            raise InvalidParams([_field_error(entry) for entry in error.errors(include_url=False)]) from None


def _field_error(entry: Any) -> FieldError:
    path = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in entry["loc"])
    return FieldError(f"/params{path}", entry["msg"])
