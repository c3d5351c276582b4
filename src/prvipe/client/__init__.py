"""A server of prvipe, used as if its libraries were here."""

from prvipe.client.client import Client

__all__ = ["Client"]
