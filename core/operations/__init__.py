"""Operations: doctor, self-test, setup, supervision, logs and store checks."""
