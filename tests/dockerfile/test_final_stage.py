from __future__ import annotations

from barehull.dockerfile.final_stage import final_stage


def test_the_last_stage_counts() -> None:
    stage = final_stage('FROM a AS x\nCMD ["old"]\nEXPOSE 1\nFROM b\nEXPOSE 5000 53/udp 80/tcp\nCMD ["new", "x"]\n')
    assert stage.cmd is not None
    assert (stage.cmd.words, stage.cmd.number) == (("new", "x"), 6)
    assert stage.ports == (5000, 80)


def test_a_new_entrypoint_takes_back_the_command_before_it() -> None:
    assert final_stage('FROM a\nCMD ["x"]\nENTRYPOINT ["y"]\n').cmd is None


def test_what_is_not_json_is_in_shell_form() -> None:
    stage = final_stage("FROM a\nCMD ['x']\n")
    assert stage.cmd is not None
    assert (stage.cmd.words, stage.cmd.line) == ((), "['x']")


def test_the_environment_without_what_needs_expansion() -> None:
    stage = final_stage('FROM a\nENV A=1 B="two words" C=$X\nENV D four five\n')
    assert stage.env == (("A", "1"), ("B", "two words"), ("D", "four five"))
