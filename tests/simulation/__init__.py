"""Districts with known parameters, and how often the forecast's 80 % band holds what happened there."""
