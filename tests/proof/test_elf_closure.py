"""The closure of ELF files: interpreter, libraries by the linker's rules, symbol versions, machine and C library."""

from __future__ import annotations

import struct

import pytest

LIBRARIES = "usr/lib/x86_64-linux-gnu"
SITE = "usr/local/lib/python3.13/dist-packages"
AARCH64 = 183


def cache(**paths: str) -> bytes:
    """An ld.so.cache in the present format."""
    strings, entries = b"", []
    start = 48 + 24 * len(paths)
    for name, path in paths.items():
        key = start + len(strings)
        strings += name.replace("_", ".").encode() + b"\0"
        entries.append(struct.pack("<iIIIQ", 0x303, key, start + len(strings), 0, 0))
        strings += path.encode() + b"\0"
    header = b"glibc-ld.so.cache1.1" + struct.pack("<IIBxxxIIII", len(paths), len(strings), 2, 0, 0, 0, 0)
    return header + b"".join(entries) + strings


def findings(image):
    failed = image.failed()
    assert set(failed) <= {"elf-closure"}, failed
    return failed.get("elf-closure", [])


def test_a_missing_library_is_named_with_who_needs_it(good, made_elf):
    plugin = made_elf(needed=("libpq.so.5",))
    image = good.having({f"{SITE}/a.so": plugin, f"{SITE}/b.so": plugin})
    assert findings(image) == [f"libpq.so.5 needed by /{SITE}/a.so and 1 more; the image does not have it"]


def test_a_library_in_a_default_folder_is_found(good, made_elf):
    for folder in (LIBRARIES, "usr/lib"):
        image = good.having({f"{SITE}/a.so": made_elf(needed=("libz.so.1",)), f"{folder}/libz.so.1": made_elf()})
        assert findings(image) == []


def test_usr_local_lib_is_found_only_by_way_of_the_cache(good, made_elf):
    image = good.having(
        {
            "etc/ld.so.conf": b"/usr/local/lib\n",
            "usr/local/lib/libx.so": made_elf(soname="libx.so"),
            f"{SITE}/a.so": made_elf(needed=("libx.so",)),
        }
    )
    assert "where the linker does not look" in findings(image)[0]
    assert findings(image.having({"etc/ld.so.cache": cache(libx_so="/usr/local/lib/libx.so")})) == []


def test_a_frozen_cache_that_names_a_file_no_longer_there_does_not_help(good, made_elf):
    image = good.having(
        {"etc/ld.so.cache": cache(libx_so="/opt/libx.so"), f"{SITE}/a.so": made_elf(needed=("libx.so",))}
    )
    assert findings(image) == [f"libx.so needed by /{SITE}/a.so; the image does not have it"]


def test_ld_library_path_counts(good, made_elf):
    image = good.having({"opt/libx.so": made_elf(), f"{SITE}/a.so": made_elf(needed=("libx.so",))})
    assert findings(image)
    env = (("PATH", "/usr/bin:/bin"), ("LD_LIBRARY_PATH", "/none:/opt"))
    assert findings(image.running(env=env)) == []


@pytest.mark.parametrize("way", ["rpath", "runpath"])
def test_a_wheels_own_libraries_are_found_beside_it(good, made_elf, way):
    image = good.having(
        {
            f"{SITE}/counter/fast.so": made_elf(needed=("libblas-1a2b.so",), **{way: "$ORIGIN/../counter.libs"}),
            f"{SITE}/counter.libs/libblas-1a2b.so": made_elf(soname="libblas-1a2b.so", needed=("libgfortran-3c.so",)),
            f"{SITE}/counter.libs/libgfortran-3c.so": made_elf(soname="libgfortran-3c.so"),
        }
    )
    # RPATH is inherited by the libraries that are loaded, RUNPATH is not: ld.so(8).
    assert bool(findings(image)) == (way == "runpath")


def test_runpath_makes_rpath_void(good, made_elf):
    image = good.having({"opt/a/libx.so": made_elf(), f"{SITE}/a.so": made_elf(needed=("libx.so",), rpath="/opt/a")})
    assert findings(image) == []
    both = made_elf(needed=("libx.so",), rpath="/opt/a", runpath="/opt/b")
    assert findings(image.having({f"{SITE}/a.so": both}))


def test_a_library_with_a_runpath_inherits_no_rpath(good, made_elf):
    files = {
        f"{SITE}/a.so": made_elf(needed=("libx.so",), rpath="/opt"),
        "opt/liby.so": made_elf(),
    }
    assert findings(good.having({**files, "opt/libx.so": made_elf(needed=("liby.so",))})) == []
    assert findings(good.having({**files, "opt/libx.so": made_elf(needed=("liby.so",), runpath="/none")}))


def test_a_gconv_module_finds_its_neighbour(good, made_elf):
    folder = f"{LIBRARIES}/gconv"
    image = good.having(
        {
            f"{folder}/UHC.so": made_elf(needed=("libKSC.so", "libc.so.6"), runpath="$ORIGIN"),
            f"{folder}/libKSC.so": made_elf(soname="libKSC.so", needed=("libc.so.6",)),
        }
    )
    assert findings(image) == []


