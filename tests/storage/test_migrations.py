"""A database from an earlier release is brought forward with all it holds."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import insert

import storage
from core.audit import check
from core.desk import Desk
from core.people import projects
from storage.database import Database
from storage.files import fingerprints
from storage.people import audit, members
from storage.tables import FingerprintBand, Role
from tests.storage.test_assets import House


def test_pictures_fingerprinted_before_hashes_had_a_table_are_still_recognised(database: Database) -> None:
    phash = "0123456789abcdef" * 4
    with database.writing() as session:
        house = House(session)
        known, copy = house.asset(), house.asset(filename="export.png")
        known.phash = copy.phash = phash  # of the two, only one was ever to be recognised
        rows = [{"band": band, "value": value, "asset_id": known.id} for band, value in enumerate(fingerprints.bands(phash))]
        session.connection().execute(insert(FingerprintBand), rows)
    _back_to(database, "0007")

    database.migrate()

    with database.reading() as session:
        assert [one.asset_id for one in fingerprints.near(session, phash)] == [known.id]


def test_events_from_before_the_chain_get_their_places_in_the_order_they_came(desk: Desk) -> None:
    with desk.writing() as session:
        projects.ensure_defaults(session)
        kit = members.add(session, "Kit", "kit", Role.ADMIN)
        projects.add(session, "Acme", "Orchid", by=kit)
    with desk.reading() as session:
        before = [(one.action, one.subject, one.project_id) for one in audit.in_order(session)]
    _back_to(desk.database, "0014")

    desk.database.migrate()

    with desk.reading() as session:
        assert [(one.action, one.subject, one.project_id) for one in audit.in_order(session)] == before
    assert check.check(desk).intact
    with desk.writing() as session:
        projects.add(session, "Acme", "Rose", by=kit)
    assert check.check(desk).events > len(before)


def _back_to(database: Database, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(storage.__file__).with_name("migrations")))
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
        connection.commit()
