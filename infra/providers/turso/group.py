"""A Turso group: where databases live."""

from pulumi import Input, Output, ResourceOptions
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, Resource

from infra.errors import UserError
from infra.providers.api import RefusedError
from infra.providers.results import Props, changed, gone, refused
from infra.providers.turso import platform
from infra.providers.turso.platform import DatabasesAnswer, GroupAnswer
from infra.providers.turso.provider import TursoProvider

_SETTING = "shoreline:turso.location"


class GroupProvider(TursoProvider):
    """Its id is the group's name."""

    def check(self, olds: Props, news: Props) -> CheckResult:
        if olds.get("name") == news["name"] and changed(olds, news, "location"):
            reason = (
                f"{_SETTING}: group {news['name']!r} is in {olds['location']}, and a group cannot move to"
                f" {news['location']}. Name a new group in shoreline:turso.group"
            )
            return refused(news, reason)
        return CheckResult(news, [])

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        names = changed(olds, news, "name", "location")
        return DiffResult(changes=bool(names), replaces=names)

    def create(self, props: Props) -> CreateResult:
        """Creates the group, or takes over the one of this name in the same location."""
        name, location = props["name"], props["location"]
        try:
            answer = self.platform.post("/groups", {"name": name, "location": location})
        except RefusedError as error:
            answer = self.platform.get(f"/groups/{name}") if error.status == 409 else None
            if answer is None:
                raise UserError(
                    "shoreline:turso.group",
                    f"Turso refuses group {name!r} in {location}: {error.message}",
                    "Correct shoreline:turso.group or shoreline:turso.location",
                ) from None
        group = GroupAnswer.model_validate(answer).group
        if group.primary != location:
            remedy = f"Set it to {group.primary}, or name a new group in shoreline:turso.group"
            raise UserError(_SETTING, f"group {name!r} exists and is in {group.primary}", remedy)
        return CreateResult(name, _outputs(group))

    def read(self, id_: str, _props: Props) -> ReadResult:
        answer = self.platform.get(f"/groups/{id_}")
        if answer is None:
            return gone()
        group = GroupAnswer.model_validate(answer).group
        return ReadResult(id_, _outputs(group), {"name": group.name, "location": group.primary})

    def delete(self, id_: str, _props: Props) -> None:
        """Deletes the group, unless databases of others live in it: Turso would delete them too."""
        answer = self.platform.get("/databases", group=id_)
        if answer is None or not DatabasesAnswer.model_validate(answer).databases:
            self.platform.delete(f"/groups/{id_}")


def _outputs(group: platform.Group) -> Props:
    return {"name": group.name, "location": group.primary, "uuid": group.uuid}


class Group(Resource, module="turso", name="Group"):
    """A group in one location. A change of name replaces it; a change of location is refused."""

    name: Output[str]
    location: Output[str]
    uuid: Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        name: Input[str],
        location: Input[str],
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__(
            GroupProvider(), resource_name, {"name": name, "location": location, "uuid": None}, opts
        )