def test_a_plugin_may_use_what_its_program_has_loaded(good, made_elf):
    """As extension modules do with a libpython that only the interpreter's own RPATH leads to."""
    program = made_elf(
        program=True,
        interpreter="/lib64/ld-linux-x86-64.so.2",
        needed=("libpython3.13.so.1.0",),
        rpath="/opt/lib",
        text=b"\0PyInit__socket\0PyInit_time\0\x003.13.5\0",
    )
    files = {
        "opt/lib/libpython3.13.so.1.0": made_elf(soname="libpython3.13.so.1.0"),
        f"{SITE}/plugin.so": made_elf(needed=("libpython3.13.so.1.0",)),
    }
    assert findings(good.having({**files, "usr/bin/python3.13": program})) == []
    assert findings(good.having(files))  # Debian's interpreter does not load it


def test_the_linkers_own_name_is_met_by_the_interpreter(good, made_elf):
    tool = made_elf(program=True, interpreter="/lib64/ld-linux-x86-64.so.2", needed=("ld-linux-x86-64.so.2",))
    assert findings(good.having({"usr/bin/tool": tool})) == []


def test_a_missing_interpreter(good, made_elf):
    tool = made_elf(program=True, interpreter="/lib/ld-other.so.1")
    image = good.having({"usr/bin/tool": tool})
    assert findings(image) == ["/usr/bin/tool its interpreter /lib/ld-other.so.1 the image does not have"]


def test_a_static_program_needs_nothing(good, made_elf):
    assert findings(good.having({"usr/bin/tool": made_elf(program=True)})) == []


def test_a_symbol_version_that_the_library_lacks(good, made_elf):
    newer = made_elf(needed=("libc.so.6",), versions={"libc.so.6": ("GLIBC_2.34", "GLIBC_2.99")})
    image = good.having({f"{SITE}/new.so": newer})
    assert findings(image) == [f"/{SITE}/new.so needs GLIBC_2.99, which /{LIBRARIES}/libc.so.6 does not define"]


def test_a_library_without_versions_is_accepted_as_the_linker_does(good, made_elf):
    files = {
        f"{LIBRARIES}/libx.so": made_elf(soname="libx.so"),
        f"{SITE}/a.so": made_elf(needed=("libx.so",), versions={"libx.so": ("X_1",)}),
    }
    assert findings(good.having(files)) == []


def test_machine_code_for_another_machine(good, made_elf):
    image = good.having({f"{SITE}/arm.so": made_elf(machine=AARCH64)})
    assert findings(image) == [f"/{SITE}/arm.so is made for aarch64 (64 bit), the image is amd64"]


def test_a_library_for_another_machine_is_passed_over(good, made_elf):
    image = good.having(
        {f"{LIBRARIES}/libx.so": made_elf(machine=AARCH64), f"{SITE}/a.so": made_elf(needed=("libx.so",))}
    )
    assert findings(image)[1] == f"libx.so needed by /{SITE}/a.so; the image has it only for another machine, or broken"


def test_a_module_made_for_musl(good, made_elf):
    image = good.having({f"{SITE}/alpine.so": made_elf(needed=("libc.musl-x86_64.so.1",))})
    assert "made for musl; the image's C library is glibc" in findings(image)[0]


def test_a_program_made_for_musl(good, made_elf):
    tool = made_elf(program=True, interpreter="/lib/ld-musl-x86_64.so.1")
    image = good.having({"usr/bin/tool": tool})
    assert "made for musl (Alpine Linux)" in findings(image)[0]
    with_musl = image.having({"usr/lib/ld-musl-x86_64.so.1": made_elf()})
    assert with_musl.unknown() == {
        "elf-closure": "/usr/bin/tool is made for musl's linker; only glibc's rules are known"
    }


def test_a_broken_elf_file_fails(good):
    assert "broken ELF file" in findings(good.having({f"{SITE}/bad.so": b"\x7fELF\x02\x01\x01"}))[0]


@pytest.mark.parametrize("data", [b"ld.so-1.7.0\0", b"glibc-ld.so.cache1.1\xff\xff\0\0", b"glibc-ld.so.cache1.1"])
def test_a_cache_that_cannot_be_read_leaves_it_undecided(good, data):
    image = good.having({"etc/ld.so.cache": data})
    assert list(image.unknown()) == ["elf-closure"]
    assert "/etc/ld.so.cache" in image.unknown()["elf-closure"]


def test_a_file_too_large_to_be_read_leaves_it_undecided(good, monkeypatch):
    from barehull.proof import facts

    monkeypatch.setattr(facts, "_LARGEST", 10)
    assert "elf-closure" in good.unknown()


def test_libraries_that_need_each_other_end(good, made_elf):
    ring = {f"{LIBRARIES}/lib{i}.so": made_elf(soname=f"lib{i}.so", needed=(f"lib{(i + 1) % 3}.so",)) for i in range(3)}
    assert findings(good.having(ring)) == []


def test_endless_work_is_refused(good, made_elf, monkeypatch):
    from barehull.proof.checks import elf_closure

    monkeypatch.setattr(elf_closure, "_MAX_LOADS", 2)
    assert "need each other too often" in good.unknown()["elf-closure"]
