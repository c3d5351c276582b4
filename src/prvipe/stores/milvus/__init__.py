"""Poses kept in Milvus: a server, or Milvus Lite in a path of its own."""
