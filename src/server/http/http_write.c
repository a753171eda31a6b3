/* SPDX-License-Identifier: MIT */
/* Writing replies: the head and what fits beside it in one call, the rest as the client takes it;
 * streams in chunks (RFC 9112, 7.1). */
#include <stdio.h>

#include "server/http/http_int.h"

enum { CHUNK_HEAD_BYTES = 16, CHUNK_TAIL_BYTES = 8 };

/* Where a write is put together: the loop's scratch memory. */
struct room {
  uint8_t *start, *at, *end;
};

static struct room room_of(struct http_conn *conn) {
  uint8_t *start = conn->request.loop->scratch + LWS_PRE;
  return (struct room){start, start, start + HTTP_SCRATCH_BYTES};
}

void http_reply_header(struct http_request *request, const char *name, struct slice value) {
  struct http_reply *reply = &request->reply;
  if (reply->headers_count == HTTP_REPLY_HEADERS_MAX) return;
  const char *copy = arena_copy(&request->arena, value.data, value.bytes);
  if (!copy) return;
  reply->headers[reply->headers_count++] =
      (struct http_reply_header){name, slice_of(copy, value.bytes)};
}

static bool has_body(const struct http_reply *reply) {
  return reply->status != 204 && reply->status != 304;
}

static int put_text(struct lws *wsi, enum lws_token_indexes token, const char *text,
                    struct room *room) {
  return lws_add_http_header_by_token(wsi, token, (const unsigned char *)text, (int)strlen(text),
                                      &room->at, room->end);
}

static int put_framing(struct http_conn *conn, struct room *room) {
  const struct http_reply *reply = &conn->request.reply;
  if (!has_body(reply)) return 0;
  if (reply->content_type &&
      put_text(conn->wsi, WSI_TOKEN_HTTP_CONTENT_TYPE, reply->content_type, room))
    return -1;
  if (reply->is_stream)
    return put_text(conn->wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING, "chunked", room);
  return lws_add_http_header_content_length(conn->wsi, reply->body.bytes, &room->at, room->end);
}

static int put_head(struct http_conn *conn, struct room *room) {
  const struct http_reply *reply = &conn->request.reply;
  if (lws_add_http_header_status(conn->wsi, reply->status, &room->at, room->end)) return -1;
  if (put_framing(conn, room)) return -1;
  for (uint32_t i = 0; i < reply->headers_count; i++) {
    const struct http_reply_header *header = &reply->headers[i];
    if (lws_add_http_header_by_name(conn->wsi, (const unsigned char *)header->name,
                                    header->value.data, (int)header->value.bytes, &room->at,
                                    room->end))
      return -1;
  }
  if (reply->close && put_text(conn->wsi, WSI_TOKEN_CONNECTION, "close", room)) return -1;
  if (lws_finalize_http_header(conn->wsi, &room->at, room->end)) return -1;
  conn->head_written = true;
  return 0;
}

/* The next piece of the body, as it goes over the wire. */
static void put_piece(struct http_conn *conn, struct room *room) {
  const struct http_reply *reply = &conn->request.reply;
  size_t left = reply->body.bytes - conn->written, free_bytes = (size_t)(room->end - room->at);
  size_t framing = reply->is_stream ? CHUNK_HEAD_BYTES + CHUNK_TAIL_BYTES : 0;
  if (free_bytes <= framing || left == 0) return;
  size_t piece = left < free_bytes - framing ? left : free_bytes - framing;
  if (reply->is_stream) room->at += snprintf((char *)room->at, CHUNK_HEAD_BYTES, "%zx\r\n", piece);
  memcpy(room->at, reply->body.data + conn->written, piece);
  room->at += piece;
  conn->written += piece;
  conn->request.sent_bytes += piece;
  if (reply->is_stream) {
    memcpy(room->at, "\r\n", 2);
    room->at += 2;
  }
}

static bool is_part_written(const struct http_conn *conn) {
  const struct http_reply *reply = &conn->request.reply;
  return !has_body(reply) || conn->request.method == HTTP_HEAD ||
         conn->written == reply->body.bytes;
}

static void put_stream_end(struct http_conn *conn, struct room *room) {
  const struct http_reply *reply = &conn->request.reply;
  if (!reply->is_stream || reply->has_more || reply->close) return;
  if (conn->request.method == HTTP_HEAD) return;
  memcpy(room->at, "0\r\n\r\n", 5);
  room->at += 5;
}

static int send_room(struct http_conn *conn, struct room *room, bool is_last) {
  size_t bytes = (size_t)(room->at - room->start);
  if (bytes == 0) return 0;
  int sent =
      lws_write(conn->wsi, room->start, bytes, is_last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP);
  atomic_fetch_add_explicit(&conn->request.loop->server->bytes_sent, bytes, memory_order_relaxed);
  return sent < (int)bytes ? -1 : 0;
}

int http__write_continue(struct http_conn *conn) {
  static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
  struct room room = room_of(conn);
  memcpy(room.at, text, sizeof text - 1);
  room.at += sizeof text - 1;
  return send_room(conn, &room, false);
}

int http__write(struct http_conn *conn) {
  if (conn->phase != HTTP_WRITING) return 0;
  struct http_reply *reply = &conn->request.reply;
  struct room room = room_of(conn);
  if (!conn->head_written && put_head(conn, &room)) return -1;
  if (conn->request.method != HTTP_HEAD && has_body(reply)) {
    room.end -= CHUNK_TAIL_BYTES;
    put_piece(conn, &room);
    room.end += CHUNK_TAIL_BYTES;
  }
  bool part_written = is_part_written(conn), is_last = part_written && !reply->has_more;
  if (is_last) put_stream_end(conn, &room);
  if (send_room(conn, &room, is_last)) return -1;
  if (is_last) return http__conn_done(conn);
  lws_set_timer_usecs(conn->wsi, (lws_usec_t)conn->request.loop->server->options.send_timeout_us);
  if (part_written) return http__conn_more(conn);
  lws_callback_on_writable(conn->wsi);
  return 0;
}
