"""Names and types: a file must be what its name says, and of a kind that can be checked to the end."""

from __future__ import annotations

import unicodedata

from egress_review.checks.content import DATA_FILE, WHY_NOT
from egress_review.checks.kinds import BYTES_OF, extension_of, promised_type
from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.checks.uncheckable import exception_for
from registry.text import Text

_USE = Text(
    ko="표는 CSV나 XLSX, 그림은 PNG, 글은 TXT나 MD로 저장하여 파일마다 따로 신청하십시오.",
    en="Save tables as CSV or XLSX, figures as PNG and text as TXT or MD, one file each.",
)
_UNPACK = Text(
    ko="압축을 풀고 안에 든 파일을 하나씩 신청하십시오.", en="Unpack the archive and hand in its files one by one."
)
_ARCHIVES = frozenset(("zip", "gzip", "bzip2", "xz", "zstd", "lz4", "7z", "rar", "tar", "cab"))
_RENAME = Text(
    ko="글자, 숫자, 점, 밑줄, 붙임표로 된 짧은 이름으로 바꾸십시오.",
    en="Give the file a short name of letters, digits, dots, underscores and hyphens.",
)


def check_name(subject: Subject, listing: Listing) -> None:
    """Names show on screens and in packages: no hidden characters, no paths, no length that nobody reads."""
    name = subject.name
    if any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for c in name):
        message = Text(
            ko="파일 이름에 보이지 않는 문자가 있습니다.", en="The name contains characters that do not show."
        )
        listing.flag("file.name", message, _RENAME)
    if len(name) > 200:
        message = Text(ko="파일 이름이 너무 깁니다.", en="The name is too long.")
        listing.flag("file.name", message, _RENAME, number=len(name))


def check_type(subject: Subject, listing: Listing) -> None:
    """Allowed means: named in the policy, promised by the name, and true of the bytes."""
    promised, actual = promised_type(subject.name), subject.content.kind
    fix = exception_for(actual, extension_of(subject.name)) or (_UNPACK if actual in _ARCHIVES else _USE)
    if actual not in ("text", "png", "jpeg") and BYTES_OF.get(promised or "") != actual:
        message = Text(ko="파일의 내용은 {kind} 형식입니다: {why}.", en="By its content this is {kind}: {why}.")
        why = WHY_NOT.get(actual, DATA_FILE)
        filled = Text(ko=message.ko.format(kind=actual, why=why.ko), en=message.en.format(kind=actual, why=why.en))
        listing.flag("file.type", filled, fix)
    elif promised is None or promised not in subject.policy.types:
        message = Text(
            ko="정책이 허용하지 않는 확장자입니다: {name}", en="The policy does not allow files named {name}."
        )
        listing.flag("file.type", message.fill(name="." + (extension_of(subject.name) or "?")), fix)
    elif BYTES_OF[promised] != actual:
        message = Text(
            ko="이름은 {promised}인데 내용은 {actual}입니다.",
            en="The name says {promised}, the content is {actual}.",
        )
        listing.flag("file.type", message.fill(promised=promised, actual=actual), fix)
    elif promised == "json" and subject.json_error:
        message = Text(ko="JSON으로 읽을 수 없습니다.", en="The content cannot be read as JSON.")
        listing.flag("file.type", message, fix)
