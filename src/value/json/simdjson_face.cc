/* SPDX-License-Identifier: MIT */
/* The only file that knows simdjson. Its first stage alone is used: it is a virtual call of the
 * implementation chosen at run time for this processor, throws nothing and reads nothing beyond the
 * text. */
#include "value/json/simdjson_face.h"

#include <memory>
#include <new>

#include <simdjson.h>

using simdjson::internal::dom_parser_implementation;

namespace {

constexpr size_t capacity_first = 4096;
constexpr size_t capacity_kept = 4 << 20;

} // namespace

struct json__index {
  std::unique_ptr<dom_parser_implementation> stages;
  size_t capacity = 0;

  /* The stage wants a capacity above the length. */
  bool reserve(size_t bytes) noexcept {
    if (bytes < capacity) return true;
    size_t want = capacity * 2 > bytes ? capacity * 2 : bytes + 1;
    capacity = 0;
    if (stages->set_capacity(want) != simdjson::SUCCESS) return false;
    capacity = want;
    return true;
  }
};

struct json__index *json__index_create(void) {
  std::unique_ptr<json__index> index(new (std::nothrow) json__index);
  if (!index) return nullptr;
  const simdjson::implementation *chosen = simdjson::get_active_implementation();
  if (chosen->create_dom_parser_implementation(capacity_first, 1, index->stages) !=
      simdjson::SUCCESS)
    return nullptr;
  index->capacity = capacity_first;
  return index.release();
}

void json__index_destroy(struct json__index *index) {
  delete index;
}

enum json__index_result json__index_run(struct json__index *index, const uint8_t *text,
                                        size_t bytes, const uint32_t **places, size_t *count) {
  if (bytes == 0) return JSON_INDEX_FAULT;
  if (!index->reserve(bytes)) return JSON_INDEX_NO_MEMORY;
  dom_parser_implementation &stages = *index->stages;
  simdjson::error_code code = stages.stage1(text, bytes, simdjson::stage1_mode::regular);
  if (code == simdjson::MEMALLOC) return JSON_INDEX_NO_MEMORY;
  if (code != simdjson::SUCCESS) return JSON_INDEX_FAULT;
  *places = stages.structural_indexes.get();
  *count = stages.n_structural_indexes;
  return JSON_INDEX_OK;
}

void json__index_trim(struct json__index *index) {
  if (index->capacity <= capacity_kept) return;
  /* When even the small one cannot be had, capacity 0 makes the next run try again. */
  bool trimmed = index->stages->set_capacity(capacity_first) == simdjson::SUCCESS;
  index->capacity = trimmed ? capacity_first : 0;
}
