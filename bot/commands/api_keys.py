"""The command apikeys: keys with which programs act for a member."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.cards import Answer, Button, Card, Field
from bot.commands.command import Asked
from bot.formatting import when
from core.errors import BadInput, MissingInput
from core.people import api_keys
from core.schemas.people import ApiKeyList, ApiKeySchema
from storage import ids
from storage.people import members
from storage.tables import ApiKey, Role

_SHOWN, _MOST = 15, 100


def listed(asked: Asked) -> Answer:
    """List your API keys, make one, give it a new text, or revoke it.

    A program that has the key acts as you, in the key's scope: `read` looks, `write` also renders, judges and exports. A key is
    shown once. `rotate:yes` gives it a new text, and the old one is valid for another day. Admins make keys for service accounts.
    /apikeys
    /apikeys new "nightly report" scope:read days:30
    /apikeys new farm service:"Render farm" role:artist scope:write
    /apikeys K-4F2K rotate:yes
    /apikeys K-4F2K revoke:yes
    """
    word = asked.line.word(0)
    if word.casefold() == "new":
        return _new(asked)
    if ids.number("K", word) is not None and asked.switch("rotate"):
        with asked.desk.writing() as session:
            key, text = api_keys.rotate(session, word, by=asked.member)
        return _told(key, text, f"{key.code} has a new text. The old one is valid until {when(key.old_until or key.expires_at)}.")
    if ids.number("K", word) is not None and asked.switch("revoke"):
        with asked.desk.writing() as session:
            key = api_keys.revoke(session, word, by=asked.member)
        return Answer(f"{key.code} ({key.name}) is revoked.", private=True, schema=_schema(key))
    if word:
        raise BadInput(f"`{word[:40]}` is not clear.", hint="Write /apikeys new NAME, or an id with rotate:yes or revoke:yes.")
    limit = asked.count("limit", _SHOWN, _MOST)
    with asked.desk.reading() as session:
        found = api_keys.listed(session, by=asked.member, everybody=asked.switch("all"), limit=limit)
        owners = {row: one.name for row, one in members.by_ids(session, {one.member_id for one in found}).items()}
    return _list(found, owners)


def _new(asked: Asked) -> Answer:
    name, scope = asked.line.rest(1), asked.option("scope") or api_keys.KeyScope.READ.value
    if not name:
        raise MissingInput("A key needs a name.", hint="Write /apikeys new NAME.", input="name")
    if scope not in list(api_keys.KeyScope):
        raise BadInput(f"`{scope[:20]}` is no scope.", hint="Use read or write.", input="scope")
    role = asked.option("role") or Role.ARTIST.value
    if role not in list(Role):
        raise BadInput(f"`{role[:20]}` is no role.", hint=f"Use one of {', '.join(Role)}.", input="role")
    days, service = asked.count("days", api_keys.DAYS, api_keys.MOST_DAYS), asked.option("service")
    with asked.desk.writing() as session:
        member = asked.member
        if service:
            member = api_keys.service_account(session, service, Role(role), by=asked.member)
        key, text = api_keys.make(session, member, name, api_keys.KeyScope(scope), days, by=asked.member)
    said = f"{key.code} acts as {member.name} ({key.scope}) until {when(key.expires_at)}. Its text is shown this once."
    return _told(key, text, said)


def _told(key: ApiKey, text: str, said: str) -> Answer:
    return Answer(said, private=True, copy=text, secret=True, schema=_schema(key).model_copy(update={"text": text}))


def _list(found: Sequence[ApiKey], owners: Mapping[int, str]) -> Answer:
    fields = tuple(Field(one.code, _line(one, owners.get(one.member_id, "")), short=False) for one in found)
    valid = [one for one in found if api_keys.state(one) == "valid"]
    buttons = tuple(Button("apikeys", f"{one.code} revoke:yes", f"Revoke {one.code}") for one in valid[:5])
    title = f"{len(found)} key{'' if len(found) == 1 else 's'}" if found else "No keys"
    card = Card(title, text="" if found else "/apikeys new NAME makes one.", fields=fields, buttons=buttons)
    return Answer(cards=(card,), private=True, schema=ApiKeyList(keys=[_schema(one) for one in found], count=len(found)))


def _line(key: ApiKey, owner: str) -> str:
    state = api_keys.state(key)
    until = f"until {when(key.expires_at)}" if state == "valid" else state
    used = f"last used {when(key.used_at)}" if key.used_at else "never used"
    return f"{key.name}, {key.start}…, as {owner}, {key.scope}, {until}, {used}"


def _schema(key: ApiKey) -> ApiKeySchema:
    return ApiKeySchema(
        key=key.code,
        name=key.name,
        start=key.start,
        scope=key.scope,
        state=api_keys.state(key),
        until=key.expires_at,
        last_used=key.used_at,
    )
