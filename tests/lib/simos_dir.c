/* SPDX-License-Identifier: MIT */
/* The namespace of the simulated disk: what is seen, what is durable, and the operations between
 * the two. */
#include <string.h>

#include "tests/lib/fault.h"
#include "tests/lib/simos_int.h"

static struct sim_entry *find_entry(const struct sim_entries *entries, const char *name) {
  for (size_t i = 0; i < entries->count; i++) {
    if (strcmp(entries->items[i].name, name) == 0) return &entries->items[i];
  }
  return NULL;
}

/** Makes `name` mean `inode`, whatever it meant before. */
static void entry_set(struct simos *sim, struct sim_entries *entries, const char *name,
                      struct sim_inode *inode) {
  sim__inode_acquire(inode);
  struct sim_entry *entry = find_entry(entries, name);
  if (entry) {
    sim__inode_release(sim, entry->inode);
    entry->inode = inode;
    return;
  }
  if (entries->count == entries->capacity) {
    size_t capacity = entries->capacity * 2 + 4;
    struct sim_entry *grown = fault_exempt_alloc(capacity, sizeof *grown);
    if (entries->count > 0) memcpy(grown, entries->items, entries->count * sizeof *grown);
    fault_exempt_free(entries->items);
    entries->items = grown;
    entries->capacity = capacity;
  }
  entry = &entries->items[entries->count++];
  memcpy(entry->name, name, strlen(name) + 1);
  entry->inode = inode;
}

/** Removes `name` if it means `inode`. */
static void entry_clear(struct simos *sim, struct sim_entries *entries, const char *name,
                        struct sim_inode *inode) {
  struct sim_entry *entry = find_entry(entries, name);
  if (!entry || entry->inode != inode) return;
  *entry = entries->items[--entries->count];
  sim__inode_release(sim, inode);
}

static void entries_empty(struct simos *sim, struct sim_entries *entries) {
  while (entries->count > 0) sim__inode_release(sim, entries->items[--entries->count].inode);
}

void sim__entries_free(struct simos *sim, struct sim_entries *entries) {
  entries_empty(sim, entries);
  fault_exempt_free(entries->items);
  *entries = (struct sim_entries){0};
}

/** The next name of `*path` into `name`; false at the end. */
static status next_name(const char **path, char *name, bool *found, struct err *err) {
  for (;;) {
    while (**path == '/') (*path)++;
    size_t bytes = strcspn(*path, "/");
    *found = bytes > 0;
    if (bytes >= SIM_NAME_BYTES) FAIL(err, LUMA_IO_ERROR, "%s: the name is too long", *path);
    memcpy(name, *path, bytes);
    name[bytes] = '\0';
    *path += bytes;
    if (strcmp(name, "..") == 0) FAIL(err, LUMA_INVALID_ARGUMENT, "the simulated disk has no `..`");
    if (strcmp(name, ".") != 0) return LUMA_OK;
  }
}

status sim__find(struct simos *sim, const char *path, struct sim_place *place, struct err *err) {
  const char *rest = path;
  bool found = false;
  char name[SIM_NAME_BYTES];
  *place = (struct sim_place){.inode = sim->root};
  for (;;) {
    TRY(next_name(&rest, name, &found, err));
    if (!found) return LUMA_OK;
    if (!place->inode) FAIL(err, LUMA_NOT_FOUND, "%s: no such file or directory", path);
    if (place->inode->kind != OS_KIND_DIRECTORY)
      FAIL(err, LUMA_IO_ERROR, "%s: not a directory on the way", path);
    place->dir = place->inode;
    const struct sim_entry *entry = find_entry(&place->dir->entries, name);
    place->inode = entry ? entry->inode : NULL;
    memcpy(place->name, name, sizeof name);
  }
}

status sim__find_there(struct simos *sim, const char *path, struct sim_place *place,
                       struct err *err) {
  TRY(sim__find(sim, path, place, err));
  if (!place->inode) FAIL(err, LUMA_NOT_FOUND, "%s: no such file or directory", path);
  return LUMA_OK;
}

