"""Commands that run another command: env, sudo, timeout, sh -c ... -> the command that is really run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from barehull.dockerfile.shell.simple_command import Argument


@dataclass(frozen=True, slots=True)
class Wrapper:
    """How to get past a wrapper: its options that take the next word, and how many words come before the command."""

    valued: str = ""  # letters of short options
    long: frozenset[str] = frozenset()
    operands: int = 0
    assigns: bool = False  # NAME=value words come before the command
    forks: bool = True  # false: the command still runs in the shell itself


_SUDO = frozenset(
    {"--user", "--group", "--host", "--prompt", "--chdir", "--chroot", "--close-from", "--role", "--type"}
)
_WRAPPERS: Mapping[str, Wrapper] = {
    "env": Wrapper("uCS", frozenset({"--unset", "--chdir", "--split-string"}), assigns=True),
    "command": Wrapper(forks=False),
    "builtin": Wrapper(forks=False),
    "exec": Wrapper("a"),
    "time": Wrapper("fo", frozenset({"--format", "--output"}), forks=False),
    "nice": Wrapper("n", frozenset({"--adjustment"})),
    "ionice": Wrapper("cnp", frozenset({"--class", "--classdata"})),
    "nohup": Wrapper(),
    "setsid": Wrapper(),
    "stdbuf": Wrapper("ioe", frozenset({"--input", "--output", "--error"})),
    "timeout": Wrapper("sk", frozenset({"--signal", "--kill-after"}), operands=1),
    "xargs": Wrapper("nPILsdaE", frozenset({"--max-args", "--max-procs", "--replace", "--max-lines", "--arg-file"})),
    "sudo": Wrapper("ughpCDRrtT", _SUDO, assigns=True),
    "gosu": Wrapper(operands=1),
    "su-exec": Wrapper(operands=1),
    "tini": Wrapper("pe"),
    "dumb-init": Wrapper("r", frozenset({"--rewrite"})),
}
_SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh"})
_SWITCH_USER = frozenset({"su", "runuser"})
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(\+?)=", re.ASCII)


@dataclass(slots=True)
class Unwrapped:
    """What is really run: `words`, or the words that are a `script`; the NAME=value words and the names taken away.
    `forks` when another process than the shell runs it.
    """

    words: tuple[Argument, ...] = ()
    script: tuple[Argument, ...] = ()
    assigned: list[Argument] = field(default_factory=list)
    unset: list[Argument] = field(default_factory=list)
    forks: bool = False


def unwrap(words: tuple[Argument, ...]) -> Unwrapped:
    """What the words of a command really run. A wrapper that is given no command is a command itself."""
    found = Unwrapped()
    at = start = 0
    while at < len(words):
        start = at
        name = words[at].text.rpartition("/")[2]
        if name == "eval" and at + 1 < len(words):
            found.script = words[at + 1 :]
        elif name in _SHELLS or name in _SWITCH_USER:
            found.script, found.forks = _inline_script(words, at + 1, name in _SHELLS), True
        wrapper = _WRAPPERS.get(name)
        if wrapper is None or (name == "command" and at + 1 < len(words) and words[at + 1].text in ("-v", "-V")):
            break
        at = _past(words, at + 1, wrapper, found)
        found.forks = found.forks or wrapper.forks
        if found.script:
            break
    found.words = words[start:]
    return found


def assignment(word: Argument, plain: bool = True) -> tuple[str, Argument] | None:
    """The name and the value of a NAME=value word. `plain`: no quotes stand before the value."""
    match = _ASSIGNMENT.match(word.text)
    if match is None:
        return None
    name, text = match[1], word.text[match.end() :]
    start = word.start + match.end() if plain else word.start
    if match[2]:  # += goes on from the value before
        return name, Argument(f"${{{name}}}{text}", start, word.end, literal=False)
    return name, Argument(text, start, word.end, word.literal)


def _past(words: tuple[Argument, ...], at: int, wrapper: Wrapper, found: Unwrapped) -> int:
    """The index of the word after a wrapper's own ones; what they say goes into `found`."""
    while at < len(words) and words[at].text.startswith("-") and words[at].text != "-":
        word = words[at]
        at += 1
        if word.text == "--":
            break
        option, value, takes_next = _option(word.text, wrapper)
        if takes_next and at < len(words):
            value = words[at].text
            at += 1
        if wrapper.assigns and option in ("-u", "--unset") and value and wrapper is _WRAPPERS["env"]:
            found.unset.append(Argument(value, word.start, word.end, word.literal))
        elif option in ("-S", "--split-string") and wrapper is _WRAPPERS["env"]:
            found.script = (Argument(value, word.start, word.end), *words[at:])
            return at
    while wrapper.assigns and at < len(words) and _ASSIGNMENT.match(words[at].text):
        found.assigned.append(words[at])
        at += 1
    return at + wrapper.operands


def _option(text: str, wrapper: Wrapper) -> tuple[str, str, bool]:
    """An option, its value, and whether that is the next word."""
    if text.startswith("--"):
        name, equals, value = text.partition("=")
        return name, value, not equals and name in wrapper.long
    for at, letter in enumerate(text[1:], 1):
        if letter in wrapper.valued:
            return f"-{letter}", text[at + 1 :], at + 1 == len(text)
    return text, "", False


def _inline_script(words: Sequence[Argument], at: int, shell: bool) -> tuple[Argument, ...]:
    """The script of `sh -c SCRIPT`, `bash -euo pipefail -c SCRIPT`, `su USER -c SCRIPT`."""
    inline = False
    while at < len(words):
        text = words[at].text
        at += 1
        if not text.startswith(("-", "+")) or text in ("-", "--"):
            if inline:
                return (words[at - 1],)
            if shell:
                return ()  # a script file
        elif not text.startswith("--"):
            inline = inline or "c" in text
            at += text.endswith(("o", "O")) if shell else text.endswith(("s", "g"))
        elif text == "--command":
            inline = True
    return ()
