"""Whether a command builds something, and for which language."""

from __future__ import annotations

import re
from collections.abc import Mapping

from barehull.dockerfile.programs.invocation import invocation, operands
from barehull.dockerfile.shell.simple_command import ShellCommand

# Programs that build or install for a language, by their first operand ("*": by any, or none). The names are those of
# each tool's own manual. What only tests, formats, runs or cleans is left out.
_NODE_MANAGER = "install i add ci clean-install install-ci-test rebuild build bundle pack"
_TABLE: Mapping[tuple[str, str], str] = {
    # language, programs: operands
    ("go", "go"): "build install get",
    ("go", "ko"): "build publish apply resolve create",
    ("go", "goreleaser"): "build release",
    ("go", "gox garble tinygo"): "*",
    ("python", "pip"): "install sync wheel",
    ("python", "uv"): "sync add build tool",
    ("python", "pipx"): "install inject",
    ("python", "poetry pipenv pdm hatch flit"): "install sync add build update",
    ("python", "setup.py"): "install develop build build_ext bdist_wheel sdist",
    ("python", "conda mamba micromamba"): "install create update env",
    ("python", "pyproject-build easy_install pyinstaller cython nuitka"): "*",
    ("node", "npm pnpm yarn bun"): _NODE_MANAGER,
    ("node", "tsc webpack rollup esbuild swc gulp grunt node-gyp"): "*",
    ("node", "ng vite next nuxt nx turbo lerna parcel astro gatsby remix vue-cli-service react-scripts"): "build",
    ("node", "bower"): "install",
    ("java", "mvn gradle javac sbt ant lein"): "*",
    ("rust", "cargo"): "build b install binstall rustc chef zigbuild",
    ("rust", "rustc maturin wasm-pack"): "*",
    ("dotnet", "dotnet"): "build publish restore pack msbuild tool",
    ("dotnet", "msbuild nuget"): "*",
    ("ruby", "gem"): "install build",
    ("ruby", "bundle"): "install",
    ("php", "composer composer.phar"): "install update require create-project dump-autoload",
    ("php", "pecl"): "install",
    ("php", "docker-php-ext-install"): "*",
    ("elixir", "mix"): "deps.get deps.compile compile release escript.build local.hex local.rebar assets.deploy do",
    ("elixir", "rebar3"): "*",
    ("cpp", "cmake ninja meson configure bootstrap.sh autoreconf cc c++ ld"): "*",
    ("make", "make gmake bazel bazelisk mage task just pants buck2 earthly"): "*",
}
_LANGUAGES: Mapping[str, tuple[str, frozenset[str]]] = {
    program: (language, frozenset(operands_.split()))
    for (language, programs), operands_ in _TABLE.items()
    for program in programs.split()
}
_COMPILER = re.compile(r"(?:[\w.]+-)*(?:gcc|g\+\+|clang|clang\+\+)(?:-[\d.]+)?", re.ASCII)
_ONLY_ASKS = frozenset({"--version", "-version", "-V", "-v", "--help", "-h", "-help", "version", "help"})
_WITHOUT_OPERANDS = frozenset({"yarn", "bundle"})  # these install when they are told nothing
_SCRIPT_RUNNERS = frozenset({"npm", "pnpm", "yarn", "bun"})
_BUILD_SCRIPT = re.compile(r"\b(?:build|compile|bundle|dist|package|release|prod|production)", re.IGNORECASE)
_OPTIONS = frozenset({"--prefix", "-C", "--dir", "--cwd", "--directory", "--project", "-w", "--workspace", "--filter"})


def builds_language(command: ShellCommand) -> str:
    """The language (go, python, node, java, rust, dotnet, ruby, php, elixir, cpp) of what a command builds or installs
    for it; "make" for make and its like, which may build anything; "" for a command that builds nothing.
    """
    name, arguments = invocation(command)
    language, verbs = _LANGUAGES.get(name, ("", frozenset()))
    if not language:
        language = "cpp" if _COMPILER.fullmatch(name) else ""
        verbs = frozenset({"*"})
    if not language or (arguments and _ONLY_ASKS.issuperset(arguments)):
        return ""
    words = [word for word in operands(arguments, _OPTIONS) if not word.startswith("+")]
    if "*" in verbs:
        return language
    if not words:
        return language if name in _WITHOUT_OPERANDS else ""
    if words[0] in verbs or (name == "go" and words[0] == "test" and "-c" in arguments):  # a program of tests
        return language
    return language if name in _SCRIPT_RUNNERS and _runs_build_script(name, words) else ""


def _runs_build_script(name: str, words: list[str]) -> bool:
    """`npm run build:prod`, `yarn build`, `yarn workspace x build`."""
    if words[0] in ("run", "run-script", "global", "workspace", "workspaces"):
        words = words[1:]
    elif name == "npm":
        return False
    return any(_BUILD_SCRIPT.search(word) or word in ("add", "install") for word in words[:2])
