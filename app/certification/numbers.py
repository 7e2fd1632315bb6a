"""Certificate numbers: 80 random bits in Crockford's base 32 with a check character; pure."""

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
RANDOM_BYTES = 10
DATA_CHARACTERS = 16
GROUPS = (slice(0, 4), slice(4, 8), slice(8, 12), slice(12, 17))
LOOKALIKES = str.maketrans("ILO", "110")
SEPARATORS = frozenset("-\u00ad\u2010\u2011\u2012\u2013\u2014\u2212")  # the dashes that paper and PDF make of "-"
LONGEST_TEXT = 64
FIELD_POLYNOMIAL = 0b100101  # x⁵ + x² + 1, primitive: the powers of x are all 31 values but zero


def format_number(random_bytes: bytes) -> str:
    """Return the certificate number of 10 random bytes, as four groups; the last character is the check."""
    if len(random_bytes) != RANDOM_BYTES:
        raise ValueError(f"a certificate number is made of {RANDOM_BYTES} bytes, not {len(random_bytes)}")
    bits = int.from_bytes(random_bytes, "big")
    digits = [bits >> shift & 31 for shift in range(5 * (DATA_CHARACTERS - 1), -1, -5)]
    return _printed([*digits, _check(digits)])


def read_number(text: str) -> str | None:
    """Return a typed number as it is printed, or None where it holds a typing error.

    Case, spaces and dashes do not matter; I and L count as 1, O as 0. One wrong character, and two that
    changed places, are always found out.
    """
    if len(text) > LONGEST_TEXT:
        return None
    typed = "".join(char for char in text if char not in SEPARATORS and not char.isspace())
    if not typed.isascii():  # upper() would turn some other letters into ours
        return None
    characters = typed.upper().translate(LOOKALIKES)
    if len(characters) != DATA_CHARACTERS + 1 or not set(characters) <= set(ALPHABET):
        return None
    digits = [ALPHABET.index(char) for char in characters]
    return _printed(digits) if _check(digits[:-1]) == digits[-1] else None


def _check(digits: list[int]) -> int:
    """Return the check digit: the sum of every digit times its own power of x, in the field of 32 values.

    No weight is zero, so one changed digit changes the sum; no two weights are alike (the check's own
    is 1), so two digits that change places change it too.
    """
    total = 0
    for digit in digits:
        total = _times_x(total ^ digit)
    return total


def _times_x(value: int) -> int:
    doubled = value << 1
    return doubled ^ FIELD_POLYNOMIAL if doubled & 32 else doubled


def _printed(digits: list[int]) -> str:
    characters = "".join(ALPHABET[digit] for digit in digits)
    return "-".join(characters[group] for group in GROUPS)
