"""A MariaDB server of our own: what is on the PATH, or what `.ci/mariadb` unpacked. No set-up, no rights."""

import os
import shutil
import subprocess
import time
from pathlib import Path

from sqlalchemy import URL

UNPACKED = Path(__file__).resolve().parents[1] / ".mariadb"
QUIET = ("--log-warnings=0", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=64M")
SECONDS_TO_START = 60


def found():
    """The server program and the folder it belongs to; None where there is none."""
    unpacked = UNPACKED / "usr/sbin/mariadbd"
    if unpacked.exists():
        return unpacked, UNPACKED / "usr"
    program = shutil.which("mariadbd")
    return (Path(program), Path(program).resolve().parents[1]) if program else None


class Server:
    """A running server, on a socket in `folder`."""

    def __init__(self, program, base, folder):
        self._environment = {**os.environ, "LD_LIBRARY_PATH": ":".join(libraries())}
        share = base / "share/mysql"
        self._command = [str(program), "--no-defaults", f"--basedir={base}", f"--datadir={folder / 'data'}",
                         f"--lc-messages-dir={share}", f"--tmpdir={folder}", *QUIET]  # fmt: skip
        if os.getuid() == 0:
            self._command.append("--user=root")
        (folder / "data").mkdir()
        tables = [
            (share / name).read_text() for name in ("mysql_system_tables.sql", "mysql_system_tables_data.sql")
        ]
        subprocess.run(
            [*self._command, "--bootstrap"],
            input="\n".join(["create database mysql;", "use mysql;", *tables]),
            text=True, env=self._environment, check=True, capture_output=True,
        )  # fmt: skip
        socket = folder / "s"
        self._process = subprocess.Popen(
            [*self._command, "--skip-networking", "--skip-grant-tables", f"--socket={socket}"],
            env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.url = URL.create(
            "mysql+pymysql",
            "root",
            host="localhost",
            query={"unix_socket": str(socket), "charset": "utf8mb4"},
        )
        for _ in range(SECONDS_TO_START * 10):
            if socket.exists():
                return
            time.sleep(0.1)
        self.stop()
        raise OSError(f"no answer within {SECONDS_TO_START} seconds")

    def stop(self):
        self._process.terminate()
        self._process.wait(30)


def libraries():
    """Folders of the libraries that came with the server."""
    return sorted({str(path.parent) for path in UNPACKED.rglob("*.so*")})
