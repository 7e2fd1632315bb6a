import os
import subprocess
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path

from app.content.generate import FAMILIES, counts, items_of, rests_on, seeded
from app.content.values import Course, ItemType, Option
from tests.unit.course_rows import contraindication, course, setting, statement, step, written

ROOT = Path(__file__).parents[2]


def sample() -> Course:
    rows = [setting(f"r{ms}", (skin, skin + 1), pulse=(ms, ms), fluence=(30, 60)) for ms, skin in ((10, 1), (20, 3))]
    rights = tuple(Option(id=f"r{number}", text=f"Right {number}") for number in range(1, 5))
    key = {str(number): f"r{number}" for number in range(1, 5)}
    return course(
        settings=(*rows, setting("lamp", device="ipl", fluence=(10, 20), spot=(8, 15))),
        contraindications=(
            contraindication("gold", "do_not_treat"),
            contraindication("tan", "defer", 28),
            *(contraindication(drug, "treat_with_precautions") for drug in ("aspirin", "doxycycline")),
        ),
        procedure=tuple(
            step(
                f"s{number}",
                f"s{number - 1}" if number else "",
                phase="prepare" if number < 7 else "treat",
                safety_critical=number > 4,
            )
            for number in range(9)
        ),
        statements=(statement("type", "Burning", ("Colour", "Ancestry", "Thickness")),),
        items=(written("one"), written("two", ItemType.MATCHING, rights=rights, key=key)),
    )


def fingerprint() -> str:
    items = [item for seed in (0, 1, 2**64) for item in items_of(sample(), seed=seed)]
    return sha256("\n".join(map(repr, (*items, *counts(sample())))).encode()).hexdigest()


def test_shuffling_is_the_same_everywhere_for_ever() -> None:
    # Figures of a machine, a Python version and a hash seed that need not be this one.
    assert seeded.digest("settings-range", "r", 7) % 10**6 == 706869
    assert seeded.shuffled("abcdef", "s", 0) == ["c", "f", "d", "b", "a", "e"]
    assert seeded.pick("abcdef", "s", 0) == "a"


def test_parts_are_not_run_together() -> None:
    assert seeded.digest("ab", "c") != seeded.digest("a", "bc") != seeded.digest("abc")


def test_every_hash_seed_makes_the_same_items() -> None:
    code = "from tests.unit.test_generate_seeded import fingerprint; print(fingerprint())"
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("1", "4711")
    ]
    assert {run.communicate()[0].strip() for run in runs} == {fingerprint()}


def test_counts_name_every_row_once_with_its_items() -> None:
    told = counts(sample())
    assert len({(count["family"], count["row"]) for count in told}) == len(told)
    assert sum(count["items"] for count in told) == len(items_of(sample(), seed=0))
    items = Counter({count["family"]: 0 for count in told})
    for count in told:
        items[count["family"]] += count["items"]
    assert dict(items) == {
        "settings-range": 6,
        "settings-value": 6,
        "settings-decision": 3,
        "settings-device": 2,
        "contraindication-action": 4,
        "contraindication-interval": 1,
        "contraindication-select": 1,
        "procedure-next": 7,
        "procedure-order": 1,
        "procedure-missing": 3,
        "statement": 1,
        "case": 7,
        "items": 2,
    }
    assert list(items) == list(FAMILIES)
    assert told[0] == {
        "family": "settings-range",
        "row": "settings/r10",
        "objective": "safe",
        "items": 2,
        "why_none": None,
    }


def test_families_can_be_chosen() -> None:
    assert {item.family for item in items_of(sample(), seed=0, families=["statement", "items"])} == {
        "statement",
        "items",
    }


def test_items_of_a_row() -> None:
    items = items_of(sample(), seed=0)

    def of_row(row: str) -> list[str]:
        return [item.id for item in items if rests_on(item, row)]

    assert of_row("settings/lamp") == [
        "settings-range/settings/lamp/fluence",
        "settings-range/settings/lamp/spot",
        "settings-value/settings/lamp/fluence",
        "settings-value/settings/lamp/spot",
        "settings-decision/settings/lamp",
        "settings-device/settings/lamp/5",
        "settings-device/settings/lamp/6",
        "case/settings/lamp",
    ]
    assert of_row("settings/lamp/spot") == ["settings-range/settings/lamp/spot", "settings-value/settings/lamp/spot"]
    assert of_row("contraindications/tan") == [
        "contraindication-action/contraindications/tan",
        "contraindication-interval/contraindications/tan",
        "contraindication-select/contraindications/medication",
        "case/contraindications/tan",
    ]
    assert of_row("contraindications/medication") == ["contraindication-select/contraindications/medication"]
    assert of_row("procedure/prepare") == ["procedure-order/procedure/prepare"]
    assert of_row("procedure/s5") == [
        "procedure-next/procedure/s5",
        "procedure-order/procedure/prepare",
        "procedure-missing/procedure/s5",
    ]
    assert of_row("items/one") == ["items/one"]
    assert of_row("settings/none") == []


def test_ids_are_unique() -> None:
    ids = [item.id for item in items_of(sample(), seed=0)]
    assert len(set(ids)) == len(ids)
