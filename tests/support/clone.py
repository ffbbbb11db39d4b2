"""A clone of this project in a folder of its own, with its own ports, state and local cloud."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import yaml

from infra.paths import ROOT
from tests.support.cloud import choose_ports

_SHARED = (".venv", "node_modules", ".shoreline/bin")
"""Installed once: clones link to them."""


class CommandFailed(Exception):
    """A command of the clone ended with an error."""

    def __init__(self, arguments: tuple[str, ...], done: "subprocess.CompletedProcess[str]") -> None:
        super().__init__(f"{' '.join(arguments)}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
        self.code = done.returncode
        self.output = done.stdout + done.stderr


class Clone:
    """What a user has after `git clone`: files, `make` commands, plain `pulumi`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        copy_project(folder)
        (folder / ".shoreline" / "state").mkdir()
        self.stack_file = folder / "Pulumi.dev.yaml"
        self.ports = choose_ports(self.stack_file, self.stack_file)
        argv = [sys.executable, "-m", "tests.support.janitor", str(os.getpid()), str(folder)]
        self._janitor = subprocess.Popen(argv, cwd=ROOT, start_new_session=True)

    @property
    def environment(self) -> dict[str, str]:
        """The tool environment of this checkout, with everything of the clone's own in its place."""
        return {
            **os.environ,
            "PYTHONPATH": str(self.folder),
            "SHORELINE_ROOT": str(self.folder),
            "PULUMI_BACKEND_URL": (self.folder / ".shoreline" / "state").as_uri(),
            "PULUMI_STACK": "dev",
        }

    def setting(self, key: str) -> Any:
        return yaml.safe_load(self.stack_file.read_text())["config"][key]

    def change_setting(self, key: str, **changes: Any) -> None:
        """Changes fields of a structured setting; None removes one."""
        document = yaml.safe_load(self.stack_file.read_text())
        fields = {**document["config"][key], **changes}
        document["config"][key] = {name: value for name, value in fields.items() if value is not None}
        self.stack_file.write_text(yaml.safe_dump(document))

    @property
    def url(self) -> str:
        return str(self.setting("shoreline:edge")["url"])

    def start(self, *arguments: str, output: int = subprocess.PIPE) -> "subprocess.Popen[str]":
        """The command in a process group of its own, its output merged in a pipe or where `output` says."""
        return subprocess.Popen(
            arguments,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def attempt(self, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            arguments,
            cwd=self.folder,
            env={**self.environment, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )

    def run_with_input(self, text: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Runs the command with `text` on its standard input, so that it stands in no command line."""
        return subprocess.run(
            arguments,
            cwd=self.folder,
            env=self.environment,
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )

    def run(self, *arguments: str) -> str:
        """Standard output and error of a command that must end well. Raises CommandFailed."""
        done = self.attempt(*arguments)
        if done.returncode != 0:
            raise CommandFailed(arguments, done)
        return done.stdout + done.stderr

    def shoreline(self, *words: str) -> str:
        """What `make COMMAND` runs, inside the tool environment."""
        return self.run(sys.executable, "-m", "infra.cli", *words)

    def localcloud(self, *arguments: str) -> str:
        return self.run(sys.executable, "-m", "infra.localcloud", *arguments)

    def pulumi(self, *arguments: str) -> str:
        return self.run("pulumi", *arguments, "--non-interactive")

    def export(self) -> dict[str, Any]:
        exported: dict[str, Any] = json.loads(self.pulumi("stack", "export"))
        return exported

    def processes(self) -> list[psutil.Process]:
        """Everything that runs for the clone."""
        return [process for process in psutil.process_iter() if self._has(process)]

    def _has(self, process: psutil.Process) -> bool:
        try:
            command = " ".join(process.cmdline())
            place = f"{command} {process.cwd()}"
        except psutil.Error:
            return False
        return str(self.folder) in place and "tests.support.janitor" not in command

    def close(self) -> None:
        """Ends every process of the clone, whatever state it is in, and removes the folder."""
        self.attempt(sys.executable, "-m", "infra.localcloud", "reset", "--yes")
        shutil.rmtree(self.folder, ignore_errors=True)
        self._janitor.kill()
        self._janitor.wait()


def kill_group(process: "subprocess.Popen[str]") -> None:
    """SIGKILL to the process and everything in its group."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def copy_project(folder: Path) -> None:
    """The files that git has or would add, as they are in the working tree."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listing.split("\0")):
        if (ROOT / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)
    for name in _SHARED:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).symlink_to(ROOT / name)
