"""One `with` is one transaction, on SQLite and on PostgreSQL."""

from __future__ import annotations

import fcntl
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import structlog
from sqlalchemy.exc import OperationalError, StatementError
from sqlmodel import select

from storage.database import Database, DatabaseDamaged, after_commit, plain
from storage.tables import Member, Pool, Role


def _member(name: str, **more: object) -> Member:
    return Member(name=name, name_key=name.casefold(), **more)


def test_a_block_that_ends_well_is_kept_and_then_its_after_commit_acts_run(database: Database) -> None:
    done: list[str] = []
    with database.writing() as session:
        session.add(_member("Mia"))
        after_commit(session, lambda: done.append("called"))
        assert done == []
    assert done == ["called"]
    with database.reading() as session:
        assert session.exec(select(Member.name)).all() == ["Mia"]


def test_a_block_that_fails_leaves_nothing_behind_and_runs_no_after_commit_act(database: Database) -> None:
    done: list[str] = []

    def fail() -> None:
        with database.writing() as session:
            session.add(_member("Mia"))
            session.flush()
            after_commit(session, lambda: done.append("called"))
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        fail()
    with database.reading() as session:
        assert session.exec(select(Member)).all() == []
    assert done == []


def test_what_is_changed_while_only_reading_is_thrown_away(database: Database) -> None:
    with database.reading() as session:
        session.add(_member("Mia"))
        session.flush()
    with database.reading() as session:
        assert session.exec(select(Member)).all() == []


def test_a_reader_sees_one_state_whatever_is_committed_meanwhile(database: Database) -> None:
    with database.reading() as reader:
        assert reader.exec(select(Member.name)).all() == []
        with database.writing() as session:
            session.add(_member("Mia"))
        assert reader.exec(select(Member.name)).all() == []
    with database.reading() as reader:
        assert reader.exec(select(Member.name)).all() == ["Mia"]


def test_words_and_times_come_back_as_they_went_in(database: Database) -> None:
    moment = datetime(2026, 3, 12, 9, 30, tzinfo=timezone(timedelta(hours=2)))
    with database.writing() as session:
        session.add(_member("Mia", role=Role.LEAD, created_at=moment))
    with database.reading() as session:
        mia = session.exec(select(Member)).one()
    assert mia.role is Role.LEAD
    assert mia.created_at == moment
    assert mia.created_at.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    naive = datetime(2026, 3, 12, 9, 30)  # noqa: DTZ001  (the bad input under test)
    with pytest.raises((StatementError, ValueError)), database.writing() as session:
        session.add(_member("Mia", created_at=naive))


def test_writers_wait_for_each_other_instead_of_losing_updates(database: Database) -> None:
    with database.writing() as session:
        session.add(Pool(name="house"))

    def raise_once(_: int) -> None:
        with database.writing() as session:
            pool = session.exec(select(Pool).where(Pool.name == "house").with_for_update()).one()
            pool.virtual_time += 1

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(raise_once, range(40)))
    with database.reading() as session:
        assert session.exec(select(Pool.virtual_time)).one() == 40


def test_migrating_twice_changes_nothing_the_second_time(database: Database) -> None:
    database.migrate()
    database.migrate()
    with database.reading() as session:
        assert session.exec(select(Member)).all() == []


def test_postgresql_plans_for_the_values_asked_with_in_every_session(postgres_url: str) -> None:
    database = Database(postgres_url)
    for _ in range(2):  # the second time over a connection that was rolled back and lay in the pool
        with database.reading() as session:
            assert session.connection().exec_driver_sql("SHOW plan_cache_mode").scalar_one() == "force_custom_plan"
    database.close()


def test_a_shown_url_hides_its_password() -> None:
    assert "s3cret" not in plain("postgresql://slate:s3cret@db/slate")


def test_an_act_that_fails_after_the_commit_neither_undoes_it_nor_stops_the_others(database: Database) -> None:
    done: list[str] = []

    def fail() -> None:
        raise RuntimeError("Redis said something odd")

    with structlog.testing.capture_logs() as told, database.writing() as session:
        session.add(_member("Mia"))
        after_commit(session, fail)
        after_commit(session, lambda: done.append("the next"))
    assert done == ["the next"]
    assert [line["event"] for line in told] == ["database.after-commit-failed"]
    with database.reading() as session:
        assert len(session.exec(select(Member)).all()) == 1


def test_a_postgresql_that_never_answers_is_given_up_soon() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        database = Database(f"postgresql://slate@127.0.0.1:{silent.getsockname()[1]}/slate?connect_timeout=2")
        with pytest.raises(OperationalError, match="timeout"), database.reading() as session:
            session.exec(select(Member)).all()
        database.close()


def test_background_writers_take_turns_and_people_wait_for_none_of_them(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'slate.db'}"
    people, background = Database(url), Database(url)
    background.background = True
    people.migrate()
    written = threading.Event()

    def write() -> None:
        with background.writing():
            written.set()

    with open(tmp_path / "slate.db.turn", "ab") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        thread = threading.Thread(target=write)
        thread.start()
        with people.writing():
            pass
        assert not written.is_set()
    thread.join(30)
    assert written.is_set()
    for one in (people, background):
        one.close()


def test_a_damaged_file_is_told_and_a_copy_of_a_good_one_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "slate.db"
    good = Database(f"sqlite:///{file}")
    good.migrate()
    copy = good.back_up(tmp_path / "backups")
    assert copy is not None
    assert good.back_up(tmp_path / "backups") == copy, "one a day"
    good.close()
    kept = Database(f"sqlite:///{copy}")
    kept.migrate()
    kept.close()
    for leftover in tmp_path.glob("slate.db-*"):
        leftover.unlink()
    file.write_bytes(b"this is no database, and long enough to be read as one" * 100)
    damaged = Database(f"sqlite:///{file}")
    with pytest.raises(DatabaseDamaged, match=r"slate\.db"):
        damaged.migrate()
    damaged.close()
