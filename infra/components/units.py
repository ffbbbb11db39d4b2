"""The systemd units of a release, for the manager of an unprivileged user with lingering.

Directives: systemd.service(5), systemd.exec(5), systemd.resource-control(5), version 252. Only what works
without root: such a manager builds the sandbox inside a user namespace (PrivateUsers=).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from services.host.systemd import TUNNEL, template

RELEASE = "%h/shoreline/releases/%i"
"""Each unit but the tunnel's is of one release, so that those of several run side by side."""
FILES = "%h/shoreline/files"
"""What people have sent: it outlives every release."""


@dataclass(frozen=True)
class Service:
    """One of the services. `memory`: its limit as systemd writes it; `writes`: folders it may write to."""

    name: str
    description: str
    memory: str
    writes: tuple[str, ...] = ()


SERVICES = (
    Service("api", "Shoreline's api: sign-in, complex queries, files", "512M", (FILES,)),
    Service("realtime", "Shoreline's realtime service: WebSockets", "512M"),
    Service("jobs", "Shoreline's jobs: background and scheduled work", "768M", (FILES,)),
    Service("front", "Shoreline's front: the edge's part for what runs no Worker", "256M"),
)

_LIMITS = """\
UMask=0077
LimitNOFILE=16384
TasksMax=256
"""
_SANDBOX = """\
NoNewPrivileges=yes
PrivateUsers=yes
PrivateTmp=yes
ProtectSystem=strict
ProtectHome=read-only
ProtectControlGroups=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
"""
_INSTALL = """\
[Install]
WantedBy=default.target
"""


def render(service: Service) -> str:
    """The unit of a service: restarted for ever, ended within half a minute."""
    writable = "".join(f"ReadWritePaths={folder}\n" for folder in (f"{RELEASE}/run", *service.writes))
    return f"""\
[Unit]
Description={service.description}
StartLimitIntervalSec=0

[Service]
Type=exec
WorkingDirectory={RELEASE}
EnvironmentFile={RELEASE}/environment/{service.name}
Environment=PYTHONUNBUFFERED=1
ExecStart={RELEASE}/python/bin/python -m services.{service.name}
Restart=always
RestartSec=1
TimeoutStopSec=30
MemoryMax={service.memory}
{_LIMITS}{_SANDBOX}{writable}
{_INSTALL}"""


def render_proxy() -> str:
    """The unit of the proxy (services/host/Caddyfile), which tells when it listens."""
    return f"""\
[Unit]
Description=Shoreline's proxy: requests to the services of their release
StartLimitIntervalSec=0

[Service]
Type=notify
WorkingDirectory=%h/shoreline
EnvironmentFile=%h/shoreline/proxy.environment
ExecStart={RELEASE}/python/bin/caddy run --config {RELEASE}/services/host/Caddyfile
Restart=always
RestartSec=1
TimeoutStartSec=30
TimeoutStopSec=45
MemoryMax=256M
{_LIMITS}{_SANDBOX}
{_INSTALL}"""


def render_tunnel() -> str:
    """The unit of cloudflared, which tells when it is connected. Its token comes from a file of its own."""
    return f"""\
[Unit]
Description=Shoreline's tunnel: the only way to the services
StartLimitIntervalSec=0

[Service]
Type=notify
EnvironmentFile=%h/shoreline/tunnel.environment
ExecStart=/usr/bin/env cloudflared tunnel --no-autoupdate run
Restart=always
RestartSec=1
TimeoutStartSec=45
TimeoutStopSec=30
MemoryMax=256M
{_LIMITS}{_SANDBOX}
{_INSTALL}"""


def rendered() -> Mapping[str, str]:
    """Every unit of a release, by file name."""
    units = {template(service.name): render(service) for service in SERVICES}
    return {**units, template("proxy"): render_proxy(), TUNNEL: render_tunnel()}
