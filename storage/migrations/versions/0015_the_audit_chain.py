"""Audited events get their places in a chain of hashes, and the project they happened in; earlier ones in the order they came."""

import secrets

import sqlalchemy as sa
from alembic import op

from storage import ids
from storage.people.audit_line import hash_of, line_of
from storage.tables import Instant

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_EVENTS = sa.table(
    "auditevent",
    sa.column("id", sa.Integer), sa.column("at", Instant), sa.column("action", sa.String), sa.column("subject", sa.String),
    sa.column("actor_id", sa.Integer), sa.column("before", sa.JSON), sa.column("after", sa.JSON),
    sa.column("project_id", sa.Integer), sa.column("number", sa.Integer), sa.column("hash", sa.String),
)  # fmt: skip
_HEAD = sa.table("audithead", sa.column("origin", sa.String), sa.column("number", sa.Integer), sa.column("hash", sa.String))
_TOGETHER = 2000


def upgrade() -> None:
    op.add_column("auditevent", sa.Column("project_id", sa.Integer(), nullable=True))
    op.add_column("auditevent", sa.Column("number", sa.Integer(), nullable=True))
    op.add_column("auditevent", sa.Column("hash", sa.String(), nullable=False, server_default=""))
    op.create_table(
        "audithead",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    _chain(op.get_bind())
    op.create_index("ix_auditevent_number", "auditevent", ["number"], unique=True)
    op.create_index("audit_by_actor", "auditevent", ["actor_id", "number"])
    op.create_index("audit_by_project", "auditevent", ["project_id", "number"])


def _chain(connection: sa.Connection) -> None:
    origin = previous = secrets.token_hex(32)
    number, last = 0, 0
    change = sa.update(_EVENTS).where(_EVENTS.c.id == sa.bindparam("row")).values(
        project_id=sa.bindparam("of"), number=sa.bindparam("place"), hash=sa.bindparam("digest")
    )  # fmt: skip
    slugs = {slug: row for row, slug in connection.execute(sa.text("SELECT id, slug FROM project"))}
    while some := connection.execute(sa.select(_EVENTS).where(_EVENTS.c.id > last).order_by(_EVENTS.c.id).limit(_TOGETHER)).all():
        last, changes = some[-1].id, []
        of_work = _projects_of(connection, [one.subject for one in some])
        for one in some:
            number += 1
            project = of_work.get(one.subject, slugs.get(_slug(one)))
            previous = hash_of(
                line_of(
                    number=number, at=one.at, action=one.action, subject=one.subject, actor_id=one.actor_id,
                    project_id=project, before=one.before, after=one.after, previous=previous,
                )
            )  # fmt: skip
            changes.append({"row": one.id, "of": project, "place": number, "digest": previous})
        connection.execute(change, changes)
    connection.execute(sa.insert(_HEAD).values(origin=origin, number=number, hash=previous if number else ""))


def _projects_of(connection: sa.Connection, subjects: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for prefix, table in (("A", "asset"), ("R", "render")):
        rows = {row: subject for subject in subjects if (row := ids.number(prefix, subject)) is not None}
        kind = sa.table(table, sa.column("id", sa.Integer), sa.column("project_id", sa.Integer))
        for row, project in connection.execute(sa.select(kind.c.id, kind.c.project_id).where(kind.c.id.in_(rows))):
            found[rows[row]] = project
    return found


def _slug(one: sa.Row) -> str:
    kind, _, name = one.subject.partition("/")
    return name if kind == "project" else str(one.after.get("project") or one.before.get("project") or "")


def downgrade() -> None:
    for name in ("audit_by_project", "audit_by_actor", "ix_auditevent_number"):
        op.drop_index(name, "auditevent")
    for name in ("hash", "number", "project_id"):
        op.drop_column("auditevent", name)
    op.drop_table("audithead")
