"""The audit log: its chain checked, its end signed, its events in words."""
