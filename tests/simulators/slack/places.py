"""The `auth.*`, `conversations.*`, `users.*`, `files.*` and `views.*` methods."""

from __future__ import annotations

import hashlib
from typing import Any

from tests.simulators.slack.blocks import view_problems
from tests.simulators.slack.calls import Asked, Method, Refusal
from tests.simulators.slack.limits import VIEW_STACK
from tests.simulators.slack.messages import checked
from tests.simulators.slack.world import File, Json, Message, View


def auth(asked: Asked) -> Json:
    team, bot = asked.install.team, asked.install.bot
    about = {"team": asked.world.teams[team], "team_id": team, "user": "slate", "user_id": bot, "bot_id": f"B{bot[1:]}"}
    return {"url": "https://sim.slack.com/", "is_enterprise_install": False} | about


def team_info(asked: Asked) -> Json:
    return {"team": {"id": asked.install.team, "name": asked.world.teams[asked.install.team]}}


def info(asked: Asked) -> Json:
    return {"channel": asked.channel().as_json() | {"is_member": asked.install.bot in asked.channel().members}}


def join(asked: Asked) -> Json:
    channel = asked.channel()
    if channel.kind != "public":
        raise Refusal("method_not_supported_for_channel_type")
    if channel.archived:
        raise Refusal("is_archived")
    channel.members.add(asked.install.bot)
    return {"channel": channel.as_json()}


def open_dm(asked: Asked) -> Json:
    user = asked.world.users.get(asked.text("users"))
    if user is None or user.team != asked.install.team:
        raise Refusal("user_not_found")
    if user.deleted:
        raise Refusal("user_disabled")
    return {"channel": {"id": asked.world.im(asked.install.team, user.id, asked.install.bot).id}}


def members(asked: Asked) -> Json:
    return {"members": sorted(asked.channel().members), "response_metadata": {"next_cursor": ""}}


def user_info(asked: Asked) -> Json:
    user = asked.world.users.get(asked.text("user"))
    if user is None or user.team != asked.install.team:
        raise Refusal("user_not_found")
    shown = user.as_json()
    if "users:read.email" not in asked.install.scopes:
        shown["profile"].pop("email")
    return {"user": shown}


def upload_url(asked: Asked) -> Json:
    name, length = asked.text("filename"), int(asked.text("length"))
    if length <= 0:
        raise Refusal("file_uploads_length_invalid")
    file = File(asked.world.id("F"), asked.install.team, asked.install.bot, name, "", alt=asked.text("alt_txt", ""))
    asked.world.files[file.id] = file
    key = f"{file.id}-{length}"
    asked.world.uploads[key] = file.id
    return {"upload_url": f"{asked.slack.url}/upload/{key}", "file_id": file.id}


def complete_upload(asked: Asked) -> Json:
    given = asked.parsed("files") or []
    if not given:
        raise Refusal("invalid_arguments")
    files = []
    for one in given:
        file = asked.world.files.get(one.get("id", ""))
        if file is None or not file.data:
            raise Refusal("file_not_found")
        files.append(file)
    if asked.args.get("channel_id"):
        asked.args["channel"] = asked.args["channel_id"]
        channel, thread = asked.channel_to_write(), asked.text("thread_ts", "")
        for file in files:
            file.shared.append((channel.id, thread))
        shown = Message(asked.world.ts(), channel.id, asked.install.bot, asked.text("initial_comment", ""), thread_ts=thread)
        shown.files, shown.by_app = [file.id for file in files], True
        channel.messages.append(shown)
    for file in files:
        file.complete = True
        file.not_ready_for = asked.slack.processing
    return {"files": [{"id": one.id, "title": one.name} for one in files]}


def file_json(slack: Any, file: File) -> Json:
    about = {"id": file.id, "name": file.name, "title": file.name, "mimetype": file.mime, "size": len(file.data)}
    address = f"{slack.url}/files-pri/{file.team}-{file.id}/{file.name}"
    return about | {"user": file.owner, "mode": "hosted", "url_private": address, "url_private_download": f"{address}?download"}


def file_info(asked: Asked) -> Json:
    file = asked.world.files.get(asked.text("file"))
    if file is None or file.team != asked.install.team:
        raise Refusal("file_not_found")
    return {"file": file_json(asked.slack, file)}


def file_delete(asked: Asked) -> Json:
    file_info(asked)
    del asked.world.files[asked.text("file")]
    return {}


# views


def _checked_view(asked: Asked, kind: str) -> Json:
    payload = asked.parsed("view")
    found = view_problems(payload)
    if found or payload["type"] != kind:
        raise Refusal("invalid_arguments", response_metadata={"messages": [f"[ERROR] {one}" for one in found]})
    checked(asked, payload["blocks"], kind)
    return dict(payload)


def _view(asked: Asked, user: str, payload: Json) -> View:
    made = View(asked.world.id("V"), "", user, asked.install.team, payload)
    return _hashed(made)


def _hashed(view: View) -> View:
    view.hash = hashlib.sha256(repr((view.id, view.hash, view.payload)).encode()).hexdigest()[:16]
    return view


def open_view(asked: Asked) -> Json:
    trigger = asked.slack.people.redeem(asked.text("trigger_id"))
    made = _view(asked, trigger.user, _checked_view(asked, "modal"))
    asked.world.modals[trigger.user] = [made]
    return {"view": made.as_json(asked.install.bot)}


def push_view(asked: Asked) -> Json:
    trigger = asked.slack.people.redeem(asked.text("trigger_id"))
    stack = asked.world.modals.setdefault(trigger.user, [])
    if len(stack) >= VIEW_STACK:
        raise Refusal("push_limit_reached")
    made = _view(asked, trigger.user, _checked_view(asked, "modal"))
    stack.append(made)
    return {"view": made.as_json(asked.install.bot)}


def update_view(asked: Asked) -> Json:
    named = asked.text("view_id")
    found = next((one for stack in asked.world.modals.values() for one in stack if one.id == named), None)
    if found is None:
        raise Refusal("not_found")
    if asked.args.get("hash") and asked.args["hash"] != found.hash:
        raise Refusal("hash_conflict")
    found.payload = _checked_view(asked, "modal")
    return {"view": _hashed(found).as_json(asked.install.bot)}


def publish(asked: Asked) -> Json:
    user = asked.world.users.get(asked.text("user_id"))
    if user is None or user.team != asked.install.team:
        raise Refusal("user_not_found")
    there = asked.world.homes.get(user.id)
    if there is not None and asked.args.get("hash") and asked.args["hash"] != there.hash:
        raise Refusal("hash_conflict")
    made = _view(asked, user.id, _checked_view(asked, "home"))
    asked.world.homes[user.id] = made
    return {"view": made.as_json(asked.install.bot)}


METHODS: dict[str, Method] = {
    "auth.test": auth,
    "team.info": team_info,
    "conversations.info": info,
    "conversations.join": join,
    "conversations.open": open_dm,
    "conversations.members": members,
    "users.info": user_info,
    "files.getUploadURLExternal": upload_url,
    "files.completeUploadExternal": complete_upload,
    "files.info": file_info,
    "files.delete": file_delete,
    "views.open": open_view,
    "views.push": push_view,
    "views.update": update_view,
    "views.publish": publish,
}
