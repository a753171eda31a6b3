// SPDX-License-Identifier: MIT
// Random commands over random documents, a JSON line each, with what the npm package mingo answers.
// usage: node cases.js FOLDER_OF_NPM SEED COUNT
//
// Documents are nested, of mixed types, with lists in lists, missing and null. What is left out of the
// generator, because mingo differs from MongoDB's documentation there, is said where it would stand.
"use strict";

const path = require("path");
const [folder, seedText, countText] = process.argv.slice(2);
const mingo = require(path.join(folder, "node_modules", "mingo"));
const { updateMany } = require(path.join(folder, "node_modules", "mingo", "cjs", "updater.js"));

// ---- chance ----

let state = (Number(seedText) | 0) || 1;
const next = () => {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return state >>> 0;
};
const below = (count) => next() % count;
const one = (list) => list[below(list.length)];
const often = (percent) => below(100) < percent;
const some = (count, make) => Array.from({ length: count }, make);

// ---- documents ----

const NUMBERS = [0, 1, 2, 3, 5, 10, -1, 1.5, 2.5, -0.5];
const TEXTS = ["", "a", "b", "ab", "abc", "B", "ba"];
const number = () => one(NUMBERS);
const text = () => one(TEXTS);
const scalar = () => one([number, number, text, text, () => often(50), () => null])();
const list = (depth) => some(below(4), () => value(depth - 1));
const map = (depth) => {
  const made = {};
  for (const name of ["x", "y"]) if (often(70)) made[name] = value(depth - 1);
  return made;
};
const value = (depth) => (depth <= 0 || often(65) ? scalar() : often(50) ? list(depth) : map(depth));

const document = (id) => {
  const made = { _id: id };
  for (const name of ["a", "b"]) if (often(85)) made[name] = value(2);
  if (often(80)) made.c = map(2);
  if (often(80)) made.d = some(below(4), () => map(1));
  if (often(85)) made.n = number();
  if (often(85)) made.m = number();
  if (often(85)) made.l = some(below(5), number);
  if (often(85)) made.s = text();
  return made;
};

// ---- filters ----

// Paths into values that may be lists in lists (a.x, c.x.y) are left out: mingo looks into the inner ones.
const PATHS = ["a", "b", "c", "d", "n", "m", "l", "s", "c.x", "c.y", "d.x", "d.y", "nothing"];
const comparable = () => one([number, text, () => often(50)])();
const operand = () => (often(75) ? scalar() : value(1));

const condition = (depth) => {
  const makers = [
    () => ({ $eq: operand() }),
    () => ({ $ne: operand() }),
    () => ({ [one(["$gt", "$gte", "$lt", "$lte"])]: comparable() }),
    () => ({ $gte: number(), $lt: number() }),
    () => ({ [one(["$in", "$nin"])]: some(1 + below(3), scalar) }),
    () => ({ $exists: often(50) }),
    () => ({ $type: one(["string", "array", "object", "bool", "null"]) }),
    () => ({ $size: below(4) }),
    () => ({ $all: some(1 + below(2), comparable) }), // $all of null: what is missing too, not in mingo
    () => ({ $mod: [one([2, 3]), below(2)] }), // of whole numbers: MongoDB cuts fractions off, mingo does not
    () => ({ $regex: one(["^a", "b$", "a", "^$"]), $options: one(["", "i"]) }),
    () => ({ $elemMatch: { [one(["$gt", "$gte", "$lt", "$lte", "$eq"])]: number() } }),
    () => ({ $elemMatch: { [one(["x", "y"])]: scalar() } }),
  ];
  if (depth > 0) makers.push(() => ({ $not: condition(depth - 1) }));
  return one(makers)();
};

// On a path through lists MongoDB asks each value by itself, and it does not look into lists in lists;
// mingo asks the list of the values, and looks. $all of one value finds it by itself in MongoDB, and not in mingo.
const ASKS_LISTS = ["$size", "$exists", "array"];
const asks = (given, words) => words.some((word) => JSON.stringify(given).includes(`"${word}"`));
const leadsThroughLists = (name) => name.includes(".") && !/^c\.[xy]$/.test(name);
const isList = (asked) => Array.isArray(asked) || (asked !== null && typeof asked === "object" && [asked.$eq, asked.$ne, asked.$not].some(isList));
const pathFor = (asked) => {
  if (asks(asked, ["$all"])) return "l";
  // mingo finds fields in elements that are no maps, texts in lists in lists, kinds only in lists of one, and
  // neither null nor the empty list where MongoDB does on a path into a list of maps.
  if (asks(asked, ["$elemMatch"])) return asks(asked, ["x", "y"]) ? "d" : "l";
  if (asks(asked, ["$type"])) return one(["n", "m", "s", "c"]);
  if (asks(asked, ["$regex"])) return one(["n", "s", "l", "c.x", "c.y", "d.x"]);
  const name = one(PATHS);
  if (name.startsWith("d.") && (/null|\[\]/.test(JSON.stringify(asked)) || isList(asked))) return "d";
  return asks(asked, ASKS_LISTS) && leadsThroughLists(name) ? name.split(".")[0] : name;
};

