"""Embedding more poses than memory holds: planned in partitions, done by engines, kept in parts."""
