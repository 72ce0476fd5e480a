"""Make requirements.lock: one lock with hashes for Python 3.11 to 3.13 and every platform.

Nothing in it tells which index or machine it was made on.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = (
    "# Made by `make lock` from requirements.in and requirements-dev.in, for Python 3.11-3.13. "
    "Do not edit.\n"
)


def main() -> None:
    lock = ROOT / "requirements.lock"
    made = subprocess.run(
        [
            Path(sys.executable).with_name("uv"),
            "pip",
            "compile",
            "--quiet",
            "--universal",
            "--python-version=3.11",
            "--generate-hashes",
            "--no-header",
            "--no-emit-index-url",
            "--no-emit-find-links",
            "--output-file=requirements.lock",
            "requirements-dev.in",
            *sys.argv[1:],
        ],
        cwd=ROOT,
        env=os.environ,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    if made.returncode:
        sys.exit("LianZhao: the lock could not be made; the lines above say why")
    text = lock.read_text(encoding="utf-8").removeprefix(HEADER)
    lock.write_text(HEADER + text, encoding="utf-8")


if __name__ == "__main__":
    main()
