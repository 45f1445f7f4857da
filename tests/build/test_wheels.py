from __future__ import annotations

import pytest

from barehull.build.uv import Offer
from barehull.build.wheels import choose
from barehull.core.errors import InputError


def offers(*tags: str) -> list[Offer]:
    return [Offer("x", "1", f"https://files/x-1-{tag}.whl", tag) for tag in tags]


@pytest.mark.parametrize(
    ("best", "others"),
    [
        ("cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64", ("cp312-cp312-manylinux_2_17_x86_64",)),
        ("cp313-cp313-manylinux2014_x86_64", ("cp311-abi3-manylinux_2_34_x86_64", "py3-none-any")),
        ("cp311-abi3-manylinux_2_17_x86_64", ("cp39-abi3-manylinux_2_34_x86_64", "cp314-abi3-manylinux_2_17_x86_64")),
        ("cp39-abi3-manylinux_2_34_x86_64", ("cp39-abi3-manylinux_2_28_x86_64", "cp39-abi3-manylinux_2_41_x86_64")),
        ("py3-none-any", ("cp313-cp313-manylinux_2_17_aarch64", "cp313-cp313-musllinux_1_2_x86_64")),
        ("2-py3-none-any", ("py3-none-any", "1-py3-none-any")),
        ("py3-none-linux_x86_64", ("py3-none-any",)),
    ],
)
def test_the_best_wheel_of_several(best: str, others: tuple[str, ...]) -> None:
    for order in (offers(best, *others), offers(*others, best)):
        (wheel,) = choose(order, "3.13", "x86_64-manylinux_2_40")
        assert (wheel.file, wheel.sha256) == (f"x-1-{best}.whl", best)


@pytest.mark.parametrize("tag", ["cp314-cp314-any", "cp313-cp313-manylinux_2_41_x86_64", "py2-none-any"])
def test_a_distribution_without_a_wheel_that_fits(tag: str) -> None:
    with pytest.raises(InputError, match="x 1 has no wheel for Python 3.13"):
        choose(offers(tag), "3.13", "x86_64-manylinux_2_40")


def test_what_is_no_wheel_by_its_name() -> None:
    with pytest.raises(InputError, match="not the name of a wheel"):
        choose([Offer("x", "1", "https://files/x.whl", "")], "3.13", "x86_64-manylinux_2_40")
