"""`python -m tests.bench [sitting|board|statistics] [--sittings N]`: measure, and print tables for the README."""

import argparse
import tempfile
from pathlib import Path

from tests.bench import board, sitting, statistics
from tests.bench.measure import machine
from tests.postgres import server

WHAT = ["sitting", "board", "statistics"]


def main() -> None:
    """Run the benchmarks that were named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("what", nargs="*", choices=[*WHAT, []], default=WHAT)
    parser.add_argument("--sittings", type=int, default=72, help="how many, the first 8 of which only warm up")
    parser.add_argument("--rounds", type=int, default=3, help="of sittings, the two exams in turn")
    parser.add_argument("--certifications", type=int, default=1_000_000, help="of the large organisation")
    parser.add_argument("--papers", type=int, default=10_000, help="of the exam whose items are counted")
    chosen = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory(prefix="fluence-bench-") as folder, server(unsafe=False) as postgres:
        if "sitting" in chosen.what:
            costs: list[sitting.Cost] = []
            for number in range(chosen.rounds):  # in turn, so that what else the machine does meets both alike
                for engine in ("SQLite", "PostgreSQL"):
                    for kind, measure in (("minimal", sitting.measure_minimal), ("fluence", sitting.measure_fluence)):
                        name = f"{kind}{number}"
                        url = f"sqlite:///{Path(folder) / name}.db" if engine == "SQLite" else postgres.create(name)
                        costs.append(measure(engine, url, chosen.sittings))
            print(sitting.table(sitting.pooled(costs)))
        if "board" in chosen.what:
            print(board.measure(Path(folder), postgres, chosen.certifications))
        if "statistics" in chosen.what:
            print(statistics.measure(Path(folder), postgres, chosen.papers))


if __name__ == "__main__":
    main()
