"""What is wrong with the declarations: each with its place and its remedy, all of them at once."""

from collections.abc import Iterable

from infra.errors import UserError
from infra.mistakes import Mistake
from infra.routes.route import Route


class RoutesRefused(UserError):
    """Every mistake in the catalogue."""

    def __init__(self, refusals: Iterable[Mistake]) -> None:
        self.refusals = tuple(sorted(refusals, key=lambda each: _order(each.where)))
        count = f"{len(self.refusals)} mistake{'s' if len(self.refusals) > 1 else ''}"
        lines = "\n".join(f"  {refusal}" for refusal in self.refusals)
        super().__init__("infra/routes", f"{count}:\n{lines}", "Nothing was changed")

    def __str__(self) -> str:
        return f"the routes have {self.what}"


def refuse(route: Route, what: str, remedy: str) -> Mistake:
    return Mistake(f"{route.where}: {route.pattern}", what, remedy)


def _order(where: str) -> tuple[str, int, str]:
    file, _, rest = where.partition(":")
    line = rest.partition(":")[0]
    return file, int(line) if line.isdigit() else 0, where
