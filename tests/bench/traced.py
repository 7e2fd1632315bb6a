"""What strace saw of a server: what it wrote and made durable in one folder, and what it told people, in order."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench.sitting import ITEMS

CALLS = (
    "openat,unlink,unlinkat,rename,renameat,renameat2,link,linkat,write,writev,pwrite64,pwritev,pwritev2,truncate,"
    "ftruncate,fallocate,fsync,fdatasync,sync_file_range,sendto,sendmsg"
)
OPTIONS = ["-f", "--seccomp-bpf", "-qq", "-yy", "-xx", "-s", "10000000", "-e", f"trace={CALLS}", "-e", "signal=none"]
HEX = r"(?:\\x[0-9a-f]{2})*"
RESUMED = re.compile(r"<\.\.\. \w+ resumed>(.*)")
UNFINISHED = " <unfinished ...>"
CALL = re.compile(r"(\w+)\((.*)\) += (-?\d+)")
FILE = rf"\d+<({HEX})>"
WRITE = re.compile(rf'{FILE}, "({HEX})", (\d+), (\d+)')
SIZE = re.compile(rf"{FILE}, (\d+)")
SYNC = re.compile(FILE)
OPENED = re.compile(rf'[^,]*, "({HEX})", ([A-Z_|]+)')
NAMED = re.compile(rf'"({HEX})"')
SENT = re.compile(rf'\d+<TCP:\[([^\]]*)\]>, "({HEX})"')
HARMLESS = frozenset({"-shm", "-turn"})  # built anew when the database is opened, or nothing but a lock


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened: `kind` is create, unlink, write, truncate, begin and end (of a sync), or told."""

    kind: str
    path: str = ""
    offset: int = 0
    data: bytes = b""
    told: tuple[int, ...] = ()
    """A revision (attempt, position, revision), or a submitted attempt twice, or a started one alone."""


class UnknownCallError(Exception):
    """The server touched the folder in a way that the replay does not know: its verdict would be worth nothing."""


def steps(lines: Iterable[str], folder: Path) -> Iterator[Step]:
    """Yield what happened to the files of a folder, and what was told, in the order of the trace."""
    waiting: dict[str, str] = {}
    spoken: dict[str, bytearray] = {}
    for line in lines:
        thread, text = line.rstrip("\n").split(maxsplit=1)
        if text.endswith(UNFINISHED):
            waiting[thread] = text.removesuffix(UNFINISHED)
            if path := _synced(waiting[thread], folder):
                yield Step("begin", path, int(thread))
            continue
        resumed = RESUMED.fullmatch(text)
        call = CALL.match(waiting.pop(thread, "") + resumed[1] if resumed else text)
        if call is None or int(call[3]) < 0:
            continue
        name, rest, result = call[1], call[2], int(call[3])
        if name == "sendto":
            yield from _told(rest, result, spoken)
        elif path := _synced(call[0], folder):
            yield from () if resumed else (Step("begin", path, int(thread)),)
            yield Step("end", path, int(thread))
        elif step := _file_step(name, rest, result, folder):
            yield step


def _write(rest: str, result: int, folder: Path) -> Step | None:
    found = WRITE.match(rest)
    path = _inside(found[1], folder) if found else ""
    return Step("write", path, int(found[4]), _bytes(found[2])[:result]) if found and path else None


def _cut(rest: str, _result: int, folder: Path) -> Step | None:
    found = SIZE.match(rest)
    path = _inside(found[1], folder) if found else ""
    return Step("truncate", path, int(found[2])) if found and path else None


def _open(rest: str, _result: int, folder: Path) -> Step | None:
    found = OPENED.match(rest)
    path = _inside(found[1], folder) if found and "O_CREAT" in found[2] else ""
    return Step("create", path) if path else None


def _unlink(rest: str, _result: int, folder: Path) -> Step | None:
    found = NAMED.match(rest)
    path = _inside(found[1], folder) if found else ""
    return Step("unlink", path) if path else None


KNOWN: dict[str, Callable[[str, int, Path], Step | None]] = {
    "pwrite64": _write,
    "ftruncate": _cut,
    "openat": _open,
    "unlink": _unlink,
}


def _file_step(name: str, rest: str, result: int, folder: Path) -> Step | None:
    if name in ("fsync", "fdatasync"):
        return None  # of a lock, or elsewhere
    if name in KNOWN:
        return KNOWN[name](rest, result, folder)
    if any(_inside(named, folder) for named in re.findall(rf'[<"]({HEX})[>"]', rest)):
        raise UnknownCallError(f"{name}: the replay does not know this call")
    return None


def _synced(text: str, folder: Path) -> str:
    name, _, rest = text.partition("(")
    found = SYNC.match(rest) if name in ("fsync", "fdatasync") else None
    if found is None:
        return ""
    return "." if _text(found[1]) == str(folder) else _inside(found[1], folder)


def _inside(path: str, folder: Path) -> str:
    """Return the name of a file that counts, or an empty text."""
    found = Path(_text(path))
    return found.name if found.parent == folder and not found.name.endswith(tuple(HARMLESS)) else ""


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def _text(text: str) -> str:
    return _bytes(text).decode(errors="replace")


def _told(rest: str, result: int, spoken: dict[str, bytearray]) -> Iterator[Step]:
    """Gather what goes to one browser; yield what it was told when the last byte of an answer was sent."""
    sent = SENT.match(rest)
    if sent is None:
        return
    buffer = spoken.setdefault(sent[1], bytearray())
    buffer += _bytes(sent[2])[:result]
    while (end := buffer.find(b"\r\n\r\n")) >= 0:
        head, *fields = bytes(buffer[:end]).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in fields)}
        last = end + 4 + int(headers.get("content-length", "0"))
        if len(buffer) < last:
            return
        body = bytes(buffer[end + 4 : last])
        del buffer[:last]
        if told := _acknowledged(head.split()[1], headers, body):
            yield Step("told", told=told)


def _acknowledged(status: str, headers: dict[str, str], body: bytes) -> tuple[int, ...]:
    if status == "303" and (led := re.search(r"/attempts/(\d+)/(items|result)", headers.get("location", ""))):
        return (int(led[1]),) if led[2] == "items" else (int(led[1]),) * 2
    if status == "200" and headers.get("content-type", "").startswith("application/json"):
        answer = json.loads(body)
        if "revision" in answer:
            parts = answer["next_url"].split("/")
            position = ITEMS if parts[3] == "review" else int(parts[4]) - 1
            return int(parts[2]), position, int(answer["revision"])
    return ()
