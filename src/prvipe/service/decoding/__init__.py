"""Decoding of what others made, in processes that may be killed: uploads, and frames of media.

The server's side is `pool.py` and `process.py`, the worker's side `worker.py` and what it does:
`uploads.py` and `drawing.py`. They talk in `messages.py`.
"""
