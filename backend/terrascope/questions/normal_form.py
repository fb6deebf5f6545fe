"""The normal form of a Query: one Query for all that ask the same.

What is evened out means the same on every scene: the order of unions and intersections, double negation, `Minus` as an
intersection with a complement, a date said once or at every region, a whole that is said as `inside` or at each region.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import msgspec

from terrascope.questions import query as q

#: Measures whose regions can each be cut with `inside` instead. A change on balance cannot: it is held at both dates.
_CUT = (q.Area, q.Count, q.ListParts, q.Exists, q.Border, q.Touches, q.Distance, q.Mean, q.Classes, q.Dominant)


def normal_form(query: q.Query) -> q.Query:
    """Return the normal form of a query; two that have one normal form ask the same."""
    date = None if query.date == "last" else query.date
    inside = None if query.inside is None else region_form(query.inside)
    inside = None if inside == q.Everything() else inside
    alike = not isinstance(query.by, q.ByClasses)  # a class cuts the first of two regions
    measures = tuple(_measure(each, alike) for each in query.measures)
    test = query.test
    if isinstance(test, q.Compared):
        test = msgspec.structs.replace(test, to=_measure(test.to, alike))
    every = (*measures, *((test.to,) if isinstance(test, q.Compared) else ()))
    if inside is not None and query.by is None and all(isinstance(each, (*_CUT, q.Share)) for each in every):
        measures = tuple(_cut(each, inside) for each in measures)
        if isinstance(test, q.Compared):
            test = msgspec.structs.replace(test, to=_cut(test.to, inside))
        inside = None
    unit = query.unit
    if unit == "%" and all(isinstance(each, q.Share) for each in measures):
        unit = None
    return msgspec.structs.replace(query, measures=measures, inside=inside, test=test, date=date, unit=unit)


def _measure(measure: q.AnyMeasure, alike: bool = True) -> q.AnyMeasure:
    """Return the normal form of a measure; `alike`: its two regions may change places."""
    fields: dict[str, Any] = {}
    for name in measure.__struct_fields__:
        value = getattr(measure, name)
        if isinstance(value, q._Node):
            fields[name] = region_form(value)  # type: ignore[arg-type]
    found = msgspec.structs.replace(measure, **fields)
    if isinstance(found, q.Share):  # what lies outside the whole does not count anyway
        whole = _members(found.whole)
        kept = tuple(each for each in _members(found.of) if each not in whole)
        found = msgspec.structs.replace(found, of=_all(kept))
    if alike and isinstance(found, (q.Distance, q.Border, q.Touches)):
        one, two = sorted((found.of, found.to), key=_key)
        found = msgspec.structs.replace(found, of=one, to=two)
    return found


def _cut(measure: q.AnyMeasure, inside: q.Region) -> q.AnyMeasure:
    fields = {
        name: region_form(q.AllOf(of=(getattr(measure, name), inside)))
        for name in (("whole",) if isinstance(measure, q.Share) else ("of", "to")) if hasattr(measure, name)
    }  # fmt: skip
    return _measure(msgspec.structs.replace(measure, **fields))


@singledispatch
def region_form(region: Any) -> q.Region:
    """Return the normal form of a region."""
    return region  # type: ignore[no-any-return]


@region_form.register
def _(region: q.AnyOf) -> q.Region:
    found: list[q.Region] = []
    for each in map(region_form, region.of):
        found += each.of if isinstance(each, q.AnyOf) else (each,)
    if (
        q.Everything() in found
        and len(found) > 1
        and all(isinstance(each, (q.Everything, q.Cover, q.Within)) for each in found)
    ):
        return q.Everything()
    one = _sorted(found)
    return one[0] if len(one) == 1 else q.AnyOf(of=one)


@region_form.register
def _(region: q.AllOf) -> q.Region:
    return _all(tuple(map(region_form, region.of)))


@region_form.register
def _(region: q.Not) -> q.Region:
    of = region_form(region.of)
    return q.Not(of=of)


@region_form.register
def _(region: q.Minus) -> q.Region:
    if not _of_its_date(region.of):
        return q.Minus(of=region_form(region.of), without=region_form(region.without))
    return region_form(q.AllOf(of=(region.of, q.Not(of=region.without))))


@region_form.register
def _(region: q.Within) -> q.Region:
    return q.Within(place="centre", part="ninth") if region.place == "centre" else region


@region_form.register
def _(region: q.Near) -> q.Region:
    return msgspec.structs.replace(region, of=region_form(region.of))


@region_form.register
def _(region: q.At) -> q.Region:
    of = region_form(region.of)
    inner = of.date if isinstance(of, q.At) else region.date
    return q.At(of=of.of if isinstance(of, q.At) else of, date=inner)


@region_form.register
def _(region: q.Change) -> q.Region:
    return msgspec.structs.replace(region, of=region_form(region.of))


@region_form.register
def _(region: q.Turned) -> q.Region:
    of, into = region_form(region.of), region_form(region.into)
    if of == into:
        return q.Change(of=of, how="kept", start=region.start, end=region.end)
    return msgspec.structs.replace(region, of=of, into=into)


@region_form.register
def _(region: q.Parts) -> q.Region:
    fields: dict[str, Any] = {"of": region_form(region.of)}
    for name in ("touching", "near"):
        if getattr(region, name) is not None:
            fields[name] = region_form(getattr(region, name))
    found = msgspec.structs.replace(region, **fields)
    plain = q.Parts(of=found.of)
    if found == plain:
        return found.of
    inner = found.of
    unranked = (found.largest, found.smallest) == (None, None)
    if unranked and isinstance(inner, q.Parts) and (inner.largest, inner.smallest) == (None, None):
        merged = _merged(found, inner)
        if (
            merged is None
            and _only_touching(found)
            and _only_touching(inner)
            and _key(found.touching) < _key(inner.touching)
        ):
            return q.Parts(of=q.Parts(of=inner.of, touching=found.touching), touching=inner.touching)
        return merged or found
    return found


def _only_touching(parts: q.Parts) -> bool:
    return parts == q.Parts(of=parts.of, touching=parts.touching) and parts.touching is not None


def _merged(outer: q.Parts, inner: q.Parts) -> q.Parts | None:
    """Conditions on parts of parts as conditions on parts."""
    fields: dict[str, Any] = {}
    for name in ("over_m2", "under_m2", "touching", "near", "metres"):
        one, two = getattr(outer, name), getattr(inner, name)
        if one is not None and two is not None:
            return None
        fields[name] = one if one is not None else two
    return q.Parts(of=inner.of, whole=outer.whole or inner.whole, **fields)


def _all(members: tuple[q.Region, ...]) -> q.Region:
    found: list[q.Region] = []
    for each in members:
        found += _members(each)
    kept = [each for each in found if each != q.Everything()]
    if not kept:
        return q.Everything()
    if any(each == q.Everything() for member in members for each in _with_all(member)) and not any(
        map(_of_its_date, kept)
    ):
        kept.append(q.Everything())  # it leaves out what was not seen on the date of the rest
    nots = [each.of for each in kept if isinstance(each, q.Not)]
    if len(nots) > 1:  # what is in neither is not in their union
        kept = [each for each in kept if not isinstance(each, q.Not)]
        kept.append(q.Not(of=region_form(q.AnyOf(of=tuple(nots)))))
    one = _sorted(kept)
    return one[0] if len(one) == 1 else q.AllOf(of=one)


def _with_all(region: q.Region) -> tuple[q.Region, ...]:
    return region.of if isinstance(region, q.AllOf) else (region,)


def _of_its_date(region: q.Region) -> bool:
    """Say whether a region holds only what was seen on its own date: no part of it is of another."""
    return not any(isinstance(node, (q.At, q.Change, q.Turned)) for node in (region, *q.walk(region)))


def _members(region: q.Region) -> tuple[q.Region, ...]:
    return region.of if isinstance(region, q.AllOf) else () if region == q.Everything() else (region,)


def _sorted(regions: list[q.Region]) -> tuple[q.Region, ...]:
    return tuple(sorted(dict.fromkeys(regions), key=_key))


def _key(region: q.Region | None) -> bytes:
    return msgspec.json.encode(region)
