"""A studio out of a file in a real database, questions asked as `slate find` asks them, and whether the answers are right."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from core.errors import SlateError
from core.search import ask
from core.search.ask import SearchAnswer
from storage import search
from storage.database import Database
from storage.tables import (
    Asset,
    Backend,
    Client,
    Export,
    Handle,
    Judgement,
    Member,
    Origin,
    Project,
    Render,
    RenderInput,
    RenderState,
    Role,
    Tag,
    Verdict,
    Workflow,
    WorkflowVersion,
)

Row = dict[str, Any]
_ORIGINS = {"render": Origin.RENDER, "upload": Origin.UPLOAD, "ingested": Origin.INGEST}
_TECHNIQUES = {"upscale": ["upscale"], "image-to-image": ["img2img"], "text-to-image-lora": ["lora"]}
_EVERYTHING = 600
_PARTS = 3
"""Questions in one message, at most."""


class Outcome(StrEnum):
    """What became of a question."""

    RIGHT = "right"
    CLICK = "one click"
    """One of the buttons below the answer gives the right one."""
    EMPTY = "empty"
    BACK = "asked back"
    HEDGED = "hedged"
    """Not right, and the sentence says first what it was not sure of."""
    WRONG = "WRONG"
    """Said as a fact, and not right."""


@dataclass
class Studio:
    """A studio that was loaded: its people, and which of its picture's names is which id here."""

    people: dict[str, Member]
    zone: ZoneInfo
    now: datetime
    codes: dict[str, str] = field(default_factory=dict)
    """Picture of the file -> public id."""
    names: dict[str, str] = field(default_factory=dict)
    """Public id of the asset -> picture of the file."""


def load(database: Database, data: Row) -> Studio:
    """Write the studio into the database."""
    with database.writing() as session:
        return _Loader(session, data).load()


