"""What a program asks of the disk, recorded by strace, and the disk as it would be if power had failed at any moment of it.

The disk that is modelled promises no more than it must: octets of a file are there after an fsync of the file, names in a
folder after an fsync of the folder; of what was asked since, each part may be there or not, and a write may be torn.
"""

import os
import random
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

SECTOR_BYTES = 512
_CALLS = (
    "openat,creat,write,pwrite64,writev,pwritev,ftruncate,fallocate,fsync,fdatasync,rename,renameat,renameat2,"
    "link,linkat,unlink,unlinkat,mkdir,mkdirat,rmdir,sendfile,copy_file_range,sendto,sendmsg"
)
TRACING = ("strace", "-f", "--seccomp-bpf", "-yy", "-xx", "-s", "1000000", "-e", f"trace={_CALLS}")
_KNOWN = {
    "openat", "write", "pwrite64", "ftruncate", "fsync", "fdatasync", "rename", "link", "unlink", "mkdir", "rmdir",
}  # fmt: skip
_LINE = re.compile(r"(?P<pid>\d+) +(?P<rest>.*)", re.DOTALL)
_CALL = re.compile(r"(?P<name>\w+)\((?P<arguments>.*)\) += (?P<result>-?\d+)", re.DOTALL)
_RESUMED = re.compile(r"<\.\.\. \w+ resumed>(?P<rest>.*)", re.DOTALL)
_UNFINISHED = " <unfinished ...>"
_PATH = re.compile(r"\d+<((?:\\x[0-9a-f]{2})*)>")
_NETWORK = re.compile(r"\d+<TCP")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True)
class Asked:
    """One thing that was asked of the disk, or said to whoever called."""

    what: str  # create, write, cut, fsync, rename, link, unlink, mkdir, rmdir, say
    path: str = ""  # relative to the data directory; of a rename or link the old name
    to: str = ""
    offset: int = 0
    octets: bytes = b""


def is_possible() -> bool:
    """Whether strace is there and may look at a process."""
    program = shutil.which("strace")
    return (
        program is not None
        and not subprocess.run(
            [program, "-o", os.devnull, "true"], check=False, capture_output=True
        ).returncode
    )


def record(command: list[str], data_dir: Path, log: Path, **options: object) -> list[Asked]:
    """Run a command to its end, and tell what it asked of the disk below its data directory, in order."""
    done = subprocess.run(
        [*TRACING, "-o", str(log), *command], check=False, capture_output=True, text=True, **options
    )  # type: ignore[call-overload]  # environment and folder
    assert done.returncode == 0, done.stdout + done.stderr
    return read(log, data_dir)


def read(log: Path, data_dir: Path) -> list[Asked]:
    """What was recorded with `TRACING` and `-o LOG`; what went over the network was said."""
    asked: list[Asked] = []
    begun: dict[str, str] = {}
    positions: dict[str, int] = {}
    for line in log.read_text("ascii").splitlines():
        found = _LINE.fullmatch(line)
        if found is None:
            continue
        pid, rest = found["pid"], found["rest"]
        if rest.endswith(_UNFINISHED):
            begun[pid] = rest.removesuffix(_UNFINISHED)
            continue
        resumed = _RESUMED.fullmatch(rest)
        if resumed is not None:
            rest = begun.pop(pid) + resumed["rest"]
        call = _CALL.match(rest)
        if call is not None and int(call["result"]) >= 0:
            asked += _asked(call, data_dir, positions)
    return asked


def _asked(call: re.Match[str], data_dir: Path, positions: dict[str, int]) -> list[Asked]:
    name, arguments = call["name"], call["arguments"]
    texts = [_octets(text) for text in _TEXT.findall(arguments)]
    if name == "write" and arguments.startswith("1<"):
        return [Asked("say", octets=texts[0])]
    if _NETWORK.match(arguments) is not None:
        return [Asked("say", octets=b"".join(texts)[: int(call["result"])])]
    if name in ("sendto", "sendmsg"):
        return []
    if name in ("openat", "rename", "link", "unlink", "mkdir", "rmdir"):
        names = [_below(data_dir, text.decode()) for text in texts]
        if not names or not names[0]:
            return []
        if name == "openat":
            positions[names[0]] = 0
            # The flags follow the name.
            return [Asked("create", names[0])] if "O_CREAT" in arguments else []
        return [Asked(name, *names)]
    found = _PATH.match(arguments)
    path = _below(data_dir, _octets(found[1]).decode()) if found is not None else ""
    if not path or path.endswith("-shm"):
        return []  # what processes share of the log is made anew from it
    assert name in _KNOWN, f"{name} is not modelled"
    if name in ("fsync", "fdatasync"):
        return [Asked("fsync", path)]
    if name == "ftruncate":
        return [Asked("cut", path, offset=int(arguments.rpartition(",")[2]))]
    octets = texts[0][: int(call["result"])]
    if name == "pwrite64":
        return [Asked("write", path, offset=int(arguments.rpartition(",")[2]), octets=octets)]
    offset = positions.get(path, 0)
    positions[path] = offset + len(octets)
    return [Asked("write", path, offset=offset, octets=octets)]


