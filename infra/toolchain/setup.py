"""What every step works with: the clone, the caches and the way to report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from infra.toolchain.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Setup:
    """One run: `root` is the clone, `cache` the user's folder, `retry` tries failed downloads again."""

    root: Path
    cache: Path
    environ: Mapping[str, str]
    progress: Progress = field(default_factory=Progress)
    retry: bool = False

    @property
    def folder(self) -> Path:
        """This package's own files: locks and Go modules."""
        return self.root / "infra" / "toolchain"

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def bin(self) -> Path:
        """Links to the chosen tools; the tool environment's PATH holds this folder."""
        return self.root / ".shoreline" / "bin"

    @property
    def pulumi_home(self) -> Path:
        return self.root / ".shoreline" / "pulumi"

    @property
    def stamps(self) -> Path:
        return self.root / ".shoreline" / "toolchain"

    def log(self, name: str) -> Path:
        return self.stamps / f"{name}.log"

    def link(self, name: str, target: Path) -> Path:
        """Let `name` in the tool folder lead to `target`."""
        self.bin.mkdir(parents=True, exist_ok=True)
        link, incoming = self.bin / name, self.bin / f".{name}"
        incoming.unlink(missing_ok=True)
        incoming.symlink_to(target)
        return incoming.replace(link)

    def script(self, name: str, text: str) -> Path:
        """Write the executable shell script `name` into the tool folder."""
        self.bin.mkdir(parents=True, exist_ok=True)
        script, incoming = self.bin / name, self.bin / f".{name}"
        incoming.write_text(text, encoding="utf-8")
        incoming.chmod(0o755)
        return incoming.replace(script)
