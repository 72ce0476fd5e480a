"""Migrate an empty SQLite database and compare it with the models; called by `make check`.

The same comparison on PostgreSQL is a test of the suite.
"""

import sys
import tempfile
from pathlib import Path

from crm.config import Settings
from crm.core import migrations
from crm.core.db import db
from crm.factory import create_app


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'check.db'}"
        environment = {"LIANZHAO_ENV": "test", "DATABASE_URL": url, "LIANZHAO_DATA": folder}
        with create_app(Settings.from_env(environment)).app_context():
            migrations.upgrade(db.engine)
            found = migrations.differences(db.engine)
            db.engine.dispose()
    sys.stdout.writelines(f"{difference}\n" for difference in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
