"""Libraries of poses behind one protocol: a folder (`prvipe.index`), or Milvus."""

from prvipe.stores.opening import create_store, is_address, open_store
from prvipe.stores.pose_store import PoseStore

__all__ = ["PoseStore", "create_store", "is_address", "open_store"]
