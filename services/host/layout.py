"""Where a release and what belongs to it lie on a server: all below the login user's home."""

from dataclasses import dataclass
from pathlib import Path

RELEASES = "shoreline/releases"
"""Below the home; the copy of a release goes to a folder of its id in it."""


@dataclass(frozen=True)
class Layout:
    """The folders of a user."""

    home: Path

    @property
    def top(self) -> Path:
        return self.home / "shoreline"

    @property
    def releases(self) -> Path:
        return self.home / RELEASES

    @property
    def environments(self) -> Path:
        """Python environments, one for each lock file."""
        return self.top / "environments"

    @property
    def current(self) -> Path:
        """A link to the release in force: it answers whatever asks for no release that is live."""
        return self.top / "current"

    @property
    def proxy(self) -> Path:
        """The proxy's variables."""
        return self.top / "proxy.environment"

    @property
    def files(self) -> Path:
        """What people have sent: it outlives every release."""
        return self.top / "files"

    @property
    def tunnel(self) -> Path:
        """The tunnel's variables: outside of releases, whose change must not cut its connections."""
        return self.top / "tunnel.environment"

    @property
    def lock(self) -> Path:
        return self.top / "activation.lock"

    @property
    def units(self) -> Path:
        """Where a user's manager looks for units."""
        return self.home / ".config" / "systemd" / "user"

    def release(self, identity: str) -> Path:
        return self.releases / identity

    def in_force(self) -> str | None:
        """The id of the release in force."""
        return self.current.readlink().name if self.current.is_symlink() else None


def run(release: Path) -> Path:
    """Where the services of a release listen, and leave signs of life (services/settings.py)."""
    return release / "run"


def environment(release: Path, service: str) -> Path:
    """The variables of a service: those it needs, and no other's."""
    return release / "environment" / service


def live(release: Path) -> Path:
    """There as long as the proxy may send this release what asks for it (services/host/Caddyfile)."""
    return release / "live"
