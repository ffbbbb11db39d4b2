"""A local Cloudflare: the real workerd on ephemeral ports, its API behind a real HTTP server."""

import asyncio
import base64
import contextlib
import hashlib
import json
import socket
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from cloudflare import AsyncCloudflare

from infra.localcloud.accounts import CLOUDFLARE
from infra.localcloud.cloudflare import Cloudflare
from infra.localcloud.endpoints import Address, Endpoints

ACCOUNT, ZONE = CLOUDFLARE.account_id, CLOUDFLARE.zone_id
HELLO = "export default { async fetch(request) { return new Response('hello from ' + request.url) } }"


@dataclass
class Local:
    """One running local Cloudflare and its clients."""

    data: Path
    outbound: Mapping[str, Address] = field(default_factory=dict)
    plan: str = "paid"
    zone_plan: str = "free"
    url: str = "http://localhost:8700"
    """Where the public would reach the edge."""
    vendor: Cloudflare = field(init=False)
    sdk: AsyncCloudflare = field(init=False)
    http: httpx.AsyncClient = field(init=False)
    """With the token, below the API's base."""
    visitor: httpx.AsyncClient = field(init=False)
    """Of the edge; the host goes in the Host header."""
    _stack: contextlib.AsyncExitStack = field(init=False)

    async def start(self) -> None:
        self._stack = contextlib.AsyncExitStack()
        config = self.data / "Pulumi.test.yaml"
        account = {"plan": self.plan, "zonePlan": self.zone_plan, "accountId": ACCOUNT, "zoneId": ZONE}
        settings = {"shoreline:cloudflare": account, "shoreline:edge": {"url": self.url}}
        config.write_text(json.dumps({"config": settings}))
        here = Address("127.0.0.1", 0)
        self.vendor = Cloudflare(self.data, Endpoints(here, here, here, here, config), self.outbound)
        await self.vendor.start()
        self._stack.push_async_callback(self.vendor.stop)
        api = await self._stack.enter_async_context(_served(self.vendor))
        base = f"{api.url}/client/v4"
        self.sdk = await self._stack.enter_async_context(
            AsyncCloudflare(api_token=CLOUDFLARE.token, base_url=base, max_retries=0)
        )
        headers = {"authorization": f"Bearer {CLOUDFLARE.token}"}
        self.http = await self._stack.enter_async_context(
            httpx.AsyncClient(base_url=base, headers=headers, timeout=60)
        )
        self.visitor = await self._stack.enter_async_context(
            httpx.AsyncClient(base_url=self.vendor.edge.url, timeout=30, headers={"host": "localhost:8700"})
        )

    async def stop(self) -> None:
        await self._stack.aclose()

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        path = path.replace("/A/", f"/accounts/{ACCOUNT}/").replace("/Z/", f"/zones/{ZONE}/")
        return await self.http.request(method, path, json=body)

    async def result(self, method: str, path: str, body: Any = None) -> Any:
        """The result of a call that must succeed."""
        response = await self.call(method, path, body)
        assert response.is_success, response.text
        return response.json()["result"]

    async def refused(self, method: str, path: str, body: Any = None) -> tuple[int, int]:
        """Status and code of a call that must fail."""
        response = await self.call(method, path, body)
        document = response.json()
        assert document["success"] is False
        return response.status_code, document["errors"][0]["code"]

    async def worker(self, name: str = "edge") -> str:
        return str((await self.result("POST", "/A/workers/workers", {"name": name}))["id"])

    async def version(self, worker: str, code: str = HELLO, **fields: Any) -> str:
        return str(
            (await self.result("POST", f"/A/workers/workers/{worker}/versions", version(code, **fields)))[
                "id"
            ]
        )

    async def deploy(self, name: str, *versions: str | tuple[str, int]) -> Any:
        shares = [(each, 100) if isinstance(each, str) else each for each in versions]
        body = {
            "strategy": "percentage",
            "versions": [{"version_id": version, "percentage": share} for version, share in shares],
        }
        return await self.result("POST", f"/A/workers/scripts/{name}/deployments", body)

    async def domain(self, name: str = "edge", host: str = "localhost") -> Any:
        return await self.result(
            "PUT", "/A/workers/domains", {"hostname": host, "service": name, "zone_id": ZONE}
        )

    async def live(
        self, code: str = HELLO, name: str = "edge", host: str = "localhost", **fields: Any
    ) -> str:
        """A Worker with one version, deployed, on a custom domain; returns the Worker's id."""
        worker = await self.worker(name)
        await self.deploy(name, await self.version(worker, code, **fields))
        await self.domain(name, host)
        return worker

    async def upload(self, name: str, files: Mapping[str, bytes]) -> str:
        """The completion token of an upload of these assets."""
        manifest = {path: {"hash": digest(content), "size": len(content)} for path, content in files.items()}
        session = await self.result(
            "POST", f"/A/workers/scripts/{name}/assets-upload-session", {"manifest": manifest}
        )
        token = session["jwt"]
        contents = {digest(content): content for content in files.values()}
        for bucket in session["buckets"]:
            response = await self.http.post(
                f"/accounts/{ACCOUNT}/workers/assets/upload?base64=true",
                headers={"authorization": f"Bearer {session['jwt']}"},
                files=[(h, (h, base64.b64encode(contents[h]), "application/octet-stream")) for h in bucket],
            )
            assert response.status_code in (201, 202), response.text
            token = response.json()["result"]["jwt"] or token
        return str(token)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def version(code: str = HELLO, **fields: Any) -> dict[str, Any]:
    """The body of a new version with one module."""
    module = {
        "name": "worker.js",
        "content_type": "application/javascript+module",
        "content_base64": base64.b64encode(code.encode()).decode(),
    }
    return {"main_module": "worker.js", "modules": [module], "compatibility_date": "2026-11-01", **fields}


@contextlib.asynccontextmanager
async def _served(vendor: Cloudflare) -> AsyncIterator[Address]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(vendor.app, lifespan="off", log_level="warning", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield Address("127.0.0.1", listening.getsockname()[1])
        finally:
            server.should_exit = True
            await task
