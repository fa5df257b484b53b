"""The language of de-identification policies as a page for readers: keys, roles, actions, techniques."""

from __future__ import annotations

from dataclasses import MISSING, Field
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from audit.text import Language, Text
from deid.action import Action
from deid.catalogue import ACTIONS, ACTIONS_BY_ROLE, ROLES
from deid.parameters import parameters
from deid.techniques import TECHNIQUES

TITLE = Text("비식별 처리 정책", "De-identification policies")
OTHER = Text("[English](deid-policy.md)", "[한국어](deid-policy.ko.md)")
LEAD = Text(
    "추출본 하나에 YAML 파일 하나입니다. 모르는 항목은 줄 번호와 함께 거부되고,"
    " 이름을 적지 않은 열은 추출본에서 빠집니다."
    " 쓰는 방법은 [정책 작성](../how-to/write-a-deid-policy.ko.md)에 있습니다.",
    "One YAML file for one extract. An unknown key is refused with its line, and a column that is not named is left"
    " out. [How to write one](../how-to/write-a-deid-policy.md).",
)
KEYS: tuple[tuple[str, Text], ...] = (
    ("version", Text("1", "1")),
    ("name", Text("사람이 읽는 이름", "what people call it")),
    ("dataset", Text("데이터셋 번호", "id of the dataset")),
    ("project", Text("과제 번호", "id of the project")),
    (
        "purpose",
        Text(
            "`statistics`(통계), `scientific_research`(연구), `archiving`(보존)",
            "`statistics`, `scientific_research` or `archiving`",
        ),
    ),
    ("order", Text("source(원래 순서) 또는 shuffled(섞음)", "source or shuffled")),
    (
        "linkage_domain",
        Text(
            "다른 과제와 가명을 연계할 때만. 승인이 필요함",
            "only where pseudonyms are to meet another project's; approved",
        ),
    ),
    ("key_version", Text("키를 파기한 뒤에는 1을 더함", "one more after a key was destroyed")),
    (
        "columns",
        Text(
            "열 이름마다 role, action, params, technique, reason", "role, action, params, technique, reason by column"
        ),
    ),
    ("release", Text("k, l(열마다), t(열마다), max_suppression", "k, l by column, t by column, max_suppression")),
)
_HEAD = {
    "keys": Text("## 항목\n\n| 항목 | 뜻 |\n|---|---|", "## Keys\n\n| key | meaning |\n|---|---|"),
    "roles": Text(
        "## 열의 역할\n\n| 역할 | 뜻 | 쓸 수 있는 처리 |\n|---|---|---|",
        "## Roles\n\n| role | meaning | actions |\n|---|---|---|",
    ),
    "actions": Text(
        "## 처리\n\n| 처리 | 하는 일 | params | 가이드라인의 기법 |\n|---|---|---|---|",
        "## Actions\n\n| action | what it does | params | technique of the guideline |\n|---|---|---|---|",
    ),
    "techniques": Text(
        "## 가이드라인의 기법\n\n| 코드 | 기법 | 처리 |\n|---|---|---|",
        "## Techniques of the guideline\n\n| code | technique | action |\n|---|---|---|",
    ),
}
_EVERY = Text("모두", "all")
_ELSEWHERE = Text(
    "행을 지우는 기준은 `release`, 재현데이터는 합성 기능에 있습니다.",
    "Part of `release`, or of synthetic extracts.",
)


def policy_page(language: Language) -> str:
    """Return the page in one language."""
    lines = [
        f"# {TITLE.say(language)}\n",
        f"{OTHER.say(language)}\n",
        f"{LEAD.say(language)}\n",
        _HEAD["keys"].say(language),
    ]
    lines += [f"| `{key}` | {meaning.say(language)} |" for key, meaning in KEYS]
    lines += ["", _HEAD["roles"].say(language)]
    for role, meaning in ROLES.items():
        allowed = ACTIONS_BY_ROLE[role]
        shown = _EVERY.say(language) if allowed == frozenset(ACTIONS) else ", ".join(f"`{a}`" for a in sorted(allowed))
        lines.append(f"| `{role}` | {meaning.say(language)} | {shown} |")
    lines += ["", _HEAD["actions"].say(language)]
    for name, kind in ACTIONS.items():
        codes = ", ".join(TECHNIQUES[code].name.say(language) for code in kind.techniques) or "–"
        lines.append(f"| `{name}` | {kind.summary.say(language)} | {_params(kind)} | {codes} |")
    lines += ["", _HEAD["techniques"].say(language)]
    for technique in TECHNIQUES.values():
        by = [f"`{name}`" for name, kind in ACTIONS.items() if technique.code in kind.techniques]
        where = technique.missing or technique.elsewhere or _ELSEWHERE
        lines.append(
            f"| `{technique.code}` | {technique.name.say(language)} | {', '.join(by) or where.say(language)} |"
        )
    return "\n".join(lines) + "\n"


def _params(kind: type[Action]) -> str:
    hints = get_type_hints(kind)
    return "<br>".join(_param(field, hints[field.name]) for field in parameters(kind)) or "–"


def _param(field: Field[Any], hint: Any) -> str:
    if field.default is MISSING and field.default_factory is MISSING:
        return f"`{field.name}` {_kind(hint)}"
    default = field.default if field.default is not MISSING else ""
    return f"`{field.name}` {_kind(hint)}" + ("" if default in (None, "", ()) else f" = {default}")


def _kind(hint: Any) -> str:
    arguments = [one for one in get_args(hint) if one is not NoneType]
    if get_origin(hint) is Literal:
        return " / ".join(map(str, arguments))
    if get_origin(hint) is tuple:
        return f"[{_kind(arguments[0])}, …]"
    if arguments and get_origin(hint) is not None and NoneType in get_args(hint):
        return _kind(arguments[0])
    return {"int": "n", "float": "n.n", "str": "text", "bool": "true / false"}.get(
        getattr(hint, "__name__", ""), "{…: …}"
    )
