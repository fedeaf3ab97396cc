"""Who speaks in Slack: the Member behind an account, and what Slack says of people, kept fresh."""

from __future__ import annotations

from typing import Any

import structlog

from bot.identity import member_for
from bot.slack.runtime import Front, SlackRequest
from bot.slack.workspaces import PLATFORM
from core.errors import ChatError, Refused
from core.people import accounts
from storage.people import members
from storage.tables import Member

log = structlog.get_logger(__name__)


def member_of(front: Front, heard: SlackRequest) -> Member:
    """The Member who did it; somebody new, or who came before guests were asked about, is looked up in Slack once.

    Raises Refused for a closed account and for bots, DatabaseUnavailable.
    """
    with front.desk.reading() as session:
        known = members.handle(session, PLATFORM, heard.account)
    if known is not None and known.guest is not None:
        return member_for(front.desk, PLATFORM, heard.account, known.name, tenant=heard.tenant, guest=known.guest)
    user = _looked_up(front, heard)
    if user.get("deleted") or user.get("is_bot"):
        raise Refused("This Slack account cannot use Slate.", hint="Bots and closed accounts cannot.")
    name = shown_name(user) or heard.user_name or heard.user
    guest = is_guest(user, heard.tenant)
    keep(front, heard.tenant, user | {"id": heard.user})  # also of somebody who is refused right after
    member = member_for(front.desk, PLATFORM, heard.account, name[:60], tenant=heard.tenant, guest=guest)
    if known is None:
        keep(front, heard.tenant, user | {"id": heard.user})
    return member


def is_guest(user: dict[str, Any], tenant: str) -> bool:
    """Whether Slack says that somebody is a guest, or a stranger from another company (Slack Connect)."""
    if any(user.get(one) for one in ("is_restricted", "is_ultra_restricted", "is_stranger")):
        return True
    enterprise = (user.get("enterprise_user") or {}).get("teams") or []
    return bool(user.get("team_id")) and tenant not in (user["team_id"], *enterprise)


def keep(front: Front, tenant: str, user: dict[str, Any]) -> None:
    """Note what Slack says of an account: its name, its picture, whether it is still open, and whether it is a guest's."""
    avatar = str(user.get("profile", {}).get("image_192") or "")
    with front.desk.writing() as session:
        accounts.keep_profile(
            session, PLATFORM, f"{tenant}/{user['id']}", name=shown_name(user), avatar_url=avatar,
            active=not user["deleted"] if "deleted" in user else None, guest=is_guest(user, tenant),
        )  # fmt: skip


def name_behind(front: Front, tenant: str, user: str) -> str | None:
    """The name of the Member whose account was mentioned, or None."""
    with front.desk.reading() as session:
        known = members.handle(session, PLATFORM, f"{tenant}/{user}")
        member = members.by_id(session, known.member_id) if known else None
    return member.name if member else None


def shown_name(user: dict[str, Any]) -> str:
    """What Slack shows for a person."""
    profile = user.get("profile", {})
    return str(profile.get("display_name") or profile.get("real_name") or user.get("real_name") or user.get("name") or "").strip()


def _looked_up(front: Front, heard: SlackRequest) -> dict[str, Any]:
    """What Slack knows of the account. Raises Refused when it does not say: it may be a guest or a stranger."""
    try:
        found: dict[str, Any] = front.api(heard.tenant).do("users_info", user=heard.user)["user"]
    except ChatError as problem:
        log.warning("slack.unknown-user", why=problem.message)
        raise Refused("Slack does not say who you are.", hint="Try again in a moment.") from problem
    return found
