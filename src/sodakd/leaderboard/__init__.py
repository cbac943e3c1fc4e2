"""A table of models: each is evaluated as a row of it, here or on several machines."""
