"""Which Python indexes this machine is configured for, and who may read them: uv's settings and pip's.

uv reads its own; here is what it does not do: pip's settings are handed to it, and files that are fetched without uv
get the credentials that belong to their index.
"""

from __future__ import annotations

import netrc
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from configparser import ConfigParser, Error
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from barehull.core.errors import InputError

_FROM_PIP = (
    ("UV_DEFAULT_INDEX", "PIP_INDEX_URL", "index-url"),
    ("UV_INDEX", "PIP_EXTRA_INDEX_URL", "extra-index-url"),
    ("SSL_CERT_FILE", "PIP_CERT", "cert"),
)
_OF_UV = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS")
_MAX = 1 << 20  # characters of a configuration file


def settings_of_pip(environment: Mapping[str, str]) -> dict[str, str]:
    """The index that pip is configured for, as uv's variables, where uv has none of its own."""
    found: dict[str, str] = {}
    settings = _pip_settings(environment)
    for ours, variable, key in _FROM_PIP:
        value = environment.get(variable) or settings.get(key)
        if value and ours not in environment and "UV_INDEX_URL" not in environment:
            found[ours] = value
    return found


def with_credentials(url: str, environment: Mapping[str, str]) -> str:
    """The address of a file with the user name and password of the index at that host, where there are any.

    They are those in an index's address, in UV_INDEX_NAME_USERNAME and _PASSWORD, or in .netrc.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or "@" in parts.netloc:
        return url
    for name, index in _indexes(environment):
        at = urlsplit(index)
        if (at.scheme, at.netloc.rpartition("@")[2]) == (parts.scheme, parts.netloc):
            prefix = f"UV_INDEX_{re.sub('[^A-Z0-9]', '_', name.upper())}_"
            user, password = (environment.get(prefix + part, "") for part in ("USERNAME", "PASSWORD"))
            given = f"{quote(user, safe='')}:{quote(password, safe='')}" if name and (user or password) else ""
            if given or "@" in at.netloc:
                return urlunsplit(parts._replace(netloc=f"{given or at.netloc.rpartition('@')[0]}@{parts.netloc}"))
    given = _from_netrc(parts.hostname or "", environment)
    return urlunsplit(parts._replace(netloc=f"{given}@{parts.netloc}")) if given else url


def _indexes(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Name ("" without one) and address of each index."""
    variables = {**environment, **settings_of_pip(environment)}
    for variable in _OF_UV:
        for text in re.split(r"[\s,]+" if variable == "UV_FIND_LINKS" else r"\s+", variables.get(variable, "")):
            name, equals, address = text.partition("=")
            yield (name, address) if equals and "/" not in name else ("", text)
    for table in _uv_settings(environment):
        for part in (table, table.get("pip")):
            if isinstance(part, dict):
                yield from _listed(part)


def _listed(table: dict[str, Any]) -> Iterator[tuple[str, str]]:
    named = table.get("index")
    for index in named if isinstance(named, list) else ():
        if isinstance(index, dict):
            yield str(index.get("name", "")), str(index.get("url", ""))
    for key in ("index-url", "extra-index-url", "find-links"):
        value = table.get(key, [])
        yield from (("", str(each)) for each in (value if isinstance(value, list) else [value]))


def _uv_settings(environment: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The configuration of uv: the file that is named, else the nearest one, the user's and the machine's.

    What cannot be read is passed over here: uv, which runs first, has said so.
    """
    if named := environment.get("UV_CONFIG_FILE"):
        files = [Path(named)]
    else:
        home = Path(environment.get("XDG_CONFIG_HOME") or Path.home() / ".config")
        above = [Path.cwd(), *Path.cwd().parents]
        near = (folder / name for folder in above for name in ("uv.toml", "pyproject.toml"))
        files = [*[file for file in near if file.is_file()], home / "uv/uv.toml", Path("/etc/uv/uv.toml")]
    for file in files:
        try:
            with file.open(encoding="utf-8") as opened:
                table: Any = tomllib.loads(opened.read(_MAX))
        except (OSError, ValueError, RecursionError):
            continue
        if file.name == "pyproject.toml":
            tool = table.get("tool")
            table = tool.get("uv") if isinstance(tool, dict) else None
        if isinstance(table, dict):
            yield table


def _from_netrc(host: str, environment: Mapping[str, str]) -> str:
    file = environment.get("NETRC") or os.path.expanduser("~/.netrc")
    try:
        found = netrc.netrc(file).authenticators(host)
    except (OSError, netrc.NetrcParseError, UnicodeError):
        return ""
    return f"{quote(found[0], safe='')}:{quote(found[2], safe='')}" if found else ""


def _pip_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """[global] of pip's configuration files, the user's over the machine's."""
    files = [Path("/etc/pip.conf"), Path.home() / ".pip/pip.conf", Path.home() / ".config/pip/pip.conf"]
    if named := environment.get("PIP_CONFIG_FILE"):
        files = [Path(named)]
    parser = ConfigParser(interpolation=None)
    try:
        parser.read(files)
    except (Error, UnicodeDecodeError) as error:
        raise InputError(f"pip's configuration cannot be read: {error}", advice="Correct the file.") from error
    return dict(parser["global"]) if parser.has_section("global") else {}
