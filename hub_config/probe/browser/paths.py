"""Routes, spellings and identities."""

from __future__ import annotations

from hub_config.probe.browser.door import FILE, Answer, Door, attack, headers_of
from hub_config.probe.range import OTHER_HANDLE
from hub_config.story.visitor import Visitor

FRAMED = ("Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe")


@attack("gate.stranger")
async def stranger(door: Door) -> Answer:
    """Ask without a session."""
    return await door.refuses(
        {
            name: door.prefix + name
            for name in ("lab", "api/contents", f"api/contents/{FILE}?content=1", "api/sessions")
        },
        cookie="",
    )


@attack("gate.other_person")
async def other_person(door: Door) -> Answer:
    """Sign in as somebody else and ask."""
    hub = door.range.hub
    own, hub.handle = hub.handle, OTHER_HANDLE
    try:
        async with Visitor(door.range.settings) as other:
            page = await other.open(f"{door.base}{door.prefix}lab")
            cookie = other.cookie(door.base + door.prefix, "ansim-work")
    finally:
        hub.handle = own
    if not cookie:
        return False, f"somebody else could not sign in ({page.status}): nothing was shown"
    held, seen = await door.refuses({n: door.prefix + n for n in ("lab", f"api/contents/{FILE}?content=1")}, cookie)
    return held and page.status in (403, 404), f"page {page.status}; {seen}"


@attack("gate.forged_session")
async def forged_session(door: Door) -> Answer:
    """Ask with cookies that the gate never gave out."""
    target = f"{door.prefix}api/contents/{FILE}?content=1"
    forged = {
        "made up": "x" * 43,
        "cut": door.cookie[:-1],
        "longer": door.cookie + "A",
        "empty value": " ",
        "doubled": f"x; ansim-work={door.cookie}",
    }
    answers = {name: (await door.get(target, cookie=value))[1] for name, value in forged.items()}
    # Two cookies of one name: which counts may differ between readers, so neither may count.
    return await door.judge(answers)


@attack("gate.downloads")
async def downloads(door: Door) -> Answer:
    """Ask for the file by every route that hands files out."""
    names = (
        f"files/{FILE}",
        f"view/{FILE}",
        f"nbconvert/html/{FILE}",
        f"files/{FILE}?download=1",
        f"static/../files/{FILE}",
        f"api/contents/{FILE}?content=1&format=base64",
        f"api/contents/{FILE}?content=1&type=file&format=base64",
        f"api/contents/{FILE}?content=1&download=1",
        f"api/contents/{FILE}?content=1&FORMAT=base64",
        f"api/contents/{FILE}/checkpoints?x=1",
        f"lab/api/listings/{FILE}",
        f"api/nbconvert?x={FILE}",
    )
    return await door.refuses({name.replace(FILE, "F"): door.prefix + name for name in names})


@attack("gate.terminals")
async def terminals(door: Door) -> Answer:
    """Ask for shells and for other servers behind the workspace."""
    names = (
        "api/terminals",
        "terminals/1",
        "terminals/websocket/1",
        "proxy/8888/",
        "proxy/127.0.0.1:22/",
        "lsp/ws/x",
        "metrics",
        "api/spec.yaml",
        "api/not-listed",
        "lab/api/extensions",
        "api/shutdown",
    )
    return await door.refuses({name: door.prefix + name for name in names})


@attack("gate.path_dots")
async def path_dots(door: Door) -> Answer:
    """Walk upwards in every spelling of two dots."""
    ways: tuple[str, ...] = (
        "lab/../files",
        "lab/%2e%2e/files",
        "lab/.%2e/files",
        "lab/%2E%2E/files",
        "./files",
        "%2e/files",
        "lab/..;/files",
        "static/..%2ffiles",
        "static/..%5cfiles",
        "static/..\\files",
    )
    return await door.refuses({way: f"{door.prefix}{way}/{FILE}" for way in ways})


@attack("gate.path_twice")
async def path_twice(door: Door) -> Answer:
    """Encode once more than is decoded."""
    ways: tuple[str, ...] = (
        "%2566iles",
        "%25%36%36iles",
        "%66iles",
        "lab/%252e%252e/files",
        "f%69les",
        "%c1%a6iles",
        "%u0066iles",
        "%zz/files",
        "files%",
    )
    return await door.refuses({way: f"{door.prefix}{way}/{FILE}" for way in ways})


