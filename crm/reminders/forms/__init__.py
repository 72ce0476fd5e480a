"""What the pages of reminders accept."""

from crm.core.fields import SeenVersion
from crm.core.forms import BaseForm


class VersionForm(BaseForm):
    """A button that acts on a record as it was shown."""

    version = SeenVersion()