/** Adds an operation to the pending ones; its names are filled by the caller. */
static struct sim_op *add_op(struct simos *sim, enum sim_op_kind kind, struct sim_inode *inode,
                             const struct sim_place *place) {
  if (sim->ops_count == sim->ops_capacity) {
    size_t capacity = sim->ops_capacity * 2 + 16;
    struct sim_op *grown = fault_exempt_alloc(capacity, sizeof *grown);
    if (sim->ops_count > 0) memcpy(grown, sim->ops, sim->ops_count * sizeof *grown);
    fault_exempt_free(sim->ops);
    sim->ops = grown;
    sim->ops_capacity = capacity;
  }
  struct sim_op *op = &sim->ops[sim->ops_count++];
  *op = (struct sim_op){sim->sequence, kind, inode, place->dir, NULL, {0}, {0}};
  memcpy(op->name, place->name, sizeof op->name);
  sim__inode_acquire(inode);
  sim__inode_acquire(place->dir);
  return op;
}

struct sim_inode *sim__dir_make(struct simos *sim, const struct sim_place *place,
                                enum os_file_kind kind) {
  struct sim_inode *inode = sim__inode_create(sim, kind);
  entry_set(sim, &place->dir->entries, place->name, inode);
  add_op(sim, SIM_LINK, inode, place);
  return inode;
}

void sim__dir_unlink(struct simos *sim, const struct sim_place *place) {
  add_op(sim, SIM_UNLINK, place->inode, place);
  entry_clear(sim, &place->dir->entries, place->name, place->inode);
}

void sim__dir_rename(struct simos *sim, const struct sim_place *from, const struct sim_place *to) {
  struct sim_op *op = add_op(sim, SIM_RENAME, from->inode, from);
  op->to_dir = to->dir;
  memcpy(op->to_name, to->name, sizeof op->to_name);
  sim__inode_acquire(to->dir);
  entry_set(sim, &to->dir->entries, to->name, from->inode);
  entry_clear(sim, &from->dir->entries, from->name, op->inode);
}

/** Makes the operation durable. */
static void apply(struct simos *sim, const struct sim_op *op) {
  struct sim_entries *entries = &op->dir->durable_entries;
  switch (op->kind) {
  case SIM_LINK: entry_set(sim, entries, op->name, op->inode); break;
  case SIM_UNLINK: entry_clear(sim, entries, op->name, op->inode); break;
  case SIM_RENAME:
    entry_set(sim, &op->to_dir->durable_entries, op->to_name, op->inode);
    entry_clear(sim, entries, op->name, op->inode);
    break;
  }
}

static void forget(struct simos *sim, const struct sim_op *op) {
  sim__inode_release(sim, op->inode);
  sim__inode_release(sim, op->dir);
  if (op->to_dir) sim__inode_release(sim, op->to_dir);
}

void sim__dir_sync(struct simos *sim, const struct sim_inode *dir) {
  size_t kept = 0;
  for (size_t i = 0; i < sim->ops_count; i++) {
    struct sim_op op = sim->ops[i];
    if (op.dir != dir && op.to_dir != dir) {
      sim->ops[kept++] = op;
      continue;
    }
    apply(sim, &op);
    forget(sim, &op);
  }
  sim->ops_count = kept;
}

/** What is durable is what is seen, from here down. */
static void restore(struct simos *sim, struct sim_inode *dir) {
  const struct sim_entries *durable = &dir->durable_entries;
  entries_empty(sim, &dir->entries);
  for (size_t i = 0; i < durable->count; i++) {
    struct sim_inode *inode = durable->items[i].inode;
    entry_set(sim, &dir->entries, durable->items[i].name, inode);
    if (inode->kind == OS_KIND_DIRECTORY) restore(sim, inode);
  }
}

void sim__dir_crash(struct simos *sim) {
  if (sim->ops_count == 0) return;
  for (size_t i = 0; i < sim->ops_count; i++) {
    struct sim_op op = sim->ops[i];
    if (sim__survives(sim, op.sequence)) apply(sim, &op);
    forget(sim, &op);
  }
  sim->ops_count = 0;
  restore(sim, sim->root);
}

void sim__dir_wipe(struct simos *sim) {
  while (sim->ops_count > 0) {
    struct sim_op op = sim->ops[--sim->ops_count];
    forget(sim, &op);
  }
  entries_empty(sim, &sim->root->entries);
  entries_empty(sim, &sim->root->durable_entries);
}
