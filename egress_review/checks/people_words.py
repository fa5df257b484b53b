"""Words for people that say what they do or are: `attenders`, `employees`, `cyclists`, `policyholders`.

Heaters, playlists and committees end like them. So only what is known to be people counts; another word makes the
numbers below it unclear, of which a warning tells.
"""

from __future__ import annotations

import re

_KNOWN = frozenset(
    """
    guests visitors survivors doctors nurses migrants immigrants emigrants occupants athletes citizens civilians
    orphans widows spouses siblings adolescents infants newborns babies toddlers adults seniors graduates delegates
    suspects defendants plaintiffs witnesses clerks pilots cadets apprentices interns mentors tutors professors
    investors debtors creditors crews parents couples assistants accountants merchants servants informants
    contestants
    artists typists lawyers rapists lesbians defaulters prostitutes arrestees callers evaders boarders latecomers
    amputees hoarders tortfeasors overdosers
    """.split()  # noqa: SIM905 - a list of words reads better as one
)
_BEFORE = """
    non ex co under over policy house home card share stake land free care job school news church grand step god super
    hair truck foot case book key claim licen[cs]e rate tax
""".split()  # noqa: SIM905
_WHO_DO = """
    abstain abus adopt appeal arriv attack attend bak bank barrist begg beginn believ bik blogg borrow bricklay broth
    brok build butch buy campaign camp car carpent clean climb cod command commut complain complet consum custom danc
    daught deal design develop diet divorc donat dress driv drink dwell earn eat eld embroid employ engine examin explor
    farm fath fight finish fish follow found freelanc gambl gam garden giv go hack help hik hold homemak hunt influenc
    interview jewel jewell jogg join keep kill labor labour land lead leav lectur lend listen lodg loot lov mak manag
    memb min minist mortgag moth mov murder newcom offend offic own paint part partn passeng pay pension perform
    photograph pione play plumb preach programm promot protest publish quitt rambl reform refus relaps rent reoffend
    report research respond return rid riot robb rul runn seek sell settl shopp sing sist skat ski sleep smok smuggl
    soldi spend stalk start stay strang strik subscrib suffer support surf swimm switch tak teach teenag trad traffick
    train travel travell us view volunte vot wait walk weav weld winn work worship writ youngst
""".split()  # noqa: SIM905
_DONE_TO = """
    absent address amput appoint attend detain devot employ enrol enroll escap evacu examin franchis grant induct
    interview less licens ment nomin parol pay refer refug retir return train transfer conscript
""".split()  # noqa: SIM905
_PEOPLE = re.compile(
    rf"(?:{'|'.join(_BEFORE)})?(?:{'|'.join(_WHO_DO)})ers|(?:non|ex)?(?:{'|'.join(_DONE_TO)})ees|[a-z]{{3,15}}icians"
    r"|(?!cons|pers|subs)[a-z]{3,15}[a-km-z]ists|[a-z]{2,12}(?:a|nove|pane|panel|evange|sty)lists|(?:motor)?cyclists"
)


def is_of_people(name: str) -> bool:
    """Whether a heading ends with a word for people that says what they do: `attenders`, `employees`, `cyclists`."""
    words = name.strip().lower().replace("_", " ").split()
    last = words[-1].replace("-", "") if words else ""
    return last in _KNOWN or _PEOPLE.fullmatch(last) is not None