class _Loader:
    def __init__(self, session: Session, data: Row) -> None:
        self.session = session
        self.data = data
        zone = data["timezone"]
        people = {
            one["name"]: Member(name=one["name"], name_key=one["name"].casefold(), role=Role.LEAD, time_zone=zone)
            for one in data["people"]
        }
        self.studio = Studio(people, ZoneInfo(zone), _at(data["now"]))
        self.unknown = Member(name="unknown", name_key="unknown", role=Role.VIEWER)
        self.clients = {one["name"]: Client(name=one["name"], name_key=one["name"].casefold()) for one in data["clients"]}
        self.backends: dict[str, Backend] = {}
        self.versions: dict[str, WorkflowVersion] = {}
        self.renders: dict[str, Render] = {}
        self.ordinals: dict[str, int] = {}

    def load(self) -> Studio:
        pictures = self.data["pictures"]
        self._add([*self.studio.people.values(), *self.clients.values()])
        self._add(
            Handle(platform="room", user_id=one["handle"], member_id=self.studio.people[one["name"]].id or 0, name=one["handle"])
            for one in self.data["people"]
        )
        if any(one["by"] is None for one in pictures):
            self._add([self.unknown])
        self.projects = {}
        for one in self.data["projects"]:
            slug = re.sub(r"\W+", "-", f"{one['client']} {one['name']}".lower()).strip("-")
            self.projects[one["name"]] = Project(client_id=self.clients[one["client"]].id or 0, name=one["name"], slug=slug)
        self._add(self.projects.values())
        assets = {one["id"]: self._picture(one) for one in pictures}
        for one in pictures:
            self._around(one, assets)
        search_rows = list(assets.values())
        for asset in search_rows:
            search.index(self.session, asset.id)
        return self.studio

    def _add(self, rows: Iterable[Any]) -> None:
        self.session.add_all(list(rows))
        self.session.flush()

    def _picture(self, one: Row) -> Asset:
        member = self.studio.people[one["by"]] if one["by"] else self.unknown
        render = self._render(one, member) if one["render"] else None
        models = [{"folder": "checkpoints", "name": one["model"]}] if one["model"] else []
        models += [{"folder": "loras", "name": name} for name in one["loras"]]
        models += [{"folder": "controlnet", "name": f"control_{name}.safetensors"} for name in one["controlnet"]]
        techniques = [
            *one["controlnet"],
            *(["controlnet"] if one["controlnet"] else []),
            *_TECHNIQUES.get(one["workflow"] or "", []),
        ]
        techniques += ["lora"] if one["loras"] else []
        if one["media"] == "video":
            techniques.append("video")
        live = [verdict for verdict in one["verdicts"] if not verdict["withdrawn_at"]]
        status = max(live, key=lambda verdict: verdict["at"])["verdict"].replace("-", " ") if live else ""
        facts = {key: one[key] for key in ("steps", "cfg", "sampler") if one.get(key) is not None}
        asset = Asset(
            origin=_ORIGINS[one["kind"]],
            render_id=render.id if render else None,
            ordinal=self._ordinal(one["render"]) if render else None,
            member_id=member.id or 0,
            project_id=self.projects[one["project"]].id or 0,
            shot=one["shot"] or "",
            status=status,
            sha256=f"{one['id']:0>64}",
            source_sha256=f"{one['id']:0>64}",
            filename=one["filename"] or f"ComfyUI_{one['id'][1:]}_.{'mp4' if one['media'] == 'video' else 'png'}",
            mime="video/mp4" if one["media"] == "video" else "image/png",
            size=(one["width"] or 1) * (one["height"] or 1),
            width=one["width"],
            height=one["height"],
            frames=one["frames"] or 1,
            seconds=one["seconds"],
            workflow=one["workflow"] or "",
            workflow_number=1 if one["workflow"] else None,
            techniques=list(dict.fromkeys(techniques)),
            models=models,
            prompt=one["prompt"] or "",
            negative=one["negative"] or "",
            seed=str(one["seed"] or ""),
            facts=facts,
            created_at=_at(one["made_at"]),
            inferred={} if one["by"] else {"by": "unknown"},
        )
        self._add([asset])
        self.studio.codes[one["id"]] = asset.code
        self.studio.names[asset.code] = one["id"]
        return asset

    def _ordinal(self, render: str) -> int:
        self.ordinals[render] = self.ordinals.get(render, -1) + 1
        return self.ordinals[render]

    def _render(self, one: Row, member: Member) -> Render:
        if one["render"] in self.renders:
            return self.renders[one["render"]]
        if one["workflow"] not in self.versions:
            workflow = Workflow(name=one["workflow"])
            self._add([workflow])
            version = WorkflowVersion(workflow_id=workflow.id or 0, number=1, content_hash=f"{len(self.versions):064x}")
            self._add([version])
            self.versions[one["workflow"]] = version
        if one["server"] not in self.backends:
            self.backends[one["server"]] = Backend(name=one["server"], url=f"http://{one['server']}.invalid")
            self._add([self.backends[one["server"]]])
        ended = _at(one["made_at"])
        render = Render(
            member_id=member.id or 0, project_id=self.projects[one["project"]].id or 0, shot=one["shot"] or "",
            workflow_version_id=self.versions[one["workflow"]].id or 0, state=RenderState.DONE, seed=str(one["seed"] or ""),
            backend_id=self.backends[one["server"]].id, created_at=ended - timedelta(seconds=one["render_seconds"] + 1),
            started_at=ended - timedelta(seconds=one["render_seconds"]), finished_at=ended,
        )  # fmt: skip
        self._add([render])
        self.renders[one["render"]] = render
        return render

    def _around(self, one: Row, assets: dict[str, Asset]) -> None:
        asset = assets[one["id"]]
        rows: list[Any] = []
        for verdict in one["verdicts"]:
            rows.append(
                Verdict(
                    asset_id=asset.id or 0,
                    member_id=self._member(verdict["by"]),
                    judgement=Judgement(verdict["verdict"].replace("-", " ")),
                    binding=True,
                    note=verdict["note"] or "",
                    created_at=_at(verdict["at"]),
                    withdrawn_at=_at(verdict["withdrawn_at"]) if verdict["withdrawn_at"] else None,
                )
            )
        rows += [
            Tag(asset_id=asset.id or 0, word=tag["tag"], member_id=self._member(tag["by"]), created_at=_at(tag["at"]))
            for tag in one["tags"]
        ]
        for number, export in enumerate(one["exports"]):
            digest = f"{one['id']}e{number}".rjust(64, "0")
            copy = Asset(
                origin=Origin.EXPORT,
                member_id=self._member(export["by"]),
                project_id=asset.project_id,
                sha256=digest,
                source_sha256=digest,
                filename=f"copy_{asset.filename}",
                mime=asset.mime,
                size=1,
                copy_of=asset.id,
                created_at=_at(export["at"]),
            )
            self._add([copy])
            rows.append(
                Export(
                    asset_id=asset.id or 0,
                    copy_id=copy.id or 0,
                    project_id=asset.project_id,
                    member_id=self._member(export["by"]),
                    profile=export["profile"],
                    recipient=export["to"] or "",
                    source_sha256=asset.sha256,
                    sha256=digest,
                    filename=copy.filename,
                    created_at=_at(export["at"]),
                )
            )
        if asset.render_id and asset.ordinal == 0:
            rows += [
                RenderInput(render_id=asset.render_id, name=f"image{number or ''}", asset_id=assets[source].id or 0)
                for number, source in enumerate(one["sources"])
            ]
        self._add(rows)

    def _member(self, name: str) -> int:
        return self.studio.people[name].id or 0


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def asked(database: Database, studio: Studio, question: Row, *, clicks: bool = True) -> tuple[Outcome, str]:
    """What became of the question, and what was said; `clicks`: buttons below an answer that is not right are tried."""
    text = re.sub(r"\bp\d{3}\b", lambda match: studio.codes.get(match[0], match[0]), question["text"])
    earlier = question.get("after") or []
    before = [earlier] if isinstance(earlier, str) else list(earlier)
    with database.reading() as session:

        def answer(said: str) -> SearchAnswer | None:
            try:
                return ask.answer(
                    session, said, by=studio.people[question["asker"]], now=studio.now, limit=_EVERYTHING, before=_run_on(before)
                )
            except SlateError:
                return None

        found = answer(text)
        if found is None:
            return Outcome.EMPTY, "refused to read it"
        if right(found, question["expect"], studio):
            return Outcome.RIGHT, found.sentence
        said = f"{found.sentence[:300]} {found.understood} {len(found.results)} found"
        before = []
        choices = [answer(choice.text) for choice in (*found.choices, *found.without)[: 10 * clicks]]
        if any(one is not None and right(one, question["expect"], studio) for one in choices):
            return Outcome.CLICK, said
    return _short_of(found), said


