"""The programs that are measured: started on free ports, stopped with the bench."""

import base64
import contextlib
import hashlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

from processes import family, resident

USER, PASSWORD = "anna", "correct horse"


class Failure(Exception):
    """Why there are no figures, in words for who runs the bench."""


APACHE = """
{modules}
{user}
ServerRoot {directory}
DefaultRuntimeDir {directory}
PidFile {directory}/pid
ErrorLog {directory}/log
ServerName localhost
Listen 127.0.0.1:{port}
TypesConfig /dev/null
KeepAlive On
MaxKeepAliveRequests 0
DavLockDB {directory}/locks
DocumentRoot {folder}
<Directory {folder}>
    Dav On
    AllowOverride None
    AuthName bench
    AuthType Basic
    AuthBasicProvider file
    AuthUserFile {directory}/passwords
    Require valid-user
</Directory>
"""

MODULES = "mpm_event authn_core authn_file authz_core authz_user auth_basic dav dav_fs mime".split()


def program(*names: str) -> str:
    """Where the first of these programs is that there is."""
    for name in names:
        if path := shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin"):
            return path
    raise Failure(f"{' or '.join(names)} is missing: `.ci/setup test` installs it on Debian")


def end_in_order() -> None:
    """Makes SIGTERM and SIGHUP end this program as Ctrl-C does: what it started is
    stopped first, and its files are removed."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port: int, process: subprocess.Popen) -> None:
    """Waits until somebody listens at a port."""
    for _ in range(400):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise Failure(f"{process.args[0]} did not start")


@contextlib.contextmanager
def stopped_at_the_end(process: subprocess.Popen):
    """Stops a program with all that it started, whatever happens."""
    try:
        yield process
    finally:
        # A second Ctrl-C must not leave anything behind.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        started = family(process.pid)
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            for member in started:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(member.id, signal.SIGKILL)
            process.wait()
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def apache(folder: pathlib.Path, directory: pathlib.Path):
    """Apache with mod_dav over a folder, as it usually runs; yields its URL."""
    directory.mkdir()
    port = free_port()
    is_root = os.geteuid() == 0
    configuration = APACHE.format(
        modules="\n".join(
            f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in MODULES
        ),
        user="User #65534\nGroup #65534" if is_root else "",
        directory=directory,
        folder=folder,
        port=port,
    )
    (directory / "apache.conf").write_text(configuration)
    hashed = hashlib.sha1(PASSWORD.encode()).digest()
    line = f"{USER}:{{SHA}}{base64.b64encode(hashed).decode()}\n"
    (directory / "passwords").write_text(line)
    command = [program("apache2"), "-DFOREGROUND", "-f", directory / "apache.conf"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    with stopped_at_the_end(process):
        wait_for(port, process)
        yield f"http://127.0.0.1:{port}/"


class Leitl:
    """A running server and one connection to it."""

    def __init__(self, process: subprocess.Popen, url: str, token: str):
        self.process = process
        self.token = token
        self.connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=600)

    def call(self, method: str, path: str, body: dict | None = None):
        """Calls the REST API."""
        text = self.raw(method, path, body)
        return json.loads(text)

    def raw(self, method: str, path: str, body: dict | None = None) -> bytes:
        """Calls the REST API and reads the answer as it comes."""
        headers = {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        content = json.dumps(body) if body is not None else None
        self.connection.request(method, f"/api/leitl/{path}", content, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise Failure(f"{method} {path}: {answer.status} {text.decode()}")
        return text

    def memory(self) -> int:
        """Its resident memory in bytes, without its Redis."""
        return resident(self.process.pid)

    def cpu(self) -> tuple[float, float]:
        """Seconds of processor time that it has used so far, and its Redis."""
        own, *others = family(self.process.pid)
        return own.cpu, sum(process.cpu for process in others)


@contextlib.contextmanager
def leitl(binary: pathlib.Path, directory: pathlib.Path):
    """A server with a data directory of its own; yields a [`Leitl`]."""
    data = directory / "data"
    command = [binary, "serve", "--addr", "127.0.0.1:0", "--data-dir", data]
    environment = {
        "PATH": os.environ["PATH"],
        "LEITL_CONTEXT__ALLOWED_NETWORKS": "127.0.0.0/8",
        "RUST_LOG": "warn",
    }
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    with stopped_at_the_end(process):
        first = process.stdout.readline()
        if not first.startswith("LEITL is live at "):
            raise Failure("leitl did not start")
        url = first.split()[-1]
        token = subprocess.run(
            [binary, "token", "--user", "ann", "--data-dir", data],
            capture_output=True, text=True, check=True,
        ).stdout.strip()
        yield Leitl(process, url, token)
