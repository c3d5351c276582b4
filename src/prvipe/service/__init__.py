"""A server without HTTP: libraries that are open, work in batches, decoding in workers."""
