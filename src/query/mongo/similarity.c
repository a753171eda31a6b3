/* SPDX-License-Identifier: MIT */
/* How alike two vectors are: $similarityCosine, $similarityDotProduct, $similarityEuclidean, and
 * the score by which $vectorSearch and $search rank. A vector is a list of numbers, binary data of
 * subtype 9, or a vector of our own. */
#include <math.h>

#include "query/mongo/bytes_vector.h"

enum { NOT_A_VECTOR = 10413200, LENGTHS_DIFFER = 10413202, NOT_A_NUMBER = 10413203 };

struct components {
  double *items;
  uint32_t count;
};

/** `nth` is 0 for the left vector and 1 for the right: the codes differ by it. */
static status read_list(struct func_env *env, const char *name, const struct val *list,
                        uint32_t nth, struct components *out, struct err *err) {
  out->count = val_count(list);
  TRY(mongo__room(env, out->count, sizeof *out->items, &out->items, err));
  for (uint32_t i = 0; i < out->count; i++) {
    struct val item = val_at(list, i);
    if (!val_is_number(&item))
      return mongo_fail(err, NOT_A_NUMBER + nth, "%s takes vectors of numbers, but one has %s",
                        name, mongo_type_name(&item));
    out->items[i] = val_to_float64(&item);
  }
  return LUMA_OK;
}

static status read_vector(struct func_env *env, const char *name, const struct val *v, uint32_t nth,
                          struct components *out, struct err *err) {
  if (v->type == VAL_LIST) return read_list(env, name, v, nth, out, err);
  if (!bytes_vector_count(v, &out->count))
    return mongo_fail(err, NOT_A_VECTOR + nth, "%s takes arrays or vectors in binData, not %s",
                      name, mongo_type_name(v));
  TRY(mongo__room(env, out->count, sizeof *out->items, &out->items, err));
  for (uint32_t i = 0; i < out->count; i++) {
    struct val item = bytes_vector_at(v, i);
    out->items[i] = val_to_float64(&item);
  }
  return LUMA_OK;
}

struct sums {
  double product, left, right, distance; /* of squares but the first */
};

static struct sums add_up(const struct components *a, const struct components *b) {
  struct sums sums = {0};
  for (uint32_t i = 0; i < a->count; i++) {
    double x = a->items[i], y = b->items[i];
    sums.product += x * y;
    sums.left += x * x;
    sums.right += y * y;
    sums.distance += (x - y) * (x - y);
  }
  return sums;
}

/** args: the two vectors as a list, and whether to scale the answer to a score. */
static status read_pair(struct func_env *env, const char *name, const struct val *args,
                        struct sums *sums, bool *is_null, struct err *err) {
  struct components pair[2];
  const struct val *list = &args[0];
  *sums = (struct sums){0};
  if (list->type != VAL_LIST || val_count(list) != 2)
    return mongo_fail(err, NOT_A_VECTOR, "%s takes two vectors", name);
  for (uint32_t i = 0; i < 2; i++) {
    struct val vector = val_at(list, i);
    *is_null = val_is_null(&vector);
    if (*is_null) return LUMA_OK;
    TRY(read_vector(env, name, &vector, i, &pair[i], err));
  }
  if (pair[0].count != pair[1].count)
    return mongo_fail(err, LENGTHS_DIFFER, "%s takes vectors of one length, not of %u and %u", name,
                      pair[0].count, pair[1].count);
  *sums = add_up(&pair[0], &pair[1]);
  return LUMA_OK;
}

static bool wants_score(const struct val *args) {
  return word_is_given(&args[1]) && mongo_is_true(&args[1]);
}

status mongo__similarity_cosine(struct func_env *env, const struct val *args, uint32_t count,
                                struct val *out, struct err *err) {
  (void)count;
  struct sums sums;
  bool is_null = false;
  *out = val_null();
  TRY(read_pair(env, "$similarityCosine", args, &sums, &is_null, err));
  if (is_null) return LUMA_OK;
  double sizes = sqrt(sums.left) * sqrt(sums.right), cosine = sizes > 0 ? sums.product / sizes : 0;
  *out = val_float64(wants_score(args) ? (1 + cosine) / 2 : cosine);
  return LUMA_OK;
}

