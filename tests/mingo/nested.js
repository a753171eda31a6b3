// SPDX-License-Identifier: MIT
// Random filters and find's projections over what is nested: lists in lists, lists of maps with lists, maps in maps, null and
// missing beside each other; $elemMatch within $elemMatch, $not, $all and $nor, `.$`, $slice and $elemMatch on inner paths.
// Left out, as mingo differs: $type of lists, lists in $in, paths through lists to lists and to null.
"use strict";

module.exports = ({ one, often, below, some }) => {
  const whole = () => below(5);
  const letter = () => one(["a", "b", "ab", "B"]);
  const scalar = () => one([whole, whole, letter, () => often(50), () => null])();
  const pair = () => some(below(3), whole);
  const inner = () => ({ k: whole(), ...(often(60) ? { s: letter() } : {}), ...(often(50) ? { n: null } : {}), ...(often(60) ? { g: some(below(4), whole) } : {}) });

  const document = (id) => ({
    _id: id, n: whole(), ...(often(60) ? { v: scalar() } : {}), ...(often(70) ? { w: one([pair(), scalar(), inner(), [], {}]) } : {}),
    l: some(below(5), whole), t: some(below(4), letter), x: some(below(4), scalar), p: some(below(4), pair), d: some(below(4), inner),
    o: { k: whole(), l: some(below(4), whole), ...(often(60) ? { i: inner() } : {}), d: some(below(3), inner) },
  });

  // ---- operators on one value ----

  const ranged = (make) => ({ [one(["$gt", "$gte", "$lt", "$lte"])]: make() });
  const ofNumber = () => one([
    () => ranged(whole),
    () => ({ $gte: whole(), $lt: 4 }),
    () => ({ $in: some(1 + below(3), whole) }),
    () => ({ $nin: some(1 + below(2), whole) }),
    () => ({ $ne: whole() }),
    () => ({ $eq: whole() }),
    () => ({ $not: ranged(whole) }),
    () => ({ $mod: [2, below(2)] }),
    () => ({ $exists: true, $ne: whole() }),
  ])();
  const ofText = () => one([
    () => ({ $regex: one(["^a", "b$", "B"]), ...(often(40) ? { $options: "i" } : {}) }),
    () => ({ $in: [/^a/, "B"] }),
    () => ({ $nin: [/b/, "a"] }),
    () => ({ $not: /^a/ }),
    () => ranged(letter),
    () => ({ $ne: letter() }),
  ])();

  const ofInner = (depth) => one([
    () => ({ k: often(50) ? whole() : ofNumber() }),
    () => ({ s: often(50) ? letter() : ofText() }),
    () => ({ g: depth > 0 ? ofNumbers(depth - 1) : whole() }),
    () => ({ k: ofNumber(), s: ofText() }),
    () => ({ $or: [{ k: whole() }, { s: letter() }] }),
    () => ({ $and: [{ k: ranged(whole) }, { g: whole() }] }),
    () => ({ $nor: [{ k: whole() }, { s: letter() }] }),
    () => ({ n: one([null, { $exists: often(50) }, { $ne: null }, { $type: "null" }]) }),
    () => ({ s: { $exists: often(50) } }),
  ])();
  const ofNumbers = (depth) => one([
    () => whole(),
    () => some(below(3), whole),
    () => ofNumber(),
    () => ({ $elemMatch: ofNumber() }),
    () => ({ $not: { $elemMatch: ofNumber() } }),
    () => ({ $all: some(1 + below(2), whole) }),
    () => ({ $not: { $all: some(1 + below(2), whole) } }),
    () => ({ $all: some(1 + below(2), () => ({ $elemMatch: ranged(whole) })) }),
    () => ({ $size: below(4) }),
    () => ({ $not: { $size: below(3) } }),
    () => ({ $in: [whole(), whole()] }),
    () => ({ $nin: [whole(), whole()] }),
    () => ({ $ne: some(below(3), whole) }),
    () => ({ $elemMatch: { $gte: whole(), $not: { $gt: 3 } } }),
  ])();
  const ofInners = (depth) => one([
    () => ({ $elemMatch: ofInner(depth) }),
    () => ({ $not: { $elemMatch: ofInner(depth) } }),
    () => ({ $all: some(1 + below(2), () => ({ $elemMatch: ofInner(depth) })) }),
    () => ({ $elemMatch: { g: { $elemMatch: ofNumber() }, k: ofNumber() } }),
    () => ({ $elemMatch: { g: { $not: { $elemMatch: ofNumber() } } } }),
    () => ({ $size: below(4) }),
    () => ({ $exists: true, $not: { $size: 0 } }),
  ])();
  const ofPairs = () => one([
    () => some(below(3), whole),
    () => ({ $elemMatch: { $elemMatch: ofNumber() } }),
    () => ({ $not: { $elemMatch: { $elemMatch: ofNumber() } } }),
    () => ({ $elemMatch: { $size: below(3) } }),
    () => ({ $all: [[whole(), whole()]] }),
    () => ({ $size: below(4) }),
    () => [pair()],
  ])();

  // ---- filters ----

  const condition = () => one([
    () => ({ n: ofNumber() }),
    () => ({ v: one([scalar(), ofNumber(), { $in: [null, whole()] }, { $ne: scalar() }, { $type: one(["bool", "null", "string"]) }, { $exists: often(50) }]) }),
    () => ({ w: one([null, [], {}, pair(), inner(), { $size: 0 }, { $eq: scalar() }, { $exists: often(50) }]) }),
    () => ({ l: ofNumbers(1) }),
    () => ({ t: one([letter, ofText, () => ({ $elemMatch: ofText() }), () => ({ $not: { $elemMatch: ofText() } }), () => ({ $all: [letter(), /b/] })])() }),
    () => ({ x: one([scalar, () => ({ $elemMatch: { $in: [scalar(), scalar()] } }), () => ({ $all: [scalar()] }), () => ({ $in: [null, letter()] })])() }),
    () => ({ p: ofPairs() }),
    () => ({ d: ofInners(1) }),
    () => ({ "d.k": often(50) ? whole() : ofNumber() }),
    () => ({ "d.s": often(50) ? letter() : ofText() }),
    () => ({ "d.n": { $exists: often(50) } }),
    () => ({ "d.0.k": ofNumber() }),
    () => ({ "l.1": ofNumber() }),
    () => ({ "o.l": ofNumbers(1) }),
    () => ({ "o.d": ofInners(1) }),
    () => ({ "o.i.k": ofNumber() }),
    () => ({ "o.i": one([null, { $exists: often(50) }, { $type: "object" }]) }),
  ])();
  const filter = (depth = 2) => (depth <= 0 || often(40) ? condition() : one([
    () => ({ ...condition(), ...condition() }),
    () => ({ $or: some(1 + below(3), () => filter(depth - 1)) }),
    () => ({ $nor: some(1 + below(2), () => filter(depth - 1)) }),
    () => ({ $and: some(1 + below(2), () => filter(depth - 1)) }),
    () => condition(),
  ])());

  // ---- projections ----

  const projection = () => one([
    () => ({ l: { $slice: one([0, 1, -2, 9]) }, n: 1 }), // by itself it shows nothing else in mingo
    () => ({ "o.l": { $slice: [one([0, 1, -1, -9]), 1 + below(2)] }, "o.k": 1 }),
    () => ({ d: { $elemMatch: ofInner(1) }, n: 1 }),
    () => ({ d: { $elemMatch: ofInner(0) }, t: 1, "o.d.k": 1 }),
    () => ({ "d.k": 1, "o.d.g": 1 }),
    () => ({ "d.g": 0, "o.i.k": 0 }),
    () => ({ d: { k: 1, s: 1 }, o: { i: { s: 1 } }, _id: 0 }),
    () => ({ o: { d: { g: 0 }, l: 0 } }),
    () => ({ "x.k": 1, "p.k": 1, "w.k": 1 }),
    () => ({ "w.k": 0, "x.k": 0, v: 0 }),
  ])();
  // `.$` shows the element through which the one condition on the list matched.
  const positional = () => one([
    () => [{ l: one([whole(), ranged(whole), { $elemMatch: ofNumber() }]) }, { "l.$": 1, n: 1 }],
    () => [{ d: { $elemMatch: ofInner(0) } }, { "d.$": 1 }],
    () => [{ "d.k": one([whole(), ranged(whole)]) }, { "d.$": 1, _id: 0 }],
    () => [{ t: letter(), n: ranged(whole) }, { "t.$": 1, n: 1 }],
  ])();

  return { document, filter, projection, positional };
};
