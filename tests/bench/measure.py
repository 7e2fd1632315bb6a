"""Starting servers, driving them with several people at once, and reading what they cost."""

import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent.parent
TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """Return a port of this machine that nobody holds."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(command: Sequence[str], port: int, environ: Mapping[str, str], ready: str) -> Iterator[int]:
    """Run a server in a process group of its own until it answers; yield its process id."""
    process = subprocess.Popen(
        command, env={**os.environ, **environ}, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait(port, ready, process)
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)


def wait(port: int, path: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a server answers; RuntimeError when it ends, or takes too long."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", path)
            if connection.getresponse().status < 500:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server does not answer")


def cpu_seconds(root: int, *, postgres: bool) -> float:
    """Return the CPU seconds (user and system) of a process, its children, and PostgreSQL's processes."""
    total = 0.0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text()
        except OSError:
            continue
        name, rest = stat[stat.index("(") + 1 : stat.rindex(")")], stat[stat.rindex(")") + 2 :].split()
        ours = int(entry.name) == root or int(rest[1]) == root
        if ours or (postgres and name == "postgres"):
            total += sum(map(int, rest[11:13])) / TICKS
    return total


class Browser:
    """One person's keep-alive connection with its cookie."""

    def __init__(self, port: int, log: "Timings") -> None:
        self._port = port
        self._log = log
        self.connect()
        self.cookie = ""
        self.location = ""

    def connect(self) -> None:
        """Open a fresh connection: the server closes one that was idle for long."""
        self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)

    def ask(self, step: str, method: str, path: str, form: Mapping[str, str] | None = None, **headers: str) -> str:
        """Send one request, note how long it took, and return the body; redirects are not followed."""
        body = urlencode(form) if form is not None else None
        sent = {"Cookie": self.cookie, **headers}
        if body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        began = time.perf_counter()
        self._connection.request(method, path, body, sent)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        self._log.note(step, time.perf_counter() - began)
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]}")
        if fresh := answer.getheader("Set-Cookie"):
            self.cookie = fresh.split(";")[0]
        self.location = answer.getheader("Location") or ""
        return text


@dataclass
class Timings:
    """How long each request took, by step, in seconds."""

    steps: dict[str, list[float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, step: str, seconds: float) -> None:
        """Add one request."""
        with self._lock:
            self.steps.setdefault(step, []).append(seconds)

    @property
    def requests(self) -> int:
        """How many requests there were."""
        return sum(map(len, self.steps.values()))


def percentile(values: Sequence[float], share: float) -> float:
    """Return a percentile in milliseconds."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


def at_once(people: int, jobs: Sequence[Callable[[], None]]) -> float:
    """Run jobs with so many people at once; return the seconds that it took."""
    waiting = list(jobs)
    errors: list[Exception] = []

    def work() -> None:
        while waiting and not errors:
            try:
                waiting.pop()()
            except IndexError:
                return
            except Exception as error:  # noqa: BLE001  told after the others have stopped
                errors.append(error)

    began = time.perf_counter()
    threads = [threading.Thread(target=work) for _ in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return time.perf_counter() - began


def machine() -> str:
    """Return the machine in a line."""
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        "unknown CPU",
    )
    return f"{os.cpu_count()} × {model}, Python {sys.version.split()[0]}, {' '.join(os.uname()[:3:2])}"
