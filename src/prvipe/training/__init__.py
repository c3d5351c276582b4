"""From a benchmark to a trained network."""
