"""Words in the place of an author that name nobody: those of programs, and of people who stay unnamed."""

from __future__ import annotations

NOBODY = frozenset(
    (
        *("", "anonymous", "untitled", "unspecified", "none", "unknown", "un-named", "n/a", "-"),
        *("openpyxl", "xlsxwriter", "python-docx", "microsoft excel", "microsoft office word", "libreoffice", "pandoc"),
        *("author", "user", "admin", "administrator", "owner", "researcher", "researchers", "research team", "analyst"),
        *("analysis team", "study team", "data team", "project team", "guest", "office user", "windows user"),
        *("저자", "작성자", "사용자", "관리자", "연구자", "연구팀", "연구진", "분석자", "분석팀", "익명", "담당자"),
    )
)
"""In lower case, as a whole."""
