"""What runs in a process of its own: an import, judging, reminding."""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.bench.prepared import BIN, ROOT, say
from tests.bench.workbooks import write_companies, write_ledger

LEDGER_ROWS = 10_000
COMPANY_ROWS = 10_000


def import_ledger(environment: dict[str, str], folder: Path) -> dict[str, Any]:
    """A ledger of 10,000 rows through the command, twice: all new, then all unchanged."""
    file = folder / "ledger.xlsx"
    write_ledger(file, LEDGER_ROWS)
    found: dict[str, Any] = {"case": "import", "ledger_rows": LEDGER_ROWS}
    for name in ("new", "again"):
        begun = time.monotonic()
        done = subprocess.run(
            [BIN / "flask", "--app", "app", "ledger", "import", file, "--json", "--as", "leader"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            check=True,
        )
        spent = time.monotonic() - begun
        told = json.loads(done.stdout)
        found[name] = {
            "seconds": spent,
            "rows_per_second": LEDGER_ROWS / spent,
            **{key: told[key] for key in ("added", "unchanged", "differs")},
        }
        say(f"  import {name:<9} {LEDGER_ROWS / spent:6.0f} rows/s  {found[name]}")
    return found


def import_companies(environment: dict[str, str], folder: Path) -> dict[str, Any]:
    """A file of 10,000 companies through the command, twice: all new, then all known."""
    file = folder / "companies.xlsx"
    write_companies(file, COMPANY_ROWS)
    found: dict[str, Any] = {"case": "companies", "rows_of_file": COMPANY_ROWS}
    for name in ("new", "again"):
        before = _spent_by_children()
        done = subprocess.run(
            [BIN / "flask", "--app", "app", "enterprises", "import", file, "--json"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            check=True,
        )
        told = json.loads(done.stdout)
        found[name] = {
            "cpu_seconds": _spent_by_children() - before,
            **{key: told[key] for key in ("new", "known", "filled")},
        }
        say(
            f"  companies {name:<6} {found[name]['cpu_seconds']:5.1f} s of the processor  {found[name]}"
        )
    return found


def _spent_by_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def judge_leads(environment: dict[str, str]) -> dict[str, Any]:
    """All leads against eight quotas, and one lead judged again, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.judging"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    for name in ("read", "judge", "tell", "stored"):
        say(
            f"  judging {name:<8} {found[name]['seconds']:7.2f} s  "
            f"{found[name]['cpu_seconds']:7.2f} s of the processor  {found['mb'][name]:4.0f} MB"
        )
    say(
        f"  judging one lead again: p50 {found['one_lead']['p50_ms']:.1f} ms; "
        f"{found['differs']} stored verdicts differ"
    )
    return {"case": "judging", **found}


def remind(environment: dict[str, str]) -> dict[str, Any]:
    """Planning a day, rendering a digest and sending mails, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.reminding"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    for name in ("first", "usual"):
        say(
            f"  planning {name:<7} {found[name]['seconds']:7.2f} s  "
            f"{found[name]['cpu_seconds']:7.2f} s of the processor  "
            f"{found[name]['database_cpu_seconds']:5.2f} s of the database's  {found[name]['mb']:4.0f} MB  "
            f"{found[name]['begun']:,} begun of {found['open_leads']:,} open leads"
        )
    say(
        f"  digest of {found['digest']['items']}: p50 {found['digest']['p50_ms']:.1f} ms; mails: "
        f"{found['mails']['per_second']:.0f}/s, of the processor for each: "
        + ", ".join(f"{name} {ms:.1f} ms" for name, ms in found["mails"]["cpu_ms_per_mail"].items())
    )
    return {"case": "reminding", **found}


def call(environment: dict[str, str]) -> dict[str, Any]:
    """Whom to call about a segment, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.targeting"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    for name in ("usual", "all"):
        say(
            f"  targets {name:<6} {found[name]['ms']:7.1f} ms  {found[name]['cpu_ms']:7.1f} ms of the "
            f"processor  {found[name]['statements']} queries  {found[name]['suiting']:,} of "
            f"{found['companies']:,} companies suit the segment"
        )
    return {"case": "targets", **found}
