"""ZIP archives, unpacked and every member checked as a file of its own, where a policy allows them at all.

Members count like files: against the size of one file and the number of files of a request. What is unpacked is
bounded, and what would unpack to more is not checked; an archive in an archive is refused. Other archives (tar, gzip,
7z, rar) are refused by their bytes.
"""

from __future__ import annotations

from egress_review.checks.listing import Listing
from egress_review.checks.size import check_size
from egress_review.checks.subject import Subject, members_of
from egress_review.checks.types import check_name, check_type
from egress_review.checks.zipped import BrokenPackageError, TooLargePackageError
from egress_review.findings import Where
from registry.text import Text

_FIX = Text(
    ko="압축을 풀어 파일마다 따로 신청하십시오.",
    en="Unpack the archive and hand in each file by itself.",
)
_NESTED = Text(ko="압축 파일 안에 압축 파일이 있습니다.", en="The archive holds an archive.")
_MANY = Text(
    ko="압축 파일에 파일이 {files}개로 신청당 한도 {limit}개를 넘습니다.",
    en="The archive holds {files} files; the limit for one request is {limit}.",
)
_EMPTY = Text(ko="압축 파일이 비어 있습니다.", en="The archive is empty.")


def check_archive(subject: Subject, listing: Listing) -> list[tuple[Where, Subject]]:
    """Flag an archive that is not exactly its members; give each member as the file that it is."""
    try:
        members = members_of(subject)
    except TooLargePackageError as error:
        listing.skip("archive.structure", error.reason, _FIX)
        return []
    except BrokenPackageError as error:
        listing.flag("archive.structure", error.reason, _FIX)
        return []
    if not members:
        listing.flag("archive.structure", _EMPTY, _FIX)
    pieces = []
    if len(members) > subject.policy.max_files:
        message = _MANY.fill(files=len(members), limit=subject.policy.max_files)
        listing.flag("request.files", message, _FIX, number=len(members))
    for number, member in enumerate(members, 1):
        place = Where(path=f"member[{number}]")
        with listing.within(place):
            if member.type == "zip":
                listing.flag("archive.structure", _NESTED, _FIX)
                continue
            check_name(member, listing)
            check_size(member, listing)
            check_type(member, listing)
        pieces.append((place, member))
    return pieces
