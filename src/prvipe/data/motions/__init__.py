"""The built-in motion library: synthetic motions keyframed by hand, for demo and tests."""
