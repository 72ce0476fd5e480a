"""`python -m tests.simulation`: the long form, its table written into docs/forecast.md.

python -m tests.simulation                 400 districts of each kind, some minutes
python -m tests.simulation --runs 200      fewer
python -m tests.simulation --no-writing    print only
"""

import argparse
from pathlib import Path

from tests.simulation.districts import FOR_COMPARISON, MISSPECIFIED, WELL_SPECIFIED
from tests.simulation.scoring import Score, score

PAGE = Path(__file__).resolve().parents[2] / "docs" / "forecast.md"
BEGIN, END = "<!-- simulation -->\n", "<!-- end of simulation -->"
SEED = 2026
HEAD = (
    "| districts | runs | coverage of the 80 % band | mean width | expected / happened | √n·KS of the PIT "
    "| PIT by tenths |\n|---|---|---|---|---|---|---|\n"
)


def row(found: Score) -> str:
    tenths = " ".join(str(each) for each in found.deciles)
    return (
        f"| {found.kind.name} | {found.runs} | {found.coverage:.1%} | {found.width:.1f} "
        f"| {found.expected:.2f} / {found.happened:.2f} ({found.bias:+.0%}) | {found.ks:.2f} | {tenths} |\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--no-writing", action="store_true")
    options = parser.parse_args()
    table = HEAD
    for kind in (WELL_SPECIFIED, *MISSPECIFIED, *FOR_COMPARISON):
        line = row(score(kind, options.runs, SEED))
        print(line, end="", flush=True)  # noqa: T201
        table += line
    if not options.no_writing:
        text = PAGE.read_text(encoding="utf-8")
        before, rest = text.split(BEGIN)
        PAGE.write_text(before + BEGIN + table + END + rest.split(END)[1], encoding="utf-8")


if __name__ == "__main__":
    main()
