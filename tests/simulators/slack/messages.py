"""The `chat.*` and `reactions.*` methods."""

from __future__ import annotations

from typing import Any

from tests.simulators.slack.blocks import problems
from tests.simulators.slack.calls import Asked, Method, Refusal
from tests.simulators.slack.limits import TEXT, UNFURLS
from tests.simulators.slack.world import Channel, Json, Message


def checked(asked: Asked, blocks: Any, surface: str = "message") -> list[Json]:
    """The blocks, when they are within every limit and the files they show may be shown."""
    found = problems(blocks or [], surface)
    if found:
        raise Refusal("invalid_blocks", response_metadata={"messages": [f"[ERROR] {one}" for one in found]})
    for block in blocks or []:
        for one in (block, block.get("accessory") or {}, *(block.get("elements") or [])):
            if isinstance(one, dict) and one.get("slack_file"):
                _check_file(asked, one["slack_file"])
    return list(blocks or [])


def _check_file(asked: Asked, named: Json) -> None:
    file = asked.world.files.get(named.get("id", ""))
    if file is None or file.team != asked.install.team or not file.complete:
        raise Refusal("invalid_blocks", response_metadata={"messages": ["[ERROR] invalid slack file [json-pointer:/blocks]"]})
    if file.mime not in ("image/png", "image/jpeg", "image/gif"):
        raise Refusal("invalid_blocks", response_metadata={"messages": ["[ERROR] slack file is not an image"]})
    if file.not_ready_for:
        file.not_ready_for -= 1
        raise Refusal("invalid_blocks", response_metadata={"messages": ["[ERROR] invalid slack file [json-pointer:/blocks]"]})


def _content(asked: Asked) -> tuple[str, list[Json]]:
    text, blocks = str(asked.args.get("text") or ""), checked(asked, asked.parsed("blocks"))
    if not text and not blocks:
        raise Refusal("no_text")
    if len(text) > TEXT:
        raise Refusal("msg_too_long")
    return text, blocks


def _thread(asked: Asked, channel: Channel) -> str:
    thread = str(asked.args.get("thread_ts") or "")
    if thread and channel.at(thread) is None:
        raise Refusal("thread_not_found")
    return thread


def post(asked: Asked) -> Json:
    channel = asked.channel_to_write()
    text, blocks = _content(asked)
    key = str(asked.args.get("client_msg_id") or "")
    if asked.world.keys is not None and key in asked.world.keys:
        there = channel.at(asked.world.keys[key])
        if there is None:
            raise Refusal("duplicate_message_not_found")
        return {"channel": channel.id, "ts": there.ts, "message": there.as_json()}
    made = Message(
        asked.world.ts(), channel.id, asked.install.bot, text, blocks, thread_ts=_thread(asked, channel), by_app=True,
        metadata=asked.parsed("metadata"), shown=[text],
    )  # fmt: skip
    channel.messages.append(made)
    if key and asked.world.keys is not None:
        asked.world.keys[key] = made.ts
    return {"channel": channel.id, "ts": made.ts, "message": made.as_json()}


def whisper(asked: Asked) -> Json:
    channel, user = asked.channel(), asked.text("user")
    if channel.archived:
        raise Refusal("is_archived")
    if asked.install.bot not in channel.members:
        raise Refusal("not_in_channel")
    if user not in channel.members:
        raise Refusal("user_not_in_channel")
    text, blocks = _content(asked)
    made = Message(
        asked.world.ts(), channel.id, asked.install.bot, text, blocks, only_for=user, by_app=True, shown=[text],
        thread_ts=str(asked.args.get("thread_ts") or ""),
    )  # fmt: skip
    channel.messages.append(made)
    return {"message_ts": made.ts}


def _own(asked: Asked) -> Message:
    channel = asked.channel()
    if channel.archived:
        raise Refusal("is_archived")
    found = channel.at(asked.text("ts"))
    if found is None:
        raise Refusal("message_not_found")
    if found.user != asked.install.bot:
        raise Refusal("cant_update_message")
    return found


