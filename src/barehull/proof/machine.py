"""What the words of OCI, ELF, Debian and Python for a processor have to do with each other."""

from __future__ import annotations

from dataclasses import dataclass

from barehull.elf import Elf


@dataclass(frozen=True, slots=True)
class Machine:
    """A processor: the architecture of an image, ELF's machine, Debian's multiarch folder, uname's word."""

    architecture: str
    elf: str
    bits: int
    little_endian: bool
    triplet: str
    uname: str

    def runs(self, elf: Elf) -> bool:
        """Whether machine code of this file is for this processor."""
        return (elf.machine, elf.bits, elf.little_endian) == (self.elf, self.bits, self.little_endian)


_MACHINES = (
    Machine("amd64", "x86_64", 64, True, "x86_64-linux-gnu", "x86_64"),
    Machine("arm64", "aarch64", 64, True, "aarch64-linux-gnu", "aarch64"),
    Machine("arm", "arm", 32, True, "arm-linux-gnueabihf", "armv7l"),
    Machine("ppc64le", "ppc64", 64, True, "powerpc64le-linux-gnu", "ppc64le"),
    Machine("riscv64", "riscv", 64, True, "riscv64-linux-gnu", "riscv64"),
    Machine("s390x", "s390", 64, False, "s390x-linux-gnu", "s390x"),
)


def machine_of(architecture: str) -> Machine | None:
    """The machine of an image's architecture; None when it is not in the table."""
    return next((machine for machine in _MACHINES if machine.architecture == architecture), None)
