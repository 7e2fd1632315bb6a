"""A QTI content package: its manifest names the items, and what is said of each beside the item itself."""

import posixpath
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from app.content.interchange import qti
from app.content.interchange.labels import read_labels
from app.content.interchange.package import Package
from app.content.interchange.safe_xml import Element, parse
from app.content.interchange.values import FileRefusedError, Found, Labels, Refusal

MANIFEST: Final = "imsmanifest.xml"
_ITEM_TYPES: Final = ("imsqti_item_xmlv2p", "imsqti_item_xmlv3p", "imsqti_apipitem_xmlv2p", "imsqti_aqtiitem_xmlv")
_OLD_TYPES: Final = ("imsqti_xmlv1p", "imsqti_assessment_xmlv1p")


def read(data: bytes, path: str) -> list[Found]:
    """Return the items of a package in the order of its manifest; raises FileRefusedError."""
    package = Package(data)
    if MANIFEST not in package.names():
        inside = next((name for name in package.names() if name.endswith(f"/{MANIFEST}")), None)
        where = f"; it is in {posixpath.dirname(inside)}/, so zip the files of that folder" if inside else ""
        raise FileRefusedError(f"the package has no {MANIFEST} at its top{where}")
    manifest = parse(package.read(MANIFEST))
    return [found for resource in _resources(manifest) for found in _of_resource(package, resource, path)]


def _resources(manifest: Element) -> Iterator[Element]:
    for resources in manifest.elements("resources"):
        yield from resources.elements("resource")


def _of_resource(package: Package, resource: Element, path: str) -> Iterator[Found]:
    """Yield the item that a resource of the manifest is; what is no item is passed over, or refused by name."""
    kind = resource.get("type")
    name = unquote(resource.get("href"))
    if kind.startswith(_OLD_TYPES):
        reason = "QTI 1.2 is not read; export it as QTI 2.1 or later"
        yield Refusal(
            name=name or resource.get("identifier"), line=resource.line, reason=reason, path=f"{path}/{MANIFEST}"
        )
    if not kind.startswith(_ITEM_TYPES):
        return
    place = posixpath.normpath(name)
    try:
        root = parse(package.read(place))
    except FileRefusedError as refusal:
        yield Refusal(name=resource.get("identifier"), line=refusal.line, reason=str(refusal), path=f"{path}/{place}")
        return
    if qti.is_item(root):
        yield qti.read_item(root, f"{path}/{place}", _labels(resource))
    else:
        reason = f"<{root.name[:60]}> is no QTI item"
        yield Refusal(name=resource.get("identifier"), line=root.line, reason=reason, path=f"{path}/{place}")


def _labels(resource: Element) -> Labels:
    """Return what the metadata of a resource says: keywords, and the ids of its educational objectives."""
    keywords, objectives = [], []
    for part in resource.walk():
        if part.name == "keyword":
            keywords.append(part.text())
        elif part.name == "classification":
            purpose = part.first("purpose", "value")
            if purpose is not None and purpose.text() in ("educational objective", "competency"):
                objectives += [
                    one.text() for taxon in part.walk() if taxon.name == "taxon" for one in taxon.elements("id")
                ]
    return read_labels(keywords, objectives)
