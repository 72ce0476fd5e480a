"""What the commands answer about gaps and targets of the sample district is what somebody has reviewed.

`docs/chains-golden.md` explains every row of `tests/fixtures/chains_golden.json`. Where a rule or the
sample is changed on purpose: run `python -m pytest -n 1 tests/features/test_chain_golden.py`, copy
the new answers by the line it ends with, look at every row that `git diff` shows, and explain it anew.
"""

import difflib
import json
import re
from collections import defaultdict
from pathlib import Path

import pytest

from crm import sample
from crm.core import clock
from crm.core.db import transaction
from crm.coverage.queries.facts import chains_in_use
from crm.coverage.rules import ReasonCode, Status
from crm.coverage.rules.scoring import Term
from crm.coverage.wording import WORDS

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests/fixtures/chains_golden.json"
EXPLAINED = ROOT / "docs/chains-golden.md"

SEGMENTS = (
    *("NFM-U2", "NFM-M1", "NFM-M7", "NFM-M8", "NFM-D1"),
    *("IME-U1", "IME-U2", "IME-U5", "IME-M6", "IME-M12", "IME-M13"),
    *("MED-U2", "HLT-M6", "HLT-D1", "SVC-M2", "SVC-M11"),
)
TOP = 5
HEADS = (
    {Term.GAP, Term.WEAK, Term.FILLED, Term.NOT_SOUGHT},
    {Term.LISTED, Term.NOT_LISTED},
    {Term.ANCHOR_PARTNER, Term.ANCHOR_NEED, Term.NO_ANCHOR},
    {Term.SIGNALS, Term.NO_SIGNALS},
    {Term.IN_PROVINCE, Term.AFFILIATE, Term.NO_AFFILIATE},
    {Term.FITS_QUOTA, Term.FITS_NO_QUOTA},
    {Term.CONTACT, Term.REFERRED, Term.NO_CONTACT},
    {Term.IN_TALKS, Term.GROUP_IN_TALKS},
    {Term.REFUSED},
)
"""The columns of the explanation, in their order."""


def test_gaps_and_targets_of_the_sample_are_those_reviewed(app, tmp_path):
    with app.app_context():
        with transaction(alone=True):
            sample.load(clock.now(), clock.today(), app.extensions["settings"].attachments_dir)
        chains = [chain.code for chain in chains_in_use()]
    found = {
        "gaps": [_answer(app, "gaps", "--chain", code) for code in chains],
        "targets": [_answer(app, "targets", "--segment", c, "--top", str(TOP)) for c in SEGMENTS],
    }
    new = tmp_path / GOLDEN.name
    new.write_text(_written(found), encoding="utf-8")
    known = GOLDEN.read_text(encoding="utf-8") if GOLDEN.exists() else ""
    change = difflib.unified_diff(
        known.splitlines(), _written(found).splitlines(), n=0, lineterm=""
    )
    told = "\n".join([*change][2:])
    if told:
        pytest.fail(f"{told}\n\ncp {new} {GOLDEN}", pytrace=False)
    assert _codes(found["gaps"], "segments") == set(ReasonCode)
    assert _codes(found["targets"], "targets") == set(Term)


def test_every_row_is_explained_with_its_status_and_its_points():
    """No database: the file against its explanation."""
    known = json.loads(GOLDEN.read_text(encoding="utf-8"))
    statuses, points = _explained()
    assert statuses == {
        segment["code"]: str(WORDS[Status][Status(segment["status"])])
        for chain in known["gaps"]
        for segment in chain["segments"]
    }
    assert points == {
        each["segment"]: [
            (row["enterprise"], *_by_head(row["reasons"]), row["score"]) for row in each["targets"]
        ]
        for each in known["targets"]
    }


def _answer(app, *command):
    result = app.test_cli_runner().invoke(args=["chains", *command, "--json"])
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def _written(found):
    """JSON with a segment or a company a line, so that a difference shows whole rows."""
    parts = [
        f'"{part}": [\n' + ",\n".join(map(_block, answers)) + "\n]"
        for part, answers in found.items()
    ]
    return "{" + ",\n".join(parts) + "}\n"


def _block(answer):
    (name, code), (kind, rows) = answer.items()
    lines = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in rows)
    return f' {{"{name}": "{code}", "{kind}": [\n{lines}\n ]}}'


def _codes(answers, rows):
    return {reason["code"] for each in answers for row in each[rows] for reason in row["reasons"]}


def _by_head(reasons):
    """Points under each head, nothing where nothing is told."""
    points = {reason["code"]: reason["points"] for reason in reasons}
    return [next((points[term] for term in head if term in points), 0) for head in HEADS]


def _explained():
    """Status by segment, and by segment the companies with their points, as the tables tell them."""
    words = {str(word) for word in WORDS[Status].values()}
    statuses, points, about = {}, defaultdict(list), None
    for line in EXPLAINED.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            about = next(iter(re.findall(r"`([A-Z0-9-]+)`", line)), None)
        cells = [cell.strip() for cell in line.strip("| ").split("|")]
        if not line.startswith("| ") or cells[-1] == "points":
            continue
        if about:
            company, *numbers = cells
            points[about].append((company, *(int(each.replace("−", "-")) for each in numbers)))
        for status in words.intersection(cells):
            for code in re.findall(r"`([A-Z0-9-]+)`", line):
                assert code not in statuses, f"{code} is explained twice"
                statuses[code] = status
    return statuses, dict(points)
