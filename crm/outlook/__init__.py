"""How the year will end: three books by name first, probabilities second."""
