"""What breaks while five thousand mails are on their way, and what must hold all the same."""
