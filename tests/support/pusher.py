"""A clone with a repository of its own, whose pushes deploy."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from infra.delivery.records import Release
from tests.support.clone import Clone

if TYPE_CHECKING:
    import subprocess

_WHO = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")


@dataclass
class Pusher:
    clone: Clone

    def __post_init__(self) -> None:
        self.git("init", "--quiet", "-b", "main")
        # A clone's are links to this checkout's own, which .gitignore doesn't mean.
        exclude = self.clone.folder / ".git" / "info" / "exclude"
        exclude.parent.mkdir(exist_ok=True)
        exclude.write_text("/.venv\n/node_modules\n/.shoreline\n")
        self.commit("the first one")

    def git(self, *words: str) -> str:
        done = self.attempt(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def attempt(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return self.clone.attempt("git", *words)

    def commit(self, subject: str) -> str:
        self.git("add", "--all")
        self.git(*_WHO, "commit", "--quiet", "--allow-empty", "--message", subject)
        return self.git("rev-parse", "HEAD")

    def start_push(self) -> "subprocess.Popen[str]":
        return self.clone.start("git", "push", "shoreline", "main")

    def push(self, subject: str) -> str:
        """What the pusher was shown. Fails if it was refused."""
        self.commit(subject)
        done = self.attempt("push", "shoreline", "main")
        said = done.stdout + done.stderr
        assert done.returncode == 0, said
        return said

    def refused(self, subject: str) -> str:
        """What the pusher was shown of a push that must be refused; the commit is taken back."""
        self.commit(subject)
        done = self.attempt("push", "shoreline", "main")
        said = done.stdout + done.stderr
        assert done.returncode != 0, said
        self.git("reset", "--quiet", "--hard", "HEAD~1")
        return said

    def edit(self, path: str, before: str, after: str) -> None:
        file = self.clone.folder / path
        text = file.read_text()
        assert before in text, f"{before!r} is not in {path}"
        file.write_text(text.replace(before, after, 1))

    def append(self, path: str, text: str) -> None:
        file = self.clone.folder / path
        file.write_text(f"{file.read_text()}{text}")

    def migrate(self, name: str, sql: str) -> str:
        """Adds a migration after the others and returns its file's name."""
        schema = self.clone.folder / "services" / "schema"
        last = max(int(path.name.split("_")[0]) for path in schema.glob("[0-9]*.sql"))
        file = schema / f"{last + 1:04}_{name}.sql"
        file.write_text(sql)
        return file.name

    @property
    def home(self) -> Path:
        return self.clone.folder / ".shoreline" / "cloud" / "servers" / "vps-1" / "home"

    def releases(self) -> list[Release]:
        folder = self.home / "delivery" / "releases"
        return [Release.model_validate_json(path.read_bytes()) for path in sorted(folder.glob("*.json"))]


def parts(said: str) -> str:
    """The line with the time of each step."""
    found = re.search(r"is in force after .*", said)
    assert found, said
    return found[0]
