"""Who is who: people followed over the frames of a recording, one picked, sides checked."""

from prvipe.people.selection import PersonChoice, select_person
from prvipe.people.side_exchanges import SideExchanges, find_side_exchanges
from prvipe.people.sides import SideSwap, find_side_swap, swap_sides
from prvipe.people.tracking import track_people

__all__ = [
    "PersonChoice",
    "SideExchanges",
    "SideSwap",
    "find_side_exchanges",
    "find_side_swap",
    "select_person",
    "swap_sides",
    "track_people",
]
