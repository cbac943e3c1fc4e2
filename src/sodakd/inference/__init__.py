"""Whatever answers a prompt: one file per backend."""
