// SPDX-License-Identifier: MIT
// Random shapes: find's projections with $slice, $elemMatch and expressions, maps within $project and $addFields, paths through
// lists of maps, groups by maps, upserts, updates of what lies deep, and values of mixed types beside each other.
"use strict";

module.exports = ({ one, often, below, some }) => {
  // ---- documents ----

  const whole = () => below(7) - 1;
  const letter = () => one(["a", "b", "c", "B"]);
  const scalar = () => one([whole, whole, letter, () => often(50), () => null, () => 2.5])();
  const part = () => ({ k: whole(), ...(often(70) ? { s: letter() } : {}), ...(often(50) ? { t: some(below(3), whole) } : {}) });

  const document = (id) => ({
    _id: id, n: whole(), s: letter(), ...(often(70) ? { v: scalar() } : {}), ...(often(70) ? { w: scalar() } : {}),
    l: some(below(6), whole), d: some(below(4), part), o: { p: part(), q: whole(), ...(often(50) ? { r: some(below(3), letter) } : {}) },
    at: new Date(Date.UTC(2024, below(3), 1 + below(27), below(24))),
  });

  // ---- expressions ----

  const path = () => one(["$n", "$o.q", "$o.p.k"]);
  const number = (depth) => (depth <= 0 ? one([path(), whole()]) : one([
    () => ({ $add: [number(depth - 1), path()] }),
    () => ({ $size: "$l" }),
    () => ({ $sum: { $cond: [{ $isArray: "$l" }, "$l", ["$l"]] } }), // mingo refuses the sum of a number
    () => ({ $max: [path(), number(depth - 1)] }),
    () => ({ $ifNull: [{ $arrayElemAt: ["$d.k", one([0, -1])] }, 0] }), // of a number and null mingo's $max is null
    () => ({ $reduce: { input: "$d", initialValue: 0, in: { $add: ["$$value", "$$this.k"] } } }),
    () => ({ $cond: { if: logical(depth - 1), then: path(), else: number(depth - 1) } }),
    () => ({ $cmp: [one(["$s", "$o.p.s"]), letter()] }), // values of two kinds do not compare in mingo
    () => ({ $indexOfArray: ["$l", whole()] }),
    () => ({ $let: { vars: { d: { $ifNull: ["$$ROOT.o.q", 0] } }, in: { $multiply: ["$$d", path()] } } }),
    () => path(),
  ])());
  const logical = (depth) => (depth <= 0 ? { [one(["$gt", "$lte", "$eq", "$ne"])]: [path(), whole()] } : one([
    () => ({ $and: [logical(depth - 1), logical(depth - 1)] }),
    () => ({ $or: [logical(depth - 1), logical(depth - 1)] }),
    () => ({ $not: [logical(depth - 1)] }),
    () => ({ $in: [one(["$s", "$n"]), ["a", "c", 1, 2]] }),
    () => ({ $in: [whole(), "$d.k"] }),
    () => ({ $eq: ["$l", [whole(), whole()]] }),
    () => ({ $lt: [one(["$s", letter()]), one(["$s", letter()])] }),
    () => ({ $eq: [{ $type: "$v" }, one(["int", "string", "missing", "bool", "null"])] }),
    () => logical(0),
  ])());
  const list = (depth) => one([
    () => "$d.s",
    () => "$d.k",
    () => ({ $map: { input: "$d", as: "e", in: { k: "$$e.k", n: number(depth) } } }),
    () => ({ $filter: { input: "$d", as: "e", cond: { $gte: ["$$e.k", whole()] } } }),
    () => ({ $map: { input: { $range: [0, { $size: "$l" }] }, as: "i", in: { $add: ["$$i", { $arrayElemAt: ["$l", "$$i"] }] } } }),
    () => ({ $sortArray: { input: "$d.k", sortBy: one([1, -1]) } }),
    () => ({ $concatArrays: ["$l", ["$n", "$s"]] }),
    () => ({ $objectToArray: "$o.p" }),
    () => ({ $zip: { inputs: [["$n", 1, "$s"], [2, "$o.q", 3]] } }), // mingo takes the longest where the first is empty
    () => [number(depth), "$s", { a: path() }],
    () => ({ $slice: ["$d.k", one([1, -1, 2])] }),
    () => ({ $setDifference: ["$l", [0, 1]] }),
  ])();
  const any = (depth) => one([() => number(depth), () => logical(depth), () => list(depth - 1), () => one(["$s", "$at"])])(); // mingo makes no empty map around what is missing

  // ---- find ----

  const filter = (expressions = true) => one([
    () => ({}),
    () => ({ n: { $gte: whole() } }),
    () => ({ "o.p.k": { $in: some(2, whole) }, s: { $ne: letter() } }),
    () => ({ d: { $elemMatch: { k: { $gte: whole() }, s: { $in: [letter(), letter()] } } } }),
    () => ({ $or: [{ s: letter() }, { "o.q": { $lt: whole() } }] }),
    () => ({ $and: [{ "o.r": letter() }, { n: { $not: { $lt: whole() } } }] }),
    () => ({ o: { $type: "object" }, "o.r": { $exists: often(50) } }),
    () => ({ l: { $elemMatch: { $gt: whole(), $lt: 4 } } }),
    () => (expressions ? { $expr: logical(2) } : { s: letter() }), // mingo's updates know no expressions
    () => ({ at: { $gte: new Date(Date.UTC(2024, 1, 1)) } }),
    () => ({ s: { $in: [/^a/, "b"] } }),
    () => ({ $nor: [{ n: whole() }, { s: letter() }] }),
  ])();

  const shape = () => one([
    () => ({ l: { $slice: one([1, 2, -1, -3]) }, n: 1 }),
    () => ({ l: { $slice: [one([0, 1, -2]), 1 + below(3)] }, n: 1 }),
    () => ({ d: { $elemMatch: { k: { $gte: whole() } } } }),
    () => ({ n: 1, x: any(1) }),
    () => ({ "o.p.k": 1, "o.q": 1, _id: 0 }),
    () => ({ o: { p: 1 } }),
    () => ({ "d.k": 1, s: 1 }),
    () => ({ "d.t": 0, "o.p": 0 }),
    () => ({ d: 0, l: 0, _id: 0 }),
  ])();

  // ---- pipelines ----

  const accumulator = () => one([
    () => ({ [one(["$sum", "$avg", "$min", "$max"])]: path() }),
    () => ({ [one(["$first", "$last", "$push"])]: one([path(), "$s", { k: path(), s: "$s" }]) }), // mingo pushes a null for what is missing
    () => ({ $sum: { $cond: [logical(1), 1, 0] } }),
    () => ({ $max: "$at" }),
    () => ({ $min: "$s" }),
    () => ({ $count: {} }),
    () => ({ [one(["$firstN", "$lastN"])]: { input: "$n", n: 1 + below(3) } }),
    () => ({ [one(["$stdDevPop", "$stdDevSamp"])]: path() }),
  ])();
  const key = () => one(["$s", "$o.q", { s: "$s", big: { $gt: ["$n", 2] } }, { $mod: [{ $abs: "$n" }, 2] }, null, "$o.p.k", { $month: "$at" }]);

  const stage = () => one([
    () => ({ $match: filter() }),
    () => ({ $addFields: { "o.z": any(1), "o.p.y": number(1) } }),
    // Into lists of maps mingo adds no fields.
    () => ({ $addFields: { x: any(2), "y.z": any(1) } }),
    () => ({ $project: { o: { p: 1, q: 1, z: number(1) }, l: 1, s: 1, n: 1, d: 1, at: 1 } }),
    () => ({ $unset: one(["o.p.t", "d.s", ["v", "o.r"]]) }),
    () => ({ $sort: { s: one([1, -1]), _id: 1 } }),
    () => ({ $unwind: { path: "$d", preserveNullAndEmptyArrays: often(50), includeArrayIndex: "i" } }),
    () => ({ $unwind: one(["$l", "$o.r", "$d"]) }),
    () => ({ $set: { l: { $map: { input: "$l", in: { $multiply: ["$$this", 2] } } } } }),
  ])();
  const end = () => one([
    () => [{ $sort: { _id: 1 } }, { $group: { _id: key(), x: accumulator(), y: accumulator() } }],
    () => [{ $project: { x: any(2), y: any(1), "z.a": any(1) } }],
    () => [{ $replaceRoot: { newRoot: { $mergeObjects: [{ _id: "$_id" }, "$o", { n: number(1) }] } } }],
    () => [{ $sort: { n: 1, _id: -1 } }, { $limit: 1 + below(5) }],
    () => [{ $group: { _id: key() } }, { $count: "c" }, { $match: { c: { $gt: 0 } } }],
    () => [],
  ])();
  const pipeline = () => {
    // The rows of one document share what lies deep in mingo: fields are added before they are parted.
    const made = some(below(3), stage).sort((a, b) => ("$unwind" in a) - ("$unwind" in b));
    const unwound = made.filter((given) => "$unwind" in given).map(({ $unwind }) => $unwind.path ?? $unwind);
    if (new Set(unwound).size < unwound.length) return [stage()];
    const ended = end();
    return made.length + ended.length ? [...made, ...ended] : [{ $match: filter() }];
  };

  // ---- updates ----

  const update = () => one([
    () => ({ $set: { "o.p.k": whole(), "o.new.deep": letter() } }),
    () => ({ $unset: { "o.p": "", s: "" } }),
    () => ({ $set: { "l.0": whole() }, $inc: { n: 1, "o.q": -2 } }),
    () => ({ $push: { "o.p.u": { $each: some(2, whole) }, l: { $each: some(2, whole), $sort: one([1, -1]), $slice: one([2, -3]) } } }), // mingo sorts no new lists
    () => ({ $push: { l: { $each: some(2, whole), $position: below(3) } }, $set: { s: letter() } }),
    () => ({ $pull: { l: { $gte: whole() }, d: { k: { $in: some(2, whole) } } } }),
    () => ({ $pull: { d: { s: letter(), k: { $gt: whole() } } } }),
    () => ({ $pullAll: { l: some(2, whole) } }),
    () => ({ $rename: { "o.q": "o.p.q", s: "name" } }),
    () => ({ $min: { "o.q": whole() }, $max: { "o.p.k": whole() } }),
    () => ({ $mul: { "o.q": one([2, 0.5]) }, $unset: { "o.r": 1 } }),
    () => ({ $set: { "d.$[].m": whole() } }),
    () => ({ $inc: { "d.$[].k": 10 } }),
    () => ({ $bit: { "o.q": { or: one([1, 8]) } } }),
  ])();

  return { document, filter, shape, pipeline, update };
};
