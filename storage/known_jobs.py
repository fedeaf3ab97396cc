"""Which functions a queued job may call: whoever can write to Redis must not be able to run code of their choice.

RQ calls any importable function that a job names, and calls back any that it names for its end. So every job is checked against
this list before anything is imported, and callbacks and web hooks are not known here at all.
"""

from __future__ import annotations

JOBS = frozenset(
    {
        "bot.jobs.carry_out_commands",
        "bot.jobs.show_behind",
        "bot.jobs.show_render",
        "core.jobs.finish_found",
        "core.jobs.note_landmarks",
        "core.jobs.scan_models",
        "core.jobs.stop_run",
        "core.jobs.work",
    }
)
"""Every function that is queued by name."""
