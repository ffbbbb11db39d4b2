"""The trees that are deployed: commits of the repository on the server, put into the working copy."""

import re
import subprocess
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.delivery import receive
from infra.paths import ROOT, SCHEMA
from infra.providers.turso.schema import CONTRACTION

_SCHEMA = "services/schema/"
_TIERS = (
    ("services/edge/", "edge"),
    ("services/web/", "edge"),
    (_SCHEMA, "schema"),
    ("services/", "servers"),
    ("infra/", "program"),
)


@dataclass(frozen=True)
class Commit:
    id: str
    who: str
    subject: str


def commit(name: str) -> Commit:
    identity, who, subject = receive.git("log", "-1", "--format=%H%n%an <%ae>%n%s", name).split("\n", 2)
    return Commit(identity, who, subject)


def changed(before: str | None, after: str) -> tuple[str, ...]:
    """The parts whose files differ; all of them where nothing is to compare with."""
    if before is None:
        return ("everything",)
    names = receive.git("diff", "--name-only", before, after).splitlines()
    return tuple(sorted({_part(name) for name in names}))


def in_force(commit: str) -> None:
    """Kept for going back, whatever becomes of the branch. The next push is taken by its hook."""
    receive.git("update-ref", f"refs/releases/{commit}", commit)
    receive.git("update-ref", receive.DEPLOYED, commit)
    incoming = receive.HOOK.with_suffix(".incoming")
    incoming.write_text(hook(), "utf-8")
    incoming.chmod(0o700)
    incoming.replace(receive.HOOK)


def hook() -> str:
    return f"#!/usr/bin/env python3\n{Path(receive.__file__).read_text('utf-8')}"


def migrations(commits: Collection[str], names: Collection[str]) -> Mapping[str, str]:
    """The texts of migrations: in the working copy, or in one of the commits."""
    found = {path.name: path.read_text("utf-8") for path in SCHEMA.glob("*.sql") if path.name in names}
    for each in commits:
        for name in listed(each) & (set(names) - found.keys()):
            found[name] = receive.output("show", f"{each}:{_SCHEMA}{name}")
    return found


def listed(commit: str) -> set[str]:
    """The names of the migrations of a commit."""
    names = receive.git("ls-tree", "--name-only", commit, _SCHEMA).splitlines()
    return {name.removeprefix(_SCHEMA) for name in names if name.endswith(".sql")}


def contractions(texts: Mapping[str, str]) -> list[str]:
    """The migrations that take something away, by name."""
    return sorted(name for name, text in texts.items() if re.search(CONTRACTION, text))


def put(commit: str, texts: Mapping[str, str]) -> None:
    """The commit's tree, with these migrations: a schema only moves forward."""
    receive.put_into_work(commit)
    for name, text in texts.items():
        if not (SCHEMA / name).exists():
            (SCHEMA / name).write_text(text, "utf-8")
    ensure = [sys.executable, "-m", "infra.toolchain", "ensure"]
    subprocess.run(ensure, cwd=ROOT, check=True, capture_output=True)


def _part(name: str) -> str:
    return next((part for prefix, part in _TIERS if name.startswith(prefix)), name.partition("/")[0])
