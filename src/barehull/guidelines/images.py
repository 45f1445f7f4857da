"""What the catalog knows of the images that a Dockerfile names: what several guidelines ask."""

from __future__ import annotations

import re
from dataclasses import dataclass

from barehull.catalog.catalog import parse_name
from barehull.catalog.model import Distroless, ImageName, OfficialImage
from barehull.dockerfile.facts import StageFacts, Value
from barehull.guidelines.model import Answer, Shipped

SHELLS = frozenset({"sh", "bash", "ash", "dash", "ksh", "zsh", "csh", "tcsh", "fish", "busybox"})
_VARIABLE = re.compile(r"\$\{?(\w+)")


@dataclass(frozen=True, slots=True)
class Known:
    """An image as the file names it, and what the catalog knows of it.

    `name` is None where it cannot be told: `unset` then names the variables to blame, or it is no reference at all.
    With a `name` and something `unset`, only its tag is hidden. `shown` is how to call it in a message.
    """

    value: Value
    shown: str
    name: ImageName | None = None
    unset: tuple[str, ...] = ()
    official: OfficialImage | None = None
    distroless: Distroless | None = None
    minimal: tuple[str, ...] = ()  # the languages that it serves, where it is another vendor's minimal image

    @property
    def written(self) -> str:
        """Its whole name, expanded; as the file has it where a variable has no value."""
        return self.shown if self.value.unset else self.value.text

    @property
    def scratch(self) -> bool:
        """Whether it is the empty image."""
        return self.value.text == "scratch"

    @property
    def tag_hidden(self) -> bool:
        """Whether which image it is can be told, and its tag cannot."""
        return self.name is not None and bool(self.unset)

    @property
    def why_unknown(self) -> str:
        """A sentence on why nothing can be said of it."""
        if self.unset:
            names = " and ".join(self.unset)
            return f"`{self.shown}` cannot be told: {names} {'has' if len(self.unset) == 1 else 'have'} no value here"
        return f"`{self.shown}` is not the name of an image"


def known(image: Shipped, value: Value) -> Known:
    """What is known of the image that a value names. Each is looked up once a file: every guideline asks for it."""
    found = image.seen.get(value)
    if not isinstance(found, Known):
        found = image.seen[value] = _look_up(image, value)
    return found


def _look_up(image: Shipped, value: Value) -> Known:
    shown = _without_digest(value.text)
    if value.unset:
        shown = image.facts.dockerfile.text[value.span.start : value.span.end] or value.text
    elif value.text == "scratch":
        return Known(value, shown)
    reference = _visible(shown, value.unset) if value.unset else value.text
    if not reference:
        return Known(value, shown, unset=value.unset)
    try:
        name = parse_name(reference)
    except ValueError:
        return Known(value, shown, unset=value.unset)
    distroless = image.catalog.distroless(name, image.today)
    official = None if distroless else image.catalog.official(name)
    minimal = () if distroless or official else image.catalog.minimal(name)
    return Known(value, shown, name, value.unset, official, distroless, minimal)


def root(image: Shipped, stage: StageFacts) -> Known:
    """What is known of the image that a stage comes down to."""
    return known(image, stage.root.image)


def roots(image: Shipped) -> tuple[tuple[StageFacts, Known], ...]:
    """The images that the stages of the closure stand on, each where it is named; scratch is not among them."""
    named = (stage for stage in image.sources if stage.base.stage is None and stage.base.image.text != "scratch")
    return tuple((stage, known(image, stage.base.image)) for stage in named)


def shipping(image: Shipped) -> frozenset[int]:
    """The stages whose files are in the image as a whole, rather than copied from."""
    return frozenset(image.stage.lineage)


def _visible(shown: str, unset: tuple[str, ...]) -> str:
    """The repository of a name of which only the tag is hidden by variables without a value; "" where it is, too.

    In `node:${NODE_VERSION}-slim` the variable says which version, not which image.
    """
    start = shown.rfind("/") + 1
    repository, colon, tag = shown[start:].partition(":")
    repository = shown[:start] + repository
    if not colon or "$" in repository or not set(unset) <= set(_VARIABLE.findall(tag)):
        return ""
    return repository


def first_official(language: str) -> str:
    """The official image to build a language on, e.g. "golang:<version>"; "" where there is none."""
    name = OFFICIAL.get(language, "").split(",")[0].split(" ")[0]
    return f"{name}:<version>" if name else ""


def _without_digest(text: str) -> str:
    """A name as messages show it: a digest only where there is no tag, and cut."""
    name, at, digest = text.partition("@")
    if not at or ":" in name.rpartition("/")[2]:
        return name
    return f"{name}@{digest[:19]}..."


def unknown_base(base: Known) -> Answer:
    """The answer where the base decides and cannot be told."""
    return Answer("unknown", base.why_unknown)


def copies_shell(image: Shipped) -> bool:
    """Whether a shell is copied into the image from elsewhere."""
    for stage in image.layers:
        for copy in stage.copies:
            if copy.origin in ("stage", "image"):
                names = [value.text for value in (*copy.sources, copy.destination)]
                if any(name.rstrip("/").rpartition("/")[2] in SHELLS for name in names):
                    return True
    return False


def without_shell(base: Known) -> bool:
    """Whether it is known that an image has no shell."""
    return base.scratch or (base.distroless is not None and not base.distroless.debug)


def recommended(image: Shipped, language: str) -> str:
    """The distroless image, with its tag, that the guideline asks for; "" where there is none for the language."""
    versions = (
        base.official.version
        for base in (root(image, image.stage), *(base for _, base in roots(image)))
        if base.official and base.official.language == language and not base.unset
    )
    name = image.catalog.recommended(language, next(versions, ""))
    return f"{name}:nonroot" if name else ""


WORDS = {
    "go": "Go",
    "python": "Python",
    "node": "Node.js",
    "java": "Java",
    "rust": "Rust",
    "dotnet": ".NET",
    "ruby": "Ruby",
    "php": "PHP",
    "elixir": "Elixir",
    "cpp": "C or C++",
    "make": "make",
}
OFFICIAL = {
    "go": "golang",
    "python": "python",
    "node": "node",
    "java": "maven, gradle or eclipse-temurin",
    "rust": "rust",
    "dotnet": "mcr.microsoft.com/dotnet/sdk",
    "ruby": "ruby",
    "php": "php or composer",
    "elixir": "elixir",
    "cpp": "gcc",
}