status mongo__similarity_dot_product(struct func_env *env, const struct val *args, uint32_t count,
                                     struct val *out, struct err *err) {
  (void)count;
  struct sums sums;
  bool is_null = false;
  *out = val_null();
  TRY(read_pair(env, "$similarityDotProduct", args, &sums, &is_null, err));
  if (is_null) return LUMA_OK;
  *out = val_float64(wants_score(args) ? (1 + sums.product) / 2 : sums.product);
  return LUMA_OK;
}

status mongo__similarity_euclidean(struct func_env *env, const struct val *args, uint32_t count,
                                   struct val *out, struct err *err) {
  (void)count;
  struct sums sums;
  bool is_null = false;
  *out = val_null();
  TRY(read_pair(env, "$similarityEuclidean", args, &sums, &is_null, err));
  if (is_null) return LUMA_OK;
  double distance = sqrt(sums.distance);
  *out = val_float64(wants_score(args) ? 1 / (1 + distance) : distance);
  return LUMA_OK;
}

/* ---- search ---- */

/** False for what is no vector of numbers. */
static bool read_if_vector(const struct val *v, struct components *out) {
  bool is_list = v->type == VAL_LIST;
  uint32_t count = is_list ? val_count(v) : 0;
  if (!is_list && !bytes_vector_count(v, &count)) return false;
  if (count != out->count) return false;
  for (uint32_t i = 0; i < count; i++) {
    struct val item = is_list ? val_at(v, i) : bytes_vector_at(v, i);
    if (!val_is_number(&item)) return false;
    out->items[i] = val_to_float64(&item);
  }
  return true;
}

/** The order of scores is that of `closeness`; `normal` is from 0 to 1 for vectors of length 1. */
struct score {
  double plain, closeness, normal;
};

static struct score score_of(const struct sums *sums, struct slice metric) {
  double sizes = sqrt(sums->left * sums->right), distance = sqrt(sums->distance);
  double cosine = sizes > 0 ? sums->product / sizes : 0;
  if (slice_is_equal(metric, slice_of_text("COS")))
    return (struct score){cosine, cosine, (1 + cosine) / 2};
  if (slice_is_equal(metric, slice_of_text("IP")))
    return (struct score){sums->product, sums->product, (1 + sums->product) / 2};
  return (struct score){distance, -distance, 1 / (1 + distance)};
}

static struct sums distance_single(const struct components *a, const struct components *b) {
  float distance = 0;
  for (uint32_t i = 0; i < a->count; i++) {
    float between = (float)a->items[i] - (float)b->items[i];
    distance = fmaf(between, between, distance);
  }
  return (struct sums){.distance = (double)distance};
}

static struct sums products_single(const struct components *a, const struct components *b) {
  float product = 0, left = 0, right = 0;
  for (uint32_t i = 0; i < a->count; i++) {
    float x = (float)a->items[i], y = (float)b->items[i];
    product = fmaf(x, y, product);
    left = fmaf(x, x, left);
    right = fmaf(y, y, right);
  }
  return (struct sums){.product = (double)product, .left = (double)left, .right = (double)right};
}

/** In single precision with fused sums, as vectors are kept and compared elsewhere: scores are the
 * same to the last digit. What the metric does not look at is 0. */
static struct sums add_up_single(const struct components *a, const struct components *b,
                                 struct slice metric) {
  bool is_distance = slice_is_equal(metric, slice_of_text("L2"));
  return is_distance ? distance_single(a, b) : products_single(a, b);
}

/** value, query, "COS", "IP" or "L2", and what is wanted: 0 the score, 1 the closeness, 2 the score
 * from 0 to 1. MISSING for what is no vector of the query's length. */
status mongo__vector_score(struct func_env *env, const struct val *args, uint32_t count,
                           struct val *out, struct err *err) {
  (void)count;
  struct components value, query;
  *out = val_missing();
  TRY(read_vector(env, "$vectorSearch", &args[1], 1, &query, err));
  value.count = query.count;
  TRY(mongo__room(env, value.count, sizeof *value.items, &value.items, err));
  if (!read_if_vector(&args[0], &value)) return LUMA_OK;
  struct slice metric = val_slice(&args[2]);
  struct sums sums = add_up_single(&value, &query, metric);
  struct score score = score_of(&sums, metric);
  const double wanted[] = {score.plain, score.closeness, score.normal};
  *out = val_float64(wanted[args[3].integer]);
  return LUMA_OK;
}
