"""The escapes of GIFT: signs with a backslash before them are text, and are kept apart until the rest is read."""

import re
from typing import Final

# Noncharacters that no file may hold (app.content.text) stand for what was escaped.
_SIGNS: Final = ":#={}~n\\"
_HIDE: Final = {sign: chr(0xFDD4 + place) for place, sign in enumerate(_SIGNS)}
_SHOW: Final = {ord(mark): "\n" if sign == "n" else sign for sign, mark in _HIDE.items()}
_ESCAPED = re.compile(r"\\([:#={}~n\\])")


def hidden(text: str) -> str:
    """Return a text with every escaped sign as a mark."""
    return _ESCAPED.sub(lambda found: _HIDE[found[1]], text)


def shown(text: str) -> str:
    """Return a text with the signs that its marks stand for."""
    return text.translate(_SHOW)
