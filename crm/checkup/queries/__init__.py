"""Reading for the checkup: papers of counted projects, and what their records say."""
