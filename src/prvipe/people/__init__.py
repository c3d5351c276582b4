"""Who is who: people followed over the frames of a recording, one picked, sides checked."""

from prvipe.people.selection import PersonChoice, select_person
from prvipe.people.tracking import track_people

__all__ = ["PersonChoice", "select_person", "track_people"]
