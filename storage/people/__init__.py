"""Named queries for people, projects, workspaces and the audit log."""