const filter = (depth) => {
  if (depth > 0 && often(35)) return { [one(["$and", "$or", "$nor"])]: some(1 + below(3), () => filter(depth - 1)) };
  const made = {};
  for (let i = 0; i <= below(2); i++) {
    const asked = often(30) ? operand() : condition(1);
    made[pathFor(asked)] = asked;
  }
  return made;
};

// ---- expressions ----

// $sum and $max of one number are that number in MongoDB, and an error in mingo.
const LIST = { $cond: [{ $isArray: "$l" }, "$l", []] };

const numeric = (depth) => {
  if (depth <= 0) return often(60) ? one(["$n", "$m"]) : number();
  return one([
    () => ({ $add: some(1 + below(3), () => numeric(depth - 1)) }),
    () => ({ $multiply: some(1 + below(2), () => numeric(depth - 1)) }),
    () => ({ $subtract: [numeric(depth - 1), numeric(depth - 1)] }),
    () => ({ $abs: numeric(depth - 1) }),
    () => ({ $ceil: numeric(depth - 1) }),
    () => ({ $floor: numeric(depth - 1) }),
    () => ({ $ifNull: [numeric(depth - 1), number()] }),
    () => ({ $cond: [logical(depth - 1), numeric(depth - 1), numeric(depth - 1)] }),
    () => ({ $size: { $ifNull: ["$l", []] } }),
    () => ({ $sum: LIST }),
    () => ({ $max: LIST }),
    () => ({ $min: ["$n", "$m", number()] }),
    () => ({ $arrayElemAt: [{ $ifNull: ["$l", []] }, below(3)] }),
    () => ({ $reduce: { input: { $ifNull: ["$l", []] }, initialValue: 0, in: { $add: ["$$value", "$$this"] } } }),
  ])();
};
const logical = (depth) => {
  // What is missing is less than all there is in MongoDB; mingo says that it does not compare.
  const compared = {
    [one(["$eq", "$ne", "$gt", "$gte", "$lt", "$lte"])]: ["$n", "$m"].map((name) => (often(50) ? { $ifNull: [name, 0] } : number())),
  };
  if (depth <= 0) return compared;
  return one([
    () => compared,
    () => ({ $and: some(1 + below(2), () => logical(depth - 1)) }),
    () => ({ $or: some(1 + below(2), () => logical(depth - 1)) }),
    () => ({ $not: [logical(depth - 1)] }),
    () => ({ $in: [number(), { $ifNull: ["$l", []] }] }),
    () => ({ $isArray: one(["$l", "$a", "$n"]) }),
  ])();
};
const other = (depth) =>
  one([
    () => ({ $concat: [{ $ifNull: ["$s", "?"] }, text()] }),
    () => ({ $toUpper: { $ifNull: ["$s", ""] } }), // of what is missing: "" in MongoDB, null in mingo
    () => ({ $strLenCP: { $ifNull: ["$s", ""] } }),
    () => ({ $filter: { input: { $ifNull: ["$l", []] }, as: "e", cond: { $gt: ["$$e", number()] } } }),
    () => ({ $map: { input: { $ifNull: ["$l", []] }, as: "e", in: { $multiply: ["$$e", 2] } } }),
    () => ({ $slice: [{ $ifNull: ["$l", []] }, 1 + below(3)] }),
    () => ({ $reverseArray: { $ifNull: ["$l", []] } }),
    () => ({ $concatArrays: [{ $ifNull: ["$l", []] }, [number()]] }),
    () => ({ $mergeObjects: ["$c", { z: number() }] }),
    () => ({ $switch: { branches: [{ case: logical(depth), then: "yes" }], default: "no" } }),
    () => logical(depth),
    () => numeric(depth),
  ])();

// ---- commands ----

const sortBy = () => {
  // Lists are left out: mingo compares them whole, MongoDB by their least or greatest element.
  const keys = {};
  for (let i = 0; i <= below(2); i++) keys[one(["n", "m", "s", "nothing"])] = one([1, -1]);
  keys._id = one([1, -1]);
  return keys;
};

