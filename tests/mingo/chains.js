// SPDX-License-Identifier: MIT
// Random chains of stages over two collections, `t` and `u`: what one stage makes the next one reads, so that whatever is
// moved, joined or left out between them shows; and expressions within the scopes of others.
"use strict";

module.exports = ({ one, often, below, some }) => {
  const whole = () => below(6);
  const letter = () => one(["a", "b", "c"]);

  // ---- documents ----

  const part = () => ({ k: whole(), g: letter() });
  const document = (id) => ({
    _id: id, k: whole(), g: letter(), n: one([0, 1, 2.5, -3, 10]), tags: some(below(4), letter), l: some(below(5), whole),
    d: some(below(4), part), o: { k: whole(), g: letter() }, ...(often(60) ? { q: one([1, 4, null]) } : {}),
  });
  const other = (id) => ({ _id: id, k: whole(), w: one([1, 2, 3]), g: letter(), n: whole(), l: some(below(3), whole), o: { k: whole() }, tags: [],
    d: some(below(3), part) });

  // ---- expressions ----

  const names = ["x", "y", "z"];
  const number = (depth, seen) => {
    const leaf = () => one(["$k", "$n", "$o.k", whole(), ...seen.map((name) => "$$" + name)]);
    if (depth <= 0) return leaf();
    const inner = () => number(depth - 1, seen);
    return one([
      leaf,
      () => ({ [one(["$add", "$multiply", "$subtract"])]: [inner(), inner()] }),
      () => ({ $size: list(depth - 1, seen) }),
      () => ({ $sum: list(depth - 1, seen) }),
      () => ({ $ifNull: [{ [one(["$min", "$max"])]: list(depth - 1, seen) }, -1] }), // of nothing it is null, and nothing to mingo
      () => ({ $cond: [truth(depth - 1, seen), inner(), inner()] }),
      () => ({ $switch: { branches: some(1 + below(2), () => ({ case: truth(depth - 1, seen), then: inner() })), default: inner() } }),
      () => ({ $ifNull: [one(["$q", "$none"]), inner()] }),
      () => { const name = names[seen.length % 3]; return { $let: { vars: { [name]: inner() }, in: number(depth - 1, [...seen.filter((had) => had !== name), name]) } }; },
      () => ({ $reduce: { input: list(depth - 1, seen), initialValue: inner(), in: { $add: ["$$value", { $multiply: ["$$this", one([1, 2])] }] } } }),
      () => ({ $ifNull: [{ $arrayElemAt: [list(depth - 1, seen), one([0, 1, -1])] }, -7] }),
      () => ({ $size: { $setUnion: [list(depth - 1, seen), list(depth - 1, seen)] } }),
    ])();
  };
  const truth = (depth, seen) => {
    const plain = () => ({ [one(["$gt", "$lte", "$eq", "$ne"])]: [number(depth - 1, seen), whole()] });
    if (depth <= 0) return plain();
    return one([
      plain,
      () => ({ [one(["$and", "$or"])]: [truth(depth - 1, seen), truth(depth - 1, seen)] }),
      () => ({ $not: [truth(depth - 1, seen)] }),
      () => ({ $in: [number(depth - 1, seen), list(depth - 1, seen)] }),
      () => ({ $in: [letter(), "$tags"] }),
      () => ({ $setIsSubset: [list(depth - 1, seen), "$l"] }),
      () => ({ $anyElementTrue: [{ $map: { input: list(depth - 1, seen), as: "e", in: { $gt: ["$$e", number(0, seen)] } } }] }),
    ])();
  };
  // Of numbers.
  const list = (depth, seen) => {
    if (depth <= 0) return one(["$l", "$d.k"]);
    const name = names[seen.length % 3], within = [...seen.filter((had) => had !== name), name];
    return one([
      () => "$l",
      () => "$d.k",
      () => ({ $map: { input: list(depth - 1, seen), as: name, in: number(depth - 1, within) } }),
      () => ({ $map: { input: "$d", as: name, in: { $add: ["$$" + name + ".k", number(0, seen)] } } }),
      () => ({ $filter: { input: list(depth - 1, seen), as: name, cond: truth(depth - 1, within) } }),
      () => ({ $map: { input: { $filter: { input: "$d", as: name, cond: { $eq: ["$$" + name + ".g", letter()] } } }, as: "p", in: "$$p.k" } }),
      () => ({ $concatArrays: [list(depth - 1, seen), [number(depth - 1, seen)]] }),
      () => ({ $reduce: { input: list(depth - 1, seen), initialValue: [], in: { $concatArrays: [["$$this"], "$$value"] } } }),
      () => ({ $slice: [list(depth - 1, seen), one([1, 2, -2])] }),
      () => ({ $cond: [truth(depth - 1, seen), list(depth - 1, seen), []] }),
      () => ({ $range: [0, { $size: list(depth - 1, seen) }] }),
    ])();
  };

  // ---- stages ----

  const filter = () => one([
    () => ({ k: { [one(["$gt", "$lte", "$ne"])]: whole() } }),
    () => ({ g: { $in: [letter(), letter()] } }),
    () => ({ [one(["tags", "d.g", "o.g"])]: letter() }),
    () => ({ [one(["l", "d.k"])]: { [one(["$gt", "$eq"])]: whole() } }),
    () => ({ d: { $elemMatch: { k: { $gte: whole() }, g: letter() } } }),
    () => ({ $or: [{ k: whole() }, { "o.k": { $gt: whole() } }] }),
    () => ({ a: { [one(["$gt", "$lt", "$ne"])]: whole() } }),
    () => ({ $expr: truth(2, []) }),
  ])();
  const lookup = () => one([
    () => ({ $lookup: { from: "u", localField: one(["k", "g", "o.k"]), foreignField: one(["k", "g"]), as: "f" } }),
    () => ({ $lookup: { from: "u", let: { y: "$k", z: "$o.k" }, pipeline: [{ $match: { $expr: truth(1, ["y", "z"]) } }, { $project: { w: 1 } }], as: "f" } }),
    () => ({ $lookup: { from: "u", let: { y: "$k" }, pipeline: [{ $group: { _id: "$g", s: { $sum: { $add: ["$w", "$$y"] } } } }, { $match: { s: { $gt: 5 } } }], as: "f" } }),
  ])();
  const computed = () => ({ $addFields: { a: number(2, []), ...(often(30) ? { "o.z": truth(1, []) } : {}), ...(often(20) ? { l: list(2, []) } : {}) } });
  const windows = () => ({ $setWindowFields: { ...(often(50) ? { partitionBy: "$g" } : {}), sortBy: { _id: 1 },
    output: { a: one([{ $sum: "$k", window: { documents: one([["unbounded", "current"], [-1, 1]]) } }, { $documentNumber: {} }, { $shift: { output: "$k", by: 1, default: 0 } }]) } } });
  // What a group meets first depends on the order, which is free; sums are of numbers that no order changes.
  const group = (key) => ({ $group: { _id: key, c: { $sum: 1 }, s: { $sum: one(["$k", "$o.k", "$a"]) }, most: { $max: one(["$k", "$n"]) },
    ...(often(40) ? { e: { $min: { $size: { $ifNull: ["$f", []] } } } } : {}) } });
  const last = () => one([
    () => [group(one(["$g", null, "$o.g", { g: "$g", k: "$k" }]))],
    () => [group("$g"), { $match: { c: { $gt: 1 }, ...(often(50) ? { _id: { $in: [letter(), letter()] } } : {}) } }],
    () => [group("$g"), { $sort: { _id: one([1, -1]) } }, { $limit: 2 }, { $project: { c: 1, twice: { $multiply: ["$s", 2] } } }],
    () => [{ $project: { v: number(2, []), d: { k: 1 }, "o.g": 1 } }],
    () => [{ $project: { d: 0, tags: 0 } }], // mingo takes inner names from all documents that an $unwind made of one
    () => [{ $facet: { p: [{ $match: filter() }, { $count: "c" }, { $match: { c: { $gt: 0 } } }], q: [group("$g"), { $sort: { _id: 1 } }] } }, { $project: { p: 1, n: { $size: "$q" }, q: { $slice: ["$q", 1] } } }],
    () => [{ $replaceWith: { $mergeObjects: [{ _id: "$_id" }, "$o", { a: "$a" }] } }, { $match: { k: { $gte: whole() } } }],
    () => [{ $unwind: "$l" }, { $group: { _id: "$l", c: { $sum: 1 } } }, { $match: { _id: { $gt: whole() } } }],
  ])();

  const pipeline = () => {
    const made = [];
    const step = () => one([
      () => [{ $match: filter() }],
      () => [{ $match: filter() }],
      () => [computed()],
      () => [lookup()],
      () => [windows()],
      () => [{ $sort: { k: one([1, -1]), _id: 1 } }, { $skip: below(2) }, { $limit: 2 + below(6) }],
      () => [{ $project: { k: 1, g: 1, n: 1, o: 1, d: 1, l: 1, tags: 1, a: number(1, []) } }],
      () => [{ $set: { k: { $add: ["$k", 1] }, "o.k": "$n" } }], // a map would take the place of the whole in mingo
      () => [{ $unset: one(["q", "o.none", "tags"]) }],
    ])();
    for (let left = 1 + below(4); left > 0; left--) made.push(...step());
    if (often(40)) made.push({ $unwind: { path: one(["$f", "$d", "$l"]), preserveNullAndEmptyArrays: often(50) } }, ...(often(60) ? [{ $match: filter() }] : []));
    if (often(70)) made.push(...last());
    return made;
  };

  return { document, other, pipeline };
};
