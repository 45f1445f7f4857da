"""What package managers are asked to install."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from barehull.dockerfile.programs.invocation import invocation, operands
from barehull.dockerfile.shell.simple_command import ShellCommand


@dataclass(frozen=True, slots=True)
class Install:
    """Packages that a command installs. `manager`: apt, apk, dnf (yum, microdnf), zypper, pip (also uv), npm (also
    yarn, pnpm), gem, cargo, go, conda, poetry. `packages` are names without versions; () where a file lists them.
    """

    manager: str
    packages: tuple[str, ...]
    command: ShellCommand


@dataclass(frozen=True, slots=True)
class _Program:
    """A package manager's command line. `verbs` install what follows them ("*": there is no verb), `listing` what a
    file lists ("": also without any verb). `valued` options take the next word. A name ends at a character of `ends`.
    """

    manager: str
    verbs: frozenset[str]
    listing: frozenset[str] = frozenset()
    valued: frozenset[str] = frozenset()
    ends: str = ""


def _words(text: str) -> frozenset[str]:
    return frozenset(part.replace("_", " ") for part in text.split())


_APT = _Program(
    "apt",
    _words("install reinstall"),
    valued=_words("-t --target-release --default-release -o --option -c --config-file -a --host-architecture"),
    ends="=/:",
)
_DNF = _Program(
    "dnf",
    _words("install localinstall reinstall groupinstall group_install module_install"),
    valued=_words("-c -x --exclude --setopt --enablerepo --disablerepo --repo --repoid --installroot --releasever"),
)
_PIP_OPTIONS = _words(
    "-r --requirement -c --constraint -e --editable -t --target -i --index-url --extra-index-url -f --find-links"
    " --prefix --root --cache-dir --trusted-host --timeout --retries --proxy --python-version --platform --abi"
    " --implementation --no-binary --only-binary --progress-bar --src --upgrade-strategy --log --cert --client-cert"
    " --global-option --install-option --config-settings -C --use-feature --use-deprecated --report --python -p"
    " --index --default-index --exists-action --root-user-action --keyring-provider -b --override --extra"
)
_PIP_ENDS = " [=<>!~;@"
_CONDA = _Program(
    "conda",
    _words("install create update"),
    _words("env_create env_update"),
    _words("-n --name -c --channel -p --prefix -f --file --solver -r --root-prefix"),
    " =<>![",
)
_NPM_OPTIONS = _words("--prefix --registry -C --dir --cwd --cache --userconfig --loglevel --omit --only -w --workspace")
_PROGRAMS: Mapping[str, _Program] = {
    **dict.fromkeys(("apt", "apt-get", "aptitude"), _APT),
    **dict.fromkeys(("dnf", "dnf5", "yum", "microdnf", "tdnf"), _DNF),
    "apk": _Program(
        "apk",
        _words("add"),
        valued=_words(
            "-t --virtual -X --repository -p --root --repositories-file --keys-dir --arch --cache-dir --wait --timeout"
        ),
        ends="=~<>@",
    ),
    "zypper": _Program("zypper", _words("install in"), valued=_words("-r --repo -R --root -t --type"), ends="=<>"),
    "pip": _Program("pip", _words("install"), _words("sync"), _PIP_OPTIONS, _PIP_ENDS),
    "uv": _Program("pip", _words("add tool_install"), _words("sync"), _PIP_OPTIONS, _PIP_ENDS),
    "pipx": _Program("pip", _words("install inject"), valued=_PIP_OPTIONS, ends=_PIP_ENDS),
    "pipenv": _Program("pip", _words("install"), _words("sync"), _PIP_OPTIONS, _PIP_ENDS),
    "pdm": _Program("pip", _words("add"), _words("install sync"), _PIP_OPTIONS, _PIP_ENDS),
    "setup.py": _Program("pip", frozenset(), _words("install develop")),
    "easy_install": _Program("pip", _words("*"), ends=_PIP_ENDS),
    "poetry": _Program("poetry", _words("add"), _words("install sync"), _words("-C --directory -P -E -G"), _PIP_ENDS),
    **dict.fromkeys(("conda", "mamba", "micromamba"), _CONDA),
    "npm": _Program("npm", _words("install i add"), _words("ci clean-install install-ci-test"), _NPM_OPTIONS),
    "pnpm": _Program("npm", _words("install i add"), valued=_NPM_OPTIONS),
    "yarn": _Program("npm", _words("add global_add"), frozenset({"install", ""}), _NPM_OPTIONS),
    "bun": _Program("npm", _words("install i add"), valued=_NPM_OPTIONS),
    "gem": _Program("gem", _words("install"), valued=_words("-v --version -i --install-dir -n -s --source"), ends=":"),
    "bundle": _Program("gem", frozenset(), frozenset({"install", ""}), _words("--gemfile --path --jobs --without")),
    "cargo": _Program(
        "cargo",
        _words("install binstall"),
        valued=_words(
            "--version --vers --git --branch --tag --rev --path --root --features -F --index --registry --target"
            " --profile -j --jobs --bin --example --target-dir -Z --config"
        ),
        ends="@",
    ),
    "go": _Program("go", _words("install get"), valued=_words("-tags -ldflags -gcflags -mod -modfile -p -C"), ends="@"),
    "dpkg": _Program("apt", _words("*")),
    "rpm": _Program("dnf", _words("*")),
}
_INSTALLING = {"dpkg": re.compile(r"-i|--install"), "rpm": re.compile(r"-\w*[iUF]\w*|--install|--upgrade")}
_FILES = (".whl", ".gz", ".zip", ".tgz", ".deb", ".rpm", ".apk")
_EXPANSION = r"\$\{[^{}]*\}|\$\([^()]*\)"
_ENDS = {
    ends: re.compile(rf"(?:{_EXPANSION}|[^{re.escape(ends)}])+")
    for ends in {p.ends for p in _PROGRAMS.values()}
    if ends
}
_NPM_NAME = re.compile(r"@?[^@]+")
_EGG = re.compile(r"[#&]egg=([\w.-]+)")


def installs(commands: Iterable[ShellCommand]) -> tuple[Install, ...]:
    """What the commands install, in order."""
    return tuple(found for command in commands if (found := _install(command)) is not None)


def _install(command: ShellCommand) -> Install | None:
    if command.name in ("npx", "bunx"):  # fetches what it runs
        name = next(operands(command.arguments, ("-p", "--package")), None)
        fetched = name is not None and not {"--no-install", "--no"} & {*command.arguments}
        return Install("npm", (_name(name, _PROGRAMS["npm"]),), command) if name and fetched else None
    name, arguments = invocation(command)
    program = _PROGRAMS.get(name)
    if program is None or not _installing(name, arguments):
        return None
    rest = _installed(program, [*operands(arguments, program.valued)])
    if rest is None:
        return None
    if name == "go":
        # Without a version, go install builds what is there.
        rest = [word for word in rest if "@" in word or arguments[:1] == ("get",)]
        if not rest:
            return None
    names = (_name(word, program) for word in rest)
    return Install(program.manager, tuple(name for name in names if name and not _is_local(name)), command)


def _installing(name: str, arguments: tuple[str, ...]) -> bool:
    pattern = _INSTALLING.get(name)
    return pattern is None or any(pattern.fullmatch(argument) for argument in arguments)


def _installed(program: _Program, words: list[str]) -> list[str] | None:
    """The words that are to be installed; None where nothing is."""
    if "*" in program.verbs:
        return words
    if program.manager == "cargo" and words and words[0].startswith("+"):  # a toolchain
        words = words[1:]
    for length in (1, 2):
        verb = " ".join(words[:length])
        if verb in program.verbs:
            return words[length:]
        if verb in program.listing:
            return []
    return None


def _name(word: str, program: _Program) -> str:
    """A package's name without its version, extras, architecture or channel; files and URLs as they are written."""
    egg = _EGG.search(word)
    if egg is not None:
        return egg[1]
    if ("://" in word or word.endswith(_FILES)) and " @ " not in word:
        return word
    if program.manager == "conda":
        word = word.rpartition("::")[2]
    if program.manager == "apk" and word.startswith("!"):
        return ""
    pattern = _NPM_NAME if program.manager == "npm" else _ENDS.get(program.ends)
    match = pattern.match(word) if pattern is not None else None
    return match[0].strip() if match is not None else word


def _is_local(name: str) -> bool:
    """Whether it is a folder of the build context: the application itself."""
    return (name in (".", "..") or name.startswith(("./", "../"))) and not name.endswith(_FILES)
