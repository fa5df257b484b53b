"""What each component may record through the append-only service, and how much: a table that the service walks.

A component that no table names records nothing. The rates are far above what people do, so that they stop programs:
somebody who floods the log with cells is stopped alone, before the component as a whole is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from audit.errors import NotPermitted, TooManyEvents
from audit.event import Actor, Event, Object, Source, Subjects

WINDOW_SECONDS = 60.0
"""Refusals of one component within it become one event with their number."""
_SERVICE = Actor.service("audit")
_MAX_BUCKETS = 10_000


@dataclass(frozen=True, slots=True)
class Rate:
    """So many events per second in the long run, and so many at once."""

    per_second: float
    burst: int


@dataclass(frozen=True, slots=True)
class Component:
    """What one component observes itself, and therefore may record."""

    actions: frozenset[str]
    services: frozenset[str]
    """The services it may name as actor; people it may always name."""
    objects: frozenset[str]
    """The kinds of objects that its events are about."""
    rate: Rate
    rate_of_one: Rate
    """For each actor."""


_SESSION_ACTIONS = {"session.signed_in", "session.refused", "session.throttled", "session.signed_out"}
_WORKSPACE_ACTIONS = {"workspace.start", "workspace.stop", "workspace.cut", "workspace.warned"}

COMPONENTS: Mapping[str, Component] = MappingProxyType(
    {
        "gate": Component(
            actions=frozenset(
                {
                    *("workspace.opened", "workspace.cut", "cell.sent", "contents.written", "gate.refused"),
                    *("output.held", "output.kept", "output.encoded", "output.shown"),
                }
                | _SESSION_ACTIONS
            ),
            services=frozenset({"gate"}),
            objects=frozenset({"workspace", "person", "session", "route", "zone"}),
            rate=Rate(per_second=1000, burst=5000),
            rate_of_one=Rate(per_second=100, burst=1000),
        ),
        "hub": Component(
            actions=frozenset(_WORKSPACE_ACTIONS | _SESSION_ACTIONS),
            services=frozenset({"hub"}),
            objects=frozenset({"workspace", "person", "session"}),
            rate=Rate(per_second=100, burst=1000),
            rate_of_one=Rate(per_second=50, burst=500),
        ),
    }
)


def check_schema(component: str, event: Event) -> None:
    """Refuse an event that is not the component's to record.

    Raises: NotPermitted — with what it may not do.
    """
    permitted = COMPONENTS.get(component)
    if permitted is None or event.action not in permitted.actions:
        raise NotPermitted(f"{component} may not record {event.action[:64]}")
    if event.actor.kind != "person" and event.actor.ref not in permitted.services:
        raise NotPermitted(f"{component} may not name {event.actor.ref[:64]} as actor")
    if event.object.kind not in permitted.objects:
        raise NotPermitted(f"{component} may not record about a {event.object.kind[:64]}")


@dataclass(slots=True)
class Bucket:
    """A token bucket: full at first, emptied by events, filled by time."""

    rate: Rate
    tokens: float
    at: float

    def take(self, now: float) -> bool:
        """Return whether there is room for one more event, and count it."""
        self.tokens = min(self.rate.burst, self.tokens + (now - self.at) * self.rate.per_second)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@dataclass(slots=True)
class Window:
    """Refusals of one component since the last event about them."""

    until: float
    held: int = 0


@dataclass(slots=True)
class Limits:
    """How much every component and every actor has used, as the service counts it."""

    clock: Callable[[], float] = time.monotonic
    _buckets: dict[tuple[str, str], Bucket] = field(default_factory=dict)
    _windows: dict[str, Window] = field(default_factory=dict)

    def check(self, component: str, event: Event) -> None:
        """Count an event, or refuse it.

        Raises: TooManyEvents — if the actor or the component has used up its rate.
        """
        permitted, now = COMPONENTS[component], self.clock()
        if not self._bucket(component, event.actor.ref, permitted.rate_of_one, now).take(now):
            raise TooManyEvents(f"more than {permitted.rate_of_one.per_second:g} events per second of one actor")
        if not self._bucket(component, "", permitted.rate, now).take(now):
            raise TooManyEvents(f"more than {permitted.rate.per_second:g} events per second of {component}")

    def refused(self, component: str) -> Event | None:
        """Return the event about refusals of a component, if it is time for one."""
        now = self.clock()
        window = self._windows.setdefault(component, Window(now))
        window.held += 1
        if now < window.until:
            return None
        self._windows[component] = Window(now + WINDOW_SECONDS)
        return Event(
            "log.throttled",
            _SERVICE,
            Object("log", "audit"),
            Subjects.none(),
            Source(ip=None),
            outcome="denied",
            reason="too_many_events",
            detail={"component": component, "refused": window.held},
        )

    def _bucket(self, component: str, actor: str, rate: Rate, now: float) -> Bucket:
        key = (component, actor)
        found = self._buckets.get(key)
        if found is None:
            if len(self._buckets) >= _MAX_BUCKETS:
                # Full buckets say nothing that a new one would not say.
                self._buckets = {k: b for k, b in self._buckets.items() if b.tokens + (now - b.at) < b.rate.burst}
            found = self._buckets[key] = Bucket(rate, float(rate.burst), now)
        return found
