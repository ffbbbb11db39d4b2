"""Keys that the tiers share, and that take over from one another: a dynamic provider, secrets of the state.

A ring has the key of this generation, which signs; the next one, which is known everywhere before it signs;
and the former one, of which there are still signatures. So a rotation may reach the tiers in any order: who
is a generation behind or ahead verifies what the others sign.
"""

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from pulumi import Output, ResourceOptions
from pulumi.dynamic import (
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

from infra.errors import UserError
from infra.providers.key import generate
from infra.providers.lifetime import end_with_engine
from infra.providers.results import Props, changed, refused

_SETTING = "shoreline:keys.generation"
_BYTES = 32


@dataclass(frozen=True)
class Key:
    """`since`: the generation in which it was made and given to the tiers."""

    generation: int
    since: int
    value: str


def turned(before: Sequence[Key], generation: int, revoked: int) -> list[Key]:
    """The keys of a generation: this one's, the next one's, and the former one's where there was one.

    Whatever was there while generation `revoked` or an earlier one was in force is not taken over.
    """
    kept = {key.generation: key for key in before if key.since > revoked}
    former = kept.get(generation - 1)
    made = (Key(each, generation, generate(_BYTES)) for each in (generation, generation + 1))
    keys = [kept.get(new.generation, new) for new in made]
    return [*keys, former] if former else keys


def check_turn(before: int, generation: int, *, shared: bool) -> None:
    """Raises UserError where generations don't follow one another.

    `shared`: a version of before the last turn still answers, and what it signs must outlive it.
    """
    if generation < before:
        raise UserError(
            _SETTING,
            f"{generation} is behind: generation {before} is in force, and former keys are gone",
            f"Set it to {before}, or to {before + 1} to rotate",
        )
    if generation > before + 1:
        raise UserError(
            _SETTING,
            f"{generation} leaves out a generation: {before} is in force, and no tier knows that key yet",
            f"Set it to {before + 1}, run `pulumi up`, then rotate again",
        )
    if generation > before and shared:
        raise UserError(
            _SETTING,
            f"{generation} comes while shoreline:rollout leaves visitors to a version with former keys",
            "Take that setting out, run `pulumi up`, then rotate",
        )


class KeyRingProvider(ResourceProvider):
    """Its id says nothing of the keys; `delete` calls nothing."""

    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:
        end_with_engine()

    def check(self, olds: Props, news: Props) -> CheckResult:
        try:
            if olds:
                check_turn(int(olds["generation"]), int(news["generation"]), shared=olds["shared"])
        except UserError as error:
            return refused(news, str(error))
        return CheckResult(news, [])

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        return DiffResult(changes=bool(changed(olds, news, "generation", "revoked")))

    def create(self, props: Props) -> CreateResult:
        return CreateResult(secrets.token_hex(8), _outputs([], props))

    def update(self, _id: str, olds: Props, news: Props) -> UpdateResult:
        return UpdateResult(_outputs(_keys(olds), news))

    def read(self, id_: str, props: Props) -> ReadResult:
        return ReadResult(id_, props)


def _outputs(before: Sequence[Key], news: Props) -> Props:
    keys = turned(before, int(news["generation"]), int(news["revoked"]))
    given = {name: news[name] for name in ("generation", "revoked")}
    return given | {"keys": [asdict(key) for key in keys], "text": ",".join(key.value for key in keys)}


def _keys(props: Props) -> list[Key]:
    """The engine knows only floats."""
    return [Key(int(key["generation"]), int(key["since"]), key["value"]) for key in props["keys"]]


class KeyRing(Resource, module="shoreline", name="KeyRing"):
    """The keys of a `generation`, without those of `revoked` and earlier ones.

    `shared`: visitors are left to a former version; until that ends, the keys are not turned.
    """

    text: Output[str]
    """Secret; each in base64 for URLs, with commas between. The first one signs, every one verifies."""

    def __init__(
        self,
        resource_name: str,
        *,
        generation: int,
        revoked: int,
        shared: bool,
        opts: ResourceOptions | None = None,
    ) -> None:
        secret = ResourceOptions(additional_secret_outputs=["keys", "text"])
        inputs = {
            "generation": generation,
            "revoked": revoked,
            "shared": shared,
            "keys": None,
            "text": None,
        }
        super().__init__(KeyRingProvider(), resource_name, inputs, ResourceOptions.merge(opts, secret))
