"""A Discord on loopback for tests: REST v10, interactions, the gateway; stateful, strict about limits, failing on demand."""

from tests.simulators.discord.people import Person, Responded
from tests.simulators.discord.server import DiscordServer
from tests.simulators.discord.world import Channel, Guild, Message, User

__all__ = ["Channel", "DiscordServer", "Guild", "Message", "Person", "Responded", "User"]
