"""Bindings of a version: the kinds there are, what the API shows of them, what the router is given."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from infra.localcloud.cloudflare.errors import ApiError, NotEmulated, malformed
from infra.vendors.cloudflare_limits import VARIABLE_BYTES, VARIABLES, Plan

Document = dict[str, Any]


class PlainText(BaseModel):
    type: Literal["plain_text"]
    name: str
    text: str


class SecretText(BaseModel):
    type: Literal["secret_text"]
    name: str
    text: str


class Json(BaseModel):
    type: Literal["json"]
    name: str
    json_: Any = Field(alias="json")


class Assets(BaseModel):
    type: Literal["assets"]
    name: str


class VersionMetadata(BaseModel):
    type: Literal["version_metadata"]
    name: str


class Service(BaseModel):
    type: Literal["service"]
    name: str
    service: str
    environment: str | None = None
    entrypoint: str | None = None


class Simple(BaseModel):
    limit: int = Field(gt=0)
    period: Literal[10, 60]


class RateLimit(BaseModel):
    type: Literal["ratelimit"]
    name: str
    namespace_id: str = Field(pattern=r"^\d+$")
    simple: Simple


Binding = Annotated[
    PlainText | SecretText | Json | Assets | VersionMetadata | Service | RateLimit,
    Field(discriminator="type"),
]
_BINDINGS: TypeAdapter[list[Binding]] = TypeAdapter(list[Binding])
EMULATED = ("plain_text", "secret_text", "json", "assets", "version_metadata", "service", "ratelimit")
_VARIABLES = ("plain_text", "secret_text", "json")


def read_bindings(documents: list[Document], plan: Plan) -> list[Binding]:
    """Raises 501 that names the kind, 10053 (twice the same name), 10054 (too big), 10055 (too many)."""
    for document in documents:
        if document.get("type") not in EMULATED:
            raise NotEmulated(f"the binding type {document.get('type')} (of {document.get('name')})")
    try:
        bindings = _BINDINGS.validate_python(documents)
    except ValidationError as error:
        problems = (
            f"bindings.{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False)
        )
        raise malformed("; ".join(problems)) from None
    names = [binding.name for binding in bindings]
    for name in names:
        if names.count(name) > 1:
            raise ApiError(400, 10053, f"The binding name {name} is used more than once.")
    _check_variables(bindings, plan)
    return bindings


def _check_variables(bindings: list[Binding], plan: Plan) -> None:
    variables = [binding for binding in bindings if binding.type in _VARIABLES]
    if len(variables) > VARIABLES.of(plan):
        raise ApiError(400, 10055, f"A Worker has at most {VARIABLES.of(plan)} variables and secrets.")
    for variable in variables:
        size = len(variable.model_dump_json(exclude={"name", "type"}).encode())
        if isinstance(variable, PlainText | SecretText):
            size = len(variable.text.encode())
        if size > VARIABLE_BYTES.of(plan):
            raise ApiError(
                400, 10054, f"The variable {variable.name} exceeds {VARIABLE_BYTES.of(plan)} bytes."
            )


def shown(binding: Binding) -> Document:
    """As the API answers: without the text of a secret."""
    document = binding.model_dump(by_alias=True, exclude_none=True)
    return {
        name: value for name, value in document.items() if (binding.type, name) != ("secret_text", "text")
    }


def loaded(binding: Binding, metadata: Document) -> Document:
    """As router/versions.ts reads it; `metadata` is the version's own id, tag and timestamp."""
    return {"name": binding.name, **_LOADED[binding.type](binding, metadata)}


def _value(value: Any) -> Document:
    return {"type": "value", "value": value}


_LOADED: dict[str, Callable[[Any, Document], Document]] = {
    "plain_text": lambda binding, _: _value(binding.text),
    "secret_text": lambda binding, _: _value(binding.text),
    "json": lambda binding, _: _value(binding.json_),
    "version_metadata": lambda _, metadata: _value(metadata),
    "assets": lambda *_: {"type": "assets"},
    "service": lambda binding, _: {
        "type": "service",
        "service": binding.service,
        "entrypoint": binding.entrypoint,
    },
    "ratelimit": lambda binding, _: {
        "type": "ratelimit",
        "namespace": binding.namespace_id,
        "limit": binding.simple.limit,
        "period": binding.simple.period,
    },
}
