"""What is written for an entry: by format, and in an envelope where it travels as syslog."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from audit.outward.cef import cef_line
from audit.outward.ocsf import Outgoing, ocsf_line
from audit.outward.syslog import carrier, syslog_message
from audit.outward.target import Format, Transport
from audit.text import Language

Encode = Callable[[Outgoing, Language], str]

ENCODERS: Mapping[Format, Encode] = MappingProxyType({"ocsf": ocsf_line, "syslog": syslog_message, "cef": cef_line})
"""One line per entry, without a line end in it."""


def message(outgoing: Outgoing, form: Format, transport: Transport, language: Language = "en") -> str:
    """Return an entry as it is sent: bare in a file, as the text of a syslog message over TLS."""
    line = ENCODERS[form](outgoing, language)
    return carrier(outgoing, line) if transport == "tls" and form != "syslog" else line
