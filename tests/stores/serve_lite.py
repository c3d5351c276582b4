"""Serves Milvus Lite at a port, as a server of Milvus would: `serve_lite.py PATH PORT`."""

import sys

from milvus_lite.adapter.grpc.server import run_server

if __name__ == "__main__":
    run_server(sys.argv[1], "127.0.0.1", int(sys.argv[2]))
