"""A wheel is what a stranger made: it is installed as it says, or refused in words."""

from __future__ import annotations

import base64
import hashlib
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from barehull.build.wheel import read_wheel
from barehull.core.errors import InputError
from barehull.lock import LockedWheel

SITE = "usr/local/lib/python3.13/dist-packages"
INFO = "My_Pkg-1.0.dist-info"
WHEEL = LockedWheel("my-pkg", "1.0", "my_pkg-1.0-py3-none-any.whl", "")
FILES = {
    "my_pkg/__init__.py": b"x = 1\n",
    f"{INFO}/METADATA": b"Metadata-Version: 2.1\nName: My.Pkg\nVersion: 1.0\n\nName: other\n",
    f"{INFO}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}


def record_of(files: Mapping[str, bytes]) -> bytes:
    def digest(data: bytes) -> str:
        return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")

    rows = [f'"{name}",sha256={digest(data)},{len(data)}\n' for name, data in files.items()]
    return "".join([*rows, f"{INFO}/RECORD,,\n"]).encode()


def make(path: Path, files: Mapping[str, bytes] = FILES, record: bytes | None = None, mode: int = 0o100644) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**files, f"{INFO}/RECORD": record_of(files) if record is None else record}.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (mode if "my_pkg/" in name else 0o100644) << 16
            archive.writestr(info, data)
    return path


def test_what_is_installed(tmp_path: Path) -> None:
    files = FILES | {
        "my_pkg/__pycache__/__init__.cpython-313.pyc": b"planted",
        "My_Pkg-1.0.data/purelib/top.py": b"",
        "My_Pkg-1.0.data/scripts/tool": b"#!python\n",
        "My_Pkg-1.0.data/data/share/my/page": b"page",
        "My_Pkg-1.0.data/headers/my.h": b"int x;",
        f"{INFO}/REQUESTED": b"",
        f"{INFO}/direct_url.json": b"{}",
        f"{INFO}/INSTALLER": b"other",
    }
    entries = {entry.path: entry for entry in read_wheel(make(tmp_path / "w", files), WHEEL, "3.13")}
    assert sorted(entries) == [
        "usr/local/include/python3.13/My_Pkg/my.h",
        *(f"{SITE}/{INFO}/{name}" for name in ("INSTALLER", "METADATA", "RECORD", "WHEEL")),
        f"{SITE}/my_pkg/__init__.py",
        f"{SITE}/top.py",
        "usr/local/share/my/page",
    ]
    assert entries[f"{SITE}/{INFO}/INSTALLER"].content == b"barehull\n"
    rows = entries[f"{SITE}/{INFO}/RECORD"].content.decode().splitlines()
    assert [row.partition(",")[0] for row in rows] == [
        "../../../include/python3.13/My_Pkg/my.h",
        "../../../share/my/page",
        *(f"{INFO}/{name}" for name in ("INSTALLER", "METADATA", "WHEEL")),
        "my_pkg/__init__.py",
        "top.py",
        f"{INFO}/RECORD",
    ]
    assert rows[1] == "../../../share/my/page,sha256=NmAxWprz3yVdjxmrB35Hl4IrQUiKDioEvGr3EhPCMnQ,4"


@pytest.mark.parametrize(("mode", "kept"), [(0o100755, 0o755), (0o100711, 0o755), (0o100600, 0o644), (0, 0o644)])
def test_modes_are_two(mode: int, kept: int, tmp_path: Path) -> None:
    entries = {entry.path: entry for entry in read_wheel(make(tmp_path / "w", mode=mode), WHEEL, "3.13")}
    assert entries[f"{SITE}/my_pkg/__init__.py"].mode == kept
    assert entries[f"{SITE}/{INFO}/METADATA"].mode == 0o644


def without(name: str) -> dict[str, bytes]:
    return {path: data for path, data in FILES.items() if not path.endswith(name)}


GOOD = record_of(FILES).decode()
METADATA, FORM = f"{INFO}/METADATA", f"{INFO}/WHEEL"


