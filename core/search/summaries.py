"""Sentences about many pictures at once: counts, lists, rankings, comparisons, who did what and when, yes and no."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Protocol

from core.search.conditions import Condition, Frame, Question

if TYPE_CHECKING:
    from core.search.results import Result
    from storage.search.happenings import Happening

_MOST_LISTED = 20
_UNITS = {
    "by": ("person", "people"),
    "client": ("client", "clients"),
    "project": ("project", "projects"),
    "shot": ("shot", "shots"),
    "workflow": ("workflow", "workflows"),
    "model": ("model", "models"),
    "lora": ("LoRA", "LoRAs"),
    "technique": ("technique", "techniques"),
    "tag": ("tag", "tags"),
    "server": ("server", "servers"),
    "seed": ("seed", "seeds"),
    "status": ("status", "statuses"),
    "recipient": ("recipient", "recipients"),
    "judge": ("person", "people"),
    "profile": ("profile", "profiles"),
}
_DONE = {"approved": "approved", "rejected": "rejected", "needs work": "sent back"}


class Summaries(Protocol):
    """What a Teller says of all hits together."""

    question: Question
    now: datetime
    zone: tzinfo

    def help(self) -> str:
        return (
            "Ask who made something, when, with which model or settings, how many there are, who approved it or "
            "what went to a client;"
            " or give some words of a prompt, a person, a client, a project or a shot."
        )

    def doubts(self) -> str:
        """What nobody could make anything of, to be said before the fact; empty where every word has its place."""
        missed, unplaced, said = self.question.missed, self.question.unplaced, ""
        if missed:
            said += f"Nothing mentions {_quoted(missed)}, as far as you can see. Without it: "
        for word, others in reversed(self.question.instead):
            shown = ", ".join(f"“{bare(one)}”" for one in others)
            said += f"Nothing mentions “{bare(word)}”, as far as you can see; showing {shown} instead. "
        if unplaced:
            said += f"Not sure what to make of {_quoted(unplaced)}. Without it: "
        return said

    def yes(self, results: Sequence[Result], number: int, *, subject: bool) -> str:
        top = results[0]
        if subject:
            return f"**Yes**: {self._by(top)}."
        rest = (
            ""
            if number == 1
            else (
                f" The "
                f"{'oldest' if self.question.order == 'oldest' else 'newest' if not self.question.query.ranked else 'best fit'} "
                f"is"
            )
        )
        return f"{self._guesses()}**Yes**, {number:,}{':' if number == 1 else '.'}{rest} {self._by(top)}."

    def no(self) -> str:
        said = self._said([one for one in self.question.conditions if not one.implied])
        return f"{self._guesses()}**No**, nothing{f': {said}' if said else ''}."

    def any_approved(self, results: Sequence[Result]) -> str:
        results = results[:1] if self.question.order else results
        approved = [one for one in results if one.asset.status == (self.question.frame.detail or "approved")]
        if not approved:
            return f"{self._guesses()}**No**: {self._by(results[0])}.{self._standing(results)}"
        start = "**Yes**" if len(approved) == len(results) else f"**Yes**, {len(approved)} of {len(results)}"
        return f"{self._guesses()}{start}: {self._by(approved[0])}.{self._standing(results)}"

    def how_many_of(self, number: int, labels: Sequence[str]) -> str:
        one, many = _UNITS.get(str(self.question.frame.unit), ("", ""))
        named = f": {listed([bare(label) for label in labels[:_MOST_LISTED]])}" if labels else ""
        more = " and more" if len(labels) > _MOST_LISTED else ""
        return f"{self._guesses()}**{number:,}** {one if number == 1 else many}{named}{more}."

    def list_of(self, rows: Sequence[tuple[str, int]]) -> str:
        shown = listed([f"**{bare(label)}**{f' ({number:,})' if number else ''}" for label, number in rows[:_MOST_LISTED]])
        more = f" and {len(rows) - _MOST_LISTED} more" if len(rows) > _MOST_LISTED else ""
        return f"{self._guesses()}{shown}{more}."

    def none_of(self) -> str:
        _one, many = _UNITS.get(str(self.question.frame.unit), ("", "of that"))
        said = self._said([one for one in self.question.conditions if not one.implied])
        return f"{self._guesses()}**No {many}** are on record{f': {said}' if said else ''}."

    def table(self, rows: Sequence[tuple[str, int]], total: int) -> str:
        said = self._said([one for one in self.question.conditions if not one.implied])
        shown = ", ".join(f"**{bare(label)}** {number:,}" for label, number in rows[:_MOST_LISTED])
        more = f" and {len(rows) - _MOST_LISTED} more" if len(rows) > _MOST_LISTED else ""
        return f"{self._guesses()}{shown}{more}; {total:,} {f'in all: {said}' if said else 'in all'}."

    def most(self, rows: Sequence[tuple[str, int]], frame: Frame) -> str:
        said = self._said([one for one in self.question.conditions if not one.implied])
        shown = listed([f"**{bare(label)}** ({number:,})" for label, number in rows[:_MOST_LISTED]])
        how = "fewest" if frame.least else "most"
        verb = "has" if len(rows) == 1 else "have"
        return f"{self._guesses()}{shown} {verb} the {how}{f': {said}' if said else ''}."

    def each(self, results: Sequence[Result], labels: Sequence[str]) -> str:
        named = [f"{self._by(one)}" for one in results]
        return (
            f"{self._guesses()}**{len(results)}**, one for each of "
            f"{listed([bare(one) for one in labels[:_MOST_LISTED]])}: {'; '.join(named[:6])}."
        )

    def lacking(self, labels: Sequence[str]) -> str:
        if not labels:
            return f"{self._guesses()}**None**: every one has some."
        more = " and more" if len(labels) > _MOST_LISTED else ""
        return f"{self._guesses()}{listed([f'**{bare(one)}**' for one in labels[:_MOST_LISTED]])}{more}."

    def compared(self, first: tuple[str, int], second: tuple[str, int]) -> str:
        numbers = f"{bare(first[0])} {first[1]:,}, {bare(second[0])} {second[1]:,}"
        frame = self.question.frame
        ahead = first[1] < second[1] if frame.least else first[1] > second[1]
        if frame.yes:
            return f"{self._guesses()}**{'Yes' if ahead else 'No'}**: {numbers}."
        if first[1] == second[1]:
            return f"{self._guesses()}**As many** of both: {numbers}."
        return (
            f"{self._guesses()}**{bare(first[0] if ahead else second[0])}**: {first[1] if ahead else second[1]:,} "
            f"against {second[1] if ahead else first[1]:,}."
        )

    def summed(self, number: int, amount: float) -> str:
        return f"{self._guesses()}**{lasting(amount)}** over {number:,}."

    def average(self, number: int, amount: float) -> str:
        return f"{self._guesses()}**{lasting(amount)}** on average, over {number:,}."

    def share(self, part: Condition, number: int, whole: int) -> str:
        percent = round(100 * number / whole) if whole else 0
        said = self._said([one for one in self.question.conditions if not one.implied and one != part])
        what = bare(part.label.removeprefix("only "))
        return f"{self._guesses()}**{percent} %** are {what}: **{number:,}** of {whole:,}{f', {said}' if said else ''}."

    def doers(self, people: Sequence[tuple[str, int]], last: Happening, top: Result) -> str:
        done = {"exported": "exported", "who tagged": "tagged"}.get(self.question.want.value) or _DONE.get(last.what, "judged")
        if self.question.want.value == "who exported":
            done = "exported"
        back = ", since withdrawn" if last.withdrawn else ""
        if len(people) == 1 and people[0][1] == 1:
            return (
                f"{self._guesses()}**{bare(last.by)}** {done} it {self.on(last.at)}{back}: `{top.code}` by "
                f"{bare(top.by)}, {self.day(top.asset.created_at)}."
            )
        shown = listed([f"**{bare(name)}** ({number:,})" for name, number in people[:_MOST_LISTED]])
        return f"{self._guesses()}{shown} {done} them; the last {self.on(last.at)}{back}: `{top.code}`."

    def done_when(self, last: Happening, top: Result) -> str:
        local = last.at.astimezone(self.zone)
        day = self.on(last.at)
        exported = self.question.want.value == "when exported"
        what = f"exported as {last.what}" + (f" to {bare(last.text)}" if last.text else "") if exported else last.what
        note = "" if exported or not last.text else f" (“{bare(last.text)[:120]}”)"
        return f"{self._guesses()}**{day[:1].upper()}{day[1:]}, {local:%H:%M}**, {what} by {bare(last.by)}{note}: `{top.code}`."

    def notes(self, said: Sequence[Happening], results: Sequence[Result]) -> str:
        codes = {one.asset.id: one.code for one in results}
        parts = [
            f"“**{bare(one.text)[:200]}**” ({bare(one.by)}, {one.what}, {self.day(one.at)}, `{codes[one.asset_id]}`)"
            for one in said if one.asset_id in codes
        ]  # fmt: skip
        return f"{self._guesses()}{'; '.join(parts)}."

    def exports_as(self, names: Sequence[str], top: Result) -> str:
        if not names:
            return f"{self._guesses()}**Nobody is on record** as who it went to: {self._by(top)}."
        return f"{self._guesses()}{listed([f'**{bare(name)}**' for name in names[:_MOST_LISTED]])}: {self._by(top)}."

    def nothing_done(self) -> str:
        want = self.question.want.value
        what = (
            "was exported"
            if "export" in want or want == "sent to"
            else "was tagged"
            if "tagged" in want
            else "has a note"
            if want == "note"
            else "was judged"
        )
        said = self._said([one for one in self.question.conditions if not one.implied])
        return f"{self._guesses()}**Nothing** {what}{f': {said}' if said else ''}."

    def measured(self, top: Result, said: str, others: int) -> str:
        similar = f" {others} similar." if others else ""
        return f"{self._guesses()}{said}: {self._by(top)}.{similar}"

    # What the Teller has

    def _guesses(self) -> str: ...

    def _by(self, one: Result) -> str: ...

    def _said(self, conditions: Sequence[Condition]) -> str: ...

    def _standing(self, results: Sequence[Result]) -> str: ...

    def on(self, moment: datetime) -> str: ...

    def day(self, moment: datetime) -> str: ...


def _quoted(words: Sequence[str]) -> str:
    return listed([f"“{bare(one)}”" for one in words])


def bare(text: str) -> str:
    """User text on one line, without the two marks sentences use."""
    return " ".join(text.replace("**", "*").replace("`", "'").split())


def listed(parts: Sequence[str]) -> str:
    """`a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def lasting(seconds: float) -> str:
    """How long, with the exact seconds.

    >>> lasting(7.5), lasting(1490.6), lasting(7300)
    ('7.5 s', '24 min 51 s (1490.6 s)', '2 h 2 min (7300 s)')
    """
    whole = round(seconds)
    exact = f"{seconds:.1f}".removesuffix(".0")
    if whole < 60:
        return f"{exact} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s ({exact} s)"
    return f"{whole // 3600} h {round(whole % 3600 / 60)} min ({exact} s)"
