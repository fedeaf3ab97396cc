"""A simulated Slack: stateful, strict about every documented limit, able to misbehave; unmodified clients talk to it."""

from tests.simulators.slack.server import Slack, running

__all__ = ["Slack", "running"]
