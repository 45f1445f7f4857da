"""From text to facts: what is in effect where, and what ships."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.dockerfile.analyse import facts_of
from barehull.dockerfile.facts import Facts, StageFacts


def last(text: str, **arguments: str) -> StageFacts:
    return facts_of(text, arguments).stages[-1]


def shipping(facts: Facts) -> list[str]:
    return [facts.stages[target.stage].name for target in facts.targets if target.ships]


class TestBases:
    def test_an_argument_before_the_first_from_is_seen_in_every_from(self) -> None:
        facts = facts_of("ARG GO=1.21\nFROM golang:${GO} AS b\nFROM golang:$GO-alpine\n")
        assert [stage.base.image.text for stage in facts.stages] == ["golang:1.21", "golang:1.21-alpine"]

    def test_a_given_argument_wins_over_its_default(self) -> None:
        assert last("ARG GO=1.21\nFROM golang:${GO}\n", GO="1.26").base.image.text == "golang:1.26"

    @pytest.mark.parametrize("word", ["$BASE", "${BASE}", "x/${BASE}:1"])
    def test_an_argument_without_a_value_is_named(self, word: str) -> None:
        assert last(f"ARG BASE\nFROM {word}\n").base.image.unset == ("BASE",)

    @pytest.mark.parametrize("word", ["${BASE:-debian}", "${BASE-debian}"])
    def test_a_default_in_place_is_a_value(self, word: str) -> None:
        base = last(f"FROM {word}\n").base.image
        assert (base.text, base.unset) == ("debian", ())

    def test_what_depends_on_a_value_that_is_not_set_is_not_set_either(self) -> None:
        assert last("ARG TAG\nARG BASE=debian:$TAG\nFROM $BASE\n").base.image.unset == ("TAG",)

    def test_stages_are_found_in_any_case_of_letters_and_only_above(self) -> None:
        facts = facts_of("FROM golang AS Build\nFROM build AS later\nFROM later\nFROM later AS x\n")
        assert [stage.base.stage for stage in facts.stages] == [None, 0, 1, 1]
        assert facts_of("FROM later\nFROM a AS later\n").stages[0].base.stage is None

    def test_the_root_is_what_the_first_parent_is_on(self) -> None:
        stage = last("FROM debian:12 AS a\nFROM a AS b\nFROM b\n")
        assert stage.root.image.text == "debian:12"
        assert stage.lineage == (0, 1, 2)

    def test_the_range_of_a_base_is_the_word_in_the_text(self) -> None:
        text = "# x\nFROM --platform=$BUILDPLATFORM \\\n  golang:1.21 AS b\n"
        span = facts_of(text).stages[0].base.image.span
        assert text[span.start : span.end] == "golang:1.21"


class TestScope:
    def test_a_stage_sees_an_outer_argument_only_when_it_declares_it(self) -> None:
        assert last("ARG A=1\nFROM x\nARG A\nUSER $A\n").user.text == "1"  # type: ignore[union-attr]
        assert last("ARG A=1\nFROM x\nUSER $A\n").user.unset == ("A",)  # type: ignore[union-attr]

    def test_the_platform_is_known_to_a_stage_that_declares_it(self) -> None:
        build = last("FROM golang\nARG TARGETOS\nRUN GOOS=${TARGETOS} go build\n").go_builds[0][1]
        assert build.goos == "linux"

    def test_env_wins_over_arg(self) -> None:
        assert last("FROM x\nENV A=env\nARG A=arg\nUSER $A\n").user.text == "env"  # type: ignore[union-attr]

    def test_env_is_inherited_from_a_stage_and_not_by_another(self) -> None:
        facts = facts_of("FROM x AS a\nENV CGO_ENABLED=0\nFROM a\nRUN go build\nFROM x\nRUN go build\n")
        assert [stage.go_builds[0][1].cgo for stage in facts.stages[1:]] == ["0", None]

    def test_all_values_of_one_env_see_what_was_before_it(self) -> None:
        assert last("FROM x\nENV A=1\nENV A=2 B=$A\nUSER $B\n").user.text == "1"  # type: ignore[union-attr]


class TestStart:
    def test_a_command_before_the_entrypoint_of_its_own_stage_stays(self) -> None:
        stage = last('FROM a\nCMD ["x"]\nENTRYPOINT ["y"]\n')
        assert stage.cmd is not None
        assert stage.cmd.words == ("x",)

    def test_a_new_entrypoint_takes_back_the_command_of_the_stage_before(self) -> None:
        assert last('FROM a AS b\nCMD ["x"]\nFROM b\nENTRYPOINT ["y"]\n').cmd is None

    def test_user_and_ports_are_inherited(self) -> None:
        stage = last("FROM a AS b\nUSER 65532:65532\nEXPOSE 80\nWORKDIR /a\nFROM b\nEXPOSE 81\nWORKDIR b\n")
        assert stage.user is not None
        assert stage.workdir is not None
        assert (stage.user.text, stage.workdir.text) == ("65532:65532", "/a/b")
        assert [port.text for port in stage.ports] == ["80", "81"]


class TestRuns:
    def test_a_command_is_found_where_it_stands(self) -> None:
        text = "FROM golang\nRUN --mount=type=cache,target=/x cd src && \\\n  # why\n  CGO_ENABLED=0 go build -o /m .\n"
        run, build = facts_of(text).stages[0].go_builds[0]
        span = run.span(build.command)
        assert text[span.start : span.end].endswith("go build -o /m .")

    def test_a_here_document_is_a_script(self) -> None:
        text = "FROM golang\nRUN <<EOF\nset -e\nexport CGO_ENABLED=0\ngo build .\nEOF\n"
        run, build = facts_of(text).stages[0].go_builds[0]
        span = run.span(build.command)
        assert (build.cgo, text[span.start : span.end]) == ("0", "go build .")

    def test_the_exec_form_runs_a_program(self) -> None:
        assert last('FROM golang\nRUN ["go", "build", "./..."]\n').go_builds[0][1].packages == ("./...",)

    def test_another_shell_is_not_read(self) -> None:
        assert not last('FROM x\nSHELL ["powershell", "-Command"]\nRUN go build\n').runs[0].script.valid

    def test_a_mount_draws_from_a_stage(self) -> None:
        facts = facts_of("FROM a AS tools\nFROM b\nRUN --mount=type=bind,from=tools,target=/t /t/x\n")
        assert facts.targets[0].closure == (0, 1)


class TestTargets:
    def test_every_leaf_is_one(self) -> None:
        text = "FROM golang AS b\nFROM s AS one\nCOPY --from=b /1 /\nFROM s AS two\nCOPY --from=0 /2 /\n"
        assert shipping(facts_of(text)) == ["one", "two"]

    def test_a_stage_for_development_does_not_ship_and_what_it_is_built_on_does(self) -> None:
        facts = facts_of('FROM a AS build\nFROM b AS app\nCOPY --from=build /x /\nCMD ["/x"]\nFROM app AS app-dev\n')
        assert shipping(facts) == ["app"]
        assert [target.why for target in facts.targets if not target.ships] == [
            "the name 'app-dev' says that it is not for shipping"
        ]

    def test_a_tool_box_of_a_development_stage_does_not_ship(self) -> None:
        facts = facts_of("FROM t AS tools\nFROM b AS app\nFROM app AS debug\nCOPY --from=tools /t /\n")
        assert "tools" not in shipping(facts)

    def test_what_a_plain_build_makes_is_judged_whatever_its_name(self) -> None:
        assert shipping(facts_of("FROM a AS x\nFROM b AS dev\nCOPY --from=x / /\n")) == ["dev"]

    def test_a_later_stage_may_be_copied_from(self) -> None:
        facts = facts_of("FROM a AS app\nCOPY --from=late / /\nFROM b AS late\n")
        assert shipping(facts) == ["app"]

    def test_stages_in_a_circle_end(self) -> None:
        facts = facts_of("FROM a AS x\nCOPY --from=y / /\nFROM b AS y\nCOPY --from=x / /\n")
        assert facts.targets


@pytest.mark.parametrize("text", ["", "RUN x\n", "# only\n", "FROM a\nFROB x\n", "FROM a\nENV x\n", "RUN <<EOF\n"])
def test_what_buildkit_refuses_is_a_problem(text: str) -> None:
    assert facts_of(text).problems


PIECES = [
    "FROM a AS b\n",
    "FROM $X\n",
    "ARG X=$X\n",
    "RUN <<E\ngo build\nE\n",
    "RUN a\\\n",
    "COPY --from=b a b\n",
    "USER ${\n",
]
PIECES += [
    "ENV A=${A:-$B} B='$A'\n",
    'CMD ["a"]\n',
    "ONBUILD RUN x\n",
    "HEALTHCHECK CMD x\n",
    'SHELL ["sh"]\n',
    "\udc80",
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=12).map("".join))
def test_any_text_has_facts_within_it(text: str) -> None:
    facts = facts_of(text)
    spans = [stage.base.image.span for stage in facts.stages] + [span for _, span in facts.problems]
    spans += [run.span(command) for stage in facts.stages for run, command in stage.commands]
    assert all(0 <= span.start <= span.end <= len(text) for span in spans)


class TestGo:
    @pytest.mark.parametrize(
        ("body", "cgo"),
        [
            ("RUN go env -w CGO_ENABLED=0\nRUN go build .\n", "0"),
            ("ENV CGO_ENABLED=1\nRUN CGO_ENABLED=0; go build .\n", "0"),
            ("RUN CGO_ENABLED=0; go build .\n", None),
            ("ARG CGO_ENABLED=0\nRUN go build .\n", "0"),
            ("ENV CGO_ENABLED=1\nRUN go env -w CGO_ENABLED=0 && go build .\n", "1"),
            ("ARG CGO=0\nENV CGO_ENABLED=${CGO}\nRUN go build .\n", "0"),
            ("ENV CGO_ENABLED=0\nRUN CGO_ENABLED=1 go build .\n", "1"),
        ],
    )
    def test_cgo_is_as_the_command_sees_it(self, body: str, cgo: str | None) -> None:
        assert last(f"FROM golang\n{body}").go_builds[-1][1].cgo == cgo

    def test_what_go_env_sets_is_inherited_by_the_stages_on_it(self) -> None:
        assert last("FROM golang AS a\nRUN go env -w CGO_ENABLED=0\nFROM a\nRUN go build\n").go_builds[0][1].cgo == "0"

    def test_what_builds_is_told_with_its_language(self) -> None:
        builds = last("FROM x\nRUN echo hi && npm ci && make all\n").builds
        assert [(command.name, language) for _, command, language in builds] == [("npm", "node"), ("make", "make")]
