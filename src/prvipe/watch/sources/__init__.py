"""Sources of instants: cameras, streams, and files and folders that grow."""
