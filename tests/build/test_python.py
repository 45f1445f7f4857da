"""What is installed goes into the image without this machine's traces."""

from __future__ import annotations

from pathlib import Path

from barehull.build.python import _installed


def write(folder: Path, name: str, text: str = "", mode: int = 0o644) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def test_scripts_and_marks_are_left_out_and_not_recorded(tmp_path: Path) -> None:
    write(tmp_path, "bin/gunicorn", "#!/home/me/python\n", 0o755)
    write(tmp_path, "gunicorn/__init__.py")
    write(tmp_path, "g.dist-info/REQUESTED")
    write(tmp_path, "g.dist-info/uv_cache.json")
    write(
        tmp_path,
        "g.dist-info/RECORD",
        "../../bin/gunicorn,sha256=a,1\nbin/gunicorn,sha256=a,1\ngunicorn/__init__.py,sha256=b,0\n"
        "g.dist-info/REQUESTED,,\ng.dist-info/uv_cache.json,,\ng.dist-info/RECORD,,\n",
    )
    entries = {entry.path: entry for entry in _installed(tmp_path, "site")}
    assert sorted(entries) == ["site/g.dist-info/RECORD", "site/gunicorn/__init__.py"]
    assert entries["site/g.dist-info/RECORD"].content == b"gunicorn/__init__.py,sha256=b,0\ng.dist-info/RECORD,,\n"


def test_modes_do_not_depend_on_the_umask(tmp_path: Path) -> None:
    write(tmp_path, "a.py", mode=0o600)
    write(tmp_path, "b.so", mode=0o711)
    assert [entry.mode for entry in _installed(tmp_path, "site")] == [0o644, 0o755]
