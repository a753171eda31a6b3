/* SPDX-License-Identifier: MIT */
/* The contents of simulated files: two images a chunk, seen and durable, shared until one is
 * written. */
#include <string.h>

#include "tests/lib/fault.h"
#include "tests/lib/simos_int.h"

static uint64_t pages(uint64_t bytes) {
  return (bytes + SIM_CHUNK_BYTES - 1) / SIM_CHUNK_BYTES * SIM_CHUNK_BYTES;
}

struct sim_inode *sim__inode_create(struct simos *sim, enum os_file_kind kind) {
  struct sim_inode *inode = fault_exempt_alloc(1, sizeof *inode);
  inode->kind = kind;
  inode->next = sim->inodes;
  if (sim->inodes) sim->inodes->previous = inode;
  sim->inodes = inode;
  return inode;
}

void sim__inode_acquire(struct sim_inode *inode) {
  inode->refs++;
}

static void free_versions(struct sim_chunk *chunk) {
  while (chunk->versions) {
    struct sim_version *older = chunk->versions->next;
    fault_exempt_free(chunk->versions);
    chunk->versions = older;
  }
  chunk->versions_count = 0;
}

static void free_contents(struct sim_inode *inode) {
  for (size_t i = 0; i < inode->chunks_count; i++) {
    struct sim_chunk *chunk = &inode->chunks[i];
    if (chunk->durable != chunk->seen) fault_exempt_free(chunk->durable);
    fault_exempt_free(chunk->seen);
    free_versions(chunk);
  }
  fault_exempt_free(inode->chunks);
  fault_exempt_free(inode->unclean);
}

void sim__inode_release(struct simos *sim, struct sim_inode *inode) {
  if (--inode->refs > 0) return;
  *(inode->previous ? &inode->previous->next : &sim->inodes) = inode->next;
  if (inode->next) inode->next->previous = inode->previous;
  free_contents(inode);
  sim__entries_free(sim, &inode->entries);
  sim__entries_free(sim, &inode->durable_entries);
  fault_exempt_free(inode);
}

static const uint8_t *seen_at(const struct sim_inode *inode, uint64_t chunk) {
  return chunk < inode->chunks_count ? inode->chunks[chunk].seen : NULL;
}

size_t sim__file_read(const struct sim_inode *inode, uint64_t offset, void *data, size_t bytes) {
  if (offset >= inode->seen.bytes) return 0;
  uint64_t there = inode->seen.bytes - offset;
  size_t got = bytes < there ? bytes : (size_t)there;
  uint8_t *out = data;
  for (size_t done = 0; done < got;) {
    size_t within = (size_t)((offset + done) % SIM_CHUNK_BYTES);
    size_t part = SIM_CHUNK_BYTES - within < got - done ? SIM_CHUNK_BYTES - within : got - done;
    const uint8_t *seen = seen_at(inode, (offset + done) / SIM_CHUNK_BYTES);
    if (seen)
      memcpy(out + done, seen + within, part);
    else
      memset(out + done, 0, part);
    done += part;
  }
  return got;
}

/** The chunk of that number, made (as zeroes, clean) if the table ends before it. */
static struct sim_chunk *chunk_at(struct sim_inode *inode, size_t number) {
  if (number >= inode->chunks_count) {
    size_t count = number + 1 + number / 2;
    struct sim_chunk *chunks = fault_exempt_alloc(count, sizeof *chunks);
    if (inode->chunks_count > 0)
      memcpy(chunks, inode->chunks, inode->chunks_count * sizeof *chunks);
    fault_exempt_free(inode->chunks);
    inode->chunks = chunks;
    inode->chunks_count = count;
  }
  return &inode->chunks[number];
}

static void list_unclean(struct sim_inode *inode, size_t number) {
  if (inode->unclean_count == inode->unclean_capacity) {
    size_t capacity = inode->unclean_capacity * 2 + 4;
    size_t *grown = fault_exempt_alloc(capacity, sizeof *grown);
    if (inode->unclean_count > 0)
      memcpy(grown, inode->unclean, inode->unclean_count * sizeof *grown);
    fault_exempt_free(inode->unclean);
    inode->unclean = grown;
    inode->unclean_capacity = capacity;
  }
  inode->unclean[inode->unclean_count++] = number;
}

/** Gives the chunk a seen image of its own (invariant 1). */
static void make_unclean(struct sim_inode *inode, size_t number, struct sim_chunk *chunk) {
  if (chunk->seen != chunk->durable) return;
  chunk->seen = fault_exempt_alloc(1, SIM_CHUNK_BYTES);
  if (chunk->durable) memcpy(chunk->seen, chunk->durable, SIM_CHUNK_BYTES);
  list_unclean(inode, number);
}

