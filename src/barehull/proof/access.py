"""Who the image's process is, and what the mode bits allow it (path_resolution(7))."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from barehull.core.errors import InputError
from barehull.oci.rootfs import Node, Rootfs
from barehull.proof.subject import Subject

READ, SEARCH, EXECUTE = 4, 1, 1
_MAX_LINKS = 40
_MAX_DATABASE = 1 << 20


@dataclass(frozen=True, slots=True)
class Account:
    """Numeric user and groups of a process."""

    uid: int
    groups: frozenset[int]


def account_of(subject: Subject) -> Account | None:
    """The account that the configured user stands for (uid, name, either with ":group"); None when it is not known.

    Engines look names up in the image's /etc/passwd and /etc/group; a uid that is not listed gets group 0.
    """
    user, _, group = (subject.config.user or "0").partition(":")
    entry = next((line for line in _database(subject.rootfs, "etc/passwd", 4) if user in (line[0], line[2])), None)
    uid = _number(user) if user.isdigit() else _number(entry[2]) if entry else None
    if group:
        gid = _number(group) if group.isdigit() else _group(subject.rootfs, group)
    else:
        gid = _number(entry[3]) if entry else 0
    if uid is None or gid is None:
        return None
    name = entry[0] if entry and not group else ""
    members = _database(subject.rootfs, "etc/group", 4)
    more = {_number(line[2]) for line in members if name and name in line[3].split(",")}
    return Account(uid, frozenset({gid} | {each for each in more if each is not None}))


def allows(node: Node, account: Account, bit: int) -> bool:
    """Whether a file or folder's mode gives `bit` (READ, SEARCH, EXECUTE) to the account."""
    if account.uid == 0:
        return node.kind == "directory" or bit == READ or bool(node.mode & 0o111)
    if node.uid == account.uid:
        return bool(node.mode >> 6 & bit)
    return bool((node.mode >> 3 if node.gid in account.groups else node.mode) & bit)


def obstacle(rootfs: Rootfs, path: str, account: Account, bit: int) -> str:
    """What keeps the account from using the file at `path`, in words; "" when nothing does."""
    for _ in range(_MAX_LINKS):
        if closed := _closed_folder(rootfs, path, account):
            return closed
        node = rootfs.get(path)
        if node is None:
            return f"/{path} does not exist"
        if node.kind != "symlink":
            break
        folder = "" if node.target.startswith("/") else node.path.rpartition("/")[0]
        path = f"{folder}/{node.target}".strip("/")
    else:
        return f"/{path} is a loop of links"
    if closed := _closed_folder(rootfs, node.path, account):
        return closed
    if allows(node, account, bit):
        return ""
    verb = "read" if bit == READ else "searched" if node.kind == "directory" else "executed"
    return f"/{node.path} (mode {node.mode:04o}, owner {node.uid}:{node.gid}) cannot be {verb} by uid {account.uid}"


def _closed_folder(rootfs: Rootfs, path: str, account: Account) -> str:
    for parent in _parents(path):
        folder = rootfs.resolve(parent)
        if folder is None or folder.kind != "directory":
            return f"/{parent} is no folder"
        if not allows(folder, account, SEARCH):
            return f"the folder /{parent} (mode {folder.mode:04o}) cannot be searched by uid {account.uid}"
    return ""


def _parents(path: str) -> Iterator[str]:
    parts = path.split("/")
    return ("/".join(parts[:count]) for count in range(len(parts)))


def _database(rootfs: Rootfs, path: str, fields: int) -> list[list[str]]:
    node = rootfs.resolve(path)
    if node is None or node.kind != "file":
        return []
    try:
        text = rootfs.read(path, _MAX_DATABASE).decode("utf-8", "replace")
    except InputError:  # absurdly large: nobody is found in it, and the name counts as unknown
        return []
    lines = [line.split(":") for line in text.splitlines()]
    return [line for line in lines if len(line) >= fields]


def _group(rootfs: Rootfs, name: str) -> int | None:
    return next((_number(line[2]) for line in _database(rootfs, "etc/group", 4) if line[0] == name), None)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None
