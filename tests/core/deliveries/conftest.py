"""A studio with an admin, a picture, and a webhook of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from core import files
from core.deliveries import destinations
from core.deliveries.courier import Courier
from core.deliveries.destinations import DestinationWish
from core.desk import Desk
from core.review import verdicts
from storage import deliveries
from storage.clock import now
from storage.files import assets
from storage.tables import Asset, Delivery, DeliveryAttempt, Destination, Judgement, Member, OutgoingEvent, Project, Role
from tests.core.files.test_files import made
from tests.core.graphs import text_to_image
from tests.makers import make_member, make_project
from tests.pictures import comfy_png, scene
from tests.receivers import Receiver, receiving

LOOPBACK = ("127.0.0.0/8",)


@dataclass
class Office:
    """What the tests of deliveries work with."""

    desk: Desk
    kit: Member
    ana: Member
    project: Project
    secrets: dict[str, str] = field(default_factory=dict)

    def with_settings(self, **changed: object) -> Office:
        return replace(self, desk=replace(self.desk, settings=self.desk.settings.model_copy(update=changed)))

    def add(self, name: str, url: str, **wish: object) -> Destination:
        saved = destinations.save(self.desk, name, DestinationWish(url=url, **wish), by=self.kit)  # type: ignore[arg-type]
        self.secrets[name] = saved.secret
        return saved.destination

    def picture(self, **more: object) -> Asset:
        told = {"member": "Mia Chen", "client": "Acme", "project": self.project.slug, "graph": text_to_image()}
        told |= {"member_id": self.ana.id, "project_id": self.project.id, "shot": "sh010"}
        draft = files.finish(self.desk, made(**(told | more)), comfy_png(scene(3, 96, 64), text_to_image()), "a.png", 0)
        with self.desk.writing() as session:
            return assets.add(session, draft)

    def decide(self, asset: Asset, judgement: Judgement, note: str = "") -> None:
        verdicts.decide(self.desk, asset, judgement, by=self.ana, note=note)

    def deliver(self) -> None:
        Courier(self.desk).drain()

    def deliveries(self, name: str) -> list[tuple[Delivery, OutgoingEvent]]:
        """Those of a destination, oldest first."""
        with self.desk.reading() as session:
            return list(reversed(deliveries.newest(session, destinations.find(session, name).id, limit=1000)))

    def attempts(self, name: str) -> list[DeliveryAttempt]:
        """Those of a destination's newest delivery, oldest first."""
        with self.desk.reading() as session:
            return list(reversed(deliveries.attempts(session, self.deliveries(name)[-1][0].id)))

    def let_time_pass(self) -> datetime:
        """Make everything that waits due, as hours would."""
        with self.desk.writing() as session:
            for one in deliveries.everything(session):
                for held, _ in deliveries.newest(session, one.id, limit=1000):
                    held.due_at, held.leased_until = now() - timedelta(seconds=1), None
                    session.add(held)
        return now()


@pytest.fixture
def office(desk: Desk) -> Office:
    with desk.writing() as session:
        kit = make_member(session, "Kit Adams", Role.ADMIN)
        ana = make_member(session, "Ana Ruiz", Role.LEAD)
        project = make_project(session, "Acme", "Spring")
    office = Office(desk, kit, ana, project)
    return office.with_settings(delivery_networks=LOOPBACK, delivery_seconds=2.0, seal=False)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """SQLite only: the queries run on both databases in tests/storage/test_deliveries.py."""
    return sqlite_url