def _octets(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def _below(data_dir: Path, path: str) -> str:
    inside = path == str(data_dir) or path.startswith(f"{data_dir}/")
    return os.path.relpath(path, data_dir) if inside else ""


@dataclass
class _Content:
    """The octets of a file: those that are safe, and what was asked since."""

    safe: bytearray = field(default_factory=bytearray)
    since: list[Asked] = field(default_factory=list)

    def settle(self) -> None:
        for each in self.since:
            _apply(self.safe, each, each.octets)
        self.since = []

    def after_loss(self, choice: random.Random | None) -> bytes:
        octets = bytearray(self.safe)
        for each in self.since if choice is not None else []:
            fate = choice.randrange(3) if choice is not None else 0
            if fate == 1:
                _apply(octets, each, each.octets)
            elif fate == 2 and each.what == "write":
                sectors = choice.randrange(len(each.octets) // SECTOR_BYTES + 1)
                _apply(octets, each, each.octets[: sectors * SECTOR_BYTES])
        return bytes(octets)


def _apply(octets: bytearray, asked: Asked, written: bytes) -> None:
    if asked.what == "cut":
        del octets[asked.offset :]
        octets += bytes(max(0, asked.offset - len(octets)))
        return
    if not written:
        return
    octets += bytes(max(0, asked.offset - len(octets)))
    octets[asked.offset : asked.offset + len(written)] = written


class Disk:
    """A disk that is asked things, and may lose power.

    Args:
        data_dir: What is on it at first, all of it safe.
    """

    def __init__(self, data_dir: Path) -> None:
        # A folder has no content.
        self._safe: dict[str, _Content | None] = {}
        for path in sorted(data_dir.rglob("*")):
            name = path.relative_to(data_dir).as_posix()
            if not name.endswith("-shm"):
                self._safe[name] = None if path.is_dir() else _Content(bytearray(path.read_bytes()))
        self._now = dict(self._safe)
        # Changes of names since each was made safe: (name, what it stands for now, or that it is gone).
        self._since: list[list[tuple[str, _Content | None, bool]]] = []

    def ask(self, asked: Asked) -> None:
        """Do what was asked."""
        if asked.what == "create":
            if asked.path not in self._now:
                self._rename([(asked.path, _Content(), True)])
        elif asked.what == "mkdir":
            self._rename([(asked.path, None, True)])
        elif asked.what in ("unlink", "rmdir"):
            self._rename([(asked.path, None, False)])
        elif asked.what == "link":
            self._rename([(asked.to, self._now[asked.path], True)])
        elif asked.what == "rename":
            moved = [
                (asked.to + name[len(asked.path) :], name)
                for name in self._now
                if name == asked.path or name.startswith(f"{asked.path}/")
            ]
            changes = [(new, self._now[old], True) for new, old in moved]
            self._rename(changes + [(old, None, False) for _, old in moved])
        elif asked.what == "fsync":
            self._make_safe(asked.path)
        elif asked.what in ("write", "cut"):
            content = self._now[asked.path]
            assert content is not None
            content.since.append(asked)

    def after_loss(self, choice: random.Random | None) -> dict[str, bytes | None]:
        """What is there when power is back: of what was not safe nothing, or whatever chance keeps of it.

        Args:
            choice: Chance; None loses all that can be lost.
        """
        names = dict(self._safe)
        kept = choice.randrange(len(self._since) + 1) if choice is not None else 0
        for changes in self._since[:kept]:
            _change(names, changes)
        there: dict[str, bytes | None] = {}
        for name in sorted(names):
            parent = os.path.dirname(name)
            if parent and parent not in there:
                continue  # its folder is lost
            content = names[name]
            there[name] = None if content is None else content.after_loss(choice)
        return there

    def _rename(self, changes: list[tuple[str, _Content | None, bool]]) -> None:
        _change(self._now, changes)
        self._since.append(changes)

    def _make_safe(self, path: str) -> None:
        content = self._now.get(path)
        if content is not None:
            content.settle()
            return
        folder = "" if path == "." else path
        rest = []
        for changes in self._since:
            if any(os.path.dirname(name) == folder for name, _, _ in changes):
                _change(self._safe, changes)
            else:
                rest.append(changes)
        self._since = rest


def _change(
    names: dict[str, _Content | None], changes: list[tuple[str, _Content | None, bool]]
) -> None:
    for name, content, is_there in changes:
        if is_there:
            names[name] = content
        else:
            names.pop(name, None)


def put_down(there: dict[str, bytes | None], folder: Path) -> None:
    """Make a folder that holds what is there."""
    folder.mkdir(mode=0o700)
    for name, octets in there.items():
        path = folder / name
        if octets is None:
            path.mkdir(mode=0o700)
        else:
            path.write_bytes(octets)
            path.chmod(0o600)
