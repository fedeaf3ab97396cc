"""The rules that are checked against, with their sources and the day they were read; and how an item comes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

RULE_SET = "2026-11-23"
"""The day these rules were last read. It is no legal advice, and none of it is a judgement of law."""

QUESTIONS = {
    "deep-fake": ("does it resemble existing persons, objects, places or events?", "EU 50(4)"),
    "public-interest": ("is it published to inform the public on matters of public interest?", "EU 50(4)"),
    "artistic": ("is it evidently artistic, creative, satirical or fictional?", "EU 50(4)"),
    "standard-edit": ("is it a standard edit that needs no mark, and who says so?", "EU 50(2)"),
    "icon": ("is the EU icon shown where it is published?", "EU Code"),
}
"""What only a person can answer: name -> (the question, which rule asks it)."""


class Status(StrEnum):
    """How an item came out."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"
    """It could not be checked."""
    HUMAN = "human"
    """Only a person can say."""
    NOT_APPLICABLE = "n/a"


@dataclass(frozen=True)
class LegalSource:
    """Where a duty stands."""

    name: str
    title: str
    note: str = ""


SOURCES: tuple[LegalSource, ...] = (
    LegalSource(
        "EU 50(2)",
        "Regulation (EU) 2024/1689, Article 50(2), with Article 111(4) as inserted by Regulation (EU) 2026/1744",
        "applies to new systems; to systems on the market before 2 August 2026 from 2 December 2026",
    ),
    LegalSource(
        "EU 50(4)", "Regulation (EU) 2024/1689, Article 50(4) and (5)", "deep fakes and texts of public interest; in force"
    ),
    LegalSource(
        "EU Code", "Code of Practice on Transparency of AI-Generated Content, 10 June 2026, measures 1.1 to 1.3", "voluntary"
    ),
    LegalSource(
        "CA 22757.3",
        "California Business and Professions Code 22757 to 22757.6 (SB 942, AB 853, SB 1000)",
        "latent disclosure; in force",
    ),
    LegalSource("CA 22757.2", "California Business and Professions Code 22757.2", "verification without personal information"),
    LegalSource("CN", "Labeling Measures (CAC 2025 no. 2), GB 45438-2025", "in force since 1 September 2025"),
)

SECTIONS = {
    "A": "Identity",
    "B": "Signed mark",
    "C": "Latent disclosure, items (A) to (E)",
    "D": "Second layer",
    "E": "Recovery",
    "F": "Inputs",
    "G": "Agreement",
    "H": "Privacy",
    "I": "China profile",
    "J": "For a person to say",
    "K": "Exports",
}


@dataclass(frozen=True)
class Item:
    """One thing that was checked about one Asset. `section` is a letter of SECTIONS; `where` says what was looked at."""

    section: str
    name: str
    status: Status
    text: str
    source: str = ""
    where: str = ""


@dataclass(frozen=True)
class Checked:
    """All items of one Asset."""

    asset: str
    title: str
    items: tuple[Item, ...]
    sha256: str = ""

    def count(self, status: Status) -> int:
        return sum(1 for item in self.items if item.status is status)


@dataclass(frozen=True)
class ComplianceReport:
    """Every checked Asset of an asking: an asset, a delivery, a project or a period. It says what was found, and nothing more."""

    subject: str
    made_at: str
    assets: tuple[Checked, ...]
    roles: tuple[tuple[str, str], ...] = ()
    """What a person filled in: provider, deployer, notices."""
    rule_set: str = RULE_SET
    sources: tuple[LegalSource, ...] = field(default=SOURCES)

    def count(self, status: Status) -> int:
        return sum(one.count(status) for one in self.assets)

    @property
    def sentence(self) -> str:
        """Counts only: what they mean is for a person to judge."""
        parts = [f"{self.count(status)} {word}" for status, word in _WORDS.items() if self.count(status)]
        files = f"{len(self.assets)} file{'' if len(self.assets) == 1 else 's'}"
        return f"{files}, rules of {self.rule_set}: {', '.join(parts)}."


_WORDS = {
    Status.PASS: "checks passed",
    Status.FAIL: "failed",
    Status.UNKNOWN: "could not be made",
    Status.HUMAN: "need a person",
}
