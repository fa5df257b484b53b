"""What a probe saw, in the reader's language: a report holds it in English, as it is signed and recorded.

Only sentences stand here, why something was not tried or computed and what is advised and missing; names of errors,
settings with their values and counts are the same in both languages and pass as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from registry.text import Text

#: In English and Korean; `{}` is whatever stands there, in this order.
SENTENCES: tuple[tuple[str, str], ...] = (
    (
        "not tried: under gVisor going over the limit ends the whole workspace, and the probe with it",
        "해 보지 않음: gVisor에서는 한도를 넘으면 분석환경 전체가 점검과 함께 끝난다",
    ),
    (
        "not tried: this zone serves all workspaces on one host (gate.workspace_origins)",
        "해 보지 않음: 이 안심구역은 모든 분석환경을 한 호스트에서 보여 준다(gate.workspace_origins)",
    ),
    ("gVisor's kernel answered, not the server's: {}", "서버가 아니라 gVisor의 커널이 답함: {}"),
    ("no workspace runs", "실행 중인 분석환경이 없음"),
    ("no gate runs", "실행 중인 게이트가 없음"),
    ("the zone's gate does not run", "안심구역의 게이트가 실행 중이 아님"),
    ("the zone does not run", "안심구역이 실행 중이 아님"),
    ("no engine runs on this server", "이 서버에 실행 중인 컨테이너 엔진이 없음"),
    ("the engine is not reached at its usual socket", "컨테이너 엔진이 평소의 소켓에 없음"),
    ("the engine keeps its files elsewhere", "컨테이너 엔진이 파일을 다른 곳에 둠"),
    ("not computed: {}", "계산하지 못함: {}"),
    (
        "the settings ask for no advisories (probe.advisories: none)",
        "설정이 취약점 자료를 쓰지 않음(probe.advisories: none)",
    ),
    (
        "there is no file {}; docs/how-to/run-the-probe.md says where from",
        "{} 파일이 없음. 가져오는 곳은 docs/how-to/run-the-probe.ko.md에 있음",
    ),
    ("{} is {} days old; bring a newer one", "{} 파일이 {}일 지남. 새것을 가져와야 함"),
    ("{} cannot be read: {}", "{}: 읽을 수 없음({})"),
    ("no package of an image is known", "이미지의 패키지를 알 수 없음"),
    ("Debian's tracker cannot be reached: {}", "Debian 보안 추적 자료를 받을 수 없음: {}"),
    ("the data of Debian's tracker name none of the packages", "Debian 보안 추적 자료에 설치된 패키지가 하나도 없음"),
    ("the data of Debian's tracker are larger than they can be", "Debian 보안 추적 자료가 있을 수 있는 크기보다 큼"),
    ("the data of Debian's tracker are no text", "Debian 보안 추적 자료가 글자가 아님"),
    ("the archive of OSV is empty", "OSV 자료가 비어 있음"),
    ("pip-audit is not installed", "pip-audit가 설치되어 있지 않음"),
    ("pip-audit could not ask the package index", "pip-audit가 패키지 색인에 묻지 못함"),
    ("pip-audit did not end: {}", "pip-audit가 끝나지 않음: {}"),
    (
        "pip-audit passed over all {} packages: the index does not answer",
        "색인이 답하지 않아 pip-audit가 패키지 {}개를 모두 건너뜀",
    ),
    ("neither AppArmor nor SELinux", "AppArmor도 SELinux도 없음"),
    ("off", "꺼짐"),
    ("on; workspaces are on no network", "켜짐. 분석환경에는 네트워크가 없음"),
    ("{}; workspaces are on no network", "{}. 분석환경에는 네트워크가 없음"),
    ("auditd is not installed", "auditd가 설치되어 있지 않음"),
    ("no rule about docker", "docker에 관한 규칙이 없음"),
    ("on the disk of the system", "시스템과 같은 디스크에 있음"),
    ("{} areas, in the clear: {}", "영역 {}개, 암호화되지 않은 것 {}개"),
    (
        "the disk of the zone has no device of its own, so the engine cannot limit it",
        "안심구역의 디스크가 따로 된 장치가 아니어서 엔진이 속도를 제한할 수 없음",
    ),
    ("workspaces without a limit on their disk: {} of {}", "디스크 속도 한도가 없는 분석환경: {} (전체 {})"),
)


def _pattern(sentence: str) -> re.Pattern[str]:
    return re.compile("(.+?)".join(re.escape(part) for part in sentence.split("{}")), re.DOTALL)


_PATTERNS = tuple((_pattern(english), korean) for english, korean in SENTENCES)


def in_words(seen: str) -> Text:
    """Return what a probe saw in both languages; what no sentence is for stands as it is in both."""
    for pattern, korean in _PATTERNS:
        if (match := pattern.fullmatch(seen)) is not None:
            return Text(korean.format(*_parts(match.groups())), seen)
    return Text(seen, seen)


def _parts(parts: Iterable[str]) -> list[str]:
    return [in_words(part).ko for part in parts]
