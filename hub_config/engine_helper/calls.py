"""The calls that the helper takes, as one table: what no row names is refused."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

from hub_config.engine_helper.errors import Refused

Verb = Literal["ping", "version", "list", "create", "inspect", "start", "stop", "kill", "wait", "attach", "remove"]
CONTAINER = r"(?P<container>[A-Za-z0-9][A-Za-z0-9_-]{0,63})"
VERSION = r"(?:/v1\.[0-9]{1,3})?"
LABEL = re.compile(r"ansim\.[a-z]{1,20}(=[A-Za-z0-9_:/.@~%+-]{0,200})?")


@dataclass(frozen=True, slots=True)
class Row:
    """One call: how it is asked for, and which parameters it may carry."""

    verb: Verb
    method: str
    path: re.Pattern[str]
    parameters: tuple[str, ...] = ()


def _row(verb: Verb, method: str, path: str, *parameters: str) -> Row:
    return Row(verb, method, re.compile(VERSION + path), parameters)


#: The engine's own protocol, so that the programs that speak it need not know of the helper. There is no exec, no
#: commit, no copy into or out of a container, no image, network, volume or plug-in call.
CALLS: tuple[Row, ...] = (
    _row("ping", "GET", "/_ping"),
    _row("ping", "HEAD", "/_ping"),
    _row("version", "GET", "/version"),
    _row("list", "GET", "/containers/json", "all", "filters", "limit", "size", "trunc_cmd"),
    _row("create", "POST", "/containers/create", "name"),
    _row("inspect", "GET", f"/containers/{CONTAINER}/json"),
    _row("start", "POST", f"/containers/{CONTAINER}/start"),
    _row("stop", "POST", f"/containers/{CONTAINER}/stop", "t"),
    _row("kill", "POST", f"/containers/{CONTAINER}/kill"),  # no signal: a frozen project ends at once
    _row("wait", "POST", f"/containers/{CONTAINER}/wait"),
    _row("attach", "POST", f"/containers/{CONTAINER}/attach", "stdin", "stdout", "stream"),
    _row("remove", "DELETE", f"/containers/{CONTAINER}", "v", "force", "link"),
)


@dataclass(frozen=True, slots=True)
class Call:
    """One call that the table admits."""

    verb: Verb
    container: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    caller: str = ""
    """Who asks, as the kernel says it: for the log."""

    def parameter(self, name: str) -> str:
        """Return a parameter, empty when it was not given."""
        return dict(self.parameters).get(name, "")

    def truth(self, name: str) -> bool:
        """Return a parameter that is a truth value."""
        return self.parameter(name).lower() in ("1", "true")


def parse_call(method: str, target: str) -> Call:
    """Return the call that a request line asks for.

    Raises: Refused — for whatever no row of the table names.
    """
    parts = urlsplit(target)
    plain = target.isascii() and target.isprintable()  # urlsplit drops line ends without a word
    if not plain or parts.scheme or parts.netloc or parts.fragment:
        raise Refused("call.unknown", "This call is not one of the helper's.")
    for row in CALLS:
        found = row.path.fullmatch(parts.path)
        if found is None or row.method != method:
            continue
        given = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=16)
        names = [name for name, _ in given]
        if len(set(names)) != len(names) or not set(names) <= set(row.parameters):
            raise Refused("call.parameter", "This call carries a parameter that the helper does not take.")
        return Call(row.verb, found.groupdict().get("container", ""), tuple(given))
    raise Refused("call.unknown", "This call is not one of the helper's.")


def wanted_labels(call: Call, zone: str) -> list[str]:
    """Return the labels that a list is narrowed to; those of this zone always, whatever was asked for.

    Raises: Refused — for any other filter.
    """
    try:
        filters = json.loads(call.parameter("filters") or "{}")
    except ValueError as error:
        raise Refused("list.filter", "The filter is no JSON.") from error
    if not isinstance(filters, dict) or not set(filters) <= {"label"}:
        raise Refused("list.filter", "A list is narrowed by labels only.")
    labels = filters.get("label", [])
    if isinstance(labels, dict):  # the older form: each label with true
        labels = [name for name, on in labels.items() if on is True]
    if not isinstance(labels, list) or not all(isinstance(one, str) and LABEL.fullmatch(one) for one in labels):
        raise Refused("list.filter", "A list is narrowed by the zone's own labels only.")
    return [*labels, f"ansim.zone={zone}"]
