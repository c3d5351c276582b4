"""Units of length as motion capture files spell them."""

from prvipe.errors import InputError

_SPELLINGS = {
    "m": ("m", "meter", "meters", "metre", "metres"),
    "cm": ("cm", "centimeter", "centimeters", "centimetre", "centimetres"),
    "mm": ("mm", "millimeter", "millimeters", "millimetre", "millimetres"),
    "inch": ("in", "inch", "inches"),
}


def unit_named(spelling: str, where: str) -> str | None:
    """Return our name of a unit that a file states; None where it states none.

    Args:
        spelling: as the file has it.
        where: what to call the place in the message.

    Raises:
        InputError: it states something else.
    """
    if not spelling.strip():
        return None
    for unit, spellings in _SPELLINGS.items():
        if spelling.strip().lower() in spellings:
            return unit
    known = ", ".join(_SPELLINGS)
    raise InputError(f"{where}: unknown unit {spelling!r}, expected one of {known}")
