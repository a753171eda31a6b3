# SPDX-License-Identifier: MIT
"""Answers against expectations, both in extended JSON. Kinds of numbers do not matter, their values do; the order of a
map's fields does not matter."""
import base64
import datetime
import math
import uuid

NUMBERS = ("$numberInt", "$numberLong", "$numberDouble", "$numberDecimal")


def number_of(text):
    value = float(text)
    return int(text) if math.isfinite(value) and text.lstrip("-").isdigit() else value


def milliseconds(value):
    """A date's tag in any of its forms."""
    if isinstance(value, dict):
        return int(value["$numberLong"])
    if isinstance(value, int):
        return value
    try:
        return round(datetime.datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp() * 1000)
    except ValueError:  # a year that Python does not know
        return value


def plain(value):
    """The value with the tags of numbers and dates taken away."""
    if isinstance(value, list):
        return [plain(element) for element in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        (tag, inner), = value.items()
        if tag in NUMBERS and isinstance(inner, str):
            return number_of(inner)
        if tag == "$date":
            return {"$date": milliseconds(inner)}
        if tag == "$uuid":
            return {"$binary": {"base64": base64.b64encode(uuid.UUID(inner).bytes).decode(), "subType": "04"}}
    return {name: plain(inner) for name, inner in value.items()}


def same_number(a, b):
    if isinstance(a, float) and isinstance(b, float) and math.isnan(a) and math.isnan(b):
        return True
    if a == b:
        return True
    if isinstance(a, int) and isinstance(b, int) and abs(b) > 2 ** 53:  # the sets are of doubles
        return float(a) == float(b)
    close = isinstance(a, float) or isinstance(b, float)
    return close and math.isfinite(a) and math.isfinite(b) and math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-300)


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def same(a, b):
    if is_number(a) and is_number(b):
        return same_number(a, b)
    if type(a) is not type(b):
        return False
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    return a == b


def same_documents(got, wanted, ordered):
    """Lists of documents; where the order does not matter each is found once."""
    if len(got) != len(wanted):
        return False
    if ordered:
        return all(map(same, got, wanted))
    left = list(wanted)
    for document in got:
        at = next((i for i, other in enumerate(left) if same(document, other)), None)
        if at is None:
            return False
        left.pop(at)
    return True
