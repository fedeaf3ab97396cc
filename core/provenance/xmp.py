"""The XMP packet of a picture: IPTC's fields on AI, PLUS on data mining, China's label where a team wants it; written and read.

Names are those of the IPTC Photo Metadata Standard 2025.1 (https://iptc.org/std/photometadata/specification/), of PLUS LDF 1.0
and of TC260-PG-20258A. Foreign packets are read without resolving entities.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import ParseError
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from core.provenance.disclosure import Disclosure
from core.security.sandbox import sandboxed

SPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "plus": "http://ns.useplus.org/ldf/xmp/1.0/",
    "TC260": "http://www.tc260.org.cn/ns/AIGC/1.0/",
}
_BY_SPACE = {f"{{{uri}}}": prefix for prefix, uri in SPACES.items()}
_LONGEST_PROMPT = 20_000
MOST = 2 << 20

DATA_MINING = {
    "allowed": "http://ns.useplus.org/ldf/vocab/DMI-ALLOWED",
    "no-ai-training": "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-AIMLTRAINING",
    "prohibited": "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED",
}
"""The policies a team may choose, as PLUS calls them; `unsaid` writes nothing."""


@dataclass(frozen=True)
class Policy:
    """What a team wants to be said in every file it makes."""

    provider: str = ""
    """Who puts the system into service: the team's name."""
    credit: str = ""
    data_mining: str = "no-ai-training"
    aigc_producer: str = ""
    """The name or code for China's label; empty leaves the label out."""
    people: bool = False
    """Whether the person who wrote the prompt is named."""
    words: bool = True
    """Whether the prompt is told."""


def write(statement: Mapping[str, Any], policy: Policy) -> str:
    """The packet for one picture. Fields that have nothing to say are left out."""
    return packet(fields(statement, policy))


def fields(statement: Mapping[str, Any], policy: Policy) -> dict[str, str]:
    """`prefix:Name` -> value, a view of the statement under a policy."""
    said = Disclosure.told(statement)
    carried = str((statement.get("carried") or {}).get("source_type") or "")
    settings = statement.get("settings") or {}
    software = {str(one.get("name")): str(one.get("version") or "") for one in statement.get("software") or []}
    system = next((name for name in software if name != "Slate"), "Slate")
    models = [str(one.get("title") or one.get("name") or "") for one in statement.get("models") or []]
    prompt = "\n".join(
        part
        for part in (str(settings.get("prompt") or ""), f"Negative: {settings['negative']}" if settings.get("negative") else "")
        if part
    )
    found = {
        "Iptc4xmpExt:DigitalSourceType": said.source_type.value if said else carried,
        "Iptc4xmpExt:DigImageGUID": str(statement.get("id") or ""),
        "Iptc4xmpExt:AISystemUsed": " · ".join([system, *models[:8]]) if said and said.is_ai else "",
        "Iptc4xmpExt:AISystemVersionUsed": software.get(system, "") if said and said.is_ai else "",
        "Iptc4xmpExt:AIPromptInformation": prompt[:_LONGEST_PROMPT] if policy.words else "",
        "Iptc4xmpExt:AIPromptWriterName": str(statement.get("by") or "") if policy.people else "",
        "plus:DataMining": DATA_MINING.get(policy.data_mining, ""),
        "photoshop:Credit": policy.credit or policy.provider,
        "xmp:CreatorTool": f"Slate {software.get('Slate', '')}".strip() if said else "",
        "xmp:CreateDate": str(statement.get("finished_at") or ""),
        "xmpMM:DocumentID": str(statement.get("id") or ""),
        "TC260:AIGC": aigc(statement, policy) if policy.aigc_producer and said and said.is_ai else "",
    }
    return {name: value for name, value in found.items() if value}


def aigc(statement: Mapping[str, Any], policy: Policy) -> str:
    """China's implicit label (GB 45438-2025): seven keys, all of them text."""
    label = {
        "Label": "1",
        "ContentProducer": policy.aigc_producer,
        "ProduceID": str(statement.get("id") or ""),
        "ReservedCode1": str((statement.get("file") or {}).get("pixel_sha256") or ""),
        "ContentPropagator": "",
        "PropagateID": "",
        "ReservedCode2": "",
    }
    return json.dumps(label, ensure_ascii=False)


def packet(values: Mapping[str, str]) -> str:
    """An XMP packet with these plain properties."""
    spaces = "".join(f' xmlns:{prefix}="{SPACES[prefix]}"' for prefix in sorted({n.partition(":")[0] for n in values} | {"xmp"}))
    lines = "".join(f"<{name}>{escape(_legal(value))}</{name}>" for name, value in values.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Slate">'
        f'<rdf:RDF xmlns:rdf="{SPACES["rdf"]}"><rdf:Description rdf:about=""{spaces}>{lines}</rdf:Description></rdf:RDF>'
        '</x:xmpmeta><?xpacket end="r"?>'
    )


@sandboxed
def read(text: str) -> dict[str, str]:
    """`prefix:Name` -> value of the properties Slate knows of, from any packet; empty for one broken, hostile or too long.

    >>> read(packet({"plus:DataMining": "a < b"}))
    {'plus:DataMining': 'a < b'}
    """
    if not text or len(text) > MOST:
        return {}
    try:
        tree = fromstring(text.strip("\ufeff\0 \r\n"), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, RecursionError):
        return {}
    found: dict[str, str] = {}
    for element in tree.iter(f"{{{SPACES['rdf']}}}Description"):
        for name, value in element.attrib.items():
            _note(found, name, value)
        for child in element:
            told = child.attrib.get(f"{{{SPACES['rdf']}}}resource") or "".join(child.itertext())
            _note(found, child.tag, told)
    return found


def _note(found: dict[str, str], tag: object, value: str) -> None:
    space, close, name = str(tag).partition("}")
    prefix = _BY_SPACE.get(space + close)
    if prefix and prefix != "rdf" and value.strip():
        found.setdefault(f"{prefix}:{name}", value.strip())


def _legal(text: str) -> str:
    """Without the control characters that XML does not take."""
    return "".join(letter for letter in text if letter in "\t\n\r" or (letter >= " " and letter not in "\ufffe\uffff"))
