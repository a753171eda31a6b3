/* SPDX-License-Identifier: MIT */
/* Cycles among transactions: strongly connected components (Tarjan 1972, without recursion) of the
 * graph of edges.
 *
 * Each transaction has two nodes. In `ready` any edge but rw may be taken, and leads to the `moved`
 * node of its end; from there one rw may follow, to a `ready` node, or none (to its own). So a
 * cycle of nodes is a cycle of transactions in which no two rw come in a row. For serializability
 * rw may be taken from `ready` too. The clock is a chain of nodes, one for each end of a
 * transaction in order: who ended leads into it, and out of it to those who began later. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/model/history.h"

struct arc {
  uint32_t from, to;
};

struct graph {
  uint32_t nodes;
  struct arc *arcs;
  size_t arcs_count, arcs_capacity;
  size_t *first; /* of a node's arcs in `to`; one more at the end */
  uint32_t *to;
};

static void *allocate(size_t count, size_t bytes) {
  void *made = calloc(count ? count : 1, bytes);
  if (!made) abort();
  return made;
}

static uint32_t ready(uint32_t txn) {
  return 2 * txn;
}

static uint32_t moved(uint32_t txn) {
  return 2 * txn + 1;
}

static void add_arc(struct graph *graph, uint32_t from, uint32_t to) {
  if (graph->arcs_count == graph->arcs_capacity) {
    graph->arcs_capacity = graph->arcs_capacity * 2 + 4096;
    graph->arcs = realloc(graph->arcs, graph->arcs_capacity * sizeof *graph->arcs);
    if (!graph->arcs) abort();
  }
  graph->arcs[graph->arcs_count++] = (struct arc){from, to};
}

/* ---- building ---- */

struct ending {
  uint64_t at;
  uint32_t txn;
};

static int compare_endings(const void *a, const void *b) {
  uint64_t left = ((const struct ending *)a)->at, right = ((const struct ending *)b)->at;
  return (left > right) - (left < right);
}

