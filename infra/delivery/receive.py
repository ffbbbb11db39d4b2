"""The `pre-receive` hook of the repository on the server, and what starts a deploy there.

Put there by install.py, and by each release that comes into force; standard library only, as nothing else is
there yet. A push is kept, its tree is put into the working copy, and that tree's own pipeline is run by a
process that outlives the connection; the hook only follows its log, and accepts the push if all went well.

`pre-receive` with the refs on standard input, `pre-receive rollback RELEASE WHO`, or `pre-receive run WORDS`.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DELIVERY = Path(os.environ.get("SHORELINE_DELIVERY") or Path.home() / "delivery")
REPOSITORY = DELIVERY.parent / "shoreline.git"
HOOK = REPOSITORY / "hooks" / "pre-receive"
WORK = DELIVERY / "work"
LOGS = DELIVERY / "logs"
ENVIRONMENT = DELIVERY / "environment.json"
LOCK = DELIVERY / "lock"

BRANCH = "refs/heads/main"
DEPLOYED = "refs/deployed/last"
"""The commit in force."""
_NONE = "0" * 40
_KEPT = ("HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "SHELL", "TMPDIR", "USER", "XDG_RUNTIME_DIR")
"""Of a login; git's own variables lead into the quarantine of a push, which ends with it."""
_ROOM = 512 << 20
"""Bytes that must be free: for the tools' new versions, the build, the release."""
KEPT_LOGS = 50
_LOOK_SECONDS = 0.2
_GRACE_SECONDS = 5.0


class Refused(Exception):
    """One message for the pusher."""


def clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name in _KEPT}


def told() -> dict[str, str]:
    """The variables that were installed with this hook: of the stack's state and the tools' packages."""
    return dict(json.loads(ENVIRONMENT.read_text("utf-8")))


def git(*words: str) -> str:
    """Raises Refused."""
    return output(*words).strip()


def output(*words: str) -> str:
    """What git says, to the last character. Raises Refused."""
    return _run_git(words, clean()).decode("utf-8", "replace")


def _run_git(
    words: Sequence[str], environment: Mapping[str, str], stdin: bytes = b"", folder: Path = REPOSITORY
) -> bytes:
    """Raises Refused."""
    done = subprocess.run(
        ["git", *words], cwd=folder, env=environment, input=stdin, capture_output=True, check=False
    )
    if done.returncode != 0:
        raise Refused(f"git: {done.stderr.decode('utf-8', 'replace').strip()}")
    return done.stdout


def receive(lines: list[str]) -> int:
    """The exit code of the push. Raises Refused."""
    pushed = [line.split() for line in lines]
    for _, new, ref in pushed:
        if ref != BRANCH:
            raise Refused(f"{ref}: only main is deployed. Push to it alone: git push shoreline HEAD:main")
        if new == _NONE:
            raise Refused(f"{ref}: it can't be deleted, it says what is deployed")
    ((old, new, _),) = pushed
    _refuse_a_full_disk()
    _keep(old, new)
    if _in_force() == new:
        print("✓ it is in force already", flush=True)
        return 0
    return follow(new, ["deploy", new])


def _keep(old: str, new: str) -> None:
    """Takes the commits out of the push's quarantine, which ends with the connection. Raises Refused."""
    wanted = new if old == _NONE else f"{new}\n^{old}"
    pack = _run_git(("pack-objects", "--revs", "--stdout", "-q"), os.environ, wanted.encode())
    _run_git(("index-pack", "--stdin"), clean(), pack)
    if old != _NONE and git("rev-list", "--max-count=1", old, f"^{new}"):
        remedy = "Put yours on top of them: git fetch shoreline && git rebase shoreline/main"
        if (in_force := _in_force()) not in ("", old):
            remedy += f", and take back what was gone back from: git revert {in_force[:8]}..{old[:8]}"
        raise Refused(f"{BRANCH}: {new[:8]} lacks commits up to {old[:8]}, which were deployed. {remedy}")
    git("update-ref", f"refs/pushed/{new}", new)


def _in_force() -> str:
    """The commit; empty before the first."""
    return git("for-each-ref", "--format=%(objectname)", DEPLOYED)


def _refuse_a_full_disk() -> None:
    """Before anything is begun. Raises Refused."""
    free = shutil.disk_usage(DELIVERY).free
    if free < _ROOM:
        raise Refused(
            f"the disk of {socket.gethostname()} has {free >> 20} MB free,"
            f" and a deploy may need {_ROOM >> 20}. Make room there and push again"
        )


