"""What the team's ComfyUI servers say of the nodes of a workflow."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from core.comfyui.client import Comfy
from core.comfyui.node_info import NodeInfo
from core.desk import Desk
from core.errors import BackendError
from storage.rendering import backends
from storage.tables import BackendState

_MOST_ASKED = 4
_SECONDS = 15.0


@dataclass(frozen=True)
class KnownNodes:
    """Node types by name, as the servers that answered tell them."""

    info: Mapping[str, NodeInfo] = field(default_factory=dict)
    answered: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()

    def missing(self, types: Collection[str]) -> list[str]:
        """The types that no server has; none where no server answered."""
        return sorted(set(types) - self.info.keys()) if self.answered else []


def ask(desk: Desk, types: Collection[str]) -> KnownNodes:
    """Ask server after server until every type is known, those that are up first."""
    with desk.reading() as session:
        servers = sorted(backends.in_use(session), key=lambda one: (one.state is not BackendState.UP, one.name))
    info: dict[str, NodeInfo] = {}
    answered: list[str] = []
    silent: list[str] = []
    for server in servers[:_MOST_ASKED]:
        wanted = set(types) - info.keys()
        if not wanted and answered:
            break
        try:
            with Comfy(server.url, name=server.name, timeout=_SECONDS) as comfy:
                info |= comfy.node_info(wanted)
            answered.append(server.name)
        except BackendError:
            silent.append(server.name)
    return KnownNodes(info, tuple(answered), tuple(silent))
