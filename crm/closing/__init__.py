"""封账与对账: closed periods, any day's numbers as known then, and why two of them differ."""
