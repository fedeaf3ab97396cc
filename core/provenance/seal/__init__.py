"""The seal: a file's statement signed into the file itself, as a C2PA manifest anybody can check (https://spec.c2pa.org/)."""