const projection = () => {
  // Paths into lists of lists are left out: mingo loses the inner lists.
  const names = ["a", "b", "c", "n", "l", "s", "c.x", "c.y", "d.x"];
  const made = {};
  const keeps = often(50) ? 1 : 0;
  for (let i = 0; i <= below(3); i++) made[one(names)] = keeps;
  for (const name of Object.keys(made)) if (name.includes(".") && name.split(".")[0] in made) delete made[name];
  if (keeps && often(20)) made._id = 0;
  return made;
};

const change = () => {
  const at = (names) => one(names);
  const made = {};
  const used = new Set();
  const put = (operator, name, given) => {
    if (used.has(name)) return;
    used.add(name);
    (made[operator] ??= {})[name] = given;
  };
  for (let i = 0; i <= below(3); i++)
    one([
      () => put("$set", at(["n", "s", "new", "e"]), scalar()),
      () => put("$unset", at(["n", "m", "s", "b"]), ""),
      () => put("$inc", at(["n", "m", "fresh"]), number()),
      () => put("$mul", at(["n", "m", "fresh"]), number()),
      () => put(one(["$min", "$max"]), at(["n", "m"]), number()),
      () => put("$push", "l", one([number(), { $each: some(below(3), number) }, { $each: some(1 + below(2), number), $slice: one([-2, 2, 3]) },
        { $each: [number()], $position: below(3) }, { $each: [number()], $sort: one([1, -1]) }])),
      () => put("$addToSet", "l", one([number(), { $each: some(1 + below(2), number) }])),
      () => put("$pop", "l", one([1, -1])),
      () => put("$pull", "l", one([number(), { $gt: number() }, { $in: [number(), number()] }])),
      () => put("$pullAll", "l", some(1 + below(2), number)),
      () => put("$rename", "s", "t"),
    ])();
  return made;
};

const group = () => {
  const made = { _id: one([null, "$s", "$n", { s: { $ifNull: ["$s", null] }, n: { $ifNull: ["$n", 0] } }]) };
  for (let i = 0; i <= below(3); i++)
    made[one(["p", "q", "r"])] = one([
      () => ({ $sum: numeric(0) }),
      () => ({ $sum: 1 }),
      () => ({ $avg: "$m" }),
      () => ({ $min: "$m" }),
      () => ({ $max: "$n" }),
      () => ({ $push: "$_id" }),
      () => ({ $first: "$_id" }),
      () => ({ $last: "$_id" }),
    ])();
  return made;
};

const stages = () => {
  const made = [];
  const count = 1 + below(3);
  // Twice the same list: mingo loses elements that are maps without fields.
  const unwinds = [{ path: "$d", includeArrayIndex: "i" }, "$l", { path: "$l", preserveNullAndEmptyArrays: true }];
  const unwind = () => unwinds.splice(below(unwinds.length), 1)[0] ?? "$nothing";
  for (let i = 0; i < count; i++)
    made.push(
      one([
        () => ({ $match: filter(1) }),
        () => ({ $match: { $expr: logical(1) } }),
        () => ({ $addFields: { [one(["f", "g"])]: other(2), n: numeric(1) } }),
        () => ({ $project: { n: 1, l: 1, v: other(2) } }),
        () => ({ $sort: sortBy() }),
        () => ({ $unset: one(["a", "c.x", "d"]) }),
        () => ({ $unwind: unwind() }),
        () => ({ $replaceRoot: { newRoot: { _id: "$_id", n: "$n", l: "$l", s: "$s" } } }),
      ])(),
    );
  // What is cut off depends on the order, which a $sort by the key before it fixes.
  if (often(20)) made.push({ $sort: { _id: 1 } }, { $skip: below(3) }, { $limit: 1 + below(8) });
  // What a group pushes and which it meets first depend on the order too.
  if (often(40)) made.push({ $group: group() });
  else if (often(15)) made.push({ $sortByCount: "$s" });
  else if (often(15)) made.push({ $count: "n" });
  return made;
};

// ---- answers ----

const copy = (given) => structuredClone(given);
// Dates and regular expressions as extended JSON has them.
const tagged = (given) => {
  if (given instanceof Date) return { $date: given.toISOString() };
  if (given instanceof RegExp) return { $regularExpression: { pattern: given.source, options: given.flags } };
  if (Array.isArray(given)) return given.map(tagged);
  if (given === null || typeof given !== "object") return given;
  return Object.fromEntries(Object.entries(given).map(([name, inner]) => [name, tagged(inner)]));
};
const attempt = (answer) => {
  try {
    return { expect: answer() };
  } catch (error) {
    return { refused: String(error.message ?? error) };
  }
};
const print = (line) => process.stdout.write(JSON.stringify(tagged(line)) + "\n");

