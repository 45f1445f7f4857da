"""The orders of versions agree with the programs that made them, on 10,000 generated pairs each.

apk is on no list of Debian's packages: what its own tests say is in tests/versions/apk_order.txt.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from packaging.version import InvalidVersion, Version

from barehull.advisories.sources import nodejs
from barehull.core.errors import InputError
from barehull.debian import version as debian
from barehull.scan.matchers import pypi
from barehull.versions import go, maven, semver

from .go_programs import built

PAIRS = 10_000
SOURCE = Path(__file__).parent / "version_orders"
JAR = "org/apache/maven/maven-artifact/3.9.9/maven-artifact-3.9.9.jar"
JAR_DIGEST = "30f015d1c1a393e19c18cd4f43532089c36d4ca328608ce3dda78b74d3d31515"

Make = Callable[[Random], str]
Pair = tuple[str, str]


def pairs(make: Make, seed: int) -> list[Pair]:
    """Half of them nearly the same: what differs late is what orders get wrong."""
    random = Random(seed)
    made = []
    for _ in range(PAIRS):
        one = make(random)
        cut = random.randrange(len(one) + 1)
        made.append((one, random.choice([make(random), one[:cut] + make(random)[cut:], one]) or one))
    return made


def agreed(key: Callable[[str], Any], pair: Pair) -> int | None:
    """Our order of the two, None where one has no place."""
    try:
        left, right = map(key, pair)
    except (ValueError, InputError):
        return None
    return int(left > right) - int(left < right)


def differences(key: Callable[[str], Any], compared: list[tuple[Pair, int | None]]) -> list[Any]:
    """Where we differ. Both sides know an order of most pairs, or nothing was tested."""
    assert len(compared) == PAIRS
    assert sum(theirs is not None for _, theirs in compared) > PAIRS / 2
    assert len({theirs for _, theirs in compared} - {None}) == 3
    return [(pair, theirs, ours) for pair, theirs in compared if (ours := agreed(key, pair)) != theirs][:20]


def asked(command: list[str], lines: list[str], **more: Any) -> list[str]:
    done = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, timeout=300, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def number(random: Random) -> str:
    return random.choice(["0", "1", "2", "9", "10", "11", "100", "20240131", "12345678901234567890"])


def dotted(random: Random, most: int = 4) -> str:
    return ".".join(number(random) for _ in range(random.randint(1, most)))


def of_debian(random: Random) -> str:
    epoch = random.choice(["", "", "", "0:", "1:"])
    text = dotted(random) + "".join(random.choice("0123456789abz.+~-") for _ in range(random.randint(0, 4)))
    revision = random.choice(["", "-1", "-0ubuntu3.2", "-1+deb13u1", "-1~deb13u2", "-2.1", "-0", "-1+b1"])
    return f"{epoch}{random.choice(['', '0'])}{text}{revision}"


def of_python(random: Random) -> str:
    pre = random.choice(["", "", "a1", ".b2", "-rc1", "rc10", "c1", "alpha"])
    after = random.choice(["", "", ".post1", "-1", ".dev0", ".dev10", ".post1.dev2"])
    return random.choice(["", "", "v", "1!"]) + dotted(random) + pre + after


def of_semver(random: Random) -> str:
    numbers = ".".join(random.choice("0 1 2 9 10 11 100".split()) for _ in range(3))
    words = ["0", "1", "2", "10", "alpha", "beta", "rc", "x-y", "0a", "A", "-", "20240131000000-0123456789ab", "01"]
    pre = ".".join(random.choice(words) for _ in range(random.randint(0, 3)))
    return numbers + (f"-{pre}" if pre else "") + random.choice(["", "", "", "+incompatible", "+b.1"])


def of_go_module(random: Random) -> str:
    return "v" + random.choice([of_semver, of_semver, of_semver, lambda random: dotted(random, 3)])(random)


def of_go_release(random: Random) -> str:
    minor = random.choice(["", ".1", ".9", ".13", ".20", ".21", ".22"])
    rest = random.choice(["", ".0", ".1", ".10", "rc1", "rc2", "rc10", "beta1", ".x"] if minor else [""])
    return f"go1{minor}{rest}" + random.choice(["", "", "", "-vendor.1", "-vendor"])


def of_maven(random: Random) -> str:
    words = "alpha beta milestone rc cr snapshot SNAPSHOT ga Final RELEASE sp a b m x jre android SR _1 +b".split()
    text = number(random)
    for _ in range(random.randint(0, 5)):
        part = random.choice([number(random), number(random), random.choice(words), "00", "01"])
        text += random.choice([".", ".", "-", ""]) + part
    return text + random.choice(["", "", "", "-", ".", "..", "-0", ".0"])


@pytest.mark.skipif(not shutil.which("dpkg"), reason="dpkg is not there")
def test_debian_agrees_with_dpkg() -> None:
    script = """
        while read -r a b; do
            if dpkg --compare-versions "$a" lt "$b"; then echo -1
            elif dpkg --compare-versions "$a" eq "$b"; then echo 0; else echo 1; fi
        done
    """
    made = [pair for pair in pairs(of_debian, 1) if agreed(debian.key, pair) is not None]
    answers = asked(["sh", "-c", script], [" ".join(pair) for pair in made] + [""])
    assert len(answers) == len(made) > PAIRS * 0.8
    signs = [int(answer) for answer in answers]
    assert set(signs) == {-1, 0, 1}
    compared = zip(made, signs, strict=True)
    assert [(pair, theirs) for pair, theirs in compared if agreed(debian.key, pair) != theirs] == []


def test_python_agrees_with_packaging() -> None:
    def theirs(pair: Pair) -> int | None:
        try:
            left, right = map(Version, pair)
        except InvalidVersion:
            return None
        return int(left > right) - int(left < right)

    assert differences(pypi.order, [(pair, theirs(pair)) for pair in pairs(of_python, 2)]) == []


@pytest.fixture(scope="module")
def golang() -> str:
    """The program that compares as Go does."""
    return str(built(SOURCE, "go-version-orders"))


def gos(golang: str, kind: str, made: list[Pair]) -> list[tuple[Pair, int | None]]:
    words = [answer.split() for answer in asked([golang], [f"{kind} {one} {other}" for one, other in made])]
    if words[0] == ["unknown"]:
        pytest.skip("this Go is older than 1.22, and has no go/version")
    theirs = [int(order) if one == other == "1" else None for one, other, order in words]
    return list(zip(made, theirs, strict=True))


def test_go_modules_agree_with_gos_own(golang: str) -> None:
    assert differences(semver.key, gos(golang, "module", pairs(of_go_module, 3))) == []


def test_releases_of_go_agree_with_gos_own(golang: str) -> None:
    compared = gos(golang, "release", pairs(of_go_release, 4))
    # Go takes any word for a kind of candidate (go1.2endor), and none of a patch, though there were some (go1.9.2rc2).
    both = [(pair, theirs) for pair, theirs in compared if theirs is not None and agreed(go.key, pair) is not None]
    assert len(both) > PAIRS * 0.6
    assert {theirs for _, theirs in both} == {-1, 0, 1}
    assert [(pair, theirs) for pair, theirs in both if agreed(go.key, pair) != theirs] == []


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Callable[[list[Any]], list[Any]]:
    """Asks npm's semver, in one go."""
    assert shutil.which("npm"), "npm is missing: scripts/install-system-packages"
    folder = tmp_path_factory.mktemp("npm") / "versions"
    shutil.copytree(SOURCE, folder)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr

    def ask(questions: list[Any]) -> list[Any]:
        lines = asked(["node", "compare.js"], [json.dumps(each) for each in questions], cwd=folder)
        return [json.loads(line) for line in lines]

    return ask


