"""The one sentence of an answer, for every fact a question can ask for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from core.search.conditions import Condition, Question
from core.search.lexicon import Want
from core.search.results import Result
from core.search.summaries import Summaries, bare, lasting, listed

_LONGEST_PROMPT = 400
_SETTINGS = ("sampler", "scheduler", "steps", "cfg", "denoise")


def _maker(top: Result) -> str:
    """Who made it, and whether that is only believed."""
    if top.unknown:
        return "**Nobody knows who**"
    return f"**{bare(top.by)}**" + (f" ({top.believed}, not confirmed)" if top.believed else "")


def ask_back(question: Question) -> str:
    """The question back, where a name is several things or nothing."""
    if question.choices:
        names = [f"**{bare(choice.label)}**" for choice in question.choices]
        return f"{bare(question.ask)}: {either(names)}?"
    parts = []
    for one in question.unknown:
        near = either([f"**{bare(name)}**" for name in one.nearest])
        parts.append(
            f"I know no {one.what.replace('by', 'person')} “{bare(one.said)}”.{f' Did you mean {near}?' if near else ''}"
        )
    return " ".join(parts)


def strangers(question: Question, instead: Sequence[str]) -> str:
    """That nothing knows a name or a word of the question."""
    said = [f"“{bare(one)}”" for one in (*question.strangers, *question.missed)]
    near = f" Did you mean {either([f'**{bare(name)}**' for name in instead])}?" if instead else ""
    return f"Nothing mentions {listed(said)}, as far as you can see.{near}"


@dataclass(frozen=True)
class Teller(Summaries):
    """Tells what was found for one question, in the asker's time."""

    question: Question
    now: datetime
    zone: tzinfo

    # Facts

    def fact(self, results: Sequence[Result], *, more: bool) -> str:
        """The sentence about the first result, and how many others there are."""
        tell = _FACTS.get(self.question.want)
        sentence = self._many(results, more=more) if tell is None else tell(self, results, more)
        return self._guesses() + sentence

    def how_many(self, number: int, at_most: int, *, renders: int = 0, uploads: int = 0) -> str:
        shown = f"{at_most:,}+" if number >= at_most else f"{number:,}"
        said = self._said(self.question.conditions)
        also = f", from {renders:,} render{'s' * (renders != 1)}" if renders and renders != number else ""
        also += f"; {uploads:,} of them uploaded" if uploads else ""
        return f"{self._guesses()}**{shown}**{f': {said}' if said else ' in all'}{also}."

    def verdict(self, results: Sequence[Result], judge: str, at: datetime | None) -> str:
        """Whether the first result is approved, and by whom."""
        top = results[0]
        if len(results) > 1 and self.question.frame.yes:
            return self.any_approved(results)
        status = top.asset.status
        of = f"`{top.code}` by {bare(top.by)}, {self.day(top.asset.created_at)}"
        wanted = self.question.frame.detail or "approved"
        if self.question.frame.yes and status == wanted:
            whose = f" (by {bare(judge)}{f' {self.on(at)}' if at else ''})" if judge else ""
            return f"{self._guesses()}**Yes**, {status}{whose}: {of}."
        if self.question.frame.yes:
            return f"{self._guesses()}**No**, it is **{status or 'not decided yet'}**: {of}."
        if not status:
            return f"{self._guesses()}It is **not decided yet**: {of}.{self._standing(results)}"
        whose = f" (decided by {bare(judge)}{f' {self.on(at)}' if at else ''})" if judge else ""
        return f"{self._guesses()}It is **{status}**{whose}: {of}.{self._standing(results)}"

    def who(self, results: Sequence[Result], more: bool) -> str:
        top = results[0]
        name, when = f"{_maker(top)} {top.verb}", self.on(top.asset.created_at)
        which = "the oldest" if self.question.order == "oldest" else "the newest" if self.question.order else "it"
        others = self._others(results, more=more) if self.question.order is None else ""
        return f"{name} {which} {when}: {self._id(top)}.{others}"

    def makers(self, top: Result, groups: Sequence[tuple[str, int]]) -> str:
        """Who made the best hit, and everybody else who made one."""
        numbers = dict(groups)
        others = [f"**{bare(by)}** ({number})" for by, number in groups if by != top.by]
        which = (
            f"one that is {top.asset.status}"
            if top.asset.status
            else "the one that fits best"
            if self.question.query.ranked
            else "the newest"
        )
        same = numbers.get(top.by, 1) - 1
        also = f" and {same} more" if same > 0 else ""
        start = f"{self._guesses()}{_maker(top)} {top.verb} {which}{also}, {self.on(top.asset.created_at)}: {self._id(top)}."
        return f"{start} Others are by {listed(others)}." if others else start

    def when(self, results: Sequence[Result], more: bool) -> str:
        top = results[0]
        local = top.asset.created_at.astimezone(self.zone)
        day = self.on(top.asset.created_at)
        moment = f"**{day[:1].upper()}{day[1:]}, {local:%H:%M}**"
        return f"{moment}, by {bare(top.by)}: {self._id(top)}.{self._others(results, more=more)}"

    def model(self, results: Sequence[Result], more: bool) -> str:
        return self._named(results, more, "with", "models are", lambda one: one.models)

    def lora(self, results: Sequence[Result], more: bool) -> str:
        return self._named(results, more, "with LoRA", "LoRA is", lambda one: one.loras)

    def workflow(self, results: Sequence[Result], more: bool) -> str:
        return self._named(results, more, "with workflow", "workflow is", lambda one: (one.workflow,) if one.workflow else ())

    def technique(self, results: Sequence[Result], more: bool) -> str:
        return self._named(results, more, "with", "technique is", lambda one: one.asset.techniques)

    def seed(self, results: Sequence[Result], more: bool) -> str:
        seed = results[0].asset.seed
        said = f"The seed was **{seed}**" if seed else "**No seed is on record**"
        return f"{said}: {self._by(results[0])}.{self._others(results, more=more)}"

    def prompt(self, results: Sequence[Result], more: bool) -> str:
        return self._text(results, more, "prompt", results[0].asset.prompt)

    def negative(self, results: Sequence[Result], more: bool) -> str:
        return self._text(results, more, "negative prompt", results[0].asset.negative)

    def settings(self, results: Sequence[Result], more: bool) -> str:
        facts, asset = results[0].asset.facts, results[0].asset
        wanted = [one for one in _SETTINGS if one in self.question.frame.detail.split()]
        said = [f"{name} {bare(str(facts[name]))}" for name in wanted or _SETTINGS if facts.get(name) not in (None, "")]
        if wanted:
            shown = ", ".join(said) or f"No {listed(wanted)} is on record"
            return f"**{shown}**: {self._by(results[0])}.{self._others(results, more=more)}"
        said += [f"seed {asset.seed}"] if asset.seed else []
        said += [f"{asset.width}×{asset.height}"] if asset.width else []
        return f"**{', '.join(said) or 'No settings are on record'}**: {self._by(results[0])}.{self._others(results, more=more)}"

    def client(self, results: Sequence[Result], more: bool) -> str:
        return self._all(results, more, "It is for", "They are for", lambda one: one.client)

    def project(self, results: Sequence[Result], more: bool) -> str:
        return self._all(results, more, "It belongs to", "They belong to", lambda one: one.project_name)

    def shot(self, results: Sequence[Result], more: bool) -> str:
        return self._all(results, more, "It is shot", "They are shots", lambda one: one.asset.shot)

    def size(self, results: Sequence[Result], more: bool) -> str:
        asset = results[0].asset
        said = f"**{asset.width}×{asset.height}** pixels" if asset.width and asset.height else "**No size is on record**"
        return f"{said}: {self._by(results[0])}.{self._others(results, more=more)}"

    def length(self, results: Sequence[Result], more: bool) -> str:
        seconds = results[0].asset.seconds
        said = f"**{lasting(seconds)}**" if seconds else "**It has no playing time on record**"
        return f"{said}: {self._by(results[0])}.{self._others(results, more=more)}"

    def frames(self, results: Sequence[Result], more: bool) -> str:
        asset = results[0].asset
        rate = f" ({asset.frames / asset.seconds:.0f} a second)" if asset.frames and asset.seconds else ""
        said = f"**{asset.frames} frames**{rate}" if asset.frames and asset.frames > 1 else "**It is a single picture**"
        return f"{said}: {self._by(results[0])}.{self._others(results, more=more)}"

    def file(self, results: Sequence[Result], more: bool) -> str:
        asset = results[0].asset
        return f"**{bare(asset.filename)}**, {asset.mime}: {self._by(results[0])}.{self._others(results, more=more)}"

    def family(self, top: Result, rows: Sequence[Result], near: Sequence[tuple[str, str]], of: int = 1) -> str:
        """What became of the first result, or what it was made from; `near` are (id, input name) of the next of kin."""
        after = self.question.want is Want.RESULTS
        if of > 1 and rows:
            names = listed([f"`{code}`" for code, _name in near[:8]])
            return (
                f"{self._guesses()}**{len(rows)}** {'came from' if after else 'went into'} those {of}: "
                f"{names}{' and more' if len(near) > 8 else ''}."
            )
        about = f"{self._guesses()}`{top.code}` by {bare(top.by)}, {self.day(top.asset.created_at)}"
        if not rows and after:
            return f"**Nothing** was made from {about}, as far as you can see."
        if not rows:
            known = "no picture" if top.asset.render_id else "no picture that is known here"
            return f"{about} was made from **{known}**."
        names = listed([f"`{code}` ({bare(name)})" if name else f"`{code}`" for code, name in near[:5]])
        more = f", {len(rows)} in all" if len(rows) > len(near[:5]) else ""
        return f"From {about} came **{names}**{more}." if after else f"{about} was made from **{names}**{more}."

    # Nothing

    def which(self) -> str:
        return "Which picture? Say its id, or whose, for whom, which shot, or some words of its prompt."

    def no_subject(self) -> str:
        return f"There is nothing called `{bare(self.question.subject)}` that you can see."

    def no_time(self) -> str:
        return "Nothing can be both after the one date and before the other."

    def nothing_at_all(self) -> str:
        return "There is nothing in the memory yet that you can see."

    def barren(self, conditions: Sequence[Condition], instead: Sequence[str] = ()) -> str:
        parts = [
            f"nothing mentions {bare(one.label)}" if one.words and not one.words.negated else f"nothing is {bare(one.chip)}"
            for one in conditions
        ]
        said = listed(parts)
        near = f" Did you mean {either([f'**{bare(name)}**' for name in instead])}?" if instead else ""
        return f"{said[:1].upper()}{said[1:]}, as far as you can see.{near}"

    def without(self, condition: Condition, number: int, nearest: Result) -> str:
        rest = "is 1" if number == 1 else f"are {number:,}"
        return (
            f"Nothing is all of this: {self._said(self.question.conditions)}. Without {bare(condition.label)} there {rest};"
            f" the nearest is {self._by(nearest)}."
        )

    def together(self) -> str:
        return f"Nothing is all of this: {self._said(self.question.conditions)}. Ask for less."

    # Words

    def day(self, moment: datetime) -> str:
        """`today`, `yesterday`, `12 March`, `12 March 2025`."""
        local, today = moment.astimezone(self.zone).date(), self.now.astimezone(self.zone).date()
        if local == today:
            return "today"
        if local == today - timedelta(days=1):
            return "yesterday"
        year = "" if local.year == today.year else f" {local.year}"
        return f"{local.day} {_MONTHS[local.month - 1]}{year}"

    def on(self, moment: datetime) -> str:
        day = self.day(moment)
        return day if day in ("today", "yesterday") else f"on {day}"

    def _id(self, one: Result) -> str:
        return f"`{one.code}`" + (f", {one.asset.status}" if one.asset.status else "")

    def _by(self, one: Result) -> str:
        status = f", {one.asset.status}" if one.asset.status else ""
        return f"`{one.code}` by {bare(one.by)}, {self.day(one.asset.created_at)}{status}"

    def _many(self, results: Sequence[Result], *, more: bool) -> str:
        top = results[0]
        about = f"`{top.code}` by **{bare(top.by)}** for {bare(top.client)}, {self.day(top.asset.created_at)}"
        about += f", {top.asset.status}" if top.asset.status else ""
        if len(results) == 1 and not more:
            return f"{about}."
        how = "oldest" if self.question.order == "oldest" else "best fit" if self.question.query.ranked else "newest"
        return f"**{len(results)}{'+' if more else ''}** found; the {how} is {about}."

    def _named(self, results: Sequence[Result], more: bool, how: str, none: str, names: Callable[[Result], Sequence[str]]) -> str:
        top = results[0]
        said = listed([f"**{bare(name)}**" for name in names(top)])
        start = f"{top.verb.capitalize()} {how} {said}" if said else f"No {none} on record"
        other = sum(tuple(names(one)) != tuple(names(top)) for one in results[1:])
        return f"{start}: {self._by(top)}.{self._others(results, more=more, other=other)}"

    def _text(self, results: Sequence[Result], more: bool, what: str, text: str) -> str:
        short = bare(text)[:_LONGEST_PROMPT] + ("…" if len(bare(text)) > _LONGEST_PROMPT else "")
        said = f"The {what} was “**{short}**”" if short else f"**No {what} is on record**"
        return f"{said}: {self._by(results[0])}.{self._others(results, more=more)}"

    def _all(self, results: Sequence[Result], more: bool, one: str, many: str, name: Callable[[Result], str]) -> str:
        names = [found for found in dict.fromkeys(name(result) for result in results) if found]
        said = listed([f"**{bare(found)}**" for found in names[:8]])
        if not said:
            return f"**None is on record**: {self._by(results[0])}.{self._others(results, more=more)}"
        start = one if len(names) == 1 else many
        rest = " and more" if more or len(names) > 8 else ""
        return f"{start} {said}{rest}: {self._by(results[0])}.{self._others(results, more=more)}"

    def _others(self, results: Sequence[Result], *, more: bool = False, other: int = 0) -> str:
        number = len(results) - 1
        if not number:
            return ""
        differ = f", {other} of them with something else" if other else ""
        return f" {number}{'+' if more else ''} similar{differ}."

    def _standing(self, results: Sequence[Result]) -> str:
        """How all of them stand, so that one verdict is not taken for all."""
        if len(results) == 1:
            return ""
        counts = Counter(one.asset.status or "undecided" for one in results)
        return f" Of {len(results)} that match: {listed([f'{number} {status}' for status, number in counts.most_common()])}."

    def _said(self, conditions: Sequence[Condition]) -> str:
        return " · ".join(bare(one.label) for one in conditions if not one.implied)

    def _guesses(self) -> str:
        guessed = [(one.guessed_from, _called(one)) for one in self.question.conditions if one.guessed_from]
        shown = {word for said, _name in guessed for word in said.split()}
        guessed += [pair for pair in self.question.spelled if pair[0] not in shown]
        taken = [f"“{bare(said)}” for {bare(name)}" for said, name in dict.fromkeys(guessed)]
        return f"Taking {listed(taken)}: " if taken else ""


