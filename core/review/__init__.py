"""Review: verdicts, tags, comparisons and sessions."""
