"""200 open requests and 20 checkers at once: how long the queue, a request and a vote take, over HTTP.

    python -m tests.benchmarks.review_load [--requests 200] [--checkers 20] [--rounds 5] [--pause 1.0]

A real portal process on SQLite with the log in the same process, as the embedded zone has it. Each checker does what a
person does, the queue, a request, a page of its preview, a vote, and waits about a second before each, which is sooner
than anybody reads. The bar is 300 ms at the 95th percentile for queue, request and vote, with all of them at once.
"""

from __future__ import annotations

import argparse
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import httpx2 as httpx
from rich.console import Console

import audit.tables
import deid.records.tables
import egress_review.tables
import registry.tables
from egress_review.model import Draft
from portal.session_files import SessionFiles
from portal.sessions import Sessions
from registry.model import Role
from tests.integration.portal import portal_world
from tests.integration.portal.portal_world import CONTEXT, HERE, PEOPLE, Clock, open_zone

BAR_SECONDS = 0.300
MEASURED = ("queue", "request", "vote")


def make_zone(home: Path, requests: int, checkers: int) -> dict[str, str]:
    """Make a zone with so many requests in review, and return a session cookie for each checker."""
    clock = Clock()
    zone = open_zone(home, clock)
    for module in (audit.tables, registry.tables, egress_review.tables, deid.records.tables):
        module.metadata.create_all(zone.db.engine)
    handles = [f"checker{n:02d}" for n in range(checkers)]
    for handle, roles in {**PEOPLE, **{handle: frozenset({Role.CHECKER}) for handle in handles}}.items():
        portal_world._join(zone.registry, handle, roles, clock)
    portal_world._study(zone.registry, home, clock)
    author = zone.registry.person("minji")
    workspace = zone.registry.may_work("minji", "study").workspace
    outbox = home / "workspaces" / workspace.ref / "outbox"
    outbox.mkdir(parents=True)
    for number in range(requests):
        (outbox / "table.csv").write_text(f"year,patients\n2024,{1000 + number}\n2025,{3000 + 7 * number}\n")
        draft = Draft(f"Request {number}", "Table 2 of a paper", f"{CONTEXT} {number}", "", ("table.csv",))
        zone.desk.scan(zone.desk.submit(author, workspace, draft, source=HERE).ref)
    sessions = Sessions(clock, SessionFiles(home / "sessions"))
    cookies = {handle: sessions.open(handle, f"{handle}-token") for handle in handles}
    zone.db.engine.dispose()
    return cookies


class Checker(threading.Thread):
    """One checker with a browser of their own."""

    def __init__(self, port: int, cookie: str, rounds: int, start: int, pause: float) -> None:
        super().__init__()
        self.times: dict[str, list[float]] = defaultdict(list)
        self.failed: list[str] = []
        self._origin = f"http://zone.ansim.localhost:{port}"
        self._port, self._rounds, self._start, self._pause = port, rounds, start, pause
        self._chance = random.Random(start)
        self._headers = {
            "Host": f"zone.ansim.localhost:{port}",
            "Sec-Fetch-Site": "same-origin",
            "Cookie": f"ansim={cookie}",
        }

    def run(self) -> None:
        with httpx.Client(base_url=f"http://127.0.0.1:{self._port}", headers=self._headers, timeout=60) as browser:
            queue = self._timed("queue", browser, "GET", "/review?page=1")
            refs = list(dict.fromkeys(re.findall(r'href="/review/(er_[a-z2-7]+)"', queue)))
            for n in range(self._rounds):
                self._one(browser, refs[(self._start + n * 20) % len(refs)])

    def _one(self, browser: httpx.Client, ref: str) -> None:
        self._timed("queue", browser, "GET", "/review")
        page = self._timed("request", browser, "GET", f"/review/{ref}")
        preview = re.search(r'<iframe[^>]* src="http://[^/]+(/p/[^"]+)"', page)
        if preview:
            host = {"Host": f"preview.ansim.localhost:{self._port}"}
            self._timed("preview", browser, "GET", preview[1], headers=host)
        names = set(re.findall(r'name="(vote-[0-9a-f]{64})"', page))
        if names:
            form = {"round": "1", "confirm": ref[-4:], "comment": "", "unseen": "yes"} | dict.fromkeys(names, "approve")
            self._timed("vote", browser, "POST", f"/review/{ref}/vote", data=form)

    def _timed(self, name: str, browser: httpx.Client, method: str, path: str, **more: object) -> str:
        time.sleep(self._pause * self._chance.uniform(0.5, 1.5))
        began = time.perf_counter()
        answer = browser.request(method, path, **more)  # type: ignore[arg-type]
        self.times[name].append(time.perf_counter() - began)
        # Somebody else may have decided the request first: that is an answer too.
        if answer.status_code not in (200, 303, 409):
            self.failed.append(f"{name}: {answer.status_code}")
        return str(answer.text)


def measure(requests: int, checkers: int, rounds: int, pause: float) -> dict[str, list[float]]:
    """Make the zone, let all checkers work at once, and return the times of each kind of page in seconds."""
    with tempfile.TemporaryDirectory(prefix="ansim-review-") as place:
        home = Path(place) / "home"
        home.mkdir()
        cookies = make_zone(home, requests, checkers)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = int(free.getsockname()[1])
        portal = subprocess.Popen([sys.executable, "-m", "tests.benchmarks.review_portal", str(home), str(port)])
        try:
            _await(port)
            # A portal that has answered once: what is measured is a working day, not its first minute.
            Checker(port, next(iter(cookies.values())), 1, 0, 0.0).run()
            people = [Checker(port, cookie, rounds, n, pause) for n, cookie in enumerate(cookies.values())]
            for person in people:
                person.start()
            for person in people:
                person.join()
        finally:
            portal.terminate()
            portal.wait(30)
    failed = [one for person in people for one in person.failed]
    if failed:
        raise RuntimeError(f"{len(failed)} answers were errors: {sorted(set(failed))}")
    return {name: [time for person in people for time in person.times[name]] for name in (*MEASURED, "preview")}


def _await(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the portal does not answer")


def main(words: Sequence[str]) -> int:
    """Measure; return 1 if the bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.review_load")
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--checkers", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5, help="requests that each checker looks at")
    parser.add_argument("--pause", type=float, default=1.0, help="seconds before each page, on average")
    options = parser.parse_args(words)
    found = measure(options.requests, options.checkers, options.rounds, options.pause)
    missed, console = False, Console(highlight=False)
    for name, times in found.items():
        p95 = statistics.quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
        late = name in MEASURED and p95 > BAR_SECONDS
        missed |= late
        median = statistics.median(times) * 1000
        mark = "  MISSED" if late else ""
        console.print(f"{name:8} n={len(times):4} median {median:6.0f} ms  p95 {p95 * 1000:6.0f} ms{mark}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