def update(asked: Asked) -> Json:
    found = _own(asked)
    text, blocks = _content(asked)
    found.text, found.blocks, found.edits = text, blocks, found.edits + 1
    found.shown.append(text)
    return {"channel": found.channel, "ts": found.ts, "text": text, "message": found.as_json()}


def delete(asked: Asked) -> Json:
    found = _own(asked)
    asked.world.channels[found.channel].messages.remove(found)
    return {"channel": found.channel, "ts": found.ts}


def permalink(asked: Asked) -> Json:
    channel = asked.channel()
    if channel.at(asked.text("message_ts")) is None:
        raise Refusal("message_not_found")
    return {"permalink": f"https://sim.slack.com/archives/{channel.id}/p{asked.text('message_ts').replace('.', '')}"}


def unfurl(asked: Asked) -> Json:
    channel = asked.channel()
    found = channel.at(asked.text("ts"))
    if found is None:
        raise Refusal("cannot_unfurl_message")
    given, metadata = asked.parsed("unfurls") or {}, asked.parsed("metadata") or {}
    if not given and not metadata.get("entities"):
        raise Refusal("missing_unfurls")
    if len(given) > UNFURLS:
        raise Refusal("too_many_unfurls")
    for address, shown in given.items():
        if address not in found.text.replace("&amp;", "&"):
            raise Refusal("cannot_unfurl_url")
        checked(asked, shown.get("blocks"))
    for entity in metadata.get("entities", []):
        _check_entity(entity)
        if entity["app_unfurl_url"] not in found.text.replace("&amp;", "&"):
            raise Refusal("cannot_unfurl_url")
    found.unfurls |= given
    found.entities += metadata.get("entities", [])
    return {}


def _check_entity(entity: Json) -> None:
    wanted = {"entity_type", "entity_payload", "external_ref", "url", "app_unfurl_url"}
    payload = entity.get("entity_payload") or {}
    title = (payload.get("attributes") or {}).get("title") or {}
    if wanted - set(entity) or not title.get("text") or not (entity.get("external_ref") or {}).get("id"):
        raise Refusal("invalid_metadata_format")
    if entity["entity_type"] not in ("slack#/entities/file", "slack#/entities/item", "slack#/entities/task"):
        raise Refusal("invalid_metadata_schema")


def details(asked: Asked) -> Json:
    trigger = asked.slack.people.redeem(asked.text("trigger_id"))
    metadata = asked.parsed("metadata")
    if metadata is not None:
        payload = metadata.get("entity_payload") or {}
        if not ((payload.get("attributes") or {}).get("title") or {}).get("text"):
            raise Refusal("invalid_metadata_format")
    shown = {"user": trigger.user, "metadata": metadata, "error": asked.parsed("error")}
    asked.world.details.append(shown)
    return {}


def react(asked: Asked) -> Json:
    channel, name = asked.channel(), asked.text("name").strip(":")
    found = channel.at(asked.text("timestamp"))
    if found is None:
        raise Refusal("message_not_found")
    people = found.reactions.setdefault(name, [])
    if asked.install.bot in people:
        raise Refusal("already_reacted")
    people.append(asked.install.bot)
    return {}


def reactions(asked: Asked) -> Json:
    channel = asked.channel()
    found = channel.at(asked.text("timestamp"))
    if found is None:
        raise Refusal("message_not_found")
    if asked.install.bot not in channel.members:
        raise Refusal("not_in_channel")
    marks = [{"name": name, "users": people, "count": len(people)} for name, people in found.reactions.items() if people]
    return {"type": "message", "channel": channel.id, "message": found.as_json() | ({"reactions": marks} if marks else {})}


METHODS: dict[str, Method] = {
    "chat.postMessage": post,
    "chat.postEphemeral": whisper,
    "chat.update": update,
    "chat.delete": delete,
    "chat.getPermalink": permalink,
    "chat.unfurl": unfurl,
    "entity.presentDetails": details,
    "reactions.add": react,
    "reactions.get": reactions,
}
