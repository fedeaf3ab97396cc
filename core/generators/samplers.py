"""What programs call samplers and schedules, and what ComfyUI calls them."""

from __future__ import annotations

LABELS = {
    "euler": "Euler",
    "euler_ancestral": "Euler a",
    "heun": "Heun",
    "heunpp2": "Heun++ 2",
    "lms": "LMS",
    "dpm_2": "DPM2",
    "dpm_2_ancestral": "DPM2 a",
    "dpmpp_2s_ancestral": "DPM++ 2S a",
    "dpmpp_2m": "DPM++ 2M",
    "dpmpp_sde": "DPM++ SDE",
    "dpmpp_2m_sde": "DPM++ 2M SDE",
    "dpmpp_3m_sde": "DPM++ 3M SDE",
    "dpm_fast": "DPM fast",
    "dpm_adaptive": "DPM adaptive",
    "ddim": "DDIM",
    "plms": "PLMS",
    "uni_pc": "UniPC",
    "lcm": "LCM",
    "restart": "Restart",
    "er_sde": "ER SDE",
    "deis": "DEIS",
    "ipndm": "IPNDM",
    "ddpm": "DDPM",
}
"""ComfyUI's name -> A1111's label."""
SCHEDULES = {
    "karras": "Karras",
    "exponential": "Exponential",
    "sgm_uniform": "SGM Uniform",
    "simple": "Simple",
    "normal": "Normal",
    "ddim_uniform": "DDIM",
    "beta": "Beta",
    "polyexponential": "Polyexponential",
    "kl_optimal": "KL Optimal",
    "align_your_steps": "Align Your Steps",
    "turbo": "Turbo",
}
_NAMES = {label.casefold(): name for name, label in LABELS.items()} | {
    "euler ancestral": "euler_ancestral",
    "dpm++ 2s ancestral": "dpmpp_2s_ancestral",
    "unipc": "uni_pc",
    "euler_a": "euler_ancestral",
    "dpm2_a": "dpm_2_ancestral",
    "dpm_2_a": "dpm_2_ancestral",
    "dpm2": "dpm_2",
    "dpmpp_2s_a": "dpmpp_2s_ancestral",
}
_SCHEDULE_NAMES = {label.casefold(): name for name, label in SCHEDULES.items()}
_BEHIND = ("karras", "exponential", "sgm uniform", "simple", "normal", "beta")
"""Schedules that older versions write behind the sampler."""


def sampler(label: str, schedule: str = "") -> tuple[str, str]:
    """(sampler, scheduler) in ComfyUI's words where these are known, else as they are written.

    >>> sampler("DPM++ 2M Karras"), sampler("Euler A", "SGM Uniform"), sampler("[Forge] Flux Realistic", "DDIM")
    (('dpmpp_2m', 'karras'), ('euler_ancestral', 'sgm_uniform'), ('[Forge] Flux Realistic', 'ddim_uniform'))
    >>> sampler("k_dpmpp_2s_ancestral"), sampler("dpmpp_2m_karras"), sampler("euler_a")
    (('dpmpp_2s_ancestral', ''), ('dpmpp_2m', 'karras'), ('euler_ancestral', ''))
    """
    low = label.casefold()
    if low.startswith("k_") and (low[2:] in LABELS or low[2:] in _NAMES):
        label = low = low[2:]
    stem, _, behind = low.rpartition("_")
    if not schedule and stem in LABELS and behind in SCHEDULES:
        return stem, behind
    for word in _BEHIND:
        if not schedule and low.endswith(" " + word) and low not in _NAMES:
            label, schedule = label[: -len(word) - 1].rstrip(), word
            break
    if schedule and label.casefold().endswith(" " + schedule.casefold()) and low not in _NAMES:
        label = label[: -len(schedule) - 1].rstrip()  # said twice
    named = _NAMES.get(label.casefold(), label)
    told = _SCHEDULE_NAMES.get(schedule.casefold())
    return named, told or ("" if schedule.casefold() in ("automatic", "default") else schedule.lower())
