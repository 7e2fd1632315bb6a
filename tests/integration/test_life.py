"""An attempt's life against its model, on both engines; `python -m tests.bench life` goes further."""

from hypothesis import settings

from tests.databases import Databases, EngineName
from tests.integration.life import live

QUICK = settings(max_examples=12, stateful_step_count=30, deadline=None, derandomize=True)


def test_an_attempt_lives_as_its_model(engine_name: EngineName, databases: Databases) -> None:
    live(databases.shared(engine_name), QUICK)
