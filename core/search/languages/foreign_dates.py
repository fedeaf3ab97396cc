"""Dates as they are written in other languages, put as English says them.

>>> dates_in_english("was wurde am 12. Januar gerendert", "de")
'was wurde am 12 January gerendert'
>>> dates_in_english("les rendus du 3 au 9 mars", "fr"), dates_in_english("entre el 3 y el 9 de marzo", "es")
('les rendus from 3 to 9 March', 'between 3 and 9 March')
>>> dates_in_english("9月15日から30日まで", "ja"), dates_in_english("上周五", "zh"), dates_in_english("三天前", "zh")
(' from 15 to 30 September ', ' last Friday ', ' 3 days ago ')
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from storage.search.tokenizer import fold

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NAMES = {
    "de": "januar|jan|jänner|februar|feb|märz|mrz|april|apr|mai|juni|jun|juli|jul|august|aug|september|sept|sep|oktober|okt|"
    "november|nov|dezember|dez",
    "fr": "janvier|janv|février|fevrier|fév|mars|avril|avr|mai|juin|juillet|juil|août|aout|septembre|sept|octobre|oct|"
    "novembre|nov|décembre|decembre|déc",
    "es": "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|setiembre|octubre|noviembre|diciembre",
    "pt": "janeiro|fevereiro|março|marco|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro",
}
_FIRST_LETTERS = {
    "jan": 1, "jän": 1, "ene": 1, "jen": 1, "feb": 2, "fev": 2, "fév": 2, "mar": 3, "mär": 3, "mrz": 3, "abr": 4, "apr": 4,
    "avr": 4, "mai": 5, "may": 5, "jun": 6, "juin": 6, "jul": 7, "juil": 7, "ago": 8, "aug": 8, "aou": 8, "aoû": 8, "sep": 9,
    "set": 9, "okt": 10, "oct": 10, "out": 10, "nov": 11, "dez": 12, "dec": 12, "déc": 12, "dic": 12,
}  # fmt: skip
_DAY = r"(?P<{}>\d{{1,2}})(?:\.|er|º|°)?"
_OF = r"(?: ?(?:de |del |do |of )?)"
_THE = r"(?:den |dem |le |el |o |dia |día |los |the )*"
_FROM = {"de": r"vom|von|ab", "fr": r"du|de", "es": r"desde|del|de", "pt": r"desde|do|de"}
_TO = {"de": r"bis zum|bis", "fr": r"au|jusqu'au|à", "es": r"hasta|al|a", "pt": r"até|ate|ao|a"}
_BETWEEN = {"de": ("zwischen", "und"), "fr": ("entre", "et"), "es": ("entre", "y"), "pt": ("entre", "e")}
_CJK_NUMBERS = {one: at for at, one in enumerate("一二三四五六七八九十", 1)} | {"两": 2, "兩": 2, "半": 1}
_N = r"(?P<{}>\d{{1,3}}|[一二两三四五六七八九十]{{1,3}})"
_UNITS = {
    "日": "day", "天": "day", "週": "week", "周": "week", "星期": "week", "礼拜": "week", "か月": "month", "ヶ月": "month",
    "ヵ月": "month", "カ月": "month", "ケ月": "month", "个月": "month", "個月": "month", "年": "year",
}  # fmt: skip
_WEEKDAYS = (
    {"月": 0, "火": 1, "水": 2, "木": 3, "金": 4, "土": 5, "日": 6}
    | {one: at for at, one in enumerate("一二三四五六")}
    | {"天": 6}
)


Written = Callable[[str], str]


def dates_in_english(text: str, code: str, written: Written = str) -> str:
    """The text with its dates as English says them, each put through `written`; everything else stays."""
    return _cjk(text, written) if code in ("ja", "zh") else _european(text, code, written)


def month(name: str) -> str:
    """The English month of a name or its beginning; empty where it is none.

    >>> month("März"), month("juillet"), month("out"), month("12")
    ('March', 'July', 'October', 'December')
    """
    if name.isdigit():
        return MONTHS[int(name) - 1] if 1 <= int(name) <= 12 else ""
    folded = fold(name)
    for size in (4, 3):
        if at := _FIRST_LETTERS.get(folded[:size]):
            return MONTHS[at - 1]
    return ""


@cache
def _patterns(code: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    year = r"(?:(?: (?:de |del |do )?)?(?P<year>20\d\d))?"
    first = rf"(?P<early>{_OF}(?:{_NAMES[code]})\b)?"
    start, end = _BETWEEN[code]
    spans = (
        rf"\b(?:(?P<from>{_FROM[code]})|(?P<between>{start})) {_THE}{_DAY.format('first')}{first} "
        rf"(?:(?:{_TO[code]})|{end}|-|–) {_THE}{_DAY.format('last')}{_OF}(?P<month>(?:{_NAMES[code]})\b){year}"
    )
    single = rf"(?<![\d.:/-]){_DAY.format('day')}{_OF}(?P<month>(?:{_NAMES[code]})\b)\.?{year}"
    numbers = r"(?<![\d./:-])(?P<day>\d{1,2})(?P<sep>[./])(?P<month>\d{1,2})(?:(?P=sep)(?P<year>20\d\d))?(?![\d/]|\.\d)\.?"
    return tuple(re.compile(one, re.IGNORECASE) for one in (spans, single, numbers))  # type: ignore[return-value]


def _european(text: str, code: str, written: Written) -> str:
    spans, single, numbers = _patterns(code)

    def span(found: re.Match[str]) -> str:
        last, year = month(found["month"]), f" {found['year']}" if found["year"] else ""
        early = month(re.sub(r"^(?:de |del |do )", "", (found["early"] or "").strip())) if found["early"] else ""
        first = f"{found['first']} {early}" if early else found["first"]
        lead, joint = ("between", "and") if found["between"] else ("from", "to")
        return written(f"{lead} {first} {joint} {found['last']} {last}{year}")

    def day(found: re.Match[str]) -> str:
        name = month(found["month"])
        if not name or not 1 <= int(found["day"]) <= 31:
            return found.group()
        return written(" ".join(part for part in (found["day"], name, found["year"]) if part))

    return numbers.sub(day, single.sub(day, spans.sub(span, text)))


def _number(said: str) -> int:
    if said.isdigit():
        return int(said)
    value = 0
    for one in said:
        value = (value or 1) * 10 if one == "十" else value + _CJK_NUMBERS[one]
    return value


_MD = r"(?P<{0}m>\d{{1,2}}|十[一二]?|[一二三四五六七八九])月(?P<{0}d>\d{{1,2}}|[一二三]?十?[一二三四五六七八九]?)(?:日|号|號)"
_PAST = "(?:過去|最近|近|过去|这|この|直近)"
_FROM_DAY = "(?P<lead>从|自)?"
_SIDE = "(?:(?P<since>以降|以后|以後|以来|から|之后|起|より後)|(?P<before>より前|以前|之前|の前|前)|(?P<until>まで|为止))"
_TILL = "(?:から|〜|～|~|-|到|至)"
_WEEK = "(?:周|週|星期|礼拜)"
_WEEKDAY = "(?P<d>[一二三四五六天日月火水木金土])(?:曜日|曜)?"
_UNIT = "(?P<u>星期|礼拜|[日天週周年]|[かヶヵカケ个個]月)"
_CJK: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        (r"(?:(?P<y>\d{4})年)?" + _MD.format("a") + _TILL + r"(?P<bd>\d{1,2})(?:日|号)?(?:まで|为止)?(?:の)?", "days"),
        (_MD.format("a") + rf"(?:{_TILL}|和)" + _MD.format("b") + r"(?:まで|之间|の間)?(?:の)?", "span"),
        (_FROM_DAY + r"(?:(?P<y>\d{4})年)?" + _MD.format("a") + _SIDE + "?(?:の|的)?", "md"),
        (_FROM_DAY + r"(?P<am>\d{1,2}|十[一二]?|[一二三四五六七八九])月(?:份)?" + _SIDE + "(?:の|的)?", "month"),
        (r"(?P<am>\d{1,2})月(?:份)?(?:から|〜|～|~|到|至)(?P<bm>\d{1,2})月(?:份)?(?:まで|の間|之间)?(?:の)?", "months"),
        (r"(?P<y>\d{4})年(?P<am>\d{1,2})月(?:份)?(?:の|的)?", "ym"),
        (r"去年(?:の|的)?(?P<am>\d{1,2})月(?:份)?(?:の|的)?", "lastyear"),
        (rf"(?P<last>上(?:个|個)?|先|前){_WEEK}(?:の)?{_WEEKDAY}(?:の|的)?", "lastday"),
        (rf"(?P<this>这(?:个)?|本|今){_WEEK}(?:の)?{_WEEKDAY}(?:の|的)?", "thisday"),
        (r"(?P<d>[月火水木金土日])曜日?(?:の)?", "weekday"),
        (r"(?:周|星期|礼拜)(?P<d>[一二三四五六天日])(?:的)?", "weekday"),
        (_N.format("n") + r"(?:(?:个|個)(?!月))?" + _UNIT + r"(?:間)?(?:前|以前|之前)(?:の|的)?", "ago"),
        (_PAST + _N.format("n") + r"(?:(?:个|個)(?!月))?" + _UNIT + r"(?:間|以内|内|里|来)?(?:の|的)?", "running"),
        (r"先々週(?:の)?|上上周的?|上上个?星期的?", "week before last"),
        (r"先々月(?:の)?|上上个?月的?", "month before last"),
        (r"第(?P<n>[1-4一二三四])(?:四半期|季度)(?:の|的)?", "quarter"),
        (r"(?:先週末|上周末|上个?星期末)(?:の|的)?", "last weekend"),
        (r"(?:今朝|今早|今天早上|今天上午)(?:の|的)?", "this morning"),
        (r"(?:昨夜|昨晩|ゆうべ|昨晚|昨天晚上)(?:の|的)?", "last night"),
        (r"(?:おととい|一昨日)(?:の)?", "day before yesterday"),
    )
)  # fmt: skip


_COUNTED = re.compile(r"[二两三四五六七八九十](?=\s*(?:张|个(?!人|月|星期)|条|幅|版|段|份|枚|本|件|名|位))")


def _cjk(text: str, written: Written) -> str:
    text = text.translate(str.maketrans("０１２３４５６７８９", "0123456789"))
    text = _COUNTED.sub(lambda found: str(_number(found.group())), text)
    for pattern, kind in _CJK:
        text = pattern.sub(lambda found, kind=kind: f" {written(_said(found, kind))} ", text)  # type: ignore[misc]
    return text


def _side(parts: dict[str, str], plain: str) -> str:
    """`since`, `before` or `until`, where the date says so; else `plain`."""
    if parts.get("since") or parts.get("lead"):
        return "since"
    return next((side for side in ("before", "until") if parts.get(side)), plain)


def _said(found: re.Match[str], kind: str) -> str:
    parts = found.groupdict()
    name = {one: MONTHS[_number(parts[f"{one}m"]) - 1] for one in "ab" if parts.get(f"{one}m") and _number(parts[f"{one}m"]) < 13}
    year = f" {parts['y']}" if parts.get("y") else ""
    if any(parts.get(f"{one}m") and one not in name for one in "ab"):
        return found.group()
    match kind:
        case "days":
            return f"from {_number(parts['ad'])} to {parts['bd']} {name['a']}{year}"
        case "span":
            return f"from {_number(parts['ad'])} {name['a']} to {_number(parts['bd'])} {name['b']}"
        case "md":
            return f"{_side(parts, 'on')} {_number(parts['ad'])} {name['a']}{year}"
        case "month":
            return f"{_side(parts, 'in')} {name['a']}"
        case "months":
            return f"from {name['a']} to {name['b']}"
        case "ym":
            return f"in {name['a']}{year}"
        case "lastyear":
            return f"in {name['a']} last year"
        case "lastday" | "thisday" | "weekday":
            day = _DAYS[_WEEKDAYS[parts["d"]]]
            return {"lastday": f"last {day}", "thisday": f"this {day}", "weekday": f"on {day}"}[kind]
        case "ago" | "running":
            unit, number = _UNITS[parts["u"]], _number(parts["n"])
            said = f"{number} {unit}{'s' if number > 1 else ''}"
            return f"{said} ago" if kind == "ago" else f"in the last {number} {unit}s"
        case "quarter":
            return f"in q{_number(parts['n'])}"
    return kind
