// SPDX-License-Identifier: MIT
// Random expressions from most of the operators' space, by the kind of value that they make, and the documents they are over:
// dates in time zones, texts beyond ASCII, conversions, lists, windows, updates by pipelines and array filters.
"use strict";

module.exports = ({ one, often, below, some }) => {
  // ---- documents ----

  const MOMENTS = ["2024-02-29T23:59:59.999Z", "2020-01-01T00:00:00.000Z", "1999-12-31T12:30:15.250Z", "2023-03-26T01:30:00.000Z",
    "2023-10-29T01:30:00.000Z", "1970-03-05T00:00:00.000Z", "2021-07-15T06:05:04.003Z", "2016-12-31T23:00:00.000Z"];
  const ZONES = ["+03:30", "-08:00", "+00:00", "Europe/Paris", "America/New_York", "Asia/Kolkata"]; // mingo does not know UTC
  const WORDS = ["", "abc", "Hello World", "naïve café", "日本語", "a-b-c", "  padded ", "12", "-3.5", "ÀÉ", "x😀y", "aXbXc", "true"];
  const moment = () => new Date(one(MOMENTS));
  const word = () => one(WORDS);
  const whole = () => one([0, 1, 2, 3, 7, 10, 255, -1, -8]);
  const real = () => one([0.5, 1.25, 2.75, -3.5, 100, 10.1]);

  const document = (id) => ({
    _id: id, t: moment(), u: word(), v: word(), i: whole(), j: whole(), r: real(),
    l: some(below(5), whole), w: some(below(4), word), o: { p: whole(), q: word() },
    d: some(below(4), () => ({ k: whole(), s: word() })), g: one(["a", "b", "c"]),
  });

  // ---- expressions ----

  // mingo carries the 31st of a month over into the next, does not keep the hour of a day across a change of the clock,
  // loses months, and days in time zones, when it cuts off, counts minutes instead of their bounds, and has
  // the plain year for that of ISO weeks.
  const span = () => one(["hour", "minute", "second", "millisecond"]);
  const cut = () => one([{ unit: one(["hour", "minute", "second"]) }, { unit: one(["year", "day"]), timezone: "+00:00" }]);
  const zone = () => (often(60) ? { timezone: one(ZONES) } : {});

  const date = (depth) => {
    if (depth <= 0) return "$t";
    return one([
      () => "$t",
      () => ({ $dateAdd: { startDate: date(depth - 1), unit: span(), amount: one([1, 2, -3, 13, 40]), ...zone() } }),
      () => ({ $dateSubtract: { startDate: date(depth - 1), unit: span(), amount: one([1, 2, 5, 25]), ...zone() } }),
      () => ({ $dateTrunc: { date: date(depth - 1), ...cut() } }),
      () => ({ $dateFromParts: { year: one([2020, 1999]), month: one([1, 2, 12]), day: one([1, 28]), hour: one([0, 23]) } }),
      () => ({ $add: [date(depth - 1), one([1000, 86400000, -1])] }),
      () => ({ $toDate: { $toLong: date(depth - 1) } }),
      () => ({ $dateFromString: { dateString: one(["2017-02-08T12:10:40.787Z", "2017-02-08", "2017-02-08T12:10:40"]) } }),
    ])();
  };

  const number = (depth) => {
    if (depth <= 0) return one(["$i", "$j", "$r", whole(), real()]);
    const inner = () => number(depth - 1);
    return one([
      () => ({ [one(["$year", "$month", "$dayOfMonth", "$hour", "$minute", "$second", "$millisecond", "$dayOfYear", "$dayOfWeek",
        "$isoWeek", "$isoDayOfWeek"])]: often(50) ? date(depth - 1) : { date: date(depth - 1), ...zone() } }),
      () => ({ $dateDiff: { startDate: date(depth - 1), endDate: date(depth - 1), unit: one(["year", "month", "day"]) } }),
      () => ({ $add: [inner(), inner()] }),
      () => ({ $subtract: [inner(), inner()] }),
      () => ({ $multiply: [inner(), inner()] }),
      () => ({ $divide: [inner(), one([2, 4, 0.5])] }),
      () => ({ $mod: [inner(), one([2, 3, 5])] }),
      () => ({ [one(["$abs", "$ceil", "$floor", "$exp", "$degreesToRadians", "$radiansToDegrees", "$sin", "$cos", "$atan", "$tanh", "$asinh"])]: often(70) ? one(["$i", "$r"]) : inner() }),
      () => ({ $sqrt: { $abs: inner() } }),
      () => ({ $pow: [one(["$i", 2, 3]), one([2, 3])] }),
      () => ({ $round: [one(["$r", "$i"]), 0] }), // to other places mingo rounds in its own way
      () => ({ $trunc: [one(["$r", "$i"]), one([0, 1, -1])] }),
      () => ({ [one(["$ln", "$log10"])]: { $add: [1, { $abs: "$i" }] } }),
      () => ({ $log: [{ $add: [2, { $abs: "$i" }] }, one([2, 10])] }),
      () => ({ [one(["$asin", "$acos", "$atanh"])]: one([0.5, -0.25]) }), // 0 is no number to mingo
      () => ({ $atan2: [one(["$i", 1]), one(["$r", 2])] }),
      () => ({ $indexOfBytes: ["$g", one(["a", "b", "zz"]), ...(often(30) ? [below(2)] : [])] }),
      () => ({ [one(["$bitAnd", "$bitOr", "$bitXor"])]: ["$i", one(["$j", 6])] }),
      () => ({ $bitNot: "$i" }),
      () => ({ $strLenCP: string(depth - 1) }),
      () => ({ $strLenBytes: string(depth - 1) }),
      () => ({ $strcasecmp: ["$g", one(["A", "b", "CC"])] }),
      () => ({ $size: list(depth - 1) }),
      () => ({ $indexOfArray: ["$l", whole()] }),
      () => ({ $cmp: [inner(), inner()] }),
      () => ({ $toInt: one(["$i", "$r", { $toString: "$i" }]) }),
      () => ({ $toDouble: one(["$i", { $toString: "$r" }]) }),
      () => ({ $sum: ["$i", "$r"] }),
      () => ({ [one(["$max", "$min", "$avg"])]: ["$i", "$j", "$r"] }),
      () => ({ $stdDevPop: ["$i", "$j", "$r"] }),
      () => ({ $reduce: { input: "$l", initialValue: 0, in: { $add: ["$$value", "$$this"] } } }),
      () => ({ $ifNull: ["$none", inner()] }),
    ])();
  };

  const string = (depth) => {
    if (depth <= 0) return one(["$u", "$v", "$o.q", word()]);
    const inner = () => string(depth - 1);
    return one([
      () => ({ $concat: [inner(), inner()] }),
      () => ({ [one(["$trim", "$ltrim", "$rtrim"])]: { input: inner(), ...(often(40) ? { chars: one(["a ", "x", "co"]) } : {}) } }),
      () => ({ $substrCP: [inner(), below(4), below(5)] }),
      () => ({ [one(["$toUpper", "$toLower"])]: one(["aXbXc", { $literal: "aBc dE" }]) }), // MongoDB keeps letters beyond ASCII as they are, mingo does not
      () => ({ $replaceOne: { input: inner(), find: one(["a", "X", "é", "b-"]), replacement: one(["", "_", "日"]) } }),
      () => ({ $replaceAll: { input: inner(), find: one(["a", "X", "l"]), replacement: one(["", "zz"]) } }),
      () => ({ $dateToString: { date: date(depth - 1), format: one(["%Y-%m-%d", "%H:%M:%S.%L", "%j %d", "%V-%u", "%Y-%m-%dT%H:%M:%S"]), ...zone() } }),
      () => ({ $toString: one(["$i", "$r", { $gt: ["$i", 1] }, "$u"]) }),
      () => ({ $cond: [logical(depth - 1), inner(), inner()] }),
      () => ({ $type: one(["$i", "$u", "$t", "$l", "$o", "$none"]) }),
      () => ({ $arrayElemAt: ["$w", 0] }),
    ])();
  };

  const logical = (depth) => {
    if (depth <= 0) return { [one(["$gt", "$lte", "$eq", "$ne"])]: [one(["$i", "$j"]), whole()] };
    return one([
      () => ({ $and: [logical(depth - 1), logical(depth - 1)] }),
      () => ({ $or: [logical(depth - 1), logical(depth - 1)] }),
      () => ({ $not: [logical(depth - 1)] }),
      () => ({ $regexMatch: { input: string(depth - 1), regex: one(["^a", "o", "[A-Z]", "\\d+", "é$"]), ...(often(40) ? { options: one(["i", "s"]) } : {}) } }),
      () => ({ $in: [whole(), "$l"] }),
      () => ({ [one(["$setEquals", "$setIsSubset"])]: ["$l", list(0)] }),
      () => ({ [one(["$anyElementTrue", "$allElementsTrue"])]: [list(0)] }),
      () => ({ $isNumber: one(["$i", "$u", "$none"]) }),
      () => ({ [one(["$lt", "$gte"])]: [date(depth - 1), date(depth - 1)] }),
    ])();
  };

  const list = (depth) => {
    if (depth <= 0) return "$l";
    const inner = () => list(depth - 1);
    return one([
      () => ({ $filter: { input: inner(), as: "e", cond: { $gt: ["$$e", whole()] }, ...(often(30) ? { limit: 1 + below(2) } : {}) } }),
      () => ({ $map: { input: inner(), as: "e", in: { $add: ["$$e", 1] } } }),
      () => ({ $sortArray: { input: inner(), sortBy: one([1, -1]) } }),
      () => ({ $slice: [inner(), one([1, 2, -2])] }),
      () => ({ $slice: [inner(), below(3), 1 + below(3)] }),
      () => ({ $concatArrays: [inner(), inner()] }),
      () => ({ $reverseArray: inner() }),
      () => ({ [one(["$firstN", "$lastN"])]: { n: 1 + below(3), input: inner() } }),
      () => ({ [one(["$maxN", "$minN"])]: { n: 1 + below(3), input: inner() } }),
      () => ({ $range: [0, 1 + below(6), 1 + below(2)] }),
      // In what order a set stands is for the product to say.
      () => ({ $sortArray: { input: { [one(["$setUnion", "$setIntersection", "$setDifference"])]: [inner(), inner()] }, sortBy: 1 } }),
    ])();
  };

  const objects = (depth) =>
    one([
      () => ({ $sortArray: { input: "$d", sortBy: { k: one([1, -1]), s: 1 } } }),
      () => ({ $setField: { field: "p", input: "$o", value: number(depth) } }),
      () => ({ $unsetField: { field: "p", input: "$o" } }),
      () => ({ $getField: { field: "q", input: "$o" } }),
      () => ({ $mergeObjects: ["$o", { z: number(depth) }] }),
      () => ({ $objectToArray: "$o" }),
      () => ({ $arrayToObject: { $map: { input: { $range: [0, 3] }, as: "e", in: [{ $toString: "$$e" }, "$$e"] } } }),
      () => ({ $zip: { inputs: ["$l", "$w"], useLongestLength: true } }),
      () => ({ $split: [string(depth), one(["a", "-", " ", "X"])] }),
      () => ({ $regexFind: { input: one(["Hello World", "$g", "naïve aab"]), regex: one(["(a)(b)?", "[A-Z]", "o+", "\\s"]) } }),
      () => ({ $regexFindAll: { input: "$g", regex: one(["[a-b]", "(c)"]) } }), // mingo counts on from the last match
      () => ({ $dateToParts: { date: date(depth), ...zone() } }),
      // the empty text, lists and dates are numbers to JavaScript, and to mingo
      () => ({ $convert: { input: one(["$i", "$r", { $concat: ["$u", "z"] }, "$none", "$o", { $toString: "$i" }, { $toString: "$r" }, logical(0)]),
        to: one(["int", "long", "double", "bool", "string"]), onError: "E", onNull: "N" } }), // to mingo any number in a text is a date
      () => ({ $let: { vars: { n: number(depth) }, in: { $add: ["$$n", "$$n"] } } }),
      () => ({ $switch: { branches: [{ case: logical(depth), then: string(depth) }], default: number(depth) } }),
    ])();

  const any = (depth) => one([number, string, logical, list, date, objects])(depth);

  // ---- commands ----

  const windowOf = () => one([
    { documents: ["unbounded", "current"] }, { documents: [-1, 1] }, { documents: ["current", "unbounded"] }, { documents: [-2, 0] }, undefined,
  ]);
  const output = () => {
    const given = one([
      () => ({ [one(["$sum", "$avg", "$min", "$max", "$push", "$first", "$last", "$stdDevPop"])]: one(["$i", "$j"]), window: windowOf() }),
      () => ({ $shift: { output: "$i", by: one([1, -1]), default: -99 } }),
      () => ({ $documentNumber: {} }),
      () => ({ [one(["$rank", "$denseRank"])]: {} }),
      () => ({ $count: {}, window: windowOf() }),
    ])();
    if (given.window === undefined) delete given.window;
    return given;
  };

  const pipeline = () => one([
    () => [{ $project: { x: any(2), y: any(3) } }],
    () => [{ $project: { x: any(2) } }],
    () => [{ $addFields: { x: any(2), "o.z": number(2) } }, { $project: { x: 1, o: 1 } }],
    () => [{ $match: { $expr: logical(3) } }, { $project: { _id: 1 } }],
    () => [{ $setWindowFields: { ...(often(60) ? { partitionBy: "$g" } : {}), sortBy: { _id: 1 }, output: { x: output(), y: output() } } },
      { $project: { x: 1, y: 1 } }],
    () => [{ $sort: { _id: 1 } }, { $group: { _id: "$g", x: one([
      { [one(["$firstN", "$lastN", "$maxN", "$minN"])]: { n: 2, input: "$i" } },
      // Of $top and $bottom mingo makes lists of one.
      { [one(["$topN", "$bottomN"])]: { n: 2, sortBy: { i: -1, _id: 1 }, output: "$_id" } },
      { $mergeObjects: "$o" }, { $push: { a: "$i", t: "$t" } }, { $stdDevSamp: "$r" }, { $max: "$t" },
    ]) } }],
    () => [{ $replaceWith: { $mergeObjects: [{ _id: "$_id" }, "$o"] } }],
    () => [{ $facet: { a: [{ $match: { i: { $gt: whole() } } }, { $project: { i: 1 } }], b: [{ $sort: { _id: 1 } }, { $limit: 2 }, { $project: { x: any(1) } }] } }],
  ])();

  const filter = () => one([
    () => ({ i: { [one(["$bitsAllSet", "$bitsAnySet", "$bitsAllClear", "$bitsAnyClear"])]: one([1, 6, [0, 2], [1]]) } }),
    () => ({ t: { [one(["$gt", "$lte", "$eq"])]: moment() } }),
    () => ({ [one(["u", "v", "w", "o.q"])]: { $regex: one(["^a", "é", "^\\s", "[A-Z]", "^$", "日."]), $options: one(["", "i", "m"]) } }),
    () => ({ d: { $elemMatch: { k: { $gt: whole() }, s: { $ne: word() } } } }),
    () => ({ $expr: logical(2) }),
    () => ({ i: { $mod: [one([2, 3]), one([0, 1])] } }),
  ])();

  const update = () => one([
    () => ({ u: { $set: { "d.$[e].k": whole() } }, arrayFilters: [{ "e.k": { $gte: whole() } }] }),
    () => ({ u: { $inc: { "l.$[e]": 1 } }, arrayFilters: [{ e: { $lt: whole() } }] }),
    () => ({ u: { $set: { "l.$[]": whole() } } }),
    () => ({ q: { l: whole() }, u: { [one(["$set", "$inc"])]: { "l.$": 100 } } }),
    () => ({ q: { "d.k": { $gt: whole() } }, u: { $set: { "d.$.s": word() } } }),
    () => ({ u: { $mul: { "d.$[].k": 2 } } }),
    () => ({ u: { $bit: { i: { [one(["and", "or", "xor"])]: one([1, 5, 12]) } } } }),
    () => ({ u: { $push: { d: { $each: [{ k: whole(), s: word() }], $sort: { k: one([1, -1]) }, $slice: one([2, -2]) } } } }),
    () => ({ u: { $pull: { d: { k: { $gt: whole() } } } } }),
    () => ({ u: { $min: { t: moment() }, $max: { i: whole() } } }),
    () => ({ u: { $rename: { "o.p": "o.n" } } }),
    () => ({ u: { $unset: { "o.q": 1 }, $set: { "o.new": word() } } }),
    () => ({ u: [{ $set: { x: any(2), "o.z": number(1) } }, { $unset: one(["u", ["v", "o.q"]]) }] }),
    () => ({ u: [{ $replaceWith: { $mergeObjects: ["$$ROOT", { y: string(2), i: number(1) }] } }] }),
    () => ({ u: [{ $project: { i: 1, x: number(2), g: logical(1) } }] }),
  ])();

  return { document, pipeline, filter, update };
};
