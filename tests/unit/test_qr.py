"""The QR code of the wall sheet: the path that is drawn is the code, with its white border."""

import re

import segno

from app.web.qr import QUIET, qr_code

URL = "https://training.example.org/scope?clinic=1&day=2026-11-27"
RUN = re.compile(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z")


def test_the_path_draws_every_dark_module_and_no_other() -> None:
    drawn = qr_code(URL)
    dark = set()
    for x, y, length, back in RUN.findall(drawn["path"]):
        assert length == back
        dark |= {(int(x) + step - QUIET, int(y) - QUIET) for step in range(int(length))}
    code = segno.make_qr(URL, error="m")
    assert dark == {(x, y) for y, row in enumerate(code.matrix) for x, one in enumerate(row) if one}
    assert drawn["side"] == len(code.matrix) + 2 * QUIET
    assert RUN.sub("", drawn["path"]) == ""


def test_the_finder_patterns_stand_in_three_corners() -> None:
    drawn = qr_code(URL)
    top = [run for run in RUN.findall(drawn["path"]) if run[1] == str(QUIET)]
    assert (top[0][0], top[0][2]) == (str(QUIET), "7")
    assert (int(top[-1][0]) + 7, top[-1][2]) == (drawn["side"] - QUIET, "7")
