from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.certification.numbers import ALPHABET, format_number, read_number

SOME_BYTES = bytes([0x9A, 0x10, 0xFF, 0x00, 0x7C, 0x31, 0xE8, 0x55, 0x02, 0xD4])
EIGHTY_BITS = st.binary(min_size=10, max_size=10)
PLACES = range(17)
# Two base-32 digits differ by one of 31 values; in a linear code only that difference matters.
DIFFERENCES = range(1, 32)


def changed(number: str, differences: dict[int, int]) -> str:
    """The number with a difference added (in the field: exclusive or) to the digits at some places."""
    characters = list(number.replace("-", ""))
    for place, difference in differences.items():
        characters[place] = ALPHABET[ALPHABET.index(characters[place]) ^ difference]
    return "".join(characters)


def test_prints_four_groups_of_the_alphabet() -> None:
    groups = format_number(SOME_BYTES).split("-")
    assert [len(group) for group in groups] == [4, 4, 4, 5]
    assert set("".join(groups)) <= set(ALPHABET)


def test_the_first_sixteen_characters_are_the_bits() -> None:
    value = 0
    for character in format_number(SOME_BYTES).replace("-", "")[:16]:
        value = value * 32 + ALPHABET.index(character)
    assert value.to_bytes(10, "big") == SOME_BYTES


def test_the_numbers_of_old_certificates_stay_what_they_are() -> None:
    assert format_number(bytes(10)) == "0000-0000-0000-00000"
    assert format_number(bytes(range(10))) == "000G-40R4-0M30-E209J"


@pytest.mark.parametrize("length", [0, 9, 11])
def test_refuses_other_than_eighty_bits(length: int) -> None:
    with pytest.raises(ValueError, match="made of 10 bytes"):
        format_number(bytes(length))


@pytest.mark.parametrize("dash", ["-", " ", "", "\u2011", "\u2013", "\u2212", "\u00a0", " - "])
def test_reads_what_people_make_of_the_dashes(dash: str) -> None:
    number = format_number(SOME_BYTES)
    assert read_number(f" {number.replace('-', dash).lower()}\n") == number


def test_reads_the_letters_that_look_like_digits() -> None:
    number = format_number(b"\x08" + bytes(9))
    assert "0" in number
    assert "1" in number
    assert {read_number(number.replace("1", one).replace("0", o)) for one in "1IiLl" for o in "0Oo"} == {number}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "0",
        "0" * 16,
        "0" * 18,
        "U" + "0" * 16,
        "0" * 16 + "*",
        "\N{LATIN SMALL LETTER DOTLESS I}" + "0" * 16,
        "\N{LATIN SMALL LETTER LONG S}" * 17,
        "0" * 17 + " " * 60,
    ],
)
def test_takes_for_a_typing_error(text: str) -> None:
    assert read_number(text) is None


def test_finds_out_every_single_substitution() -> None:
    number = format_number(SOME_BYTES)
    assert not [
        (place, difference)
        for place in PLACES
        for difference in DIFFERENCES
        if read_number(changed(number, {place: difference})) is not None
    ]


def test_finds_out_every_transposition_adjacent_or_not() -> None:
    """Exchanging digits a and b adds their difference at both places: every pair of digits is among these."""
    number = format_number(SOME_BYTES)
    assert not [
        (one, other, difference)
        for one, other in combinations(PLACES, 2)
        for difference in DIFFERENCES
        if read_number(changed(number, {one: difference, other: difference})) is not None
    ]


@given(EIGHTY_BITS, st.integers(0, 16), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_found_out_on_any_number(bits: bytes, place: int, wrong: str) -> None:
    number = format_number(bits)
    characters = list(number.replace("-", ""))
    meant, characters[place] = characters[place], wrong
    assert read_number("".join(characters)) == (number if meant == wrong else None)


@given(EIGHTY_BITS, st.integers(0, 15))
def test_two_exchanged_neighbours_are_found_out_on_any_number(bits: bytes, place: int) -> None:
    number = format_number(bits)
    plain = number.replace("-", "")
    exchanged = plain[:place] + plain[place + 1] + plain[place] + plain[place + 2 :]
    assert read_number(exchanged) == (number if exchanged == plain else None)


@given(EIGHTY_BITS, EIGHTY_BITS)
def test_the_code_is_linear_so_that_differences_prove_it_for_all_numbers(one: bytes, other: bytes) -> None:
    both = bytes(left ^ right for left, right in zip(one, other, strict=True))
    checks = [ALPHABET.index(format_number(bits)[-1]) for bits in (one, other, both)]
    assert checks[0] ^ checks[1] == checks[2]


@given(EIGHTY_BITS)
def test_reads_what_it_prints(bits: bytes) -> None:
    number = format_number(bits)
    assert read_number(number) == number


@given(st.text("01OIlUuz-\u2013 *\N{LATIN SMALL LETTER DOTLESS I}", max_size=80))
def test_any_text_is_a_number_as_printed_or_a_typing_error(text: str) -> None:
    number = read_number(text)
    assert number is None or read_number(number) == number
