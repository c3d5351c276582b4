"""Data sets: the cross-view benchmark files and the built-in motion library."""
