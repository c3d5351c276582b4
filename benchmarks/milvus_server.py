"""A server of Milvus from the wheel `milvus` (2.3.5, Linux on x86-64), for benchmarks and tests.

The module of the wheel starts one too, but its etcd takes ports that are always the same, and what
it starts outlives a program that is killed.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

_STARTED_WITHIN = 120.0
_ETCD = """\
listen-client-urls: http://127.0.0.1:{client}
advertise-client-urls: http://127.0.0.1:{client}
listen-peer-urls: http://127.0.0.1:{peer}
initial-advertise-peer-urls: http://127.0.0.1:{peer}
initial-cluster: default=http://127.0.0.1:{peer}
"""


class MilvusServer:
    """A standalone server on ports of its own, which ends with this program however that ends.

    Attributes:
        folder: what it keeps, and goes on with when it is started again, on the same ports.
        address: as prvipe takes it, without a collection.
        pid: of its process, once it is started.
    """

    def __init__(
        self, folder: Path, binaries: Path, settings: Mapping[str, object] | None = None
    ) -> None:
        """Write the configuration of a server.

        Args:
            folder: made if need be.
            binaries: folder for the programs of the wheel, 250 MB, which servers can share.
            settings: other than those of the wheel, as `{"proxy.timeTickInterval": 20}`.
        """
        from milvus import MilvusServerConfig

        self.folder = folder.absolute()
        config = MilvusServerConfig(data_dir=str(self.folder))
        names = [name for name in config.configurable_items if name.endswith("_port")]
        self._health, client, peer, *ports = free_ports(len(names) + 3)
        config.update(**dict(zip(names, ports, strict=True)))
        config.resolve()
        (self.folder / "etcd.yaml").write_text(_ETCD.format(client=client, peer=peer))
        self.address = f"milvus://127.0.0.1:{config.get('proxy_port')}"
        self._binaries = unpacked(binaries)
        self._settings = {_variable(name): str(each) for name, each in (settings or {}).items()}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the process of a server that was started."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            RuntimeError: it ended, or does not answer within two minutes.
        """
        environment = {
            **os.environ,
            "DEPLOY_MODE": "STANDALONE",
            "METRICS_PORT": str(self._health),
            "ETCD_CONFIG_PATH": str(self.folder / "etcd.yaml"),
            "LD_LIBRARY_PATH": str(self._binaries),
            **self._settings,
        }
        # Two servers of the same alias would share the file that keeps a second one out.
        command = [self._binaries / "milvus", "run", "standalone", "-alias", str(self._health)]
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *command],
                cwd=self.folder,
                env=environment,
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + _STARTED_WITHIN
        while not self._is_healthy():
            if self._process.poll() is not None or time.monotonic() > until:
                self.kill()
                raise RuntimeError(f"Milvus did not start; see {self.folder / 'server.log'}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Have it end in good order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a loss of power would."""
        self._end(signal.SIGKILL)

    def __enter__(self) -> MilvusServer:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _end(self, how: signal.Signals) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self._health}/healthz", timeout=5
            ) as answer:
                return b"OK" in answer.read()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False


def missing() -> str | None:
    """What is missing to start a server; None if nothing is."""
    try:
        import milvus
    except ImportError:
        return "the wheel milvus is not installed (it is for Linux on x86-64)"
    if not (Path(milvus.__file__).parent / "data" / "bin" / "milvus.lzma").exists():
        return "the wheel milvus holds no server for this machine"
    if shutil.which("setpriv") is None:
        return "setpriv (util-linux) is not installed"
    return None


def unpacked(folder: Path) -> Path:
    """The folder of the programs of the wheel, which are unpacked into it if they are not there."""
    import fcntl

    from milvus import _initialize_data_files

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "LOCK").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _initialize_data_files(folder)
    return folder / "bin"


def free_ports(count: int) -> list[int]:
    """Different ports of this machine that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _variable(setting: str) -> str:
    """The environment variable by which Milvus takes a setting."""
    return setting.replace(".", "_").upper()
