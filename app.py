"""The WSGI entry point: `flask --app app …`, `gunicorn app:app`."""

import gc
import sys

from crm.config import SettingsError
from crm.core.bulk import without_collecting
from crm.factory import create_app

try:
    with without_collecting():
        app = create_app()
        # What is loaded by now stays as long as the process does: nobody need go through it again.
        gc.collect()
        gc.freeze()
except SettingsError as error:
    sys.exit("LianZhao cannot start:\n" + "\n".join(f"  - {fault}" for fault in error.faults))
