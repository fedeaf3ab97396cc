"""Memory: tables, named queries, search, bytes by digest, and the queue."""
