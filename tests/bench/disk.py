"""A disk that may lose what was not made durable: files as they can be after the power went, by what a trace shows."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.traced import Step

SECTOR = 512  # bytes that a disk writes whole
HALF = 0.5
MODES = ("none", "subset", "subset", "prefix", "all")


@dataclass
class File:
    """One file's content as of its last sync, and what was written since, each with its number."""

    durable: bytearray
    pending: list[tuple[int, Step]] = field(default_factory=list)


class Disk:
    """Files and a directory. A sync makes durable what was written before it began; of the rest anything may survive."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        """Begin with files that are durable, names included."""
        self._entries = {name: File(bytearray(content)) for name, content in files.items()}
        self._durable_entries = dict(self._entries)
        self._pending_entries: list[tuple[int, str, File | None]] = []
        self._begun: dict[tuple[int, str], int] = {}
        self._count = 0

    def apply(self, step: Step) -> None:
        """Let one step of the trace happen."""
        self._count += 1
        file = self._entries.get(step.path)
        if step.kind == "begin":
            self._begun[step.offset, step.path] = self._count
        elif step.kind == "end":
            self._sync(step.path, self._begun.pop((step.offset, step.path)))
        elif step.kind == "create":
            if file is None:
                self._rename(step.path, File(bytearray()))
        elif step.kind == "unlink":
            self._rename(step.path, None)
        elif file is not None:  # one that was removed meanwhile is out of reach
            file.pending.append((self._count, step))

    def _rename(self, name: str, file: File | None) -> None:
        _enter(self._entries, name, file)
        self._pending_entries.append((self._count, name, file))

    def _sync(self, name: str, until: int) -> None:
        if name == ".":
            for number, entry, file in self._pending_entries:
                if number <= until:
                    _enter(self._durable_entries, entry, file)
            self._pending_entries = [one for one in self._pending_entries if one[0] > until]
        elif name in self._entries:
            file = self._entries[name]
            for number, step in file.pending:
                if number <= until:
                    _change(file.durable, step)
            file.pending = [one for one in file.pending if one[0] > until]

    def fail(self, chance: random.Random, folder: Path) -> None:
        """Write into an empty folder what a power cut at this moment may leave: one of the possible states, by chance."""
        mode = chance.choice(MODES)
        entries = dict(self._durable_entries)
        kept = {"none": 0, "all": len(self._pending_entries)}.get(mode, chance.randint(0, len(self._pending_entries)))
        for _, name, file in self._pending_entries[:kept]:
            _enter(entries, name, file)
        for name, file in entries.items():
            (folder / name).write_bytes(_left(file, mode, chance))


def _enter(entries: dict[str, File], name: str, file: File | None) -> None:
    if file is None:
        entries.pop(name, None)
    else:
        entries[name] = file


def _left(file: File, mode: str, chance: random.Random) -> bytes | bytearray:
    if mode == "none" or not file.pending:
        return file.durable
    content = bytearray(file.durable)
    written = [step for _, step in file.pending]
    if mode == "prefix":
        written = written[: chance.randint(0, len(written))]
    for step in written:
        for part in _torn(step, chance) if mode == "subset" else (step,):
            _change(content, part)
    return content


def _torn(step: Step, chance: random.Random) -> Iterator[Step]:
    """Yield the sectors of a write that arrived, each by chance."""
    if step.kind == "truncate":
        yield from (step,) if chance.random() < HALF else ()
        return
    for start in range(0, len(step.data), SECTOR):
        if chance.random() < HALF:
            yield Step("write", offset=step.offset + start, data=step.data[start : start + SECTOR])


def _change(content: bytearray, step: Step) -> None:
    """Write or cut; a hole reads as zeros."""
    end = step.offset + len(step.data)
    if step.kind == "truncate":
        del content[step.offset :]
    if len(content) < end:
        content.extend(bytes(end - len(content)))
    if step.kind == "write":
        content[step.offset : end] = step.data
