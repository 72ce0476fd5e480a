"""What the pages of chains accept."""