@pytest.mark.parametrize(
    ("files", "record", "why"),
    [
        (FILES | {"../../evil": b""}, None, "points out of it"),
        (FILES | {"/etc/passwd": b""}, None, "points out of it"),
        (FILES | {"my_pkg/./x": b""}, None, "points out of it"),
        (FILES | {"my_pkg//x": b""}, None, "points out of it"),
        (FILES | {"..\\evil": b""}, None, "points out of it"),
        (FILES | {"my_pkg/\x1b[2J": b""}, None, "points out of it"),
        (FILES | {"My_Pkg-1.0.data/data/../../evil": b""}, None, "points out of it"),
        (FILES | {"My_Pkg-1.0.data/elsewhere/x": b""}, None, "no place that is known"),
        (FILES | {"My_Pkg-1.0.data/data": b""}, None, "no place that is known"),
        (FILES | {"other-1.dist-info/METADATA": b""}, None, "2 folders .dist-info"),
        (FILES | {METADATA: b"Name: other\nVersion: 1.0\n"}, None, "says that it is 'other 1.0', not my-pkg 1.0"),
        (FILES | {METADATA: b"Name: my-pkg\nVersion: 2\n"}, None, "says that it is 'my-pkg 2'"),
        (FILES | {METADATA: b"Name: my-pkg\nVersion: ?\n"}, None, "says that it is"),
        (without("METADATA"), None, "says that it is"),
        (FILES | {FORM: b"Wheel-Version: 2.0\n"}, None, "Wheel-Version is '2.0'"),
        (without("WHEEL"), None, "Wheel-Version is 'None'"),
        (FILES, "", "its RECORD has no hash of 'my_pkg/__init__.py'"),
        (FILES, '"', "its RECORD cannot be read"),
        (FILES, "x\n", "its RECORD cannot be read"),
        (FILES, GOOD.replace("sha256=", "md5="), "no hash of 'my_pkg/__init__.py'"),
        (FILES | {"my_pkg/__init__.py": b"x = 2\n"}, GOOD, "'my_pkg/__init__.py' is not what its RECORD says"),
        (FILES | {"my_pkg/more.py": b""}, GOOD, "its RECORD has no hash of 'my_pkg/more.py'"),
        (without("__init__.py"), GOOD, "its RECORD has 'my_pkg/__init__.py', and it has not"),
        ({}, "", "0 folders .dist-info"),
    ],
)
def test_what_is_refused(files: dict[str, bytes], record: str | None, why: str, tmp_path: Path) -> None:
    path = make(tmp_path / "w", files, None if record is None else record.encode())
    if not files:
        path.write_bytes(b"PK\x05\x06" + bytes(18))
    with pytest.raises(InputError) as caught:
        read_wheel(path, WHEEL, "3.13")
    assert why in caught.value.what
    assert caught.value.what.startswith(WHEEL.file)
    assert "\x1b" not in caught.value.what


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_links_and_devices_are_refused(kind: int, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="neither a file nor a folder"):
        read_wheel(make(tmp_path / "w", mode=kind | 0o777), WHEEL, "3.13")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    path = make(tmp_path / "w")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("my_pkg/__init__.py", b"x = 1\n")
    with pytest.raises(InputError, match="twice"):
        read_wheel(path, WHEEL, "3.13")


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "w"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(5):
            archive.writestr(f"{number}", bytes(60 << 20))
    with pytest.raises(InputError, match="bytes unpack to 314572800"):
        read_wheel(path, WHEEL, "3.13")


def test_what_a_zip_says_of_sizes_is_not_believed(tmp_path: Path) -> None:
    path = make(tmp_path / "w", FILES | {"my_pkg/big": bytes(1 << 20)})
    data = path.read_bytes()
    path.write_bytes(data.replace((1 << 20).to_bytes(4, "little"), (5).to_bytes(4, "little")))
    with pytest.raises(InputError, match="no zip that can be read whole"):
        read_wheel(path, WHEEL, "3.13")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_broken_the_answer_is_whole_or_words(data: st.DataObject, tmp_path: Path) -> None:
    path = tmp_path / "w"
    content = bytearray(make(path).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))] if data.draw(st.booleans()) else content)
    try:
        entries = {entry.path: entry.content for entry in read_wheel(path, WHEEL, "3.13")}
    except InputError:
        return
    assert entries[f"{SITE}/my_pkg/__init__.py"] == b"x = 1\n"
