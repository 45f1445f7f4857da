"""Inventory -> SBOM in CycloneDX 1.6, by the standard's own library."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from cyclonedx.model import Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component as BomComponent
from cyclonedx.model.component import ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from barehull.inventory.model import Component, Inventory


def to_cyclonedx(inventory: Inventory, created: str) -> str:
    """The inventory as JSON, the same bytes for the same image and `created` (ISO 8601 UTC): no clock is read.

    Its serial number is made from the image's digest.
    """
    return JsonV1Dot6(bom_of(inventory, created)).output_as_string(indent=2)


def bom_of(inventory: Inventory, created: str) -> Bom:
    """The inventory as the library's own value, which a report can put more into."""
    bom = Bom(serial_number=uuid.uuid5(uuid.NAMESPACE_URL, inventory.image))
    bom.metadata.timestamp = datetime.fromisoformat(created)
    bom.metadata.component = BomComponent(
        name=inventory.image, version=inventory.image, type=ComponentType.CONTAINER, bom_ref=inventory.image
    )
    described = [_component(component, name) for component, name in references(inventory.components).items()]
    bom.components.update(described)
    bom.register_dependency(bom.metadata.component, described)
    return bom


def references(components: Iterable[Component]) -> dict[Component, str]:
    """By what each component is called within the BOM: its purl, with a number where several have the same one."""
    names: dict[Component, str] = {}
    seen: Counter[str] = Counter()
    for component in components:
        name = f"{component.purl}#{component.vendored_in}" if component.vendored_in else component.purl
        seen[name] += 1
        names[component] = f"{name}#{seen[name]}" if seen[name] > 1 else name
    return names


def _component(component: Component, name: str) -> BomComponent:
    properties = [Property(name="barehull:evidence", value=f"/{path}") for path in component.evidence]
    if (component.source, component.source_version) != (
        component.name,
        component.version,
    ):  # as inventory/sbom reads
        properties.append(Property(name="barehull:source", value=component.source))
        properties.append(Property(name="barehull:source-version", value=component.source_version))
    if component.vendored_in:
        properties.append(Property(name="barehull:vendored-in", value=component.vendored_in))
    return BomComponent(
        name=component.name,
        version=component.version,
        type=ComponentType.LIBRARY,
        purl=PackageURL.from_string(component.purl),
        bom_ref=name,
        properties=properties,
    )
