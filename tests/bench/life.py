"""Many lives of attempts against their model, on both engines: what the suite does with a few, by other chances."""

import time
import traceback
from contextlib import ExitStack
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings

from tests.databases import ENGINES, Databases
from tests.integration.life import live

STEPS = 50


def measure(folder: Path, examples: int) -> bool:
    """Live so many lives on each engine; tell whether all were their model's. One that is not is printed, shortened."""
    how = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    with ExitStack() as stack:
        databases = Databases(folder, stack)
        for engine in ENGINES:
            began = time.perf_counter()
            try:
                live(databases.shared(engine), how)
            except Exception:  # noqa: BLE001  whatever it is, it is what the command has to tell
                traceback.print_exc()
                return False
            print(f"{engine}: {examples} lives of {STEPS} acts at most, in {time.perf_counter() - began:.0f} s")
    return True
