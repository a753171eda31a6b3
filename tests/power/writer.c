/* SPDX-License-Identifier: MIT */
/*
 * Writes to a database until it is killed or the database refuses, and tells each acknowledged
 * write (ack.h).
 *
 *     writer TARGET ACKNOWLEDGEMENTS [SECONDS]
 *
 * Exit status: 0 the time was up, 1 the database refused (said on standard error), 3 it could not
 * be opened.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "luma/luma.h"
#include "tests/power/ack.h"

enum { THREADS = 3, JSON_BYTES_MAX = ACK_PAD_BYTES_MAX + 512 };

/* What the threads share. */
struct writing {
  luma_db *db;
  int acknowledgements;
  unsigned long long run;
  time_t end;
};

/* One thread. */
struct writer {
  struct writing *writing;
  luma_session *session;
  unsigned thread;
  unsigned seed;
  unsigned long long number; /* of the next transaction */
  luma_error error;
  char json[JSON_BYTES_MAX];
};

static unsigned choose(struct writer *writer, unsigned bound) {
  return (unsigned)rand_r(&writer->seed) % bound;
}

static bool tell(struct writer *writer, const char *line) {
  size_t bytes = strlen(line);
  if (write(writer->writing->acknowledgements, line, bytes) == (ssize_t)bytes) return true;
  perror("writer: the acknowledgements");
  return false;
}

static bool worked(struct writer *writer, enum luma_status status) {
  if (status == LUMA_OK) return true;
  fprintf(stderr, "writer: %s: %s\n", writer->error.code, writer->error.message);
  return false;
}

static unsigned choose_pad_bytes(struct writer *writer) {
  unsigned kind = choose(writer, 100);
  return choose(writer, kind < 70 ? 300 : kind < 99 ? 5000 : ACK_PAD_BYTES_MAX);
}

static bool insert(struct writer *writer, const char *key, unsigned index, unsigned size) {
  unsigned pad_bytes = choose_pad_bytes(writer);
  int bytes =
      snprintf(writer->json, sizeof writer->json,
               "{\"id\":\"%s.%u\",\"name\":\"%s.%u\",\"batch\":\"%s\",\"size\":%u,\"pad\":\"", key,
               index, key, index, key, size);
  for (unsigned i = 0; i < pad_bytes; i++) writer->json[bytes++] = ack_pad_byte(pad_bytes, i);
  writer->json[bytes++] = '"';
  writer->json[bytes++] = '}';
  return worked(writer, luma_insert(writer->session, "t", writer->json, (size_t)bytes, NULL, 0,
                                    &writer->error));
}

static bool insert_all(struct writer *writer, const char *key, unsigned size) {
  bool in_transaction = size > 1;
  if (in_transaction && !worked(writer, luma_begin(writer->session, false, &writer->error)))
    return false;
  for (unsigned i = 0; i < size; i++)
    if (!insert(writer, key, i, size)) return false;
  return !in_transaction || worked(writer, luma_commit(writer->session, &writer->error));
}

static bool delete_one(struct writer *writer, const char *key) {
  char id[ACK_KEY_BYTES + 4], line[ACK_LINE_BYTES];
  snprintf(id, sizeof id, "%s.0", key);
  snprintf(line, sizeof line, "? %s\n", key);
  if (!tell(writer, line)) return false;
  luma_param param = luma_text(id);
  if (!worked(writer, luma_delete(writer->session, "t", &param, &writer->error))) return false;
  line[0] = '-';
  return tell(writer, line);
}

static bool count_up(struct writer *writer) {
  char id[ACK_KEY_BYTES], line[ACK_LINE_BYTES];
  const struct writing *writing = writer->writing;
  snprintf(id, sizeof id, "%llu.%u", writing->run, writer->thread);
  snprintf(line, sizeof line, "{\"number\":%llu}", writer->number);
  luma_param param = luma_text(id);
  if (!worked(writer, luma_put(writer->session, "counters", &param, line, strlen(line),
                               LUMA_PUT_MERGE | LUMA_PUT_UPSERT, &writer->error)))
    return false;
  snprintf(line, sizeof line, "= %s %llu\n", id, writer->number);
  return tell(writer, line);
}

