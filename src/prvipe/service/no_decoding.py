"""A server that decodes nothing, on systems where that cannot be made safe."""

from __future__ import annotations

from prvipe.errors import InputError
from prvipe.service.decoding.read_upload import ReadUpload
from prvipe.service.decoding.views import View
from prvipe.service.media import MediaRoots


class NoDecoding:
    """Stands in for `prvipe.service.workers.DecodingWorkers`: there are no pictures or uploads."""

    async def start(self) -> None:
        """Do nothing."""

    async def stop(self) -> None:
        """Do nothing."""

    def remove_folders(self) -> None:
        """Do nothing."""

    async def read_upload(
        self, file: object, filename: str, skeleton: str | None = None
    ) -> ReadUpload:
        """Refuse it.

        Raises:
            InputError: always.
        """
        raise InputError(
            "files are read by servers on Linux only, whose bounds on processes that takes; send "
            "poses as JSON or npz"
        )

    async def picture(self, media: MediaRoots, source: str | None, view: View) -> bytes | None:
        """Return None: there is no such picture."""
        return None
