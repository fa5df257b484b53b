"""Where the record is sent: one value per system, and the rules that a usable one keeps."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from audit.text import Language, Text

Format = Literal["ocsf", "syslog", "cef"]
Transport = Literal["tls", "file"]

SYSLOG_TLS_PORT = 6514  # RFC 5425 section 4.1
_NAME = re.compile("[a-z][a-z0-9-]{0,31}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One system that the record is sent to; paths are below the zone's home unless they are absolute."""

    name: str = ""
    format: Format = "ocsf"
    transport: Transport = "tls"
    language: Language = "en"
    host: str = ""
    port: int = SYSLOG_TLS_PORT
    server_name: str = ""  # the name in the receiver's certificate, where it is not `host`
    ca: str = ""  # certificates of the authorities to trust; without it those of the machine
    certificate: str = ""  # who we are, where the receiver asks
    key: str = ""
    path: str = ""  # the file to write, for transport `file`

    def problem(self) -> Text | None:
        """Return the first rule that this target breaks; None for a usable one."""
        return next((said for broken, said in _RULES if broken(self)), None)

    def below(self, home: Path) -> Target:
        """Return the target with its paths made absolute."""
        paths = {name: str(home / value) for name in _PATHS if (value := getattr(self, name))}
        return Target(**{name: getattr(self, name) for name in self.__dataclass_fields__} | paths)


_PATHS = ("ca", "certificate", "key", "path")
_RULES: tuple[tuple[Callable[[Target], bool], Text], ...] = (
    (
        lambda target: not _NAME.fullmatch(target.name),
        Text(
            "name은 영문 소문자, 숫자, 붙임표로 32자까지 씁니다.",
            "name is of at most 32 lower-case letters, digits, dashes",
        ),
    ),
    (
        lambda target: target.transport == "tls" and not target.host,
        Text("transport가 tls이면 host가 필요합니다.", "transport tls needs a host"),
    ),
    (
        lambda target: target.transport == "file" and not target.path,
        Text("transport가 file이면 path가 필요합니다.", "transport file needs a path"),
    ),
    (
        lambda target: target.port > 65_535,
        Text("port는 65535까지입니다.", "port is at most 65535"),
    ),
    (
        lambda target: bool(target.certificate) != bool(target.key),
        Text("certificate와 key는 함께 주어야 합니다.", "certificate and key are given together"),
    ),
)

FORMAT_NAMES = MappingProxyType({"ocsf": "OCSF 1.8.0", "syslog": "RFC 5424", "cef": "CEF 0"})
