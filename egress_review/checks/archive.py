"""ZIP archives, unpacked and every member checked as a file of its own, where a policy allows them at all.

Members count like files: against the size of one file and the number of files of a request. What is unpacked is
bounded, and what would unpack to more is not checked. The members of an archive in an archive are checked like its
own; one that is packed still deeper is refused, and so are other archives (tar, gzip, 7z, rar) by their bytes.
"""

from __future__ import annotations

from collections.abc import Iterator

from egress_review.checks.listing import Listing, inside
from egress_review.checks.size import check_size
from egress_review.checks.subject import Subject, members_of
from egress_review.checks.types import check_name, check_type
from egress_review.checks.zipped import MOST_BYTES, BrokenPackageError, TooLargePackageError
from egress_review.findings import Where
from registry.text import Text

_FIX = Text(
    ko="압축을 풀어 파일마다 따로 신청하십시오.",
    en="Unpack the archive and hand in each file by itself.",
)
_NESTED = Text(
    ko="압축 파일 안의 압축 파일에 또 압축 파일이 있습니다.", en="An archive in the archive holds one more archive."
)
_LARGE = Text(ko="압축을 풀면 한도를 넘습니다.", en="The archive unpacks to more than is read.")
_MANY = Text(
    ko="압축 파일에 파일이 {files}개로 신청당 한도 {limit}개를 넘습니다.",
    en="The archive holds {files} files; the limit for one request is {limit}.",
)
_EMPTY = Text(ko="압축 파일이 비어 있습니다.", en="The archive is empty.")


def check_archive(subject: Subject, listing: Listing) -> list[tuple[Where, Subject]]:
    """Flag an archive that is not exactly its members; give each member as the file that it is."""
    pieces = list(_members(subject, listing))
    packed = [(place, one) for place, one in pieces if one.type == "zip"]
    pieces = [(place, one) for place, one in pieces if one.type != "zip"]
    for outer, one in packed:
        with listing.within(outer):
            inner = list(_members(one, listing))
            if any(deeper.type == "zip" for _, deeper in inner):
                listing.flag("archive.structure", _NESTED, _FIX)
        pieces += [(inside(outer, place), deeper) for place, deeper in inner if deeper.type != "zip"]
    size = sum(len(one.data) for _, one in pieces)
    if size > MOST_BYTES:
        listing.skip("archive.structure", _LARGE, _FIX)
        return []
    if len(pieces) > subject.policy.max_files:
        message = _MANY.fill(files=len(pieces), limit=subject.policy.max_files)
        listing.flag("request.files", message, _FIX, number=len(pieces))
    return pieces


def _members(subject: Subject, listing: Listing) -> Iterator[tuple[Where, Subject]]:
    """The files in one archive, each held to its name, its size and its type."""
    try:
        members = members_of(subject)
    except TooLargePackageError as error:
        listing.skip("archive.structure", error.reason, _FIX)
        return
    except BrokenPackageError as error:
        listing.flag("archive.structure", error.reason, _FIX)
        return
    if not members:
        listing.flag("archive.structure", _EMPTY, _FIX)
    for number, member in enumerate(members, 1):
        place = Where(path=f"member[{number}]")
        with listing.within(place):
            check_name(member, listing)
            check_size(member, listing)
            check_type(member, listing)
        yield place, member
