"""Reading coverage: its settings, and the facts of every segment."""
