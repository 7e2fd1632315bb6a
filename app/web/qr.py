"""A QR code as the path of a picture: drawn with attributes, as the content security policy wants it."""

from itertools import groupby

import segno

from app.web.words import Context

QUIET = 4  # modules of white around it: ISO/IEC 18004 asks for that many


def qr_code(text: str) -> Context:
    """Return the side of the picture in modules, and the path of its dark ones; a seventh of it may be soiled."""
    rows = list(segno.make_qr(text, error="m").matrix_iter(scale=1, border=QUIET))
    path = "".join(
        f"M{x} {y}h{length}v1h-{length}z"
        for y, row in enumerate(rows)
        for x, length in _dark([bool(one) for one in row])
    )
    return {"side": len(rows), "path": path}


def _dark(row: list[bool]) -> list[tuple[int, int]]:
    """Return (place, length) of the runs of dark modules in a row."""
    runs, place = [], 0
    for dark, run in groupby(row):
        length = len(list(run))
        if dark:
            runs.append((place, length))
        place += length
    return runs