def follow(name: str, words: list[str]) -> int:
    """Starts the deploy unless the same one runs already, and shows its log to the end. Its exit code."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{name}.log"
    process = None
    if not _runs(words):
        drop_old_logs()
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-u", str(Path(__file__).resolve()), "run", *words],
                env=clean(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    with log.open("rb") as lines:
        while process.poll() is None if process else _runs(words):
            _show(lines)
            time.sleep(_LOOK_SECONDS)
        _show(lines)
    code = process.returncode if process else 1 if "\n✗" in log.read_text("utf-8", "replace") else 0
    if code < 0:
        print("✗ the deploy was killed. Push again: the next one repairs what it left", flush=True)
    return 1 if code else 0


def drop_old_logs() -> None:
    """Leaves room for another one."""
    logs = sorted(LOGS.glob("*.log"), key=lambda each: each.stat().st_mtime)
    for log in logs[: 1 - KEPT_LOGS]:
        log.unlink(missing_ok=True)


def _show(lines: IO[bytes]) -> None:
    with suppress(BrokenPipeError):
        sys.stdout.write(lines.read().decode("utf-8", "replace"))
        sys.stdout.flush()


def _runs(words: list[str]) -> bool:
    """Whether a deploy by these words holds the lock."""
    with suppress(FileNotFoundError), LOCK.open("r+") as file:
        return not _taken(file) and bool(_holder(file).get("words") == words)
    return False


def run(words: list[str]) -> NoReturn:
    """Becomes the pipeline of the tree that is to be deployed, holding the lock as long as it runs."""
    began, lock = time.time(), _lock(words)
    print("· set up the tools", flush=True)
    # Going back is done by the pipeline of what is deployed.
    commit = words[1] if words[0] == "deploy" else git("rev-parse", DEPLOYED)
    put_into_work(commit)
    os.set_inheritable(lock.fileno(), True)
    os.chdir(WORK)
    os.execvpe(  # noqa: S606 - it replaces this process
        "python3",
        [*("python3", "-m", "infra.toolchain", "exec", "--", "python", "-u", "-m", "infra.delivery"), *words],
        {
            **clean(),
            **told(),
            "SHORELINE_DELIVERY": str(DELIVERY),
            "SHORELINE_BEGAN": str(began),
            # The engine asks git about its folder, and means no repository around it, such as a clone.
            "GIT_CEILING_DIRECTORIES": str(DELIVERY),
        },
    )


def _lock(words: list[str]) -> IO[str]:
    """Raises Refused with the name of who holds it. What a killed holder left running ends first."""
    LOCK.touch(0o600)
    file = LOCK.open("r+")
    patience = time.monotonic() + _GRACE_SECONDS
    while not _taken(file):
        holder = _holder(file)
        # One without a name is about to begin, or to end.
        if holder or time.monotonic() > patience:
            what, since = " ".join(holder.get("words", ["a deploy"])), holder.get("since", "just now")
            where = f"process {holder.get('pid')} on {holder.get('host')}"
            raise Refused(f"another one runs: {what}, since {since}, {where}. Push again when it has ended")
        time.sleep(_LOOK_SECONDS)
    former = _holder(file)
    if former.get("host") == socket.gethostname() and former.get("boot") == boot():
        _end_session(int(former["pid"]))
    file.seek(0)
    file.truncate()
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    now = {"pid": os.getpid(), "host": socket.gethostname(), "boot": boot(), "since": since, "words": words}
    json.dump(now, file)
    file.flush()
    return file


def _taken(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(file: IO[str]) -> dict[str, Any]:
    file.seek(0)
    with suppress(ValueError):
        return dict(json.loads(file.read()))
    return {}


def boot() -> str:
    """Changes when the machine starts anew, and with it what a process id means."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return ""


def _end_session(session: int) -> None:
    """Ends the processes of a deploy whose leader is dead: first as they like, then at once."""
    for number, patience in ((signal.SIGTERM, _GRACE_SECONDS), (signal.SIGKILL, _GRACE_SECONDS)):
        for pid in _members(session):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        end = time.monotonic() + patience
        while _members(session) and time.monotonic() < end:
            time.sleep(_LOOK_SECONDS)


def _members(session: int) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] != "Z" and int(entry.name) != os.getpid():
                found.append(int(entry.name))
    return found


def put_into_work(commit: str) -> None:
    """The working copy holds exactly this commit; what the tools made of it is kept."""
    WORK.mkdir(parents=True, exist_ok=True)
    index = DELIVERY / "index"
    index.with_name("index.lock").unlink(missing_ok=True)
    env = {**clean(), "GIT_DIR": str(REPOSITORY), "GIT_WORK_TREE": str(WORK), "GIT_INDEX_FILE": str(index)}
    for words in (
        # Files that are right already keep their times, by which the tools know them.
        ("read-tree", "--reset", commit),
        ("checkout-index", "--all", "--force", "--index"),
        ("clean", "-ffdxq", "-e", "/.venv", "-e", "/node_modules", "-e", "/.shoreline"),
    ):
        _run_git(("-c", "core.bare=false", *words), env, folder=WORK)


def main(words: list[str]) -> int:
    try:
        match words:
            case []:
                return receive(sys.stdin.read().splitlines())
            case ["rollback", *_]:
                return follow("rollback", words)
            case ["run", *rest]:
                run(rest)
    except (Refused, OSError) as refusal:
        print(f"✗ {refusal}", flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