const KINDS = {
  filter(documents) {
    const asked = filter(2);
    print({ kind: "filter", command: { find: "t", filter: asked }, ...attempt(() => mingo.find(copy(documents), asked).all()) });
  },
  projection(documents) {
    const shape = projection();
    const keys = sortBy();
    print({
      kind: "projection",
      command: { find: "t", projection: shape, sort: keys },
      ordered: true,
      ...attempt(() => mingo.find(copy(documents), {}, shape).sort(keys).all()),
    });
  },
  pipeline(documents) {
    const pipeline = stages();
    print({ kind: "pipeline", command: { aggregate: "t", pipeline, cursor: {} }, ...attempt(() => mingo.aggregate(copy(documents), pipeline)) });
  },
  update(documents) {
    const changes = change();
    const chosen = often(50) ? {} : filter(0);
    const answer = () => {
      const changed = copy(documents);
      updateMany(changed, copy(chosen), copy(changes));
      return changed;
    };
    print({ kind: "update", command: { update: "t", updates: [{ q: chosen, u: changes, multi: true }] }, ...attempt(answer) });
  },
};

// ---- the wide space ----

const wide = require(path.join(__dirname, "wide.js"))({ one, often, below, some });
const WIDE = {
  pipeline(documents) {
    const pipeline = wide.pipeline();
    print({ kind: "pipeline", command: { aggregate: "t", pipeline }, ...attempt(() => mingo.aggregate(copy(documents), copy(pipeline))) });
  },
  filter(documents) {
    const asked = wide.filter();
    print({ kind: "filter", command: { find: "t", filter: asked }, ...attempt(() => mingo.find(copy(documents), copy(asked)).all()) });
  },
  sorted(documents) {
    const [collation, keys] = [{ locale: "en", strength: one([1, 2, 3]) }, { [one(["u", "v", "o.q"])]: one([1, -1]), _id: 1 }];
    const answer = () => mingo.find(copy(documents), {}, { u: 1, v: 1 }).collation(collation).sort(keys).all();
    print({ kind: "filter", ordered: true, command: { find: "t", projection: { u: 1, v: 1 }, sort: keys, collation }, ...attempt(answer) });
  },
  update(documents) {
    const { q = {}, u, arrayFilters } = wide.update();
    const answer = () => {
      if (Array.isArray(u)) return copy(documents).flatMap((document) => mingo.aggregate([document], copy(u)));
      const changed = copy(documents);
      updateMany(changed, copy(q), copy(u), { arrayFilters: copy(arrayFilters ?? []) });
      return changed;
    };
    print({ kind: "update", command: { update: "t", updates: [{ q, u, multi: true, ...(arrayFilters ? { arrayFilters } : {}) }] }, ...attempt(answer) });
  },
};

// ---- two collections ----

const stagesOf = require(path.join(__dirname, "stages.js"))({ one, often, below, some });
// Where there is nothing to fill from, mingo fails.
const isOwnFailure = (answered) => String(answered.refused).startsWith("Cannot read properties");
// What has no value on one side to fill from is null in MongoDB, and not there in mingo.
const withNulls = (pipeline, answered) => {
  const output = pipeline[0].$setWindowFields?.output ?? {};
  const filled = Object.keys(output).filter((name) => "$linearFill" in output[name]);
  if (pipeline[0].$fill?.output.q.method === "linear") filled.push("q");
  for (const given of answered) for (const name of filled) given[name] ??= null;
  return answered;
};
const resolverOf = (others) => ({ collectionResolver: () => others });
const STAGES = {
  pipeline(documents, others) {
    const pipeline = stagesOf.pipeline();
    // mingo keeps a null for each document that $redact takes away.
    const answer = () => withNulls(pipeline, mingo.aggregate(copy(documents), copy(pipeline), resolverOf(copy(others))).filter((given) => given != null));
    const answered = attempt(answer);
    if (isOwnFailure(answered)) return;
    print({ kind: "pipeline", command: { aggregate: "t", pipeline }, ...answered });
  },
  merge(documents, others) {
    const pipeline = stagesOf.merge();
    const answer = () => {
      const changed = pipeline.some((stage) => "$out" in stage) ? [] : copy(others); // mingo's $out adds to what there is
      mingo.aggregate(copy(documents), copy(pipeline), resolverOf(changed));
      return changed;
    };
    print({ kind: "merge", command: { aggregate: "t", pipeline }, ...attempt(answer) });
  },
};

