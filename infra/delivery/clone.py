"""`git push shoreline main` in this clone: a key, a configuration for ssh, a remote."""

from infra.cli import engine
from infra.cli.remote import Remote
from infra.cli.steps import say
from infra.delivery import git
from infra.paths import LOCAL

REMOTE = "shoreline"
FOLDER = LOCAL / "ssh"


def write_ssh(remote: Remote) -> None:
    """A key and a configuration for ssh that adds one host to the user's own."""
    server = remote.server
    FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
    key, hosts = FOLDER / "key", FOLDER / "known_hosts"
    key.unlink(missing_ok=True)
    key.touch(0o600)
    key.write_text(remote.key)
    hosts.write_text(f"{alias()} {server.host_key}\n")
    (FOLDER / "config").write_text(f"""\
Host {alias()}
  HostName {server.host}
  Port {server.port}
  User {server.user}
  HostKeyAlias {alias()}
  IdentityFile "{key}"
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile "{hosts}"
  StrictHostKeyChecking yes
  BatchMode yes
Match all
Include ~/.ssh/config
Include /etc/ssh/ssh_config
""")


def alias() -> str:
    return f"{REMOTE}-{engine.stack()}"


def add_remote() -> None:
    """Names of the user's own are left alone."""
    command = f"ssh -F '{FOLDER / 'config'}'"
    for name, value in ((f"remote.{REMOTE}.url", f"{alias()}:shoreline.git"), ("core.sshCommand", command)):
        found = _setting(name)
        if not found:
            git.attempt("config", name, value)
        elif found != value:
            say(f"  git's {name} is {found!r} and left as it is: `git push {REMOTE}` needs {value!r}")
    if not _setting(f"remote.{REMOTE}.fetch"):
        git.attempt("config", f"remote.{REMOTE}.fetch", f"+refs/heads/*:refs/remotes/{REMOTE}/*")


def _setting(name: str) -> str:
    """Empty where git has none of this name."""
    return git.attempt("config", "--get", name).stdout.decode().strip()
