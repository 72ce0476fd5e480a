"""Every check that needs no running product, side by side; called by `make check`.

Each check is one command. All run, so that one look tells everything that is wrong; the exit code is 1
if any failed. With names only those run: `python -m scripts.check types words`.
"""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Check:
    """One command, the name people know it by, and what to do when it fails."""

    name: str
    command: tuple[str, ...]
    advice: str = ""


CHECKS = (  # the slowest first
    Check("types", (str(BIN / "mypy"),)),
    Check("templates", (str(BIN / "djlint"), "templates", "--lint", "--quiet")),
    Check("migrations", (sys.executable, "-m", "scripts.migrations_equal_models")),
    Check("imports", (str(BIN / "lint-imports"), "--no-logo")),
    Check("words", (sys.executable, "-m", "crm.translations", "check"), "see CONTRIBUTING.md"),
    Check("style", (str(BIN / "ruff"), "check", "--quiet", ".")),
    Check("format", (str(BIN / "ruff"), "format", "--check", "--quiet", "."), "run `make format`"),
)


@dataclass(frozen=True, slots=True)
class Result:
    check: Check
    passed: bool
    seconds: float
    output: str


def run(check: Check) -> Result:
    """Run one check; its output is kept for the case that it fails."""
    begun = time.monotonic()
    done = subprocess.run(
        check.command,
        cwd=ROOT,
        env={**os.environ, "LIANZHAO_ENV": "test", "PYTHONWARNINGS": "ignore"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    return Result(check, done.returncode == 0, time.monotonic() - begun, done.stdout)


def main(names: list[str]) -> int:
    unknown = set(names) - {check.name for check in CHECKS}
    if unknown:
        sys.stderr.write(f"no check is called {', '.join(sorted(unknown))}\n")
        return 2
    wanted = [check for check in CHECKS if not names or check.name in names]
    failed = []
    begun = time.monotonic()
    with ThreadPoolExecutor(max_workers=2) as pool:
        for result in pool.map(run, wanted):
            word = "ok    " if result.passed else "FAILED"
            sys.stdout.write(f"{word} {result.check.name:<11} {result.seconds:5.1f} s\n")
            sys.stdout.flush()
            if not result.passed:
                failed.append(result)
    for result in failed:
        advice = f" ({result.check.advice})" if result.check.advice else ""
        sys.stdout.write(f"\n---- {result.check.name}{advice}\n{result.output.rstrip()}\n")
    sys.stdout.write(f"\n{len(wanted)} checks, {len(failed)} failed, ")
    sys.stdout.write(f"{time.monotonic() - begun:.1f} s\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
