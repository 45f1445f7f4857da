"""The files that no package brings: what distroless adds, and what an installed Debian has."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from barehull.oci.model import Entry

NONROOT = 65532
CA_BUNDLE = "etc/ssl/certs/ca-certificates.crt"
CA_SOURCES = "usr/share/ca-certificates/"
CODENAMES = {12: "bookworm", 13: "trixie"}

_PASSWD = f"""\
root:x:0:0:root:/root:/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin
nonroot:x:{NONROOT}:{NONROOT}:nonroot:/home/nonroot:/sbin/nologin
"""
_GROUP = f"""\
root:x:0:
nobody:x:65534:
tty:x:5:
staff:x:50:
nonroot:x:{NONROOT}:
"""
_NSSWITCH = """\
passwd:         compat
group:          compat
shadow:         compat
gshadow:        files

hosts:          files dns
networks:       files

protocols:      db files
services:       db files
ethers:         db files
rpc:            db files

netgroup:       nis
"""
_OS_RELEASE = """\
PRETTY_NAME="Distroless"
NAME="Debian GNU/Linux"
ID="debian"
VERSION_ID="{debian}"
VERSION="Debian GNU/Linux {debian} ({codename})"
HOME_URL="https://www.debian.org/"
SUPPORT_URL="https://www.debian.org/support"
BUG_REPORT_URL="https://bugs.debian.org/"
"""


def distroless_files(debian: int, python: str) -> list[Entry]:
    """Users, name service, os-release, home folders and Python's names, as distroless has them.

    /etc/os-release takes the place of base-files' link; the package's own file stays as it was.
    """
    entries = [
        Entry("", "directory", 0o755),
        Entry("etc", "directory", 0o755),
        Entry("etc/group", "file", content=_GROUP.encode()),
        Entry("etc/nsswitch.conf", "file", content=_NSSWITCH.encode()),
        Entry("etc/os-release", "file", content=_os_release(debian)),
        Entry("etc/passwd", "file", content=_PASSWD.encode()),
        Entry("home", "directory", 0o755),
        Entry("home/nonroot", "directory", 0o700, NONROOT, NONROOT),
        Entry("root", "directory", 0o700),
        Entry("tmp", "directory", 0o1777),
    ]
    if python:
        target = f"/usr/bin/python{python}"
        entries += [Entry("usr", "directory", 0o755), Entry("usr/bin", "directory", 0o755)]
        entries += [Entry(f"usr/bin/{name}", "symlink", 0o777, target=target) for name in ("python", "python3")]
    return entries


def merged_usr_links() -> list[Entry]:
    """/bin, /sbin and /lib as links into /usr: what Debian 12's installer makes; 13's base-files has them itself."""
    return [Entry(name, "symlink", 0o777, target=f"usr/{name}") for name in ("bin", "lib", "lib64", "sbin")]


def conventional_files(masters: dict[str, bytes], stanzas: Iterable[str]) -> list[Entry]:
    """What an installation of Debian makes: users from base-passwd's master files, and dpkg's status."""
    entries = [Entry("var/lib/dpkg/status", "file", content="\n".join(stanzas).encode("utf-8", "surrogateescape"))]
    entries += [
        Entry(f"etc/{path.rpartition('/')[2].removesuffix('.master')}", "file", content=content)
        for path, content in sorted(masters.items())
    ]
    return [*entries, Entry("root", "directory", 0o700), Entry("tmp", "directory", 0o1777)]


def ca_bundle(entries: Sequence[Entry]) -> Entry:
    """The certificates of the package ca-certificates in one file, which its postinst would make."""
    parts = sorted((entry.path, entry.content) for entry in entries if entry.path.startswith(CA_SOURCES))
    return Entry(CA_BUNDLE, "file", content=b"".join(content for _, content in parts))


def bundled_certificates(entries: Sequence[Entry]) -> tuple[list[Entry], bytes]:
    """Of the package ca-certificates, what distroless keeps: the bundle and the licence; and the md5sums of both."""
    licence = "usr/share/doc/ca-certificates/copyright"
    kept = [ca_bundle(entries), *(entry for entry in entries if entry.path == licence)]
    sums = (f"{hashlib.md5(entry.content, usedforsecurity=False).hexdigest()}  {entry.path}\n" for entry in kept)
    return kept, "".join(sums).encode()


def _os_release(debian: int) -> bytes:
    return _OS_RELEASE.format(debian=debian, codename=CODENAMES[debian]).encode()
