"""Lists the properties of an XMP packet, of any namespace, those of structures and lists too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_LONGEST = 8 << 20
_MOST = 300
_PREFIXES = {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.adobe.com/exif/1.0/": "exif",
    "http://ns.adobe.com/tiff/1.0/": "tiff",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://ns.adobe.com/xap/1.0/mm/": "xmpMM",
    "http://ns.adobe.com/xap/1.0/rights/": "xmpRights",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": "Iptc4xmpCore",
    "http://ns.useplus.org/ldf/xmp/1.0/": "plus",
    "http://ns.adobe.com/camera-raw-settings/1.0/": "crs",
    "http://www.tc260.org.cn/ns/AIGC/1.0/": "TC260",
    "http://ns.adobe.com/exif/1.0/aux/": "aux",
    "http://purl.org/dc/terms/": "dcterms",
    "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#": "stEvt",
    "http://ns.adobe.com/xap/1.0/sType/ResourceRef#": "stRef",
}
KNOWN = frozenset(_PREFIXES.values())
"""Namespaces that standards or cameras define; a text in another one comes from the program that made the picture."""


def properties(text: str) -> Iterator[tuple[str, str]]:
    """(`prefix:Name`, value) of each property; nothing for a packet that is broken, hostile or too long."""
    if len(text) > _LONGEST:
        return
    try:
        tree = fromstring(text.strip("\ufeff\0 \r\n"), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, RecursionError):
        return
    count = 0
    for element in tree.iter():
        if element.tag == f"{_RDF}Description":
            for name, value in _of(element):
                count += 1
                if count > _MOST:
                    return
                yield name, value


def _of(element: Any) -> Iterator[tuple[str, str]]:
    for tag, value in element.attrib.items():
        if not tag.startswith(_RDF) and value.strip():
            yield _name(tag), value
    for child in element:
        if child.find(f"{_RDF}Description") is not None or child.attrib.get(f"{_RDF}parseType") == "Resource":
            continue
        listed = list(child.iter(f"{_RDF}li"))
        for one in listed or [child]:
            value = "".join(one.itertext()) or child.attrib.get(f"{_RDF}resource", "")
            if value.strip():
                yield _name(child.tag), value


def _name(tag: str) -> str:
    space, _, name = tag.lstrip("{").rpartition("}")
    prefix = _PREFIXES.get(space) or space.rstrip("/#").rpartition("/")[2][:30] or "xmp"
    return f"{prefix}:{name}"
