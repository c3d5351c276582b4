"""Libraries as points in the plane, for people to look at."""
