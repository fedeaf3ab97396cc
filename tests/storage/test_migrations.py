"""A database from an earlier release is brought forward with all it holds."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import insert

import storage
from storage.database import Database
from storage.files import fingerprints
from storage.tables import FingerprintBand
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


def _back_to(database: Database, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(storage.__file__).with_name("migrations")))
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
        connection.commit()
