"""Making a copy ready to leave the house: what it tells, in which format, under which name, and the record of who got it."""
