"""Fuzzing of everything that reads foreign bytes: targets that anything may be thrown at, their seeds, and the driver."""