/* Files come and go too: what is logged moves into files, files are merged. */
static bool tidy(struct writer *writer) {
  if (choose(writer, 400) == 0)
    return worked(writer, luma_compact(writer->writing->db, &writer->error));
  if (choose(writer, 60) == 0)
    return worked(writer, luma_checkpoint(writer->writing->db, &writer->error));
  return true;
}

static bool step(struct writer *writer) {
  char key[ACK_KEY_BYTES], line[ACK_LINE_BYTES];
  unsigned size = choose(writer, 3) ? 1 : 2 + choose(writer, ACK_TRANSACTION_MAX - 1);
  snprintf(key, sizeof key, "%llu.%u.%llu", writer->writing->run, writer->thread, writer->number);
  writer->number++;
  if (!insert_all(writer, key, size)) return false;
  snprintf(line, sizeof line, "+ %s %u\n", key, size);
  if (!tell(writer, line) || !count_up(writer)) return false;
  if (size == 1 && choose(writer, 4) == 0 && !delete_one(writer, key)) return false;
  return tidy(writer);
}

/* Answers NULL when all went well. */
static void *run(void *argument) {
  struct writer *writer = argument;
  while (time(NULL) < writer->writing->end)
    if (!step(writer)) return argument;
  return NULL;
}

static bool prepare(struct writing *writing, luma_error *error) {
  static const char *const statements[] = {"CREATE COLLECTION t", "CREATE COLLECTION counters",
                                           "CREATE UNIQUE INDEX by_name ON t (name)"};
  luma_session *session;
  if (luma_session_open(writing->db, &session, error) != LUMA_OK) return false;
  enum luma_status status = LUMA_OK;
  for (size_t i = 0; i < sizeof statements / sizeof statements[0] && status == LUMA_OK; i++) {
    status = luma_exec(session, "lql", statements[i], NULL, error);
    if (status == LUMA_ALREADY_EXISTS) status = error->status = LUMA_OK;
  }
  luma_session_close(session);
  return status == LUMA_OK;
}

static struct writer *start(struct writing *writing, unsigned thread, pthread_t *id) {
  struct writer *writer = calloc(1, sizeof *writer);
  if (!writer) return NULL;
  writer->writing = writing;
  writer->thread = thread;
  writer->seed = (unsigned)writing->run * THREADS + thread;
  if (!worked(writer, luma_session_open(writing->db, &writer->session, &writer->error)) ||
      pthread_create(id, NULL, run, writer) != 0) {
    luma_session_close(writer->session);
    free(writer);
    return NULL;
  }
  return writer;
}

static int write_all(struct writing *writing) {
  struct writer *writers[THREADS];
  pthread_t ids[THREADS];
  int status = 0;
  for (unsigned i = 0; i < THREADS; i++) writers[i] = start(writing, i, &ids[i]);
  for (unsigned i = 0; i < THREADS; i++) {
    void *failed = writers[i];
    if (writers[i]) {
      pthread_join(ids[i], &failed);
      luma_session_close(writers[i]->session);
      free(writers[i]);
    }
    if (failed || !writers[i]) status = 1;
  }
  return status;
}

int main(int count, char **arguments) {
  if (count < 3) return 2;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  struct writing writing = {
      .run = (unsigned long long)now.tv_sec * 1000000 + (unsigned long long)now.tv_nsec / 1000,
      .end = now.tv_sec + (count > 3 ? strtol(arguments[3], NULL, 10) : 3600)};
  writing.acknowledgements = open(arguments[2], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (writing.acknowledgements < 0) return 2;
  luma_error error;
  int status = 3;
  if (luma_open(arguments[1], NULL, &writing.db, &error) == LUMA_OK)
    status = prepare(&writing, &error) ? write_all(&writing) : 1;
  if (error.status != LUMA_OK) fprintf(stderr, "writer: %s: %s\n", error.code, error.message);
  luma_close(writing.db);
  close(writing.acknowledgements);
  return status;
}
