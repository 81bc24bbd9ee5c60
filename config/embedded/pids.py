"""Who a process id really is, so that nobody else's process is ever signaled."""

import subprocess
from pathlib import Path

_PROC = Path("/proc")


def token(pid: int) -> str | None:
    """Return what tells this process from a later one with the same id; None when it is gone.

    A zombie counts as gone: it holds nothing any more.
    """
    if (_PROC / "self/stat").exists():
        fields = _stat(pid)
        if fields is None or fields[0] in "ZX":
            return None
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}:{fields[19]}"
    state, _, started = _ps(pid, "stat=,lstart=").partition(" ")
    return None if not state or state.startswith("Z") else started.strip()


def command(pid: int) -> str:
    """Return the command line of a process, or an empty text when it cannot be read."""
    try:
        return (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    except FileNotFoundError:
        return _ps(pid, "command=")
    except (OSError, UnicodeDecodeError):
        return ""


def session(leader: int) -> list[int]:
    """Return the living members of the session that ``leader`` opened, itself included."""
    if not (_PROC / "self/stat").exists():
        listed = _run("ps", "-A", "-o", "pid=,pgid=,stat=").splitlines()
        rows = [line.split() for line in listed]
        return [int(row[0]) for row in rows if row[1] == str(leader) and row[2][0] != "Z"]
    members = []
    for entry in _PROC.iterdir():
        fields = _stat(int(entry.name)) if entry.name.isdigit() else None
        if fields is not None and fields[3] == str(leader) and fields[0] not in "ZX":
            members.append(int(entry.name))
    return members


def _stat(pid: int) -> list[str] | None:
    # Everything behind the command name, which may hold blanks and brackets itself.
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (OSError, UnicodeDecodeError):
        return None


def _ps(pid: int, columns: str) -> str:
    return _run("ps", "-o", columns, "-p", str(pid)).strip()


def _run(*argv: str) -> str:
    try:
        return subprocess.run(argv, capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""
