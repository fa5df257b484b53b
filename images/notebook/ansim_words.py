"""The words of the client in Korean and in English, by their code."""

from __future__ import annotations

WORDS = {
    "passed": ("통과", "passed"),
    "flagged": ("고쳐야 함", "needs a fix"),
    "not_checked": ("점검하지 못함", "not checked"),
    "block": ("반출 불가", "cannot leave"),
    "fail": ("고쳐야 함", "must be fixed"),
    "warn": ("확인 필요", "look at this"),
    "note": ("참고", "for your information"),
    "file": ("파일", "file"),
    "result": ("결과", "result"),
    "where": ("위치", "where"),
    "what": ("내용", "what"),
    "fix": ("고치는 방법", "how to fix it"),
    "request": ("신청", "request"),
    "state": ("상태", "state"),
    "title": ("제목", "title"),
    "row": ("행", "row"),
    "column": ("열", "column"),
    "sheet": ("시트", "sheet"),
    "page": ("쪽", "page"),
    "path": ("경로", "path"),
    "policy": ("정책", "policy"),
    "all_passed": ("모두 통과했습니다.", "All files passed."),
    "some_failed": ("고쳐야 할 것이 있습니다.", "Something needs a fix."),
    "nothing": ("반출 신청이 없습니다.", "There are no requests."),
    "submitted": ("반출을 신청했습니다.", "The request was submitted."),
    "waiting": ("안심구역이 다시 연결되기를 기다리는 중입니다.", "Waiting for the zone to come back."),
    "evidence": ("근거 파일을 만들었습니다", "evidence written"),
    "copied": ("/outbox로 복사했습니다", "copied to /outbox"),
}
