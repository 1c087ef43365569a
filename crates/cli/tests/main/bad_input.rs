//! Bad input: one clear error, exit code 1, nothing on standard output, within seconds.
