"""Reading instructions and meetings."""
