"""Real questions: read from files or a hub, told apart by language, sifted, drawn."""
