"""What models write: fenced blocks and their labels, thinking aloud, tests as calls."""
