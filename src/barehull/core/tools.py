"""The names of shells and package managers: what no minimal image may have."""

from __future__ import annotations

import re

# By name, with or without a version behind it (pip3.13, bash5).
_SHELLS = "sh bash rbash dash ash busybox toybox zsh ksh ksh93 mksh lksh yash posh csh tcsh fish pwsh xonsh nu elvish"
_MANAGERS = (
    "dpkg dpkg-deb dpkg-unpack apt apt-get apt-cache apt-config aptitude dselect apk rpm dnf yum microdnf tdnf zypper "
    "pacman emerge opkg snap flatpak nix nix-env brew pip pipx easy_install uv poetry pipenv pdm conda mamba "
    "micromamba npm npx yarn pnpm corepack gem bundle bundler composer cargo"
)
_KINDS = {
    **dict.fromkeys(_SHELLS.split(), "a shell"),
    **dict.fromkeys(_MANAGERS.split(), "a package manager"),
}
_VERSION = re.compile(r"-?\d+(\.\d+)*")


def kind_of_tool(name: str) -> str:
    """What a program of this name is: "a shell", "a package manager", or "" for any other."""
    return _KINDS.get(_VERSION.split(name)[0]) or _KINDS.get(name) or ""
