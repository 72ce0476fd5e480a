"""Reading what is due, for planning, mails and pages."""
