"""What is done with instructions and in meetings. Services never commit, doors do."""
