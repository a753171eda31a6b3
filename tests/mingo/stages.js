// SPDX-License-Identifier: MIT
// Random pipelines over two collections, `t` and `u`: lookups, graphs, unions, buckets, gaps that are filled, windows by range,
// and what is merged into `u` or put in its place.
"use strict";

module.exports = ({ one, often, below, some }) => {
  // ---- documents ----

  const whole = () => below(6);
  const letter = () => one(["a", "b", "c"]);
  const day = (nth) => new Date(Date.UTC(2024, 0, 1 + nth));

  const document = (id) => ({
    _id: id, k: whole(), g: letter(), n: one([0, 1, 2.5, -3, 10]), up: below(8), at: day(below(20)),
    ...(often(60) ? { q: one([1, 4, 9, null]) } : {}), tags: some(below(4), letter), o: { k: whole(), m: whole() },
  });
  const other = (id) => ({ _id: id, k: whole(), w: one([1, 2, 3]), g: letter(), ...(often(80) ? { up: below(8) } : {}) });

  // ---- stages ----

  const inner = () => one([
    () => [{ $match: { w: { $gt: one([1, 2]) } } }, { $sort: { _id: 1 } }],
    () => [{ $match: { $expr: { $eq: ["$k", "$$k"] } } }, { $project: { w: 1 } }],
    () => [{ $match: { $expr: { $lt: ["$w", "$$k"] } } }, { $group: { _id: "$g", n: { $sum: 1 } } }],
    () => [{ $sort: { w: 1, _id: -1 } }, { $limit: 2 }, { $addFields: { seen: "$$k" } }],
  ])();

  // mingo has a place in `found` for what an element of a list did not find, and takes `as` for one name.
  const lookup = () => one([
    () => ({ $lookup: { from: "u", localField: one(["k", "g", "o.k", "_id"]), foreignField: one(["k", "g", "_id", "w"]), as: "found" } }),
    () => ({ $lookup: { from: "u", let: { k: one(["$k", "$n"]) }, pipeline: inner(), as: "found" } }),
  ])();

  // In what order documents are met is for the product to say. mingo begins from a list with what it did not find, too.
  const graph = () => [
    { $graphLookup: { from: "u", startWith: one(["$k", "$up"]), connectFromField: one(["up", "k"]), connectToField: one(["_id", "k"]), as: "reached",
      ...(often(50) ? { maxDepth: below(3) } : {}), ...(often(50) ? { depthField: "d" } : {}),
      ...(often(40) ? { restrictSearchWithMatch: { w: { $gte: 2 } } } : {}) } },
    { $project: { reached: { $sortArray: { input: "$reached", sortBy: { _id: 1 } } } } },
  ];

  const union = () => ({ $unionWith: often(50) ? "u" : { coll: "u", pipeline: [{ $match: { w: { $gte: 2 } } }, { $project: { g: 1, w: 1 } }] } });

  // Buckets that nothing falls into are no documents in MongoDB; mingo has them, and counts what is a bound below it.
  const bucket = () => one([
    () => [{ $bucket: { groupBy: one(["$k", "$n"]), boundaries: one([[-5, 1.5, 3.5, 20], [-10, 0.5, 20]]), default: "rest", output: { c: { $sum: 1 }, s: { $sum: "$k" } } } },
      { $match: { c: { $gt: 0 } } }],
    () => [{ $bucket: { groupBy: "$k", boundaries: [-0.5, 2.5, 4.5], default: 99 } }, { $match: { count: { $gt: 0 } } }],
    () => [{ $bucketAuto: { groupBy: { $add: ["$_id", 1] }, buckets: 1 + below(4), granularity: one(["R5", "R10", "1-2-5", "E6", "POWERSOF2"]) } },
      { $project: { _id: { $round: ["$_id.max", 6] }, count: 1 } }], // MongoDB rounds the least bound down, mingo begins with 0
    () => [{ $bucketAuto: { groupBy: "$_id", buckets: 1 + below(4), output: { c: { $sum: 1 }, ks: { $push: "$k" } } } }],
  ])();

  const gaps = () => one([
    () => [{ $densify: { field: "k", range: { step: 1, bounds: "full" } } }, { $project: { _id: 0, k: 1, g: 1 } }],
    () => [{ $densify: { field: "k", partitionByFields: ["g"], range: { step: 2, bounds: "partition" } } }, { $project: { _id: 0, k: 1, g: 1 } }],
    () => [{ $densify: { field: "at", range: { step: one([1, 3]), unit: "day", bounds: "full" } } }, { $project: { _id: 0, at: 1, g: 1 } }],
    () => [{ $fill: { partitionByFields: ["g"], sortBy: { _id: 1 }, output: { q: { method: "locf" } } } }],
    () => [{ $fill: { sortBy: { _id: 1 }, output: { q: { method: "locf" } } } }],
    () => [{ $fill: { partitionBy: "$g", sortBy: { _id: 1 }, output: { q: { method: one(["locf", "linear"]) } } } }],
    () => [{ $fill: { output: { q: { value: "$k" } } } }],
  ])();

  const moved = () => one([
    () => ({ [one(["$sum", "$avg", "$min", "$max", "$push", "$stdDevPop"])]: one(["$k", "$n"]), window: { range: one([[-2, 2], ["unbounded", 0], [0, 3], [-1, "unbounded"]]) } }),
    () => ({ [one(["$first", "$last", "$addToSet"])]: "$k", window: { documents: one([[-1, 1], ["unbounded", "unbounded"]]) } }),
    () => ({ $expMovingAvg: { input: "$n", N: 1 + below(4) } }),
    () => ({ $expMovingAvg: { input: "$n", alpha: one([0.25, 0.5]) } }),
    () => ({ $derivative: { input: "$n" }, window: { documents: [-1, 0] } }),
    () => ({ $integral: { input: "$n" }, window: { documents: ["unbounded", "current"] } }),
    () => ({ [one(["$linearFill", "$locf"])]: "$q" }),
    () => ({ [one(["$minN", "$maxN"])]: { input: "$k", n: 2 }, window: { documents: [-2, 0] } }),
  ])();
  const windows = () => [
    { $setWindowFields: { ...(often(60) ? { partitionBy: "$g" } : {}), sortBy: { _id: 1 }, output: { x: moved(), y: moved() } } },
    { $project: { x: 1, y: 1 } },
  ];

  const timed = () => [
    { $setWindowFields: { sortBy: { at: 1 }, output: { x: { [one(["$sum", "$max", "$min", "$avg"])]: "$k", window: { range: one([[-2, 0], [-1, 1], ["unbounded", 3]]), unit: one(["day", "week"]) } } } } },
    { $project: { x: 1 } },
  ];

  // Of what nearly cancels out each product has its own last digits: beside 1000 they do not show.
  const covariance = () => [
    { $setWindowFields: { sortBy: { _id: 1 }, output: { x: { [one(["$covariancePop", "$covarianceSamp"])]: ["$k", "$n"], window: { documents: ["unbounded", one(["current", 1])] } } } } },
    { $project: { x: { $add: ["$x", 1000] } } },
  ];

  const redact = () => ({ $redact: { $cond: [{ $gt: [{ $ifNull: ["$k", "$m"] }, whole()] }, one(["$$DESCEND", "$$KEEP"]), "$$PRUNE"] } });

  const pipeline = () => one([
    () => [lookup()],
    () => [lookup(), { $unwind: { path: one(["$found", "$tags"]), preserveNullAndEmptyArrays: often(50) } }],
    () => [lookup(), { $addFields: { c: { $size: { $ifNull: ["$found", []] } } } }, { $sort: { _id: 1 } }],
    graph,
    () => [{ $project: { g: 1, k: 1 } }, union()],
    () => [union(), { $group: { _id: "$g", c: { $sum: 1 }, w: { $sum: "$w" } } }],
    bucket,
    gaps,
    windows,
    timed,
    covariance,
    () => [redact()],
    () => [{ $facet: { a: bucket(), b: [lookup(), { $sort: { _id: 1 } }, { $limit: 2 }], c: [{ $sortByCount: "$g" }, { $sort: { _id: 1 } }] } }],
  ])();

  // ---- what changes `u` ----

  const merged = () => one([
    () => [{ $project: { _id: 1, w: "$k", new: "$n" } }],
    () => [{ $match: { k: { $lt: whole() } } }, { $project: { _id: 1, g: 1 } }],
    () => [{ $group: { _id: "$k", w: { $sum: "$n" } } }],
  ])();
  const merge = () => {
    const into = { into: "u" };
    if (often(80)) into.whenMatched = one(["merge", "replace", "keepExisting", [{ $addFields: { w: "$$new.w", was: "$w" } }]]);
    if (often(70)) into.whenNotMatched = one(["insert", "discard"]);
    return [...merged(), often(20) ? { $out: "u" } : { $merge: into }];
  };

  return { document, other, pipeline, merge };
};
