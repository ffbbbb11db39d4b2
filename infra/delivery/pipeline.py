"""The steps of a deploy, defined once: check, build, preview, deploy, verify, roll out; or back."""

import contextlib
import subprocess
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from infra.cli import steps
from infra.cli.steps import say
from infra.cli.up import prepare_stack
from infra.components.bundle import build_edge, build_web
from infra.components.release import Release as ServerRelease
from infra.delivery import gate, rollback, stack, trees
from infra.delivery.receive import Refused
from infra.delivery.records import Records, Release, Result, Serving, now
from infra.delivery.stack import Share, StackFailed
from infra.delivery.visitors import NotTold, Visitors, watched
from infra.errors import UserError
from infra.mistakes import SettingsError
from infra.paths import ROOT

SHARES = (10, 50)
"""Of the visitors, before all of them; each begins only if the version may answer more (gate.py)."""

_CHECKS = (("ruff", "check", "--quiet", "."), ("tsc", "--noEmit", "-p", "services/edge"))
"""What takes seconds; `make check` and the tests are the developer's before the push."""


class StepFailed(Exception):
    """One paragraph for the pusher."""


_FAILURES = (StepFailed, StackFailed, UserError, SettingsError, Refused, OSError)
"""An OSError is the server's, such as a full disk."""


