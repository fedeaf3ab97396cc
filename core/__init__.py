"""Decisions: renders, scheduling, workflows, provenance, questions and access."""
