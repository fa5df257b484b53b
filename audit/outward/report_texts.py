"""The words of the report of a project, in both languages."""

from __future__ import annotations

from audit.text import Text

TITLE = Text("과제 기록 보고서", "Record of a project")
PROJECT, PERIOD, MADE = Text("과제", "Project"), Text("기간", "Period"), Text("작성 시각", "Made at")
STATE_CLOSED, STATE_OPEN = Text("종료됨", "closed"), Text("종료 전", "not closed yet")
SUMMARY = Text("요약", "In figures")
ENTRIES, SIZE = Text("이 과제의 기록", "Entries of this project"), Text("전체 감사 기록", "Entries of the whole log")
PEOPLE, PERSON, ROLES = Text("참여자", "People"), Text("참조", "Reference"), Text("역할", "Roles")
NAME, DONE = Text("이름", "Name"), Text("한 일", "What they did")
FIRST, LAST = Text("처음", "First"), Text("마지막", "Last")
DATA, DATASET, SUBJECTS = (
    Text("데이터와 접근권한", "Data and grants"),
    Text("데이터셋", "Dataset"),
    Text("정보주체 수", "People in it"),
)
APPROVED, REVOKED, BY = Text("승인", "Approved"), Text("회수", "Revoked"), Text("처리자", "By")
RELEASES, REQUEST = Text("반출", "Releases"), Text("반출신청", "Egress request")
APPROVERS, RELEASED, FILES = Text("승인자", "Approved by"), Text("반출 시각", "Released at"), Text("파일", "Files")
COLLECTED, RECEIPT = Text("수령", "Collected"), Text("증명", "Proof")
REQUESTS, OUTCOME = Text("그 밖의 반출신청", "Other egress requests"), Text("결과", "Outcome")
REFUSALS, REASON, TIMES = Text("거부와 실패", "Refusals and failures"), Text("사유", "Reason"), Text("횟수", "Times")
TIMELINE, TIME, WHAT, WHO = (
    Text("시간순 기록", "Timeline"),
    Text("시각", "Time"),
    Text("내용", "What"),
    Text("누가", "Who"),
)
ON, NUMBER = Text("대상", "On"), Text("번호", "Entry")
NOTHING = Text("없음", "none")
LEGEND = Text(
    "사람은 무작위 참조(p_…)로만 적습니다. 각 줄의 번호는 entries/ 폴더의 증명서 번호이며, verify.py로 이 보고서와"
    " 기록이 서명된 것과 같은지 확인할 수 있습니다. 시각은 한국 표준시입니다.",
    "People appear by random reference (p_…) only. The number of a line is that of the proof in the folder entries/;"
    " verify.py checks that this report and the entries are as they were signed. Times are Korean time.",
)
LEGEND_NAMES = Text(
    "요청에 따라 이름을 함께 적었습니다. 이름은 서명된 기록에 없으며 이 보고서를 만들 때의 명부에서 가져왔습니다.",
    "Names were asked for. They are not in the signed record; they come from the register on the day of this report.",
)

README_KO = """# 과제 {project} 기록 묶음

이 폴더에는 데이터안심구역이 과제 {project}에 대해 남긴 감사 기록 {entries}건이 있습니다. 다른 과제의 기록은 본문 없이
해시만 들어 있습니다.

- `report.ko.html`, `report.en.html`: 사람이 읽는 보고서 (인쇄 가능)
- `entries/`: 기록마다 하나씩, 본문과 그것이 감사 기록에 있다는 증명 (C2SP tlog-proof)
- `releases/`: 반출마다 점검·의결 기록과 서명, 증명서. 반출된 파일 자체는 들어 있지 않습니다.
- `checkpoint`, `tile/`: 서명된 체크포인트와 전체 해시 트리 (C2SP tlog-tiles)
- `manifest.json`: 이 묶음의 파일 목록. 그 해시가 감사 기록에 적혀 있습니다.

서버에 묻지 않고 확인하려면 (Python 3.10 이상과 cryptography 필요):

    python3 verify.py --key 안심구역에서_직접_받은_log.vkey

이 묶음에 든 키가 아니라 안심구역에서 다른 경로로 받은 키를 쓰십시오. 이 묶음의 키: {key}
"""
README_EN = """# Record of the project {project}

This folder holds the {entries} entries that the data safe zone recorded about the project {project}. Of other projects
it holds hashes only, no bodies.

- `report.ko.html`, `report.en.html`: the report for people, made to be printed
- `entries/`: for each entry its body and the proof that it is in the log (C2SP tlog-proof)
- `releases/`: for each release what was checked and voted, its signature and its receipt; not the released files
- `checkpoint`, `tile/`: the signed checkpoint and the whole tree of hashes (C2SP tlog-tiles)
- `manifest.json`: the files of this bundle; its hash is recorded in the log

To check it without asking the server (needs Python 3.10 or later and cryptography):

    python3 verify.py --key LOG_VKEY_OF_THE_ZONE

Give it the key that you got from the zone on another way, not the one in this folder: {key}
"""
