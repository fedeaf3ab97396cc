"""Puts the words of a translated question in the order English has them.

>>> in_order("who the last picture for Acme approved?")
'who approved the last picture for Acme?'
>>> in_order("what rejected Ana Ruiz this month"), in_order("how many Kit has approved")
('what did Ana Ruiz reject this month', 'how many did Kit approve')
>>> in_order("who made the last picture and was approved?")
'who made the last picture and is it approved?'
>>> in_order("the last picture for Acme is approved ?")
'is the last picture for Acme approved ?'
"""

from __future__ import annotations

import re

_BASE = {
    "approved": "approve", "rejected": "reject", "sent": "send", "exported": "export", "made": "make", "rendered": "render",
    "uploaded": "upload", "tagged": "tag", "delivered": "deliver", "published": "publish",
}  # fmt: skip
_VERB = rf"(?P<verb>{'|'.join(_BASE)})"
_DONE = r"(?P<done>approved|rejected|undecided|needs work|exported|published|sent(?: (?:out|to .+?))?)"
_NAME = r"(?P<name>[A-ZÀ-Ý\u4e00-\u9fff][\w’'-]*(?: [A-ZÀ-ÝØ\u4e00-\u9fff][\w’'-]*){0,2})"
_ASKED = r"(?P<asked>what|how many(?: pictures| videos| renders| images| ones)?|which (?:pictures|videos|ones|renders)|when)"
_HELP = r"(?:has |have |did |in to |in has )?"
_SEAM = re.compile(
    r"(\?+ +|,? and (?=(?:is|was|are|were|has|when|who|how|which|what|did)\b)| ?, (?=(?:is|was|when|who|how|which|what)\b))"
)
_ABOUT_IT = re.compile(rf"^(?:(?:is|are|was|were|has) (?:been )?)?{_DONE}(?P<end> ?\?*)$")
_ORDERS = (
    (re.compile(r"^(?P<asked>(?:who|which \w+) .+) more(?P<end> ?\?*)$"),
     lambda one: f"{one['asked']} the most{one['end']}"),
    (re.compile(rf"^(?P<who>who(?: all| else)?) (?!{_VERB.replace('?P<verb>', '?:')}\b)(?P<rest>.+?) {_VERB}(?P<end> ?\?*)$"),
     lambda one: f"{one['who']} {one['verb']} {one['rest']}{one['end']}"),
    (re.compile(rf"^{_ASKED} {_VERB} {_NAME}(?! (?:or|and|than)\b)"),
     lambda one: f"{one['asked']} did {one['name']} {_BASE[one['verb']]}"),
    (re.compile(rf"^{_ASKED} {_NAME} {_HELP}{_VERB}\b"),
     lambda one: f"{one['asked']} did {one['name']} {_BASE[one['verb']]}"),
    (re.compile(rf"^(?!(?:who|what|which|how|when|is|are|was|were|did|has|have|show|find|any|anyone)\b)(?P<rest>.+?) "
                rf"(?:is|are|was|were|is been|was ever|has been) (?:already |ever |still )?{_DONE}(?P<end> ?\?+)$"),
     lambda one: f"is {one['rest']} {one['done']}{one['end']}"),
)  # fmt: skip


def in_order(english: str) -> str:
    """Each question of a message with a verb at its end, or a subject after it, moved to where English has it."""
    clauses = _SEAM.split(english)
    clauses[2::2] = [_ABOUT_IT.sub(r"is it \g<done>\g<end>", one) for one in clauses[2::2]]
    joints = [one if "?" in one else " and " for one in clauses[1::2]]
    return "".join(part for pair in zip(map(_moved, clauses[::2]), [*joints, ""], strict=True) for part in pair)


def _moved(clause: str) -> str:
    for pattern, moved in _ORDERS:
        clause = pattern.sub(moved, clause, count=1)
    return clause
