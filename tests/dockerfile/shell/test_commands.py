"""The commands in a script: their words, their environment, where and whether they run."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barehull.dockerfile.shell.commands import ShellCommand, commands


def lines(script: str) -> list[str]:
    return [" ".join(word.text for word in command.words) for command in commands(script).commands]


def command_of(script: str, program: str) -> ShellCommand:
    (command,) = [command for command in commands(script).commands if command.name == program]
    return command


def words(script: str) -> list[str]:
    return [word.text for word in commands(script).commands[0].words]


def environment(script: str, program: str = "go") -> dict[str, str]:
    """What the one command of that name sees."""
    return {name: value.text for name, value in command_of(script, program).environment.items()}


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("a && b || c; d & e", ["a", "b", "c", "d", "e"]),
        ("a | b x |& c", ["a", "b x", "c"]),
        ("(a; b) && { c; }", ["a", "b", "c"]),
        ("if a; then b; elif c; then d; else e; fi", ["a", "b", "c", "d", "e"]),
        ("case $x in a|b) c ;; *) d; e;; esac", ["c", "d", "e"]),
        ("for i in a b; do c; done; while d; do e; done; until f; do g; done", ["c", "d", "e", "f", "g"]),
        ("f() { a; }; function g { b; }; f", ["a", "b", "f"]),
        ("! a && time -p b", ["a", "b"]),
        ("a $(b `c`) <(d)", ["a $(b `c`) <(d)", "b `c`", "c", "d"]),
        ('a "x $(b "c d") y"', ['a x $(b "c d") y', "b c d"]),
        ("X=$(a) Y=1; b", ["a", "b"]),
        ("a ${x:-$(b)} $((1 + $(c)))", ["a ${x:-$(b)} $((1 + $(c)))", "b", "c"]),
        ("[ -f x -a \"$y\" = 'z 1' ] && a; [[ -n $(b) ]]", ["[ -f x -a $y = z 1 ]", "a", "b"]),
        ("a >x 2>&1 b && c <y >>z d", ["a b", "c d"]),
        (">x a b", ["a b"]),
        ("cat <<E >x f || a | b\nhi $(c)\nE\nd", ["cat f", "a", "b", "c", "d"]),
        ("a; # b; c\nd", ["a", "d"]),
        ("a && # b\n  c ||\n  # d\n  e", ["a", "c", "e"]),
        ("a <<< 'b c' d", ["a d"]),
        ("export A=1 B; unset C; declare -x D", ["export A=1 B", "unset C", "declare -x D"]),
        ("", []),
    ],
)
def test_all_simple_commands_are_found_in_their_order(script: str, expected: list[str]) -> None:
    assert lines(script) == expected
    assert commands(script).valid


def test_the_idiom_of_comments_in_backticks_is_no_command() -> None:
    script = "a && `# why` b `# and (this` && c"
    assert lines(script) == ["a", "b", "c"]
    assert commands(script).valid


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("'a b'c\"d e\"f\\ g", ["a bcd ef g"]),
        ('x "\\$ \\" \\\\ \\a"', ["x", '$ " \\ \\a']),
        ("x $'a\\tb\\x41\\u00e9\\'\\\\' b", ["x", "a\tbA\u00e9'\\", "b"]),
        ('x $"y" z$', ["x", "y", "z$"]),
        ("x '' \"\"", ["x", "", ""]),
        ('x a$B"$C"${D:-e f}', ["x", "a$B$C${D:-e f}"]),
        ("x \\  \\\\ y", ["x", " ", "\\", "y"]),
        ("x {} \\; a#b -DX=y", ["x", "{}", ";", "a#b", "-DX=y"]),
        ("x \u00e9 '\udcff' \u00a0", ["x", "\u00e9", "\udcff", "\u00a0"]),
        ("sed 's|a\\(b\\)|c|' \"s#a#b#\"", ["sed", "s|a\\(b\\)|c|", "s#a#b#"]),
    ],
)
def test_quotes_are_removed_and_variables_stand_as_written(script: str, expected: list[str]) -> None:
    assert words(script) == expected


@pytest.mark.parametrize(
    "word", ["$x", '"$x"', "`y`", "a$(y)b", "*.go", "a?", "x[y]", "{a,b}", "{1..3}", "~/x", "A=~/x"]
)
def test_a_word_that_expands_is_not_literal(word: str) -> None:
    assert not commands(f"x {word}").commands[0].words[1].literal


@pytest.mark.parametrize("word", ["a", "'$x'", '"*"', "\\$x", "{}", "a~b", "'{a,b}'", "$", "a\\*", "'x[y]>=1'"])
def test_a_word_that_does_not_expand_is_literal(word: str) -> None:
    assert commands(f"x {word}").commands[0].words[1].literal


PLAIN = st.text(st.sampled_from("abcXY019./:=@%+,-_"), min_size=1)
ANY = st.sampled_from("ab0 \t\n'\"\\$`*?[]{}~!#&|;()<>=-,./\u00e9%@^:+_")
SINGLE = st.text(ANY.filter(lambda c: c != "'")).map(lambda text: f"'{text}'")
DOUBLE = st.text(ANY).map(lambda text: '"' + "".join("\\" + c if c in '"\\$`' else c for c in text) + '"')
ESCAPED = ANY.filter(lambda c: c != "\n").map(lambda c: "\\" + c)
DOLLAR = st.text(st.sampled_from("ab \t'\\\"x\u00e9")).map(
    lambda text: "$'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
)
WORD = st.lists(st.one_of(PLAIN, SINGLE, DOUBLE, ESCAPED, DOLLAR), min_size=1, max_size=4).map("".join)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(WORD, min_size=1, max_size=5), min_size=8, max_size=8))
def test_quote_removal_is_what_bash_does(groups: list[list[str]]) -> None:
    script = "\n".join("printf '%s\\0' " + " ".join(group) + " end" for group in groups)
    run = subprocess.run(["bash", "-c", script], capture_output=True, check=True)
    parsed = commands(script)
    assert parsed.valid
    mine = [word.text for command in parsed.commands for word in command.words[2:]]
    assert mine == run.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("A=1 B='x y' go build", {"A": "1", "B": "x y"}),
        ("env A=1 B=$C go build", {"A": "1", "B": "$C"}),
        ("export A=1 B=2; go build", {"A": "1", "B": "2"}),
        ('export "A=b c"; go build', {"A": "b c"}),
        ("A=1; go build", {}),
        ("A=1; export A; go build", {"A": "1"}),
        ("export A; A=1; go build", {"A": "1"}),
        ("export A=1; A=2; go build", {"A": "2"}),
        ("export A=1; A=2 go build", {"A": "2"}),
        ("A=2 true; go build", {}),
        ("export A=1; unset A; go build", {"A": ""}),
        ("export A=1; env -u A go build", {"A": ""}),
        ("export A=1; export -n A; go build", {}),
        ("(export A=1); go build", {}),
        ("(export A=1; go build)", {"A": "1"}),
        ("export A=1 | cat; go build", {}),
        ("{ export A=1; }; go build", {"A": "1"}),
        ("x $(export A=1); go build", {}),
        ("set -a; A=1; set +a; B=2; go build", {"A": "1"}),
        ("set -o allexport; A=1; go build", {"A": "1"}),
        ("declare -x A=1; typeset -x B=2; declare C=3; readonly D=4; go build", {"A": "1", "B": "2"}),
        ("export A=1; A+=2; go build", {"A": "${A}2"}),
        ("export A=1 && go build", {"A": "1"}),
        ("export A=1; sh -c 'B=2 go build'", {"A": "1", "B": "2"}),
        ("sh -c 'export A=1'; go build", {}),
        ("eval 'export A=1'; go build", {"A": "1"}),
        ("env export A=1; go build", {}),
        ("command export A=1; go build", {"A": "1"}),
        ("export PATH=$PATH:/go/bin; go build", {"PATH": "$PATH:/go/bin"}),
    ],
)
def test_the_environment_is_what_the_script_exports(script: str, expected: dict[str, str]) -> None:
    assert environment(script) == expected


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("if x; then export A=1; fi; go build", "$A"),
        ("export A=0; if x; then export A=1; fi; go build", "$A"),
        ("if x; then export A=1; else export A=2; fi; go build", "$A"),
        ("if x; then export A=1; elif y; then export A=1; else export A=1; fi; go build", "1"),
        ("export A=1; if x; then A=1; fi; go build", "1"),
        ("if x; then export A=1; go build; fi", "1"),
        ("if x; then export A=1; else export A=2; go build; fi", "2"),
        ("case $x in a) export A=1;; *) export A=1;; esac; go build", "1"),
        ("case $x in a) export A=1;; b) export A=1;; esac; go build", "$A"),
        ("x || export A=1; go build", "$A"),
        ("[ x ] && export A=1; go build", "$A"),
        ("[ x ] && export A=1 && go build", "1"),
        ("while x; do export A=1; done; go build", "$A"),
        ("for i in a b; do export A=1; done; go build", "1"),
        ("f() { export A=1; }; go build", "$A"),
        ("if x; then (export A=1); fi; export A=2; go build", "2"),
        ("export A; for A in x y; do go build; done", "$A"),
        ("export A; read A; go build", "$A"),
    ],
)
def test_after_branches_that_differ_a_variable_stands_for_itself(script: str, expected: str) -> None:
    value = command_of(script, "go").environment["A"]
    assert value.text == expected
    assert value.literal == (expected != "$A")


def test_a_variable_that_is_not_exported_is_told_apart() -> None:
    command = command_of("A=1; export B=2; go build", "go")
    assert {name: value.text for name, value in command.assigned.items()} == {"A": "1"}
    assert [*command.environment] == ["B"]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("env -i A=b go build", "go build"),
        ("sudo -E -u me A=b go build", "go build"),
        ("sudo -Eu me go build", "go build"),
        ("timeout -s KILL 10 nice -n 5 nohup go build", "go build"),
        ("time -p exec go build", "go build"),
        ("xargs -n1 -I {} go build {}", "go build {}"),
        ("sh -c 'go build'", "go build"),
        ("bash -euxo pipefail -c 'go build'", "go build"),
        ("/bin/bash -lc \"go build -o '$x'\" arg0", "go build -o $x"),
        ("su - me -c 'go build'", "go build"),
        ("sh -c \"sh -c 'go build'\"", "go build"),
        ('eval go build "./..."', "go build ./..."),
        ("env -S 'A=1 go build' x", "go build x"),
        ("tini -g -- go build", "go build"),
        ("gosu me go build", "go build"),
        ("sh build.sh -c x", "sh build.sh -c x"),
        ("command -v go", "command -v go"),
        ("sudo -v", "sudo -v"),
        ("env", "env"),
    ],
)
def test_wrappers_are_looked_through(script: str, expected: str) -> None:
    assert lines(script) == [expected]


@pytest.mark.parametrize(
    ("script", "conditional"),
    [
        ("a && go build", False),
        ("a || go build", True),
        ("a || b && go build", False),
        ("[ -f x ] && go build", True),
        ("! test -f x && a && go build", True),
        ("[ -f x ] && a || go build", True),
        ("[ -f x ] && a; go build", False),
        ("if go build; then x; fi", False),
        ("if x; then go build; fi", True),
        ("if x; then y; elif go build; then z; fi", True),
        ("if x; then y; else go build; fi", True),
        ("case x in y) go build;; esac", True),
        ("while x; do go build; done", True),
        ("for i in a b; do go build; done", False),
        ("for i in $(ls); do go build; done", True),
        ("f() { go build; }", True),
        ("(go build) | tee x", False),
        ("x || sh -c 'go build'", True),
        ("x || y $(go build)", True),
    ],
)
def test_a_command_that_may_not_run_is_conditional(script: str, conditional: bool) -> None:
    assert command_of(script, "go").conditional is conditional


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("cd /x && go build", "/x"),
        ("cd a/b && cd ../c && go build", "a/c"),
        ("cd /x; cd y; go build", "/x/y"),
        ("cd x; cd ..; go build", ""),
        ("cd $D/y; go build", "$D/y"),
        ("cd -P -- x; go build", "x"),
        ("(cd x); go build", ""),
        ("(cd x; go build)", "x"),
        ("cd x; sh -c 'cd y; go build'", "x/y"),
        ("if a; then cd x; fi; go build", "$PWD"),
        ("pushd x; popd; go build", "$OLDPWD"),
        ("go build", ""),
    ],
)
def test_the_directory_is_followed(script: str, expected: str) -> None:
    assert command_of(script, "go").directory == expected


def test_positions_are_those_of_the_script() -> None:
    script = "echo \u00e9\u00fc '\udcff' && A='b c' go build -o \"x y\""
    command = command_of(script, "go")
    assert script[command.start :] == "A='b c' go build -o \"x y\""
    assert [script[word.start : word.end] for word in command.words] == ["go", "build", "-o", '"x y"']
    assert script[command.environment["A"].start : command.environment["A"].end] == "'b c'"


def test_a_script_in_a_word_stands_where_the_word_stands() -> None:
    script = "x && sh -c 'A=1 go build'"
    command = command_of(script, "go")
    spans = {(word.start, word.end) for word in (*command.words, command.environment["A"])}
    spans.add((command.start, command.end))
    assert {script[start:end] for start, end in spans} == {"'A=1 go build'"}


@pytest.mark.parametrize(
    "script", ["if x; then go build", "go build )", "go build; 'a", "go build && (x", "sh -c 'go build )'"]
)
def test_what_cannot_be_parsed_is_not_valid_and_the_rest_is_still_found(script: str) -> None:
    parsed = commands(script)
    assert not parsed.valid
    assert any(command.name == "go" for command in parsed.commands)


def test_what_is_nested_too_deep_is_not_valid() -> None:
    assert not commands("(" * 500 + "a" + ")" * 500).valid
    assert not commands("$(" * 5000 + "a" + ")" * 5000).valid


@pytest.mark.parametrize("joint", [" ", " && ", " | ", " || ", "; ", "\n", " $(b) ", " 'b' "])
def test_long_scripts_that_are_correct_are_valid(joint: str) -> None:
    parsed = commands(joint.join(["a"] * 5_000))
    assert parsed.valid
    assert sum(len(command.words) for command in parsed.commands) >= 5_000


@pytest.mark.parametrize(
    "script",
    [
        "a " * 150_000,
        "a && " * 20_000 + "a",
        "".join(f"export A{number}=1;x;" for number in range(6_000)),
        "cd a;x;" * 6_000,
        "(export A=1; x);" * 4_000,
        "eval " * 20_000 + "x",
        "env " * 50_000 + "x",
        "case x in " + "".join(f"a) export A{number}=1;; " for number in range(5_000)) + "esac",
        "x $(a)" * 6_000,
        ">" * 50_000,
        "a=(" * 20_000,
        "=|| @`=(0x" * 10_000,
        "`>$unset " * 10_000,
        "if " + "A=for -f |" * 100_000,
        "-export " + "||then case $(" * 50,
        "x " + '"a$' * 20_000,
        "x " + "$'" * 50_000,
    ],
    ids=lambda script: script[:12],
)
def test_long_scripts_take_time_in_proportion(script: str) -> None:
    # A quadratic step anywhere takes minutes for these, and CI ends it.
    commands(script)


TOKENS = st.sampled_from(
    [
        *("a", "go", "build", "A=1", "export ", "cd ", "sh -c ", "eval ", "env ", "unset ", "set -a", "f() "),
        *(
            "if ",
            "then ",
            "else ",
            "elif ",
            "fi",
            "case x in ",
            "a) ",
            ";;",
            "esac",
            "for i in ",
            "while ",
            "do ",
            "done",
        ),
        *("{ ", "}", "(", ")", "$(", "`", '"', "'", "\\", "$", "${", "$'", "[ ", " ]", "[[ ", "*", "=", "!", "#"),
        *("<<E", "\nE\n", "<", ">", ";", "&", "&&", "|", "||", "\n", "\r", " ", "\u00e9", "\udcff", "\0"),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(TOKENS, max_size=40).map("".join))
def test_any_text_has_an_answer(script: str) -> None:
    for command in commands(script).commands:
        assert command.words
        assert 0 <= command.start <= command.end <= len(script)
        assert all(0 <= word.start <= word.end <= len(script) for word in command.words)
        assert dict(command.environment).keys().isdisjoint(command.assigned)
        repr(command)


def test_the_grammar_is_loaded_only_when_it_is_needed() -> None:
    code = "import barehull.dockerfile.shell, sys; sys.exit('tree_sitter' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