/* How many transactions ended before `at`. */
static uint32_t ended_before(const struct ending *endings, uint32_t count, uint64_t at) {
  uint32_t low = 0, high = count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (endings[middle].at < at)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static void add_clock(struct graph *graph, const struct history *history) {
  struct ending *endings = allocate(history->count, sizeof *endings);
  uint32_t count = 0, chain = 2 * history->count;
  for (uint32_t i = 0; i < history->count; i++)
    if (history->txns[i].is_committed)
      endings[count++] = (struct ending){history->txns[i].ended, i};
  qsort(endings, count, sizeof *endings, compare_endings);
  for (uint32_t i = 0; i < count; i++) {
    add_arc(graph, ready(endings[i].txn), chain + i);
    if (i > 0) add_arc(graph, chain + i - 1, chain + i);
  }
  for (uint32_t i = 0; i < history->count; i++) {
    uint32_t before = ended_before(endings, count, history->txns[i].begun);
    if (history->txns[i].is_committed && before > 0) add_arc(graph, chain + before - 1, moved(i));
  }
  free(endings);
}

static void index_arcs(struct graph *graph) {
  graph->first = allocate((size_t)graph->nodes + 2, sizeof *graph->first);
  graph->to = allocate(graph->arcs_count, sizeof *graph->to);
  for (size_t i = 0; i < graph->arcs_count; i++) graph->first[graph->arcs[i].from + 2]++;
  for (uint32_t i = 2; i < graph->nodes + 2; i++) graph->first[i] += graph->first[i - 1];
  for (size_t i = 0; i < graph->arcs_count; i++)
    graph->to[graph->first[graph->arcs[i].from + 1]++] = graph->arcs[i].to;
}

/** Which edges a cycle may take. */
struct rules {
  bool wr, clock, rw, rw_in_a_row;
};

static void build(struct graph *graph, const struct history *history,
                  const struct history_edges *edges, const struct rules *rules) {
  *graph = (struct graph){.nodes = 3 * history->count};
  for (uint32_t i = 0; i < history->count; i++) add_arc(graph, moved(i), ready(i));
  for (size_t i = 0; i < edges->count; i++) {
    const struct history_edge *edge = &edges->items[i];
    if (edge->kind == HISTORY_WW || (edge->kind == HISTORY_WR && rules->wr))
      add_arc(graph, ready(edge->from), moved(edge->to));
    if (edge->kind == HISTORY_RW && rules->rw)
      add_arc(graph, rules->rw_in_a_row ? ready(edge->from) : moved(edge->from), ready(edge->to));
  }
  if (rules->clock) add_clock(graph, history);
  index_arcs(graph);
}

static void graph_free(struct graph *graph) {
  free(graph->arcs);
  free(graph->first);
  free(graph->to);
}

/* ---- components ---- */

struct search {
  const struct graph *graph;
  uint32_t *index, *low; /* 0 = not met */
  size_t *next;          /* arc to follow next */
  uint32_t *stack, *path;
  uint32_t stack_count, path_count, met;
  bool *is_stacked;
};

static void enter(struct search *search, uint32_t node) {
  search->index[node] = search->low[node] = ++search->met;
  search->next[node] = search->graph->first[node];
  search->stack[search->stack_count++] = search->path[search->path_count++] = node;
  search->is_stacked[node] = true;
}

/* The node is done; answers how large the component is that it closes, 0 if it closes none. */
static uint32_t leave(struct search *search, uint32_t node) {
  search->path_count--;
  if (search->path_count) {
    uint32_t above = search->path[search->path_count - 1];
    if (search->low[node] < search->low[above]) search->low[above] = search->low[node];
  }
  if (search->low[node] != search->index[node]) return 0;
  uint32_t size = 0, top;
  do {
    top = search->stack[--search->stack_count];
    search->is_stacked[top] = false;
    size++;
  } while (top != node);
  return size;
}

/* Explores from `root`; answers true when a component of more than one node was closed, which then
 * stands on the stack from stack_count on. */
static bool explore(struct search *search, uint32_t root, uint32_t *size) {
  enter(search, root);
  while (search->path_count) {
    uint32_t node = search->path[search->path_count - 1];
    if (search->next[node] < search->graph->first[node + 1]) {
      uint32_t to = search->graph->to[search->next[node]++];
      if (!search->index[to])
        enter(search, to);
      else if (search->is_stacked[to] && search->index[to] < search->low[node])
        search->low[node] = search->index[to];
      continue;
    }
    *size = leave(search, node);
    if (*size > 1) return true;
  }
  return false;
}

static void describe(const struct search *search, uint32_t size, uint32_t txns, const char *name,
                     char text[HISTORY_TEXT_BYTES]) {
  size_t at = (size_t)snprintf(text, HISTORY_TEXT_BYTES, "%s, among transactions", name);
  uint32_t last = UINT32_MAX;
  for (uint32_t i = 0; i < size && at + 16 < HISTORY_TEXT_BYTES; i++) {
    uint32_t node = search->stack[search->stack_count + i];
    if (node >= 2 * txns || node / 2 == last) continue;
    last = node / 2;
    at += (size_t)snprintf(text + at, HISTORY_TEXT_BYTES - at, " %u", last);
  }
}

static bool has_cycle(const struct history *history, const struct history_edges *edges,
                      const struct rules *rules, const char *name, char text[HISTORY_TEXT_BYTES]) {
  struct graph graph;
  build(&graph, history, edges, rules);
  struct search search = {.graph = &graph,
                          .index = allocate(graph.nodes, sizeof *search.index),
                          .low = allocate(graph.nodes, sizeof *search.low),
                          .next = allocate(graph.nodes, sizeof *search.next),
                          .stack = allocate(graph.nodes, sizeof *search.stack),
                          .path = allocate(graph.nodes, sizeof *search.path),
                          .is_stacked = allocate(graph.nodes, sizeof *search.is_stacked)};
  bool found = false;
  uint32_t size = 0;
  for (uint32_t node = 0; node < graph.nodes && !found; node++)
    if (!search.index[node]) found = explore(&search, node, &size);
  if (found) describe(&search, size, history->count, name, text);
  free(search.index);
  free(search.low);
  free(search.next);
  free(search.stack);
  free(search.path);
  free(search.is_stacked);
  graph_free(&graph);
  return found;
}

enum history_anomaly history__find_cycle(const struct history *history,
                                         const struct history_edges *edges, bool is_serializable,
                                         char text[HISTORY_TEXT_BYTES]) {
  static const struct {
    enum history_anomaly anomaly;
    const char *name;
    struct rules rules;
  } stages[] = {
      {HISTORY_G0, "G0, a cycle of writes", {false, false, false, false}},
      {HISTORY_G1C, "G1c, a cycle of writes and reads", {true, true, false, false}},
      {HISTORY_G_SINGLE, "G-single, a snapshot that is none", {true, true, true, false}},
      {HISTORY_G2, "G2, an order that is none", {true, true, true, true}},
  };
  size_t count = sizeof stages / sizeof stages[0] - !is_serializable;
  for (size_t i = 0; i < count; i++)
    if (has_cycle(history, edges, &stages[i].rules, stages[i].name, text)) return stages[i].anomaly;
  return HISTORY_SOUND;
}