// ---- shapes ----

const shapes = require(path.join(__dirname, "shapes.js"))({ one, often, below, some });
const SHAPES = {
  find(documents) {
    const [asked, shape, keys] = [shapes.filter(), shapes.shape(), { _id: one([1, -1]) }];
    const answer = () => mingo.find(copy(documents), copy(asked), copy(shape)).sort(keys).all();
    print({ kind: "filter", ordered: true, command: { find: "t", filter: asked, projection: shape, sort: keys }, ...attempt(answer) });
  },
  pipeline(documents) {
    const pipeline = shapes.pipeline();
    print({ kind: "pipeline", command: { aggregate: "t", pipeline }, ...attempt(() => mingo.aggregate(copy(documents), copy(pipeline))) });
  },
  update(documents) {
    const [asked, changes] = [shapes.filter(false), shapes.update()];
    const answer = () => {
      const changed = copy(documents);
      updateMany(changed, copy(asked), copy(changes));
      return changed;
    };
    print({ kind: "update", command: { update: "t", updates: [{ q: asked, u: changes, multi: true }] }, ...attempt(answer) });
  },
};

// ---- what is nested ----

const nested = require(path.join(__dirname, "nested.js"))({ one, often, below, some });
const NESTED = {
  filter(documents) {
    const asked = nested.filter();
    print({ kind: "filter", command: { find: "t", filter: asked }, ...attempt(() => mingo.find(copy(documents), copy(asked)).all()) });
  },
  find(documents) {
    const [asked, shape] = often(70) ? [nested.filter(1), nested.projection()] : nested.positional();
    const answer = () => mingo.find(copy(documents), copy(asked), copy(shape)).sort({ _id: 1 }).all();
    print({ kind: "filter", ordered: true, command: { find: "t", filter: asked, projection: shape, sort: { _id: 1 } }, ...attempt(answer) });
  },
};

// ---- chains ----

const chains = require(path.join(__dirname, "chains.js"))({ one, often, below, some });
const chain = (documents, others) => {
  const pipeline = chains.pipeline();
  const answered = attempt(() => mingo.aggregate(copy(documents), copy(pipeline), resolverOf(copy(others))));
  if (/resolve to array for \$(sum|min|max)/.test(answered.refused)) return; // a number by itself is one for MongoDB
  print({ kind: "pipeline", command: { aggregate: "t", pipeline }, ...answered });
};

const PER_DOCUMENTS = 40;
let left = Number(countText);
while (left > 0) {
  const documents = some(1 + below(20), (_, i) => document(i));
  print({ documents });
  for (let i = 0; i < PER_DOCUMENTS && left > 0; i++, left--) KINDS[one(["filter", "filter", "projection", "pipeline", "pipeline", "update"])](documents);
  if (left <= 0) break;
  const wider = some(1 + below(12), (_, i) => wide.document(i));
  print({ documents: wider });
  for (let i = 0; i < PER_DOCUMENTS && left > 0; i++, left--) WIDE[one(["filter", "pipeline", "pipeline", "pipeline", "sorted", "update", "update"])](wider);
  if (left <= 0) break;
  const [two, others] = [some(1 + below(10), (_, i) => stagesOf.document(i)), some(1 + below(8), (_, i) => stagesOf.other(i))];
  print({ documents: two, others });
  for (let i = 0; i < PER_DOCUMENTS && left > 0; i++, left--) STAGES[one(["pipeline", "pipeline", "pipeline", "merge"])](two, others);
  if (left <= 0) break;
  const shaped = some(1 + below(10), (_, i) => shapes.document(i));
  print({ documents: shaped });
  for (let i = 0; i < PER_DOCUMENTS && left > 0; i++, left--) SHAPES[one(["find", "pipeline", "pipeline", "update"])](shaped);
  if (left <= 0) break;
  const deep = some(1 + below(10), (_, i) => nested.document(i));
  print({ documents: deep });
  for (let i = 0; i < PER_DOCUMENTS && left > 0; i++, left--) NESTED[one(["filter", "filter", "find"])](deep);
  if (left <= 0) break;
  const [first, second] = [some(1 + below(10), (_, i) => chains.document(i)), some(1 + below(8), (_, i) => chains.other(i))];
  print({ documents: first, others: second });
  for (let i = 0; i < PER_DOCUMENTS && left > 0; i++, left--) chain(first, second);
}
