"""Words in the place of an author that name nobody: those of programs, and of people who stay unnamed."""

from __future__ import annotations

NOBODY = frozenset(
    (
        *("", "anonymous", "untitled", "unspecified", "none", "unknown", "un-named", "n/a", "-"),
        *("openpyxl", "xlsxwriter", "python-docx", "microsoft excel", "microsoft office word", "libreoffice", "pandoc"),
        *(
            "python-pptx",
            "steve canny",
            "david gohel",
            "officer",
            "powerpoint",
            "microsoft office powerpoint",
            "microsoft macintosh powerpoint",
        ),
        *("python-hwpx", "synthetic-fixture-author", "hancom office hangul", "한글과컴퓨터", "hancom"),
        *("author", "user", "admin", "administrator", "owner", "researcher", "researchers", "research team", "analyst"),
        *("analysis team", "study team", "data team", "project team", "guest", "office user", "windows user"),
        *("저자", "작성자", "사용자", "관리자", "연구자", "연구팀", "연구진", "분석자", "분석팀", "익명", "담당자"),
    )
)
"""In lower case, as a whole. Two are makers of libraries, whose names their templates leave in every deck."""
