"""Security: encrypted secrets, signed links and guarded fetches."""
