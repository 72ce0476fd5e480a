"""认定: who approved which project at which level, credits, and which quota an exclusive project goes to."""
