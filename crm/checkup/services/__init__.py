"""What the checkup writes: evidence folders."""
