"""The names of what lies in the output of a bulk embedding."""

MANIFEST = "manifest.json"
REPORT = "report.json"
LOCK = "lock"
PARTS = "parts"
OUTCOMES = "outcomes"


def part_name(partition: str) -> str:
    """Name of the part of a partition, by its id."""
    return f"{PARTS}/part-{partition}.parquet"


def outcome_name(partition: str) -> str:
    """Name of the record of what became of a partition, by its id."""
    return f"{OUTCOMES}/{partition}.json"
