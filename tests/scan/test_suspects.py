from __future__ import annotations

from typing import Any

import pytest

from barehull.inventory.model import Component, SuspectFile

from .conftest import Known


@pytest.mark.parametrize(("state", "owner"), [("unowned", ""), ("modified", "pkg:deb/debian/libssl3t64@3.5.1")])
def test_a_suspect_whose_content_is_known_is_undecided_as_before_and_says_what_it_is(
    state: Any, owner: str, known: Known, inventory: Any
) -> None:
    file = SuspectFile("opt/x", state, True, "a" * 64, owner)
    component = Component("pkg:generic/openssl@3.0.15", "openssl", "3.0.15", "", "openssl", "3.0.15", ("opt/x",))
    known.covers("PyPI")

    def of_file(*components: Component) -> Any:
        return next(it for it in known.scan(inventory(*components, files=(file,))).undecided if it.subject == "opt/x")

    assert of_file(component).identity == of_file().identity
    assert "pkg:generic/openssl@3.0.15" in of_file(component).reason
    assert "content it is" not in of_file().reason
