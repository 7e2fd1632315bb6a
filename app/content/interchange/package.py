"""Content packages: a zip from strangers is read within limits and never unpacked; ours is the same bytes each time."""

import io
import re
import zipfile
from collections.abc import Mapping
from typing import Final

from app.content.interchange.values import FileRefusedError

MAX_ZIP: Final = 64 * 1024 * 1024
MAX_FILES: Final = 5_000
MAX_FILE: Final = 32 * 1024 * 1024
MAX_TOTAL: Final = 256 * 1024 * 1024
MAX_RATIO: Final = 200  # XML packs 5 to 30 times smaller; a thousandfold is a bomb
_SMALL: Final = 64 * 1024  # below this no ratio does harm
_DIRECTORY: Final = 4 * 1024 * 1024  # bytes of the list of files, which is read whole
_END: Final = b"PK\x05\x06"
_END_64: Final = b"PK\x06\x07"
_FIRST_DAY: Final = (1980, 1, 1, 0, 0, 0)
_DRIVE = re.compile(r"[A-Za-z]:")


class Package:
    """The files of a zip by name; each is read when asked for, and never more of it than it said."""

    def __init__(self, data: bytes) -> None:
        _check_end(data)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            listed = self._zip.infolist()
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError) as error:
            raise FileRefusedError(f"this is not a zip that can be read ({error})") from error
        _check_list(listed, len(data))
        self._files = {one.filename: one for one in listed if not one.is_dir()}

    def names(self) -> list[str]:
        """Return the names of the files, sorted."""
        return sorted(self._files)

    def read(self, name: str) -> bytes:
        """Return the bytes of a file; raises FileRefusedError where it is not there, or is not what it said."""
        if name not in self._files:
            raise FileRefusedError(f"{name} is not in the package")
        info = self._files[name]
        try:
            with self._zip.open(info) as file:
                data = file.read(info.file_size + 1)
        except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
            raise FileRefusedError(
                f"{name} cannot be unpacked ({type(error).__name__}); make the package anew"
            ) from error
        except Exception as error:  # zlib, bz2 and lzma each raise an error of their own for damaged data
            if type(error).__module__ in ("zlib", "_bz2", "_lzma", "lzma"):
                raise FileRefusedError(f"{name} is damaged; make the package anew") from error
            raise
        if len(data) != info.file_size:
            raise FileRefusedError(f"{name} is not of the size that it says; make the package anew")
        return data


def write(files: Mapping[str, bytes]) -> bytes:
    """Return files as a zip: in the order given, of no time, so that equal files make equal bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, _FIRST_DAY)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            package.writestr(info, data)
    return out.getvalue()


def _check_end(data: bytes) -> None:
    """Refuse a zip that is too large, or whose list of files is, before that list is read."""
    if len(data) > MAX_ZIP:
        raise FileRefusedError(f"the package has more than {MAX_ZIP // 1024 // 1024} MiB; split it")
    end = data.rfind(_END, max(0, len(data) - 65_557))
    if end < 0 or len(data) - end < 22:
        raise FileRefusedError("this is not a zip; export the package again")
    size = int.from_bytes(data[end + 12 : end + 16], "little")
    if size > _DIRECTORY or data[max(0, end - 20) : end].startswith(_END_64):
        raise FileRefusedError("the package lists too many files; split it")


def _check_list(listed: list[zipfile.ZipInfo], size: int) -> None:
    """Refuse a zip with a file that could leave its place, or that would fill this machine."""
    if len(listed) > MAX_FILES:
        raise FileRefusedError(f"the package holds more than {MAX_FILES} files; split it")
    seen: set[str] = set()
    for one in listed:
        reason = _wrong(one, seen)
        if reason:
            raise FileRefusedError(f"{one.filename[:100]!r} in the package {reason}")
        seen.add(one.filename.casefold())
    if sum(one.file_size for one in listed) > MAX_TOTAL:
        raise FileRefusedError(f"the package unpacks to more than {MAX_TOTAL // 1024 // 1024} MiB; split it")
    if sum(one.compress_size for one in listed) > size:
        raise FileRefusedError("files of the package overlap, as in a zip bomb; make it anew")


def _wrong(one: zipfile.ZipInfo, seen: set[str]) -> str | None:
    """Return what is wrong with an entry of a zip, or None."""
    packed = max(one.compress_size, 1)
    wrongs = {
        "has a name that leads out of it": _leads_out(one.filename),
        "is there twice": one.filename.casefold() in seen,
        "is a link": one.external_attr >> 16 & 0o170000 == 0o120000,
        "is encrypted": bool(one.flag_bits & 0x1),
        f"unpacks to more than {MAX_FILE // 1024 // 1024} MiB": one.file_size > MAX_FILE,
        f"unpacks to more than {MAX_RATIO} times its size, as in a zip bomb": (
            one.file_size > _SMALL and one.file_size > MAX_RATIO * packed
        ),
    }
    return next((reason for reason, holds in wrongs.items() if holds), None)


def _leads_out(name: str) -> bool:
    parts = name.rstrip("/").split("/")
    return bool(
        name.startswith("/") or "\\" in name or "\0" in name or _DRIVE.match(name) or {"..", ".", ""} & set(parts)
    )
