"""The embedded world: little programs, their questions, faults and relatives, by computation."""
