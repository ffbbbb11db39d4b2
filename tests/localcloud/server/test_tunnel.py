"""The `cloudflared` of a local server against the other end of its tunnel as the contract has it."""

import base64
import json
import queue
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from tests.localcloud.server.vps import Vps
from tests.support.process import until

TOKEN = base64.b64encode(json.dumps({"a": "5e0a", "t": "11", "s": "planted-secret"}).encode()).decode()


class Edge:
    """Answers `POST /local/tunnels/connect`; `status` and `silent` change what it does."""

    def __init__(self) -> None:
        self.requests: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()
        self.connected = 0
        self.status = 200
        self.cut = threading.Event()
        edge = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                edge.requests.put((self.path, body))
                self.send_response(edge.status)
                self.end_headers()
                if edge.status == 200:
                    edge.hold(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def hold(self, handler: BaseHTTPRequestHandler) -> None:
        self.connected += 1
        try:
            line: dict[str, object] = {"registered": f"connector-{self.connected}"}
            while not self.cut.wait(0.1):
                handler.wfile.write(json.dumps(line).encode() + b"\n")
                handler.wfile.flush()
                line = {"heartbeat": 1}
        except OSError:
            pass
        finally:
            self.connected -= 1


@pytest.fixture
def edge() -> Iterator[Edge]:
    own = Edge()
    yield own
    own.cut.set()
    own.server.shutdown()
    own.server.server_close()


@pytest.fixture
def tunnel(vps: Vps, edge: Edge) -> Iterator[str]:
    """A unit as a release writes it; not started."""
    address = {"url": f"http://127.0.0.1:{edge.server.server_address[1]}"}
    _address(vps).write_text(json.dumps(address))
    environment = vps.home / "tunnel.env"
    environment.write_text(f"TUNNEL_TOKEN={TOKEN}\n")
    environment.chmod(0o600)
    service = """\
        Type=notify
        ExecStart=cloudflared tunnel --no-autoupdate run
        EnvironmentFile=%h/tunnel.env
        Restart=on-failure
        TimeoutStartSec=5
    """
    yield vps.unit("shoreline-tunnel.service", service)
    vps.systemctl("stop", "shoreline-tunnel")


def _address(vps: Vps) -> Path:
    return vps.cloud.data / "servers" / vps.name / "cloudflare.json"


def test_it_registers_and_holds_its_connection_until_it_is_stopped(vps: Vps, edge: Edge, tunnel: str) -> None:
    assert vps.systemctl("start", tunnel).returncode == 0
    assert edge.requests.get(timeout=5) == ("/local/tunnels/connect", {"token": TOKEN, "server": "vps-1"})
    assert edge.connected == 1
    assert vps.systemctl("stop", tunnel).returncode == 0
    until(lambda: edge.connected == 0)
    assert vps.state(tunnel) == "inactive/dead"
    log = vps.log(tunnel)
    assert "Registered tunnel connection connIndex=0 connection=connector-1" in log
    assert TOKEN not in log


def test_it_reconnects_when_the_connection_ends(vps: Vps, edge: Edge, tunnel: str) -> None:
    vps.systemctl("start", tunnel)
    edge.requests.get(timeout=5)
    edge.cut.set()
    until(lambda: edge.connected == 0)
    edge.cut.clear()
    edge.requests.get(timeout=10)
    until(lambda: edge.connected == 1)


def test_a_wrong_token_is_told_and_tried_again(vps: Vps, edge: Edge, tunnel: str) -> None:
    edge.status = 401
    starting = subprocess.Popen(
        [str(vps.cloud.data / "servers" / vps.name / "bin" / "systemctl"), "--user", "start", tunnel]
    )
    edge.requests.get(timeout=5)
    edge.requests.get(timeout=5)
    assert "Unauthorized: Invalid tunnel secret" in vps.log(tunnel)
    assert starting.poll() is None  # it isn't ready before it is registered
    edge.status = 200
    assert starting.wait(10) == 0


def test_a_token_file_works_and_a_token_in_the_command_line_is_refused(
    vps: Vps, edge: Edge, tunnel: str
) -> None:
    (vps.home / "token").write_text(f"{TOKEN}\n")
    command = [*vps.ssh_argv(), "exec cloudflared tunnel run --token-file token"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as client:
        assert edge.requests.get(timeout=5)[1]["token"] == TOKEN
        client.kill()
    until(lambda: edge.connected == 0)
    refused = vps.ssh("cloudflared tunnel run --token abc")
    assert (refused.returncode, "in `ps`" in refused.stderr) == (1, True)
    broken = vps.ssh("TUNNEL_TOKEN=abc cloudflared tunnel run")
    assert (broken.returncode, broken.stderr) == (1, "Provided Tunnel token is not valid.\n")
    other = vps.ssh("cloudflared access login")
    assert (other.returncode, "is played here" in other.stderr) == (1, True)


def test_the_address_of_the_local_cloudflare_is_written_by_the_cloud(own_vps: Vps) -> None:
    assert json.loads(_address(own_vps).read_text()) == {"url": own_vps.cloud.endpoints.cloudflare_api.url}
