"""The proxy of a server: of whichever release its program and its rules last changed in."""

import filecmp
from collections.abc import Mapping
from pathlib import Path

from services.host import environment_file, systemd
from services.host.failures import Mishap
from services.host.layout import Layout

NAME = "proxy"
_PARTS = ("services/host/Caddyfile", "python/bin/caddy", f"units/{systemd.template(NAME)}")


def ensure(layout: Layout, release: Path, variables: Mapping[str, str]) -> None:
    """Runs a proxy like that of this release. Raises Mishap.

    A new one listens on the same port beside the former (SO_REUSEPORT), which then finishes what it has.
    """
    wanted = environment_file.render(variables)
    others = systemd.installed(layout.units, NAME)
    alike = [
        other
        for other in others
        if environment_file.read(layout.proxy) == wanted
        and _same(layout.release(other), release)
        and systemd.active(systemd.unit(NAME, other))
    ]
    kept = alike[0] if alike else release.name
    if not alike:
        before = environment_file.read(layout.proxy)
        environment_file.write(layout.proxy, wanted)
        try:
            _start(layout, release, again=release.name in others)
        except Mishap:
            if before is not None:
                environment_file.write(layout.proxy, before)
            if release.name not in others:
                systemd.remove([systemd.unit(NAME, release.name)], layout.units)
            raise
    systemd.remove((systemd.unit(NAME, other) for other in others - {kept}), layout.units)


def _start(layout: Layout, release: Path, *, again: bool) -> None:
    name = systemd.unit(NAME, release.name)
    systemd.install({name: (release / "units" / systemd.template(NAME)).read_text("utf-8")}, layout.units)
    systemd.systemctl("restart" if again else "start", name)


def _same(one: Path, other: Path) -> bool:
    try:
        return all(filecmp.cmp(one / part, other / part, shallow=False) for part in _PARTS)
    except OSError:
        return False
