"""Search: a typed question becomes a query, the index answers it, and one sentence tells the answer."""