def _called(one: Condition) -> str:
    return listed([name.label for name in one.names]) if one.names else one.label.strip("“”")


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"
)  # fmt: skip
_FACTS: dict[Want, Callable[[Teller, Sequence[Result], bool], str]] = {
    Want.WHO: Teller.who,
    Want.WHEN: Teller.when,
    Want.MODEL: Teller.model,
    Want.LORA: Teller.lora,
    Want.WORKFLOW: Teller.workflow,
    Want.TECHNIQUE: Teller.technique,
    Want.SEED: Teller.seed,
    Want.PROMPT: Teller.prompt,
    Want.NEGATIVE: Teller.negative,
    Want.SETTINGS: Teller.settings,
    Want.CLIENT: Teller.client,
    Want.PROJECT: Teller.project,
    Want.SHOT: Teller.shot,
    Want.SIZE: Teller.size,
    Want.LENGTH: Teller.length,
    Want.FILE: Teller.file,
    Want.FRAMES: Teller.frames,
}


def either(parts: Sequence[str]) -> str:
    """`a, b or c`; an "and" within a name stays.

    >>> either(["Smith and Sons"]), either(["a", "Smith and Sons"]), either(["a", "b", "c"])
    ('Smith and Sons', 'a or Smith and Sons', 'a, b or c')
    """
    head = ", ".join(parts[:-1])
    return f"{head} or {parts[-1]}" if head else "".join(parts)
