"""No secret is inside, so none can be stolen."""

from __future__ import annotations

from audit.text import Text
from hub_config.probe.model import Wall
from hub_config.probe.walls.row import row

WALL = Wall("secret", Text("비밀값", "Secrets"))
NONE = Text("하나도 없다", "there is none")
COVERS = "SATRE 2.1.14, CIS 4.10"

PROBES = (
    row(
        "secret.environment",
        "모든 프로세스의 환경 변수에서 비밀값의 이름을 찾는다",
        "Look in every environment for names that secrets have",
        COVERS,
        NONE,
    ),
    row("secret.files", "파일에서 개인키와 토큰을 찾는다", "Search files for private keys and tokens", COVERS, NONE),
    row(
        "secret.command_lines",
        "명령줄에서 토큰 같은 값을 찾는다",
        "Search command lines for values like tokens",
        COVERS,
        NONE,
    ),
    row(
        "secret.memory",
        "분석환경의 메모리에서 안심구역의 열쇠와 토큰을 찾는다",
        "Search the workspace's memory for the zone's own keys and tokens",
        COVERS,
        Text("심어 둔 표식만 나온다", "only the mark that was planted is found"),
        way="memory",
    ),
    row(
        "secret.session",
        "분석환경의 메모리에서 이용자의 세션 쿠키를 찾는다",
        "Search the workspace's memory for the person's session cookie",
        COVERS,
        NONE,
        way="memory",
    ),
)
