"""`python -m tests.bench [sitting|board|statistics|kill|powercut|life|states|oracle]`: measure, or prove; print tables for the README."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.bench import board, kill, life, oracle, plain_states, powercut, sitting, states, statistics
from tests.bench.measure import machine
from tests.postgres import Server, server

SITTING_ROUNDS, KILL_ROUNDS = 3, 200

WHAT = ["sitting", "board", "statistics"]


def main() -> None:
    """Run the benchmarks that were named, or those that measure; end with 1 when a proof fails."""
    chosen = _chosen()
    print(machine())
    proven = True
    with tempfile.TemporaryDirectory(prefix="fluence-bench-") as name:
        folder = Path(name)
        if {"sitting", "board", "statistics"} & set(chosen.what):
            with server(unsafe=False) as postgres:
                _measure(chosen, folder, postgres)
        if "kill" in chosen.what:
            reports = kill.measure(folder, chosen.rounds or KILL_ROUNDS, chosen.defect)
            print(kill.table(reports))
            proven &= _judged(any(one.wrong for one in reports), chosen.defect)
        if "powercut" in chosen.what:
            report = powercut.measure(folder, chosen.states, chosen.defect)
            print(report)
            proven &= _judged(report.wrong, chosen.defect)
        if "life" in chosen.what:
            proven &= _judged(not life.measure(folder, chosen.examples), None)
        if "states" in chosen.what:
            with server() as postgres:
                found = states.measure(folder, postgres, chosen.certifications, chosen.sample, chosen.defect)
            wrong = [bool(one.wrong) for one in found]
            proven &= _judged(all(wrong) if chosen.defect else any(wrong), chosen.defect)
        if "oracle" in chosen.what:
            with server() as postgres:
                agreed = oracle.measure(postgres, chosen.cases, chosen.defect)
            proven &= _judged(not agreed, chosen.defect)
    sys.exit(not proven)


def _chosen() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    names = ["sitting", "board", "statistics", "kill", "powercut", "life", "states", "oracle"]
    parser.add_argument("what", nargs="*", choices=[*names, []], default=names[:3])
    parser.add_argument("--sittings", type=int, default=72, help="how many, the first 8 of which only warm up")
    parser.add_argument("--rounds", type=int, help="of sittings, the two exams in turn (3); of kills (200)")
    parser.add_argument("--states", type=int, default=10_000, help="of the disk after a power cut")
    parser.add_argument("--examples", type=int, default=1000, help="of an attempt's life, on each engine")
    parser.add_argument("--certifications", type=int, default=1_000_000, help="of the large organisation")
    parser.add_argument("--sample", type=int, default=10_000, help="of the certifications, to be compared")
    parser.add_argument("--cases", type=int, default=100_000, help="of each oracle that reckons them quickly")
    parser.add_argument("--papers", type=int, default=10_000, help="of the exam whose items are counted")
    parser.add_argument(
        "--defect",
        choices=["early", "split", "off", "normal", *plain_states.DEFECTS, *oracle.DEFECTS],
        help="what a proof has to catch",
    )
    return parser.parse_args()


def _measure(chosen: argparse.Namespace, folder: Path, postgres: Server) -> None:
    if "sitting" in chosen.what:
        costs: list[sitting.Cost] = []
        for number in range(chosen.rounds or SITTING_ROUNDS):  # in turn: what else the machine does meets both alike
            for engine in ("SQLite", "PostgreSQL"):
                for kind, measure in (("minimal", sitting.measure_minimal), ("fluence", sitting.measure_fluence)):
                    name = f"{kind}{number}"
                    url = f"sqlite:///{folder / name}.db" if engine == "SQLite" else postgres.create(name)
                    costs.append(measure(engine, url, chosen.sittings))
        print(sitting.table(sitting.pooled(costs)))
    if "board" in chosen.what:
        print(board.measure(folder, postgres, chosen.certifications))
    if "statistics" in chosen.what:
        print(statistics.measure(folder, postgres, chosen.papers))


def _judged(wrong: bool, defect: str | None) -> bool:  # noqa: FBT001  a verdict, not a switch
    """Tell in words whether a proof holds: nothing wrong without a defect, something with one."""
    if defect:
        print(f"The defect {defect!r} was {'caught' if wrong else 'NOT caught'}.")
        return wrong
    print("Something is lost, half or wrong." if wrong else "Nothing is lost, half or wrong.")
    return not wrong


if __name__ == "__main__":
    main()