/** Remembers the seen form of a dirty sector before it changes again. */
static void keep_version(struct sim_chunk *chunk, unsigned sector) {
  if (chunk->versions_count == SIM_VERSIONS_MAX) return;
  struct sim_version *version = fault_exempt_alloc(1, sizeof *version);
  version->sector = sector;
  version->sequence = chunk->sequence[sector];
  memcpy(version->data, chunk->seen + sector * SIM_SECTOR_BYTES, SIM_SECTOR_BYTES);
  version->next = chunk->versions;
  chunk->versions = version;
  chunk->versions_count++;
}

/** Marks the sectors of [from, to) in the chunk as written now. */
static void touch(struct simos *sim, struct sim_chunk *chunk, size_t from, size_t to) {
  for (unsigned sector = (unsigned)(from / SIM_SECTOR_BYTES); sector * SIM_SECTOR_BYTES < to;
       sector++) {
    uint8_t bit = (uint8_t)(1u << sector);
    if (chunk->dirty & bit) keep_version(chunk, sector);
    chunk->dirty |= bit;
    chunk->lost &= (uint8_t)~bit;
    chunk->sequence[sector] = sim->sequence;
  }
}

/** Writes `data` (NULL: zeroes) without a look at size and capacity. */
static void put(struct simos *sim, struct sim_inode *inode, uint64_t offset, const uint8_t *data,
                uint64_t bytes) {
  for (uint64_t done = 0; done < bytes;) {
    size_t number = (size_t)((offset + done) / SIM_CHUNK_BYTES);
    size_t within = (size_t)((offset + done) % SIM_CHUNK_BYTES);
    uint64_t left = bytes - done;
    size_t part = SIM_CHUNK_BYTES - within < left ? SIM_CHUNK_BYTES - within : (size_t)left;
    struct sim_chunk *chunk = chunk_at(inode, number);
    make_unclean(inode, number, chunk);
    touch(sim, chunk, within, within + part);
    if (data)
      memcpy(chunk->seen + within, data + done, part);
    else
      memset(chunk->seen + within, 0, part);
    done += part;
  }
}

static void set_size(struct simos *sim, struct sim_inode *inode, uint64_t bytes) {
  if (bytes == inode->seen.bytes) return;
  inode->between = inode->seen;
  inode->seen = (struct sim_size){bytes, sim->sequence};
}

uint64_t sim__used_bytes(struct simos *sim) {
  uint64_t bytes = 0;
  sim->census++;
  for (struct sim_inode *dir = sim->inodes; dir; dir = dir->next) {
    for (size_t i = 0; i < dir->entries.count; i++)
      dir->entries.items[i].inode->census = sim->census;
  }
  for (struct sim_inode *inode = sim->inodes; inode; inode = inode->next) {
    if (inode->census == sim->census || inode->opens > 0) bytes += pages(inode->seen.bytes);
  }
  return bytes;
}

/** How large the file may become. */
static uint64_t size_max(struct simos *sim, const struct sim_inode *inode) {
  if (sim->capacity_bytes == 0) return UINT64_MAX;
  uint64_t others = sim__used_bytes(sim) - pages(inode->seen.bytes);
  uint64_t room = sim->capacity_bytes > others ? sim->capacity_bytes - others : 0;
  room -= room % SIM_CHUNK_BYTES;
  return room > inode->seen.bytes ? room : inode->seen.bytes;
}

status sim__file_write(struct simos *sim, struct sim_inode *inode, uint64_t offset,
                       const void *data, size_t bytes) {
  uint64_t end_max = size_max(sim, inode);
  uint64_t room = end_max > offset ? end_max - offset : 0;
  size_t part = bytes < room ? bytes : (size_t)room;
  if (part > 0) {
    put(sim, inode, offset, data, part);
    if (offset + part > inode->seen.bytes) set_size(sim, inode, offset + part);
  }
  return part == bytes ? LUMA_OK : LUMA_DISK_FULL;
}

status sim__file_resize(struct simos *sim, struct sim_inode *inode, uint64_t bytes) {
  if (bytes > size_max(sim, inode)) return LUMA_DISK_FULL;
  uint64_t stored = (uint64_t)inode->chunks_count * SIM_CHUNK_BYTES;
  uint64_t end = inode->seen.bytes < stored ? inode->seen.bytes : stored;
  if (bytes < end) put(sim, inode, bytes, NULL, end - bytes);
  set_size(sim, inode, bytes);
  return LUMA_OK;
}

static void copy_sector(uint8_t *to, const uint8_t *from, unsigned sector) {
  size_t at = (size_t)sector * SIM_SECTOR_BYTES;
  if (from)
    memcpy(to + at, from + at, SIM_SECTOR_BYTES);
  else
    memset(to + at, 0, SIM_SECTOR_BYTES);
}

/** The chunk's seen image becomes durable, but for the sectors of `lost`; true when it is clean
 * then. */
static bool sync_chunk(struct sim_chunk *chunk) {
  free_versions(chunk);
  if (chunk->lost == 0) {
    fault_exempt_free(chunk->durable);
    chunk->durable = chunk->seen;
    chunk->dirty = 0;
    return true;
  }
  if (!chunk->durable) chunk->durable = fault_exempt_alloc(1, SIM_CHUNK_BYTES);
  for (unsigned sector = 0; sector < SIM_CHUNK_SECTORS; sector++) {
    if (chunk->dirty & 1u << sector) copy_sector(chunk->durable, chunk->seen, sector);
  }
  chunk->dirty = 0;
  return false;
}