@dataclass
class Deploy:
    """One deploy of the tree in ROOT. `at_once`: without shares, as for going back."""

    records: Records
    release: Release
    at_once: bool = False

    def run(self) -> bool:
        """Whether the release is in force. The record says so too, at every moment."""
        for step in (self.check, self.build, self.preview, self.deploy, self.verify, self.roll_out):
            name = step.__name__.replace("_", " ")
            try:
                self._step(name, step)
            except Exception as failure:
                self._failed(name, _told(failure), undo=step in (self.deploy, self.verify, self.roll_out))
                return False
        trees.in_force(self.release.commit)
        self._record(result="deployed", ended=now(), step="")
        total = sum(self.release.seconds.values())
        parts = ", ".join(f"{name} {taken:.1f}" for name, taken in self.release.seconds.items())
        say(f"✓ {self.release.id} ({self.release.commit[:8]}) is in force after {total:.1f} s: {parts}")
        return True

    def took(self, name: str, seconds: float) -> None:
        self._record(seconds={**self.release.seconds, name: round(seconds, 1)})

    def check(self) -> None:
        for argv in _CHECKS:
            done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise StepFailed(f"{argv[0]}: {_end(done.stdout + done.stderr)}")

    def build(self) -> None:
        build_edge()
        ServerRelease.current(build_web())

    def preview(self) -> None:
        prepare_stack()
        self._record(before=self._answering())
        if self.release.before is not None and self.records.deployed() is None:
            raise StepFailed(
                "what answers is in no record, so nothing could be gone back to: run `make up` first"
            )
        stack.preview()

    def deploy(self) -> None:
        """The servers start the release beside the one before; the new version answers nobody yet."""
        stack.up(self._share(0))
        self._record(serving=stack.serving())

    def verify(self) -> None:
        self._pass_gate()

    def roll_out(self) -> None:
        if self._is_gradual:
            with _watched() as visitors:
                for percentage in SHARES:
                    stack.up(self._share(percentage))
                    say(f"  {percentage} % of the visitors")
                    self._pass_gate(visitors.begin() if visitors else None)
        # Now the former release is asked by nobody: it is drained.
        stack.up()
        say("  100 % of the visitors")

    @property
    def _is_gradual(self) -> bool:
        before, serving = self.release.before, self.release.serving
        return not self.at_once and before is not None and serving is not None and before != serving

    def _share(self, percentage: int) -> Share | None:
        before = self.release.before
        return None if before is None or self.at_once else Share(percentage, before)

    def _pass_gate(self, visitors: Visitors | None = None) -> None:
        """Raises StepFailed."""
        serving, before = self.release.serving, self.release.before
        assert serving is not None
        versions = [serving.version]
        if before is not None and self._is_gradual:
            versions.append(before.version)
        new, *old = gate.measure(stack.outputs()["url"], stack.worker(), versions)
        _judge(new, old[0] if old else None)
        if visitors is not None:
            while gate.is_worth_waiting(visitors.figures(versions[0]), visitors.seconds):
                time.sleep(0.1)
            if visitors.lost:
                say(f"  visitors are not told of any more: {visitors.lost}")
            new, former = (visitors.figures(version) for version in versions)
            if min(new.requests, former.requests) >= gate.ENOUGH:
                _judge(new, former)

    def _answering(self) -> Serving | None:
        """What answers now: after a deploy that was killed or not undone, not what the last `up` made."""
        versions = stack.answering()
        former = [each for each in self.records.all() if each.id != self.release.id]
        settled = [self._settled(each, versions) if each.result == "running" else each for each in former]
        for each in reversed(settled):
            if each.result in ("deployed", "rolled back"):
                break
            if each.before is not None and each.before.version in versions:
                return each.before
        return stack.serving()

    def _settled(self, killed: Release, versions: set[str]) -> Release:
        """A killed deploy, ended. In its last step it answers alone once every gate is passed."""
        alone = killed.serving is not None and versions == {killed.serving.version}
        result = "deployed" if alone and killed.step == "roll out" else "interrupted"
        settled = killed.model_copy(update={"result": result, "ended": now()})
        self.records.write(settled)
        say(f"  {killed.id} was killed in its step {killed.step!r}: this deploy begins with what answers")
        return settled

    def _failed(self, step: str, reason: str, *, undo: bool) -> None:
        say(f"✗ {step}: {reason}")
        result, stays = self._go_back() if undo else ("failed", "")
        if stays:
            say(f"  {stays}")
            reason = f"{reason}\n{stays}"
        self._record(step=step, reason=reason, result=result, ended=now())

    def _go_back(self) -> tuple[Result, str]:
        """The edge at once, by its share; then the tree of the release before, with today's schema.

        Its result, and what of the schema stays.
        """
        started, before, former = time.monotonic(), self.release.before, self.records.deployed()
        try:
            if before is not None and self.release.serving is not None and not self.at_once:
                stack.up(Share(0, before))
                say("  every visitor is answered by the version before")
            if former is None:
                say("  nothing answered before: what there is stays as it is")
                return "failed", ""
            rollback.put(former, rollback.applied_since(self.records, former))
            prepare_stack()
            stack.up()
            self.records.write(former.model_copy(update={"serving": stack.serving()}))
            stays = self._migrations_beyond(former)
        except Exception as failure:
            say(f"✗ going back failed too: {_told(failure)}")
            say("What answered before still answers; push a correction")
            return "withdrawn", ""
        say(f"✗ rolled back to {former.id} ({former.commit[:8]}) in {time.monotonic() - started:.1f} s")
        return "rolled back", stays

    def _migrations_beyond(self, former: Release) -> str:
        """What the pusher has to know of those that the release before lacks; empty if there are none."""
        names = sorted(stack.applied() - trees.listed(former.commit))
        if not names:
            return ""
        paths = " ".join(f"services/schema/{name}" for name in names)
        return (
            f"the schema only moves forward: {', '.join(names)} stays applied, so what is pushed next must"
            f" have it: git checkout {self.release.commit[:8]} -- {paths}"
        )

    def _step(self, name: str, step: Callable[[], None]) -> None:
        self._record(step=name)
        started = time.monotonic()
        with steps.step(name):
            step()
        self.took(name, time.monotonic() - started)

    def _record(self, **changes: object) -> None:
        self.release = self.release.model_copy(update=changes)
        self.records.write(self.release)


def _told(failure: Exception) -> str:
    """A defect of ours is told as one, with what says where it is."""
    if isinstance(failure, _FAILURES):
        return str(failure)
    traceback.print_exception(failure)
    return f"a defect of the pipeline: {type(failure).__name__}: {failure}"


def _judge(new: gate.Figures, old: gate.Figures | None) -> None:
    """Raises StepFailed."""
    say(f"  {gate.told(new, old)}")
    if reason := gate.objection(new, old):
        raise StepFailed(reason)


@contextlib.contextmanager
def _watched() -> Iterator[Visitors | None]:
    """The visitors; None where the platform doesn't tell of them, as a token that may not read it."""
    with contextlib.ExitStack() as entered:
        try:
            visitors = entered.enter_context(watched())
        except NotTold as reason:
            say(f"  visitors can't be looked at, so the gate's own requests decide: {reason}")
            visitors = None
        yield visitors


def _end(output: str) -> str:
    return "\n".join(output.strip().splitlines()[-20:])
