"""The names of what lies in the output of a bulk embedding."""

MANIFEST = "manifest.json"
REPORT = "report.json"
LOCK = "lock"
PARTS = "parts"
OUTCOMES = "outcomes"
RAY_FOLDER = "ray"
"""There as long as a job runs on Ray."""


def part_name(partition: str) -> str:
    """Name of the part of a partition, by its id."""
    return f"{PARTS}/part-{partition}.parquet"


def outcome_name(partition: str) -> str:
    """Name of the record of what became of a partition, by its id."""
    return f"{OUTCOMES}/{partition}.json"