def _run_on(before: list[str]) -> str:
    return "\n".join(before)


_HEDGES = re.compile(
    r"(?:Taking |Nothing mentions |I know no |Not sure |Nada menciona|Rien ne mentionne|Nichts erwähnt|Nicht sicher|"
    r"Je ne sais pas|No sé |Não sei |Gedeutet|Compris|Entendido|解釈|理解为|就您能看到的，没有内容提到|不确定|"
    r"[^*]{0,60}(?:に当たるもの|の意味がわかりません))"
)
_GUESSED = re.compile("Taking|Gedeutet|Compris|Entendido|解釈|理解为")
_MENTIONS = re.compile("^(?:nothing mentions|nichts erwahnt|rien ne mentionne|nada menciona)|に当たるもの|没有内容提到")
_NOTHING = re.compile(r"Nothing|[Nn]ichts|Rien|Aucun|Nada|Ninguno|Nenhum|ありません|没有")


def _short_of(found: SearchAnswer) -> Outcome:
    if found.choices and not found.results:
        return Outcome.BACK
    said = re.search(r"\*\*", found.sentence)
    if _HEDGES.match(found.sentence) and (found.results or said):
        return Outcome.HEDGED
    empty = not found.results and not found.rows
    return Outcome.EMPTY if empty and not re.search(r"\*\*(?:No|0|None)\*\*", found.sentence) else Outcome.WRONG


def right(found: SearchAnswer, expect: Row, studio: Studio) -> bool:
    """Whether the answer is one of those expected; of several questions in one, every part."""
    if "both" in expect:
        return all(right(found, part | {"anywhere": True}, studio) for part in expect["both"])
    if "any" in expect:
        return any(right(found, part | {"anywhere": expect.get("anywhere", False)}, studio) for part in expect["any"])
    return _KINDS[expect["kind"]](found, expect, studio)


def _ids(found: SearchAnswer, studio: Studio) -> list[str]:
    return [studio.names.get(result.asset.code, result.asset.code) for result in found.results]


def _set(found: SearchAnswer, expect: Row, studio: Studio) -> bool:
    return set(_ids(found, studio)) == set(expect["ids"]) and (bool(expect["ids"]) or not found.choices)


def _top(found: SearchAnswer, expect: Row, studio: Studio) -> bool:
    if expect.get("anywhere"):  # of several questions: among the first of each
        return set(expect["ids"]) <= set(_ids(found, studio)[:_PARTS])
    return _ids(found, studio)[: len(expect["ids"])] == expect["ids"]


def _people(found: SearchAnswer, expect: Row, studio: Studio) -> bool:
    bold = " | ".join(re.findall(r"\*\*(.+?)\*\*", found.sentence))
    sentence = _plain(bold)
    said = {name for name in studio.people if _plain(name) in sentence} if not found.choices else set()
    return said == set(expect["names"])


