"""What the catalog knows of an image by its name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal


@dataclass(frozen=True, slots=True)
class ImageName:
    """A normalised reference: "golang:1.21" is docker.io, library/golang, tag 1.21. "" where it has none."""

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""

    @property
    def path(self) -> str:
        """Registry and repository: "docker.io/library/golang"."""
        return f"{self.registry}/{self.repository}"


@dataclass(frozen=True, slots=True)
class OfficialImage:
    """An official image of a language or a system.

    `language` is go, python, node, java, rust, dotnet, ruby, php, elixir, cpp (or perl, swift, haskell, julia, dart,
    deno, bun), or "" for a system (debian, alpine, ubuntu, busybox, nginx ...). `product` is what ends of life are
    looked up by ("go", "python", "debian" ...), `version` what the tag says of it ("1.21", "" where it says nothing).
    `system` is the distribution inside ("debian", "alpine", ...; "" where the name does not say), `system_version` its
    version where the tag says it ("12", "3.19", ""). `builds`: it has compilers or an SDK, and is meant to build in.
    `user` is the user that it runs as ("" is root).
    """

    language: str
    product: str
    version: str
    system: str
    system_version: str
    builds: bool
    user: str = ""


@dataclass(frozen=True, slots=True)
class Distroless:
    """A distroless image.

    `family` is static, base, base-nossl, cc, python3, nodejs, java, java-base (or python2.7, dotnet, long gone);
    `languages` those that it serves as the guideline has it; `serves` also those that can run there (a Go binary on
    base). `version` is the language's ("22"), `debian` the release ("13"; the default one where the name has none).
    `mirror`: not gcr.io/distroless itself. `ends` is the day that its support ends, ended, or that it was removed by;
    `why` says on what grounds, as the rest of a sentence.
    """

    family: str
    languages: tuple[str, ...]
    serves: tuple[str, ...]
    version: str
    debian: str
    debug: bool
    nonroot: bool
    mirror: bool
    state: Literal["supported", "ended", "removed", "unknown"]
    ends: date | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """A version of a product: the day of its release, the day from which it gets no fixes (None where not known).

    `full_until` is the end of full support, where `ends` is that of a longer one at no cost (Debian's LTS); else it is
    `ends`.
    """

    version: str
    released: date
    ends: date | None
    full_until: date | None