static bool meets(struct sim_range range, size_t chunk) {
  uint64_t start = (uint64_t)chunk * SIM_CHUNK_BYTES;
  return start + SIM_CHUNK_BYTES > range.offset && start < range.offset + range.bytes;
}

void sim__file_sync_range(struct sim_inode *inode, struct sim_range range) {
  size_t kept = 0;
  for (size_t i = 0; i < inode->unclean_count; i++) {
    size_t number = inode->unclean[i];
    if (!meets(range, number) || !sync_chunk(&inode->chunks[number]))
      inode->unclean[kept++] = number;
  }
  inode->unclean_count = kept;
  inode->durable = inode->between = inode->seen;
}

void sim__file_sync(struct sim_inode *inode) {
  sim__file_sync_range(inode, (struct sim_range){0, UINT64_MAX});
}

void sim__file_sync_badly(struct simos *sim, struct sim_inode *inode, struct sim_range range) {
  for (size_t i = 0; i < inode->unclean_count; i++) {
    if (!meets(range, inode->unclean[i])) continue;
    struct sim_chunk *chunk = &inode->chunks[inode->unclean[i]];
    uint8_t given_up = (uint8_t)(chunk->dirty & rng_next(&sim->rng));
    chunk->lost |= given_up;
    chunk->dirty &= (uint8_t)~given_up;
  }
  struct sim_size durable = inode->durable, between = inode->between;
  sim__file_sync_range(inode, range);
  inode->durable = durable;
  inode->between = between;
}

/** The form in which a sector that was dirty is found: the newest that survives. */
static void settle_sector(struct simos *sim, struct sim_chunk *chunk, unsigned sector,
                          uint8_t *image) {
  if (sim__survives(sim, chunk->sequence[sector])) {
    copy_sector(image, chunk->seen, sector);
    return;
  }
  for (const struct sim_version *v = chunk->versions; v; v = v->next) {
    if (v->sector == sector && sim__survives(sim, v->sequence)) {
      memcpy(image + (size_t)sector * SIM_SECTOR_BYTES, v->data, SIM_SECTOR_BYTES);
      return;
    }
  }
}

static void settle_chunk(struct simos *sim, struct sim_chunk *chunk) {
  uint8_t *image = chunk->durable ? chunk->durable : fault_exempt_alloc(1, SIM_CHUNK_BYTES);
  for (unsigned sector = 0; sector < SIM_CHUNK_SECTORS; sector++) {
    if (chunk->dirty & 1u << sector) settle_sector(sim, chunk, sector, image);
  }
  fault_exempt_free(chunk->seen);
  free_versions(chunk);
  chunk->seen = chunk->durable = image;
  chunk->dirty = chunk->lost = 0;
}

/** Zeroes what is stored beyond the end, in both images: the file is clean. */
static void clear_tail(struct sim_inode *inode) {
  uint64_t end = inode->seen.bytes;
  for (size_t number = (size_t)(end / SIM_CHUNK_BYTES); number < inode->chunks_count; number++) {
    uint64_t start = (uint64_t)number * SIM_CHUNK_BYTES;
    size_t within = end > start ? (size_t)(end - start) : 0;
    if (inode->chunks[number].seen)
      memset(inode->chunks[number].seen + within, 0, SIM_CHUNK_BYTES - within);
  }
}

void sim__file_crash(struct simos *sim, struct sim_inode *inode) {
  inode->locked_by = NULL;
  inode->readers = 0;
  for (size_t i = 0; i < inode->unclean_count; i++)
    settle_chunk(sim, &inode->chunks[inode->unclean[i]]);
  inode->unclean_count = 0;
  struct sim_size size = inode->durable;
  if (inode->seen.bytes != size.bytes && sim__survives(sim, inode->seen.sequence))
    size = inode->seen;
  else if (inode->between.bytes != size.bytes && sim__survives(sim, inode->between.sequence))
    size = inode->between;
  set_size(sim, inode, size.bytes);
  inode->seen = inode->between = inode->durable = size;
  clear_tail(inode);
}

void sim__file_flip(struct sim_inode *inode, uint64_t bit) {
  size_t number = (size_t)(bit / 8 / SIM_CHUNK_BYTES), at = (size_t)(bit / 8 % SIM_CHUNK_BYTES);
  uint8_t mask = (uint8_t)(1u << bit % 8);
  struct sim_chunk *chunk = chunk_at(inode, number);
  if (!chunk->durable) chunk->durable = fault_exempt_alloc(1, SIM_CHUNK_BYTES);
  if (!chunk->seen) chunk->seen = chunk->durable;
  chunk->seen[at] ^= mask;
  if (chunk->durable != chunk->seen) chunk->durable[at] ^= mask;
}
