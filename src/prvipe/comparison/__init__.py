"""Two poses compared: how likely they match, and in which joints they differ."""
