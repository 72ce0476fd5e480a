"""Taking ledgers in: the file, what differs from ours, what must be asked."""
