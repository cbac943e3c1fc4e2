"""How the text of a model is laid out: fenced blocks, their labels, thinking aloud."""
