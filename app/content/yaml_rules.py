"""What the values of a YAML file may not say together, beyond what its model refuses."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.content.generate.wording import same
from app.content.numerals import number_text, shorten
from app.content.parts import YamlPart
from app.content.values import Problem
from app.content.yaml_loader import YamlPath


def device_problems(devices: YamlPart) -> Iterator[Problem]:
    """Check that a device has both wavelengths, in order, or neither."""
    low_key, high_key = "wavelength_min_nm", "wavelength_max_nm"
    for path, device in devices.spread("*"):
        if not isinstance(device, dict):
            continue
        yield from _order(devices, path, device, low_key, high_key)
        for given, missing in ((low_key, high_key), (high_key, low_key)):
            if given in device and missing not in device:
                message = f"is missing, but {given} is given; give both, or neither for a device without a wavelength"
                yield devices.problem((*path, missing), message)


def item_problems(items: YamlPart, media: set[str]) -> Iterator[Problem]:
    """Check the items of items.yaml one by one and their ids together; `media` are the pictures that there are."""
    first: dict[str, YamlPath] = {}
    for path, item in items.spread("*"):
        if not isinstance(item, dict):
            continue
        name = item.get("id")
        if isinstance(name, str) and name.strip() and first.setdefault(name, path) != path:
            line = items.loaded.place(first[name])[0]
            message = f"{shorten(name)} is the id of the item in line {line} too; give this item another"
            yield items.problem((*path, "id"), message)
        yield from _choices(items, path, item)
        yield from _figures(items, path, item)
        yield from _lists(items, path, item)
        yield from _picture(items, path, item, media)


def source_problems(items: YamlPart, read: Mapping[str, bool]) -> Iterator[Problem]:
    """Check that no item rests on sources alone that nobody read."""
    for path, sources in items.spread("*", "sources"):
        named = [source for source in sources if isinstance(source, str)] if isinstance(sources, list) else []
        if named and not any(read.get(source, True) for source in named):
            advice = "add a source that was read, or remove these"
            yield items.problem(path, f"nobody read {', '.join(named)} (`read: no`); {advice}")


def media_name(file: str) -> str:
    """Return the bare name of a picture: authors write it with media/ before it or without."""
    return file.strip().removeprefix("media/")


def _choices(items: YamlPart, path: YamlPath, item: dict[str, Any]) -> Iterator[Problem]:
    """Check how many options are correct, and that no wrong one says the same as a correct one."""
    options, kind = item.get("options"), item.get("type")
    if not isinstance(options, list) or kind not in ("single-choice", "multiple-choice"):
        return
    if not all(isinstance(option, dict) for option in options):
        return
    correct = [option for option in options if _is_correct(option)]
    place = (*path, "options")
    if kind == "single-choice" and len(correct) != 1:
        yield items.problem(place, f"{len(correct)} options are correct; mark exactly one with `correct: true`")
    if kind == "multiple-choice" and not correct:
        yield items.problem(place, "no option is correct; mark at least one with `correct: true`")
    if kind == "multiple-choice" and options and len(correct) == len(options):
        yield items.problem(place, "every option is correct; leave at least one without `correct: true`")
    right = {same(option["text"]) for option in correct if isinstance(option.get("text"), str)}
    for number, option in enumerate(options):
        text = option.get("text")
        if not _is_correct(option) and isinstance(text, str) and same(text) in right:
            message = f"{shorten(text)} is a correct answer too, but for case, space and punctuation"
            yield items.problem((*place, number, "text"), f"{message}; write an answer that is wrong")


def _is_correct(option: Mapping[str, Any]) -> bool:
    value = option.get("correct")
    return value is True or value == "yes"


def _figures(items: YamlPart, path: YamlPath, item: dict[str, Any]) -> Iterator[Problem]:
    answer = item.get("answer")
    if isinstance(answer, dict):
        yield from _order(items, (*path, "answer"), answer, "min", "max")


def _order(part: YamlPart, path: YamlPath, values: Mapping[str, Any], low_key: str, high_key: str) -> Iterator[Problem]:
    low, high = (values.get(key) for key in (low_key, high_key))
    if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
        message = f"{number_text(low)} is above {high_key} {number_text(high)}; swap them or correct one"
        yield part.problem((*path, low_key), message)


def _lists(items: YamlPart, path: YamlPath, item: dict[str, Any]) -> Iterator[Problem]:
    """Check that no step and no left side stands twice, where nobody could tell the two apart."""
    steps, pairs = item.get("steps"), item.get("pairs")
    if isinstance(steps, list) and item.get("type") == "ordering":
        yield from _repeated(items, [((*path, "steps", number), step) for number, step in enumerate(steps)])
    if isinstance(pairs, list) and item.get("type") == "matching":
        lefts = [
            ((*path, "pairs", number, "left"), pair.get("left"))
            for number, pair in enumerate(pairs)
            if isinstance(pair, dict)
        ]
        yield from _repeated(items, lefts)


def _repeated(items: YamlPart, texts: list[tuple[YamlPath, Any]]) -> Iterator[Problem]:
    seen: set[str] = set()
    for path, text in texts:
        if isinstance(text, str) and text.strip():
            if same(text) in seen:
                yield items.problem(path, f"{shorten(text)} stands here twice; make the two differ, or remove one")
            seen.add(same(text))


def _picture(items: YamlPart, path: YamlPath, item: dict[str, Any], media: set[str]) -> Iterator[Problem]:
    picture = item.get("media")
    file = picture.get("file") if isinstance(picture, dict) else None
    if isinstance(file, str) and file.strip() and media_name(file) not in media:
        message = f"media/{shorten(media_name(file))} does not exist; add the picture, or correct the name"
        yield items.problem((*path, "media", "file"), message)
