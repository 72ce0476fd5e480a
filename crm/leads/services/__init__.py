"""Writing leads: registration, editing, moves, figures, activities, papers. None of them commits."""
