"""ZIP archives, unpacked and every member checked as a file of its own, where a policy allows them at all.

No policy of ours does: one file each is easier to read. What is unpacked is bounded in number, size, ratio and depth,
and an archive in an archive is refused. Other archives (tar, gzip, 7z, rar) are refused by their bytes.
"""

from __future__ import annotations

from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject, member_of
from egress_review.checks.types import check_name, check_type, promised_type
from egress_review.checks.zipped import BrokenPackageError, read_parts
from egress_review.findings import Where
from registry.text import Text

_FIX = Text(
    ko="압축을 풀어 파일마다 따로 신청하십시오.",
    en="Unpack the archive and hand in each file by itself.",
)
_NESTED = Text(ko="압축 파일 안에 압축 파일이 있습니다.", en="The archive holds an archive.")
_EMPTY = Text(ko="압축 파일이 비어 있습니다.", en="The archive is empty.")


def check_archive(subject: Subject, listing: Listing) -> list[tuple[Where, Subject]]:
    """Flag an archive that is not exactly its members; give each member as the file that it is."""
    try:
        parts = read_parts(subject.data)
    except BrokenPackageError as error:
        listing.flag("archive.structure", error.reason, _FIX)
        return []
    if not parts:
        listing.flag("archive.structure", _EMPTY, _FIX)
    pieces = []
    for number, (name, data) in enumerate(parts.items(), 1):
        place = Where(path=f"member[{number}]")
        member = member_of(subject, name, data, promised_type(name))
        with listing.within(place):
            if member.type == "zip":
                listing.flag("archive.structure", _NESTED, _FIX)
                continue
            check_name(member, listing)
            check_type(member, listing)
        pieces.append((place, member))
    return pieces
