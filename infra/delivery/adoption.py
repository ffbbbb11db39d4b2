"""What was brought up from here becomes a release too: the first push has something to go back to.

A commit of the files as they are goes to the repository on the server, and a record beside those of pushes.
"""

import getpass
import shutil
import socket
import tempfile
from pathlib import Path

import asyncssh

from infra.delivery import git, stack
from infra.delivery.records import Release, deployed, file_name, next_id, now
from infra.paths import ROOT

_RECORDS = """for record in delivery/releases/*.json; do
  if [ -e "$record" ]; then cat "$record" && printf '\\0' || exit 1; fi
done"""
"""In one trip: each with a NUL after it."""
_KEEP = (
    "cd shoreline.git && git index-pack --stdin >/dev/null && "
    "git update-ref refs/releases/{0} {0} && git update-ref refs/deployed/last {0}"
)
_READ_BY_A_DEPLOY = ("infra", "services")
"""Here files count that git doesn't know yet."""


async def records(connection: asyncssh.SSHClientConnection) -> list[Release]:
    """Oldest first."""
    read = await connection.run(_RECORDS, check=True)
    return [Release.model_validate_json(each) for each in str(read.stdout).split("\0") if each]


async def adopt(connection: asyncssh.SSHClientConnection, subject: str) -> tuple[str, str] | None:
    """Path and text of the record to write; None if what answers is in one already. Raises UserError."""
    known, serving = await records(connection), stack.serving()
    last = deployed(known)
    if serving is None or (last is not None and last.serving == serving):
        return None
    commit = snapshot(subject)
    pack = _pack(commit, last.commit if last else None)
    await connection.run(_KEEP.format(commit), input=pack, encoding=None, check=True)
    release = Release(
        id=next_id(known), commit=commit, subject=subject, who=whoever(), began=now(), ended=now(),
        result="deployed", changed=("everything",), serving=serving,
    )  # fmt: skip
    return f"delivery/releases/{file_name(release.id)}", release.model_dump_json(indent=1)


def snapshot(subject: str) -> str:
    """A commit without a past, in no branch: what git would add of the files as they are."""
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "index"
        if (own := ROOT / git.text("rev-parse", "--git-path", "index")).exists():
            # With what git knows of the files, few have to be read.
            shutil.copy2(own, index)
        git.output("add", "--update", index=index)
        git.output("add", "--all", "--", *_READ_BY_A_DEPLOY, index=index)
        tree = git.text("write-tree", index=index)
    who = ("-c", f"user.name={getpass.getuser()}", "-c", f"user.email={whoever()}")
    return git.text(*who, "commit-tree", tree, "-m", subject)


def _pack(commit: str, former: str | None) -> bytes:
    """Without what the server has of the former one, where that is known here."""
    known = former is not None and git.attempt("cat-file", "-e", former).returncode == 0
    revisions = f"{commit}\n^{former}" if known else commit
    return git.output("pack-objects", "--revs", "--stdout", "-q", stdin=revisions.encode())


def whoever() -> str:
    """Who works here."""
    return f"{getpass.getuser()}@{socket.gethostname()}"
