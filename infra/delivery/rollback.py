"""Going back to a release: which one, and whether the schema still lets its code run."""

from collections.abc import Mapping
from dataclasses import dataclass

from infra.delivery import stack, trees
from infra.delivery.records import Records, Release
from infra.errors import UserError

PREVIOUS = "previous"


def go_back_to(records: Records, wanted: str) -> Release:
    """Puts its tree into the working copy. Raises UserError where it can't be gone back to."""
    target = chosen(records, wanted)
    since = applied_since(records, target)
    refuse_contractions(target, since.names, since.texts)
    put(target, since)
    return target


@dataclass(frozen=True)
class Migrations:
    """`texts`: of those that are found in a tree."""

    names: set[str]
    texts: Mapping[str, str]


def applied_since(records: Records, release: Release) -> Migrations:
    """What the database has beyond the release's own tree."""
    newer = stack.applied() - trees.listed(release.commit)
    commits = [each.commit for each in reversed(records.all())]
    return Migrations(newer, trees.migrations(commits, newer))


def put(release: Release, since: Migrations) -> None:
    """Its tree into the working copy, with today's schema and the keys in force."""
    trees.put(release.commit, since.texts)
    stack.keep_keys()


def chosen(records: Records, wanted: str) -> Release:
    """Raises UserError."""
    good = [each for each in records.all() if each.result == "deployed"]
    now = good[-1] if good else None
    others = [each for each in good if now and each.commit != now.commit]
    if not others:
        raise UserError("RELEASE", "there is no release to go back to", "Push a correction instead")
    if wanted == PREVIOUS:
        return _before(good)
    found = next((each for each in others if each.id == wanted), None)
    if found is None:
        names = ", ".join(each.id for each in others)
        raise UserError("RELEASE", f"{wanted} is no release to go back to", f"Choose one of: {names}")
    return found


def _before(good: list[Release]) -> Release:
    """Of the commit that came before the one in force: once more goes on backwards. Raises UserError."""
    commits = list(dict.fromkeys(each.commit for each in good))
    position = commits.index(good[-1].commit)
    if position == 0:
        raise UserError("RELEASE", "none came before the one in force", "Name one: make rollback RELEASE=r2")
    return next(each for each in reversed(good) if each.commit == commits[position - 1])


def refuse_contractions(target: Release, newer: set[str], texts: Mapping[str, str]) -> None:
    """Raises UserError for a migration since then that took away what its code may use."""
    blocking = [*trees.contractions(texts), *sorted(newer - texts.keys())]
    if blocking:
        raise UserError(
            f"services/schema/{blocking[0]}",
            f"was applied after {target.id} and takes away what its code may use",
            "Push a correction instead: the schema only moves forward",
        )
