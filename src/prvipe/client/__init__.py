"""A server elsewhere, with the verbs of the library here."""
