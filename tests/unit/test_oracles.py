"""The long comparison with the oracles, a few times: it agrees, and it catches the faults that are built in."""

import pytest

from app.certification import dates
from app.certification.holds import Hold
from tests.bench import oracle

FEW = 40


@pytest.mark.parametrize("proof", oracle.PROOFS, ids=lambda proof: proof.name.split(",")[0])
def test_the_house_and_its_oracles_agree(proof: oracle.Proof) -> None:
    assert oracle.agrees(proof, FEW)


@pytest.mark.parametrize(("defect", "place"), [("leap", 0), ("hold", 1)])
def test_a_fault_is_caught(monkeypatch: pytest.MonkeyPatch, defect: str, place: int) -> None:
    monkeypatch.setattr(dates, "last_valid_day", dates.last_valid_day)  # put back after the fault
    monkeypatch.setattr(Hold, "counts", Hold.counts)
    oracle.DEFECTS[defect]()
    assert not oracle.agrees(oracle.PROOFS[place], 10 * FEW)
