"""Says an answer in the language it was asked in; names, ids and quoted words stay as they are.

>>> answered("**Mia Chen** made it on 12 March: `R-MBYF`, approved. 2 similar.", "de", ["Mia Chen"])
'**Mia Chen** hat es gemacht (am 12. März): `R-MBYF`, freigegeben. 2 ähnliche.'
>>> answered("**3**: client Today Toys · in march.", "fr", ["Today Toys"])
'**3**: client Today Toys · en mars.'
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from core.search.languages.files import CHARACTERS
from core.search.languages.foreign_dates import MONTHS

_FIRST = 0xE200
"""What stands for the first name while the sentence is put into another language."""
_MOST = 3000
_QUOTED = re.compile(r"`[^`]*`|“[^”]*”")
_DAY_MONTHS = {
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
}
_DATES = {
    "de": ("{day}. {month}", " {year}", "am ", "im "),
    "fr": ("{day} {month}", " {year}", "le ", "en "),
    "es": ("{day} de {month}", " de {year}", "el ", "en "),
    "pt": ("{day} de {month}", " de {year}", "em ", "em "),
}
_LEADS = {
    "since": {"de": "seit ", "fr": "depuis ", "es": "desde ", "pt": "desde ", "ja": "{}以降", "zh": "{}以来"},
    "before": {"de": "vor ", "fr": "avant ", "es": "antes de ", "pt": "antes de ", "ja": "{}より前", "zh": "{}之前"},
    "after": {"de": "nach ", "fr": "après ", "es": "después de ", "pt": "depois de ", "ja": "{}より後", "zh": "{}之后"},
    "until": {"de": "bis ", "fr": "jusqu’à ", "es": "hasta ", "pt": "até ", "ja": "{}まで", "zh": "到{}"},
}
_DATE = re.compile(
    rf"\b(?:(?P<lead>[Oo]n|[Ii]n|since|before|after|until|from|to) )?(?:(?P<day>\d{{1,2}}) )?(?P<month>{'|'.join(MONTHS)})\b"
    r"(?: (?P<year>20\d\d))?",
    re.IGNORECASE,
)


def answered(sentence: str, code: str, names: Iterable[str] = ()) -> str:
    """An answer said in the language; `names` are the names that may be in it."""
    if code in ("", "en"):
        return sentence
    kept, held = _hold(sentence, names)
    kept = _DATE.sub(lambda found: _date(found, code), kept)
    for pattern, said in _patterns(code):
        kept = pattern.sub(said, kept)
    if code in CHARACTERS:
        kept = re.sub(r"\.(?= |$)", "。", kept).replace(", ", "、" if code == "ja" else "，")
    for at in range(len(held) - 1, -1, -1):
        kept = kept.replace(chr(_FIRST + at), held[at])
    return kept


def _hold(sentence: str, names: Iterable[str]) -> tuple[str, list[str]]:
    """The sentence with a letter of its own in place of each name, id and quoted word; and what they stand for."""
    held = list[str]()

    def hold(found: re.Match[str]) -> str:
        held.append(found.group())
        return chr(_FIRST + len(held) - 1)

    kept = re.sub(r"[\ue200-\uefff]", "", sentence)
    wanted = sorted({name for name in names if name and name in sentence}, key=len, reverse=True)[:_MOST]
    if wanted:
        kept = re.sub("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in wanted), hold, kept)
    return _QUOTED.sub(hold, kept), held


def _date(found: re.Match[str], code: str) -> str:
    lead, day, year = (found["lead"] or "").lower(), found["day"], found["year"]
    if not (lead or day or year or found["month"].islower()):
        return found.group()
    month = next(at for at, name in enumerate(MONTHS, 1) if name.lower() == found["month"].lower())
    if code in CHARACTERS:
        said = f"{f'{year}年' if year else ''}{month}月{f'{day}日' if day else ''}"
        return _LEADS[lead][code].format(said) if lead in _LEADS else said
    day_month, of_year, on, within = _DATES[code]
    name = _DAY_MONTHS[code].split()[month - 1]
    said = (day_month.format(day=day, month=name) if day else name) + (of_year.format(year=year) if year else "")
    upper = (found["lead"] or "")[:1].isupper()
    before = (
        _LEADS[lead][code] if lead in _LEADS else (on if day else within) if lead in ("on", "in") else _RANGE[code].get(lead, "")
    )
    return f"{before[:1].upper() if upper else before[:1]}{before[1:]}{said}"


_RANGE = {
    "de": {"from": "vom ", "to": "bis zum "},
    "fr": {"from": "du ", "to": "au "},
    "es": {"from": "del ", "to": "al "},
    "pt": {"from": "de ", "to": "a "},
}


@cache
def _patterns(code: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    table = tomllib.loads((Path(__file__).parent / "answers.toml").read_text("utf-8"))
    return tuple((re.compile(pattern), said[code]) for pattern, said in table.items())
