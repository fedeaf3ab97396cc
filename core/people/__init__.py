"""People: roles, accounts, projects, workspaces and the audit log."""
