"""What people ask of the memory and what it finds: one table, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.errors import BadQuery
from core.search import ask as core_ask
from core.search.ask import SearchAnswer
from core.search.lexicon import Want
from core.search.results import Result
from storage.database import Database
from storage.search import Scope
from tests.corpus import NOW, Corpus, opened


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def kept(request: pytest.FixtureRequest) -> Iterator[tuple[Database, Corpus]]:
    with opened(request) as corpus:
        yield corpus


def ask(
    kept: tuple[Database, Corpus], text: str, by: str = "Mia Chen", project: str | None = None, **more: object
) -> SearchAnswer:
    database, corpus = kept
    with database.reading() as session:
        here = corpus.projects[project] if project else None
        return core_ask.answer(session, text, by=corpus.people[by], project=here, now=NOW, **more)  # type: ignore[arg-type]


def keys(kept: tuple[Database, Corpus], found: SearchAnswer) -> list[str]:
    return [kept[1].key_of(result.asset.code) for result in found.results]


ACME_DEPTH = "depth-1 depth-2 depth-3"
ACME = f"{ACME_DEPTH} old-shoe winter-lake winter-up"
SHOES = f"{ACME_DEPTH} old-shoe"

TABLE = [
    # Words
    ("hero shoe", SHOES, ""),
    ("HERO SHOES", SHOES, ""),
    ("hero shoe -fog", "depth-1 depth-3 old-shoe", ""),
    ('"low sun"', ACME_DEPTH, ""),
    ('"sun low"', "", "Nothing mentions “sun low”"),
    ('shoe -"low sun"', "old-shoe", ""),
    ("labor*", "labs-depth", ""),
    ("penguins march", "tv-clip", ""),
    ("schoner schuh", "tv-film", ""),
    ("東京", "tv-film", ""),
    ("京の", "tv-film", ""),
    ("rose petals", "rosy", ""),
    ("depth of field", "winter-lake", ""),
    ("“low sun” fog", "depth-2", ""),
    ("negative:blurry by:zoe", "tv-clip tv-film tv-needs", ""),
    ("blurry", "", "Nothing mentions “blurry”"),
    # Fields
    ('by:"Mia Okafor"', "labs-depth labs-ink rosy", ""),
    ("by:zoë", "tv-clip tv-film tv-needs", ""),
    ("by:okafor", "labs-depth labs-ink rosy", ""),
    ("by:me status:approved", "depth-2", ""),
    ("by: okafor client: globex", "rosy", ""),
    ("client:acme", ACME, ""),
    ("client:ACME,globex technique:video,depth", f"{ACME_DEPTH} tv-clip", ""),
    ("client:acmee is:approved", "depth-2 winter-lake", "Taking “acmee” for Acme"),
    ("project:acme-winter", "winter-lake winter-up", ""),
    ('project:"rose garden"', "rose-1 rose-ref", ""),
    ("shot:sh010", f"{SHOES} labs-depth", ""),
    ("shot:sh10", f"{SHOES} labs-depth", ""),
    ("shot:tv*", "tv-clip tv-film tv-needs rosy", ""),
    ("tag:pick", "depth-2 rose-1 tv-film", ""),
    ("tag:pick tag:hero", "depth-2", ""),
    ("tag:pick -tag:hero", "rose-1 tv-film", ""),
    ("model:slate-sim-photo", "labs-depth winter-lake winter-up tv-clip rosy", ""),
    ("model:photo technique:depth", "labs-depth", ""),
    ("model:AB12CD34EF shot:tv02", "tv-film tv-needs", ""),
    ("lora:ink", "labs-ink", ""),
    ("lora:slate-sim-film.safetensors", "tv-film", ""),
    ("workflow:product-depth", f"{ACME_DEPTH} labs-depth", ""),
    ("workflow:product-depth@4", "depth-3 labs-depth", ""),
    ("technique:depth client:acme", ACME_DEPTH, ""),
    ("seed:4243", "depth-2", ""),
    ("size:1024x768 shot:tv02", "tv-film tv-needs", ""),
    ("size:1024×768 size:1024+ shot:tv02", "tv-film tv-needs", ""),
    ("size:landscape client:globex -size:2048+", "tv-clip tv-film tv-needs rosy", ""),
    ("size:portrait,square", "", "Nothing is size portrait or square"),
    ("-is:inferred shot:tv02", "tv-film tv-needs", ""),
    ("status:approved,rejected client:acme", "depth-2 depth-3 winter-lake", ""),
    ('status:"needs work"', "tv-needs", ""),
    ("is:undecided client:acme", "depth-1 old-shoe winter-up", ""),
    ("is:video", "tv-clip", ""),
    ("is:upload", "rose-ref", ""),
    ("judge:kit", "winter-lake", ""),
    ("before:2026-03-12 client:acme technique:depth", "depth-1", ""),
    ("after:2026-03-12 client:acme", "depth-2 depth-3", ""),
    ("on:2026-03-12", "depth-2", ""),
    ('after:"last week" before:yesterday', "labs-ink rosy rose-ref rose-1 tv-clip", ""),
    ("on:yesterday", "tv-film", ""),
    ("on:january", "old-shoe", ""),
    # Plain questions
    ("who made the depth shot for Acme", ACME_DEPTH, "**Mia Chen** made it on 12 March: `{depth-2}`, approved. 2 similar."),
    ("Who made the depth shot for Acme?", ACME_DEPTH, "**Mia Chen** made it on 12 March"),
    ("who made acme's depth shot", ACME_DEPTH, "**Mia Chen** made it"),
    ("who made the depth shot for Acme Labs", "labs-depth", "**Mia Okafor** made it on 14 March"),
    ("who did the depth image for the labs launch project", "labs-depth", "**Mia Okafor**"),
    ("who made the depth shot for acmee", ACME_DEPTH, "Taking “acmee” for Acme: **Mia Chen**"),
    ("who made sh010 for acme labs", "labs-depth", "**Mia Okafor**"),
    ("who made the depth shots", f"{ACME_DEPTH} labs-depth", "Others are by **Mia Okafor** (1)"),
    ("who made seed 4242", "depth-1", "**Mia Chen** made it on 11 March"),
    ("when did we make the frozen lake", "winter-lake winter-up", "**On 2 February, 12:00**"),
    ("when did Mia Chen last make a depth shot", ACME_DEPTH, "**On 13 March, 08:00**"),
    ("which model did Mia Okafor use for the depth shot", "labs-depth", "**slate-sim-photo.safetensors**"),
    ("which lora was used for the flask", "labs-ink", "**styles/slate-sim-ink.safetensors**"),
    ("which workflow made the flask drawing", "labs-ink", "**text-to-image-lora@1**"),
    ("which technique was used for the flask", "labs-ink", "**lora**"),
    ("what seed was used for the approved depth shot", "depth-2", "The seed was **4243**"),
    ("what prompt did Zoe use yesterday", "tv-film", "“**ein schöner Schuh im Regen, 東京の夜**”"),
    ("what settings were used for the flask", "labs-ink", "sampler euler, steps 28, cfg 5.5, seed 777, 1024×768"),
    ("which client was the frozen lake for", "winter-lake winter-up", "It is for **Acme**"),
    ("who is the red flower for", "rose-1", "It is for **Rose**"),
    ("what project does the flask belong to", "labs-ink", "**Labs Launch**"),
    ("which shots did Zoe make", "tv-clip tv-film tv-needs", "**tv02** (2) and **tv01** (1)."),
    ("how many pictures did we make for Acme", ACME, "**6**: client Acme."),
    ("how many depth shots did Mia Chen make in march", ACME_DEPTH, "**3**"),
    ("how many videos", "tv-clip", "**1**"),
    ("show me the latest depth shot for Acme", ACME_DEPTH, "the newest is `{depth-3}`"),
    ("the oldest shot for Acme", ACME, "the oldest is `{old-shoe}`"),
    ("the approved one for Acme", "depth-2 winter-lake", "**2** found"),
    ("is the glassware shot for Acme Labs approved?", "labs-depth", "**No**, it is **not decided yet**"),
    ("is the depth shot for Acme approved", ACME_DEPTH, "Of 3 that match: 1 approved, 1 rejected and 1 undecided."),
    ("who approved the frozen lake", "winter-lake", "**Kit** approved it on 2 February"),
    ("shots approved by Kit", "winter-lake", ""),
    ("what did Ana make last month", "winter-lake winter-up", ""),
    ("what did we render yesterday", "tv-film", ""),
    ("what did we make last week", "labs-ink rosy rose-1", ""),
    ("Mia Chen's depth shots for Acme since 12 March", "depth-2 depth-3", ""),
    ("between 11 march and 12 march for acme", "depth-1 depth-2", ""),
    ("my depth shots", ACME_DEPTH, ""),
    ("what did I make in January", "old-shoe", ""),
    ("show me Rose's pictures", "rose-1 rose-ref", ""),
    ("who made the rose petals", "rosy", "**Mia Okafor**"),
    ("show me pictures with depth of field", "winter-lake", ""),
    ("made with film", "tv-film", ""),
    ("product-depth shots", f"{ACME_DEPTH} labs-depth", ""),
    ("pictures tagged pick for globex", "tv-film", ""),
    ("shots without fog for acme", "depth-1 depth-3 old-shoe winter-lake winter-up", ""),
    ("what's pending for acme", "depth-1 old-shoe winter-up", ""),
    ("which ones need work", "tv-needs", ""),
    ("inpainted pictures for Globex", "rosy", ""),
    ("what did jo upload", "rose-ref", ""),
    ("shots by Anna", "rose-1 winter-lake winter-up", "Taking “Anna” for Ana Ruiz"),
    ("not by Mia Chen for Acme", "winter-lake winter-up", ""),
    ("everything except rejected for acme", "depth-1 depth-2 old-shoe winter-lake winter-up", ""),
    ("acme shots that are not approved", "depth-1 depth-3 old-shoe winter-up", ""),
    ("show me everything from March except for Globex", f"{ACME_DEPTH} labs-depth labs-ink rose-1 rose-ref", ""),
    ("Could you tell me who rendered the depth image for Acme Labs?", "labs-depth", "**Mia Okafor** made it"),
    ("hey, who did the frozen lake one?", "winter-lake winter-up", "**Ana Ruiz** made it"),
    ("so which checkpoint did we use on the red flower", "rose-1", "**slate-sim-base.safetensors**"),
    ("what was the negative prompt for the penguins", "tv-clip", "“**blurry, text**”"),
    ("which of Mia Chen's shots got rejected", "depth-3", ""),
    ("do we have an upscaled version of the lake", "winter-up", ""),
    ("who rejected the hero shoe", "depth-3", "**Ana Ruiz** rejected it"),
    ("what came out of product-depth", f"{ACME_DEPTH} labs-depth", ""),
    ("when did we last work for Rose", "rose-1", "**On 20 March"),
    ("whose is the red flower", "rose-1", "**Ana Ruiz** made it"),
    ("which status has the frozen lake for acme", "winter-lake winter-up", "It is **approved**"),
    ("what came from the frozen lake", "winter-up",
     "From `{winter-lake}` by Ana Ruiz, 2 February came **`{A:winter-up}` (image)**."),
    ("what did the penguins become", "tv-clip", "**Nothing** was made from `{tv-clip}`"),
    ("what was the upscaled lake made from", "winter-lake", "was made from **`{A:winter-lake}` (image)**"),
    ("where did the upscaled lake come from", "winter-lake", "was made from"),
    ("renders made from pictures of the frozen lake", "winter-up", ""),
    ("which of Ana's pictures did Ana build on", "winter-lake", ""),
    ("what went into the red flower", "rose-1", "was made from **no picture**."),
    ("who made it", "", "Which picture?"),
    ("who made the unicorn", "", "Nothing mentions “unicorn”"),
    ("who made the depth shot for Initech", "", "Nothing mentions “Initech”"),
    ("who made the dpeth shot for acme", ACME_DEPTH, "Taking “dpeth” for depth: **Mia Chen**"),
    ("who made the depth shot for Globex", "", "Without client Globex there are 4"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected", "sentence"), TABLE, ids=[row[0] for row in TABLE])
def test_a_question_finds_what_it_means(kept: tuple[Database, Corpus], text: str, expected: str, sentence: str) -> None:
    found = ask(kept, text)
    assert sorted(keys(kept, found)) == sorted(expected.split()), (found.sentence, found.understood)
    for key, asset in kept[1].assets.items():
        sentence = sentence.replace(f"{{A:{key}}}", asset.code).replace(f"{{{key}}}", Result.code_of(asset))
    assert sentence in found.sentence


@pytest.mark.parametrize("text", [row[0] for row in TABLE if row[1]])
def test_taking_a_condition_away_finds_all_there_was_and_more(kept: tuple[Database, Corpus], text: str) -> None:
    found = ask(kept, text)
    if "sort:" in text or found.want in (Want.RESULTS, Want.SOURCES) or not found.without:
        return
    for choice in found.without:
        wider = ask(kept, choice.text, limit=40)
        if wider.choices:  # a shot's code alone may be several projects'
            assert wider.sentence.startswith("Which shot")
            continue
        assert len(wider.understood) < len(found.understood), choice.text
        assert set(keys(kept, found)) <= set(keys(kept, wider)) or "or" in choice.label, (choice.text, wider.understood)


def test_what_was_understood_can_be_said_again_in_conditions(kept: tuple[Database, Corpus]) -> None:
    found = ask(kept, 'who made the "low sun" depth shot for Acme since 1 March')
    assert [one.label for one in found.without] == ["“low sun”", "technique depth", "client Acme", "since 1 march"]
    assert found.without[2].text == 'who made "low sun" technique:depth since 1 march'
    assert found.without[3].text == 'who made "low sun" technique:depth client:Acme'
    assert ask(kept, "who made the unicorn").without == ()
    empty = ask(kept, "who made the depth shot for Globex")
    assert [one.label for one in empty.without] == ["technique depth", "client Globex"]


@pytest.mark.parametrize(
    ("text", "labels", "rewritten"),
    [
        ("when did mia make the hero shoe", ["Mia Chen", "Mia Okafor"], 'when did by:"Mia Chen" make the hero shoe'),
        ("mia's shots", ["Mia Chen", "Mia Okafor"], 'by:"Mia Chen" shots'),
        ("by:mia shoe", ["Mia Chen", "Mia Okafor"], 'by:"Mia Chen" shoe'),
        ("shots approved by mia", ["Mia Chen", "Mia Okafor"], 'shots approved by judge:"Mia Chen"'),
        ("who made sh010", ["Acme Spring", "Labs Launch"], 'who made sh010 project:"Acme Spring"'),
    ],
)
def test_what_could_be_two_is_asked_back(kept: tuple[Database, Corpus], text: str, labels: list[str], rewritten: str) -> None:
    found = ask(kept, text)
    assert found.results == ()
    assert [choice.label for choice in found.choices] == labels
    assert found.choices[0].text == rewritten
    assert all(f"**{label}**" in found.sentence for label in labels)
    assert "\n" not in found.sentence


@pytest.mark.parametrize("text", ["when did mia make the hero shoe", "mia's shots", "who made sh010"])
def test_a_choice_asks_without_further_questions(kept: tuple[Database, Corpus], text: str) -> None:
    again = ask(kept, ask(kept, text).choices[0].text)
    assert again.choices == ()
    assert {result.by for result in again.results} == {"Mia Chen"}


def test_a_shot_of_this_channels_project_needs_no_question(kept: tuple[Database, Corpus]) -> None:
    found = ask(kept, "who made sh010", project="labs-launch")
    assert keys(kept, found) == ["labs-depth"]
    assert "project Labs Launch, as here" in found.understood


def test_here_is_the_channels_project(kept: tuple[Database, Corpus]) -> None:
    assert sorted(keys(kept, ask(kept, "what did we make here", project="rose-garden"))) == ["rose-1"]
    assert sorted(keys(kept, ask(kept, "project:here", project="rose-garden"))) == ["rose-1", "rose-ref"]


@pytest.mark.parametrize("text", ["we", "who are we", "what do we have on the sun", "may i see the march of penguins"])
def test_little_words_are_never_dates(kept: tuple[Database, Corpus], text: str) -> None:
    assert not any(day in " ".join(ask(kept, text).understood) for day in ("wednesday", "sunday", "may ", "march 2"))


def test_a_guess_is_shown(kept: tuple[Database, Corpus]) -> None:
    assert ask(kept, "pictures by Mya Chen").understood == ("by Mia Chen (for “Mya Chen”)",)


def test_the_understanding_is_chips(kept: tuple[Database, Corpus]) -> None:
    found = ask(kept, 'who made the "low sun" depth shot for Acme since 1 March')
    assert found.understood == ("asking: who", "“low sun”", "technique depth", "client Acme", "since 1 march")


@pytest.mark.parametrize("text", ["tag:pcik", "client:initech", "shot:zz99", "by:nobody", "workflow:prodcut", "lora:none"])
def test_an_unknown_name_finds_nothing_and_says_so(kept: tuple[Database, Corpus], text: str) -> None:
    found = ask(kept, text)
    if not found.results:
        assert found.sentence.startswith("I know no ")
    else:
        assert found.sentence.startswith("Taking ")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('"unclosed', "Close it"),
        ("by:", "by:"),
        ("tag: ", "tag:"),
        ("cleint:acme", "Did you mean `client:`?"),
        ("foo:bar", "There are: by, client"),
        ("a*", "at least two letters"),
        ("seed:abc", "whole number"),
        ("before:someday", "2026-03-12"),
        ("before:2026-02-31", "2026-03-12"),
        ("status:lovely", "approved"),
        ("is:nice", "approved"),
        ("sort:sideways", "newest"),
        ("x" * 100_000, "few words"),
        ("shoe " * 300, "few words"),
    ],
)
def test_bad_syntax_says_what_to_do(kept: tuple[Database, Corpus], text: str, hint: str) -> None:
    with pytest.raises(BadQuery) as caught:
        ask(kept, text)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "shoe OR lake", "NEAR(hero shoe)", "^shoe", "hero AND (", ")) NOT ((", "{a b}: c", "facets", "c1", "all", "%", "_", "\\",
        "'; DROP TABLE asset; --", "--", "* * *", "a & b | !c", "<->", "'hero':1", "\x00shoe\x1b[31m", "shoe\u202e", "\ud800",
        "🙂", "?", "...", "-", '""', '" "', "http://example.com/x?y=1", "16:9", "12:30:59", "e\u0301", "ＨＥＲＯ", "٣٤",
    ],
)  # fmt: skip
def test_no_text_can_break_out_of_the_question(kept: tuple[Database, Corpus], text: str) -> None:
    ask(kept, text)


def test_scope_hides_even_the_counts(kept: tuple[Database, Corpus]) -> None:
    corpus = kept[1]
    acme = Scope(frozenset({corpus.projects["acme-spring"].id or 0}))
    assert "**4**" in ask(kept, "how many pictures did we make", scope=acme).sentence
    hidden = ask(kept, "who made the depth shot for Globex", scope=acme)
    assert "Nothing mentions “Globex”" in hidden.sentence
    assert ask(kept, "tag:style", scope=acme).sentence == "I know no tag “style”."
    assert ask(kept, "show me everything", scope=Scope(frozenset())).results == ()
    labs = corpus.assets["labs-depth"]
    assert ask(kept, Result.code_of(labs), scope=acme).results == ()


def test_an_id_is_answered_about(kept: tuple[Database, Corpus]) -> None:
    asset = kept[1].assets["depth-2"]
    for code in (asset.code, asset.code.lower(), Result.code_of(asset)):
        found = ask(kept, f"who made {code}?")
        assert keys(kept, found) == ["depth-2"], code
        assert "**Mia Chen** made it on 12 March" in found.sentence
    assert "There is nothing called `R-ZZZZ9`" in ask(kept, "R-ZZZZ9").sentence


def test_pages_follow_one_another_without_gaps(kept: tuple[Database, Corpus]) -> None:
    for text in ("client:acme", "hero shoe", "sort:oldest client:acme"):
        whole, found = keys(kept, ask(kept, text)), ask(kept, text, limit=2)
        seen = keys(kept, found)
        while found.after:
            found = ask(kept, text, limit=2, after=found.after)
            seen += keys(kept, found)
        assert seen == whole
    assert keys(kept, ask(kept, "client:acme", after="n:rubbish"))
    assert keys(kept, ask(kept, "hero shoe", after="b:9" * 50))


def test_days_are_the_askers_days(kept: tuple[Database, Corpus]) -> None:
    database, corpus = kept
    far = corpus.people["Zoë Ørsted"].model_copy(update={"time_zone": "Pacific/Auckland"})
    with database.reading() as session:
        found = core_ask.answer(session, "when did we make the neon street", by=far, now=NOW)
        assert "**Yesterday, 21:00**" in found.sentence  # 08:00 UTC; it is four in the morning of the 26th there
        lost = corpus.people["Kit"].model_copy(update={"time_zone": "Mars/Olympus"})
        assert "**Today, 08:00**" in core_ask.answer(session, "when did we make the neon street", by=lost, now=NOW).sentence


def test_the_json_is_the_documented_shape(kept: tuple[Database, Corpus]) -> None:
    answer = ask(kept, "what seed was used for the approved depth shot").schema().as_json()
    asset = kept[1].assets["depth-2"]
    assert list(answer)[:3] == ["answer", "understood", "results"]
    assert answer["results"] == [
        {
            "asset": asset.code,
            "render": Result.code_of(asset),
            "by": "Mia Chen",
            "client": "Acme",
            "project": "acme-spring",
            "shot": "sh010",
            "workflow": "product-depth",
            "version": 3,
            "models": ["slate-sim-base.safetensors", "slate-sim-depth.safetensors"],
            "prompt": asset.prompt,
            "seed": "4243",
            "status": "approved",
            "created": "2026-03-12T14:05:00+00:00",
            "inferred": {},
        }
    ]