def _names(found: SearchAnswer, expect: Row, studio: Studio) -> bool:
    sentence = _plain(found.sentence)
    wanted = [_plain(name) for name in expect["names"]]
    places = [sentence.find(name) for name in wanted]
    ordered = not expect.get("ordered") or places == sorted(places)
    rows = len(found.rows) in (0, len(wanted)) or found.want.value != "which"
    return bool(wanted) and all(place >= 0 for place in places) and ordered and rows


def _value(found: SearchAnswer, expect: Row, studio: Studio) -> bool:
    sentence = _plain(found.sentence)
    return any(_plain(value) in sentence for value in expect["any_of"])


def _count(found: SearchAnswer, expect: Row, studio: Studio) -> bool:
    if expect.get("anywhere"):
        return str(expect["n"]) in re.findall(r"\*\*(\d+)\*\*", found.sentence)
    number = re.search(r"\*\*([\d,]+)\*\*", found.sentence)
    if number is None:
        return expect["n"] == 0 and not found.results and not found.choices
    renders = re.search(r"(?:from|aus|de|レンダー|来自) ?([\d,]+) ?(?:[Rr]ende?r|rendu|回|次)", found.sentence)
    return expect["n"] in [int(one[1].replace(",", "")) for one in (number, renders) if one]


def _yesno(found: SearchAnswer, expect: Row, studio: Studio) -> bool:
    said = re.search(r"\*\*(?P<yes>Yes|Ja|Oui|Sí|Sim|はい|是|有)|\*\*(?P<no>No|Nein|Non|Não|いいえ|没有|否|不)", found.sentence)
    if said is None:
        return not expect["yes"] and not found.results and not found.choices and _NOTHING.search(found.sentence) is not None
    evidence = not expect["evidence"] or not found.results or bool(set(_ids(found, studio)[:1]) & set(expect["evidence"]))
    return bool(said["yes"]) == expect["yes"] and evidence


def _date(found: SearchAnswer, expect: Row, studio: Studio) -> bool:
    wanted = datetime.fromisoformat(expect["date"]).date()
    today = studio.now.astimezone(studio.zone).date()
    near = {
        today: ("today", "heute", "aujourd'hui", "hoy", "hoje", "今日", "今天"),
        today - timedelta(days=1): ("yesterday", "gestern", "hier", "ayer", "ontem", "昨日", "昨天"),
    }
    first = _plain(" | ".join(re.findall(r"\*\*(.+?)\*\*", found.sentence)))
    year = "" if wanted.year == today.year else f" {wanted.year}"
    said = [f"{wanted.day} {wanted:%B}{year}".lower(), wanted.isoformat(), *near.get(wanted, ())]
    return any(one in first for one in said) or (
        f"{wanted.day}" in first and any(word in first for word in _months(wanted.month))
    )


def _months(month: int) -> tuple[str, ...]:
    names = {
        1: "januar janvier enero janeiro",
        2: "februar fevrier febrero fevereiro",
        3: "marz mars marzo marco",
        4: "april avril abril",
        5: "mai mayo maio",
        6: "juni juin junio junho",
        7: "juli juillet julio julho",
        8: "august aout agosto",
        9: "september septembre septiembre setembro",
        10: "oktober octobre octubre outubro",
        11: "november novembre noviembre novembro",
        12: "dezember decembre diciembre dezembro",
    }
    return (*names[month].split(), f"{month}月", f"{month}/")


def _table(found: SearchAnswer, expect: Row, studio: Studio) -> bool:
    spelled = {"needs-work": "needs work"}
    return dict(found.rows) == {spelled.get(label, label): count for label, count in expect["rows"].items()}


def _ask_back(found: SearchAnswer, expect: Row, studio: Studio) -> bool:
    if not expect["of"]:
        return not found.results
    return not found.results and all(any(name in choice.label for choice in found.choices) for name in expect["of"])


def _none(found: SearchAnswer, expect: Row, studio: Studio) -> bool:
    first = _plain(found.sentence[:160])
    return (
        _plain(expect["unknown"]) in first
        and not _GUESSED.match(found.sentence)
        and (not found.results or _MENTIONS.search(first) is not None)
    )


def _plain(text: str) -> str:
    folded = "".join(one for one in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(one))
    return " ".join(folded.replace("’", "'").split())


_KINDS = {
    "set": _set,
    "top": _top,
    "people": _people,
    "names": _names,
    "value": _value,
    "count": _count,
    "yesno": _yesno,
    "date": _date,
    "table": _table,
    "ask_back": _ask_back,
    "none": _none,
}
