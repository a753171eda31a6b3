/* SPDX-License-Identifier: MIT */
#include "value/doc/splice.h"

#include "value/doc/doc_int.h"

enum { WORD = 2, FIELDS_MAX = 1024, NARROW_MAX = 0xffff, INLINE_BIT = 0x8000 };

/* The narrow root map of a document. */
struct root {
  const uint8_t *tag;
  uint32_t total, count; /* bytes; fields */
};

static bool open_root(const struct doc *document, struct root *root) {
  root->tag = document->data + DOC_HEADER_BYTES;
  if (*root->tag >> FORM_VARIANT_SHIFT != FORM_NARROW) return false;
  root->total = load16le(root->tag + 1);
  root->count = load16le(root->tag + 3);
  return root->count <= FIELDS_MAX;
}

static uint32_t find(const struct root *root, uint16_t id) {
  const uint8_t *names = root->tag + 5;
  for (uint32_t i = 0; i < root->count; i++) {
    if (load16le(names + (size_t)i * WORD) == id) return i;
  }
  return UINT32_MAX;
}

static bool has_inline(const struct root *root) {
  const uint8_t *names = root->tag + 5;
  uint32_t seen = 0;
  for (uint32_t i = 0; i < root->count; i++) seen |= load16le(names + (size_t)i * WORD);
  return (seen & INLINE_BIT) != 0;
}

/* Which adds the document lacks, and their bytes. */
static uint32_t choose(const struct splice *splice, const struct root *root,
                       uint8_t chosen[SPLICE_MAX], uint32_t *bytes) {
  uint32_t count = 0;
  *bytes = 0;
  for (uint32_t i = 0; i < splice->adds_count; i++) {
    if (find(root, splice->adds[i].id) != UINT32_MAX) continue;
    chosen[count++] = (uint8_t)i;
    *bytes += (uint32_t)splice->adds[i].value.bytes;
  }
  return count;
}

/* The directory: names, then offsets, which all move by the room that the new entries take. */
static void write_directory(const struct splice *splice, const struct root *root,
                            const uint8_t *chosen, uint32_t more, uint8_t *at) {
  uint32_t moved = 2 * WORD * more, heap_end = root->total + moved;
  memcpy(at, root->tag + 5, (size_t)root->count * WORD);
  for (uint32_t i = 0; i < splice->renames_count; i++) {
    uint32_t place = find(root, splice->renames[i].from);
    if (place != UINT32_MAX) store16le(at + (size_t)place * WORD, splice->renames[i].to);
  }
  at += (size_t)root->count * WORD;
  for (uint32_t i = 0; i < more; i++, at += WORD) store16le(at, splice->adds[chosen[i]].id);
  const uint8_t *offsets = root->tag + 5 + (size_t)root->count * WORD;
  for (uint32_t i = 0; i < root->count; i++, at += WORD)
    store16le(at, (uint16_t)(load16le(offsets + (size_t)i * WORD) + moved));
  for (uint32_t i = 0; i < more; i++, at += WORD) {
    store16le(at, (uint16_t)heap_end);
    heap_end += (uint32_t)splice->adds[chosen[i]].value.bytes;
  }
}

bool splice_document(const struct splice *splice, const struct doc *document, struct buf *out) {
  struct root root;
  uint8_t chosen[SPLICE_MAX];
  uint32_t added;
  if (!open_root(document, &root) || has_inline(&root)) return false;
  for (uint32_t i = 0; i < splice->renames_count; i++) {
    if (find(&root, splice->renames[i].to) != UINT32_MAX) return false;
  }
  uint32_t more = choose(splice, &root, chosen, &added);
  uint32_t total = root.total + 2 * WORD * more + added;
  if (total > NARROW_MAX || root.count + more > FIELDS_MAX) return false;
  uint8_t *at = buf_extend(out, DOC_HEADER_BYTES + (size_t)total);
  if (!at) return false;
  memcpy(at, document->data, DOC_HEADER_BYTES);
  store32le(at, DOC_HEADER_BYTES + total);
  at += DOC_HEADER_BYTES;
  *at = *root.tag;
  store16le(at + 1, (uint16_t)total);
  store16le(at + 3, (uint16_t)(root.count + more));
  write_directory(splice, &root, chosen, more, at + 5);
  uint32_t directory = 2 * WORD * root.count, heap = root.total - 5 - directory;
  at += 5 + directory + 2 * WORD * more;
  memcpy(at, root.tag + 5 + directory, heap);
  at += heap;
  for (uint32_t i = 0; i < more; i++) {
    struct slice value = splice->adds[chosen[i]].value;
    memcpy(at, value.data, value.bytes);
    at += value.bytes;
  }
  return true;
}
