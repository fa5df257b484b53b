"""What stands in for the portal on its two sockets: it says back what it was asked, as a peer of the gate."""

from __future__ import annotations

from aiohttp import web

from tests.integration.gate.harness import ZoneUnderTest


async def echo(request: web.Request) -> web.Response:
    """Answer with the request as it arrived."""
    body = await request.read()
    document = {
        "method": request.method,
        "target": request.raw_path,
        "headers": {name.lower(): value for name, value in request.headers.items()},
        "body": body.decode(),
    }
    answer = web.json_response(document)
    answer.set_cookie("portal", "secret")
    return answer


async def count(request: web.Request) -> web.Response:
    """Answer with the size of what came."""
    size = 0
    async for part in request.content.iter_any():
        size += len(part)
    return web.json_response({"size": size})


async def start_portal(zone: ZoneUnderTest) -> web.AppRunner:
    """Start both sockets."""
    app = web.Application()
    app.router.add_post("/count", count)
    app.router.add_route("*", "/{path:.*}", echo)
    runner = web.AppRunner(app)
    await runner.setup()
    for name in ("portal.sock", "portal-workspace.sock"):
        path = zone.home / "run" / name
        await web.UnixSite(runner, str(path)).start()
        path.chmod(0o666)
    return runner