def test_npm_agrees_with_npms_own(node: Callable[[list[Any]], list[Any]]) -> None:
    made = pairs(of_semver, 4)
    compared = list(zip(made, node([list(pair) for pair in made]), strict=True))
    # Of no concern to npm: Go's short forms, and numbers that JavaScript does not have.
    outside = re.compile(r"\d+(?:\.\d+)?|.*\d{16}.*")
    ours = [(pair, theirs) for pair, theirs in compared if not any(map(outside.fullmatch, pair))]
    assert len(ours) > PAIRS * 0.6
    assert [(pair, theirs) for pair, theirs in ours if agreed(semver.key, pair) != theirs] == []


def test_ranges_of_node_hold_what_npm_says_they_hold(node: Callable[[list[Any]], list[Any]]) -> None:
    random = Random(5)

    def comparator() -> str:
        parts = [random.choice("0 1 4 6 10 20".split()) for _ in range(random.randint(1, 3))]
        text = ".".join(parts) + (random.choice(["", ".x"]) if len(parts) < 3 else "")
        return random.choice(["", "", "^", "~", ">=", ">", "<", "<=", ">= "]) + text

    questions = []
    for _ in range(PAIRS):
        range_ = " || ".join(" ".join(comparator() for _ in range(random.choice([1, 1, 2]))) for _ in range(2))
        version = ".".join(random.choice("0 1 4 5 6 10 11 20 21".split()) for _ in range(3))
        questions.append(["satisfies", version, range_])
    answers = node(questions)
    assert {True, False} == set(answers)
    differ = []
    for (_, version, range_), theirs in zip(questions, answers, strict=True):
        place = tuple(map(int, version.split(".")))
        if any(first <= place < end for first, end in nodejs.intervals(range_)) != theirs:
            differ.append((version, range_, theirs))
    assert differ == []


def maven_central() -> str:
    """The repository that this machine has for it: the mirror in Maven's settings, or itself."""
    settings = Path.home() / ".m2/settings.xml"
    if settings.exists():
        for mirror in ElementTree.parse(settings).iter():
            if mirror.tag.rpartition("}")[2] == "url" and mirror.text:
                return mirror.text.strip().rstrip("/")
    return "https://repo.maven.apache.org/maven2"


def test_maven_agrees_with_its_comparable_version(tmp_path: Path) -> None:
    assert shutil.which("java"), "java is missing: scripts/install-system-packages"
    content = httpx.get(f"{maven_central()}/{JAR}", follow_redirects=True, timeout=60).raise_for_status().content
    assert hashlib.sha256(content).hexdigest() == JAR_DIGEST
    jar = tmp_path / "maven-artifact.jar"
    jar.write_bytes(content)
    made = pairs(of_maven, 6)
    # It compares each of its arguments with the next one.
    lines = asked(["java", "-jar", str(jar), *(version for pair in made for version in pair)], [])
    said = [line.split() for line in lines if line.startswith("   ")][::2]
    assert [(words[0], words[2]) for words in said] == made
    signs = {"<": -1, "==": 0, ">": 1}
    assert differences(maven.key, [(pair, signs[words[1]]) for pair, words in zip(made, said, strict=True)]) == []