@attack("gate.path_slashes")
async def path_slashes(door: Door) -> Answer:
    """Double slashes, and use what some readers take for one."""
    own = door.prefix
    targets = {
        "//": f"{own}/files/{FILE}",
        "// first": f"/{own}files/{FILE}",
        "///": f"{own}//lab///../files/{FILE}",
        "backslash": f"{own}files\\{FILE}",
        "encoded slash": f"{own}files%2f{FILE}",
        "semicolon": f"{own}files;x=1/{FILE}",
        "null": f"{own}files/{FILE}%00.html",
        "newline": f"{own}files/{FILE}%0d%0aX: 1",
        "fragment": f"{own}files/{FILE}#lab",
    }
    return await door.refuses(targets)


@attack("gate.path_target")
async def path_target(door: Door) -> Answer:
    """Send request targets that are no paths."""
    target = f"{door.prefix}files/{FILE}"
    return await door.refuses(
        {
            "absolute": f"http://{door.host}{target}",
            "other host": f"http://workspace{target}",
            "authority": "workspace:80",
            "star": "*",
            "relative": target.lstrip("/"),
            "doubled query": f"{door.prefix}api/contents/{FILE}?format=text&format=base64&content=1",
            "long": f"{door.prefix}lab?x=" + "a" * 9000,
        }
    )


@attack("gate.two_hosts")
async def two_hosts(door: Door) -> Answer:
    """Name two hosts, none, or one of somebody else."""
    target = f"{door.prefix}api/contents/{FILE}?content=1"
    cookie = f"Cookie: ansim-work={door.cookie}"
    first = f"GET {target} HTTP/1.1\r\n"
    shapes = {
        "two": f"Host: {door.host}\r\nHost: x.invalid\r\n",
        "none": "",
        "foreign": "Host: x.invalid\r\n",
        "zone": f"Host: {door.range.settings.host('zone')}\r\n",
        "preview": f"Host: {door.range.settings.host('preview')}\r\n",
        "dotted": f"Host: {door.host.replace(':', '.:')}\r\n",
        "forwarded": f"Host: x.invalid\r\nX-Forwarded-Host: {door.host}\r\n",
    }
    ask = "{first}{lines}{cookie}\r\nConnection: close\r\n\r\n"
    sent = {name: ask.format(first=first, lines=lines, cookie=cookie).encode() for name, lines in shapes.items()}
    answers = await door.exchange_all(sent)
    # The portal's stand-in answers for the other two hosts; what counts is that no workspace does.
    mark = door.range.own_canary.encode()
    reached = {name: mark in answer for name, answer in answers.items()}
    if (gone := await door.served()) is not None:
        return False, gone
    return not any(reached.values()), "; ".join(f"{n}: {'' if r else 'not '}the workspace" for n, r in reached.items())


@attack("gate.policy")
async def policy(door: Door) -> Answer:
    """Read what a page of the workspace is allowed to do."""
    status, answer = await door.get(f"{door.prefix}lab", *FRAMED)
    rules = headers_of(answer).get("content-security-policy", "")
    parts = {words[0]: words[1:] for part in rules.split(";") if (words := part.split())}
    loose = [name for name, words in parts.items() if {"*", "ws:", "wss:", "http:", "https:"} & set(words)]
    connects, needed = (
        parts.get("connect-src", []),
        {"sandbox", "default-src", "connect-src", "form-action", "frame-ancestors"},
    )
    missing = needed - parts.keys()
    good = status == 200 and not loose and not missing and "allow-top-navigation" not in parts.get("sandbox", [])
    return (
        good,
        f"status {status}, {len(parts)} rules, loose: {loose or 'none'}, missing: {sorted(missing) or 'none'},"
        f" connect-src: {len(connects)}",
    )


@attack("gate.top_level")
async def top_level(door: Door) -> Answer:
    """Open the workspace as the page of a tab, from which a link could lead anywhere."""
    tab = ("Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Sec-Fetch-Site: none")
    zone, held, seen = door.range.settings.origin("zone"), True, []
    for name, lines in {"a tab": tab, "a browser that does not say": ()}.items():
        status, answer = await door.get(f"{door.prefix}lab", *lines)
        held = held and status in (302, 303) and headers_of(answer).get("location", "").startswith(zone)
        seen.append(f"{name}: {status}")
    return held, ", ".join(seen) + (", leads to the zone's frame" if held else "")
