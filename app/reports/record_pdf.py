"""A training record as a PDF that a screen reader can read, set by typst from values; no text in it is ever markup."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typst

SOURCE = (Path(__file__).parent / "record.typ").read_bytes()


def record_pdf(shown: Mapping[str, Any]) -> bytes:
    """Set a record, as its page shows it, on A4: with page numbers, its name on each page, and tags.

    A name in letters that no font here has would break the promise of PDF/UA: it is then set without that promise
    rather than not at all.
    """
    inputs = {"data": json.dumps(shown)}
    fonts = typst.Fonts(include_system_fonts=False)
    try:
        return typst.compile(
            SOURCE, font_paths=fonts, ignore_system_fonts=True, format="pdf", pdf_standards="ua-1", sys_inputs=inputs
        )
    except typst.TypstError:
        return typst.compile(SOURCE, font_paths=fonts, ignore_system_fonts=True, format="pdf", sys_inputs=inputs)
