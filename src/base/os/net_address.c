/* SPDX-License-Identifier: MIT */
/* Addresses: their text, and what they reach. */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>

#include "base/os/net_int.h"
#include "base/text/num.h"

enum { NAME_BYTES = 256 };

/* The text of an address in its two parts. An IPv6 address stands in brackets when a port follows.
 */
struct parts {
  struct slice host, port;
  bool has_port;
};

static status split(struct slice text, struct parts *parts, struct err *err) {
  *parts = (struct parts){.host = text};
  const uint8_t *end = text.data + text.bytes, *colon = NULL;
  if (text.bytes && text.data[0] == '[') {
    const uint8_t *close = memchr(text.data, ']', text.bytes);
    if (!close) FAIL(err, LUMA_INVALID_ARGUMENT, "`%.*s` has no closing bracket", SLICE_ARG(text));
    parts->host = slice_of(text.data + 1, (size_t)(close - text.data - 1));
    if (close + 1 < end && close[1] != ':')
      FAIL(err, LUMA_INVALID_ARGUMENT, "expected a colon after `]` in `%.*s`", SLICE_ARG(text));
    if (close + 1 < end) colon = close + 1;
  } else if (text.bytes) {
    const uint8_t *first = memchr(text.data, ':', text.bytes);
    bool is_only =
        first &&
        !memchr(first + 1, ':', (size_t)(end - first - 1)); /* two colons: a bare IPv6 address */
    if (is_only) parts->host.bytes = (size_t)(first - text.data);
    if (is_only) colon = first;
  }
  parts->has_port = colon != NULL;
  if (colon) parts->port = slice_of(colon + 1, (size_t)(end - colon - 1));
  return LUMA_OK;
}

static status read_port(const struct parts *parts, uint16_t default_port, uint16_t *port,
                        struct err *err) {
  int64_t number = default_port;
  if (parts->has_port &&
      (!num_parse_int64(parts->port, &number) || number < 0 || number > UINT16_MAX)) {
    err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "`%.*s` is not a port",
              SLICE_ARG(parts->port));
    err_hint(err, "a port is a number from 0 to 65535, as in 127.0.0.1:7070");
    return LUMA_INVALID_ARGUMENT;
  }
  *port = (uint16_t)number;
  return LUMA_OK;
}

status net__from_system(const struct sockaddr_storage *system, socklen_t bytes,
                        struct net_address *address, struct err *err) {
  *address = (struct net_address){.is_ipv6 = system->ss_family == AF_INET6};
  int failure = getnameinfo((const struct sockaddr *)system, bytes, address->host,
                            sizeof address->host, NULL, 0, NI_NUMERICHOST);
  if (failure) FAIL(err, LUMA_IO_ERROR, "cannot print an address: %s", gai_strerror(failure));
  address->port = ntohs(address->is_ipv6 ? ((const struct sockaddr_in6 *)system)->sin6_port
                                         : ((const struct sockaddr_in *)system)->sin_port);
  return LUMA_OK;
}

/* `flags` with AI_NUMERICHOST asks no name server. */
static int look_up(const char *host, int flags, struct sockaddr_storage *found, socklen_t *bytes) {
  struct addrinfo hints = {.ai_flags = flags, .ai_socktype = SOCK_STREAM}, *list;
  int failure = getaddrinfo(host, NULL, &hints, &list);
  if (failure) return failure;
  memcpy(found, list->ai_addr, list->ai_addrlen);
  *bytes = list->ai_addrlen;
  freeaddrinfo(list);
  return 0;
}

static status resolve_host(struct slice host, struct sockaddr_storage *found, socklen_t *bytes,
                           struct err *err) {
  char name[NAME_BYTES];
  if (host.bytes == 0)
    FAIL(err, LUMA_INVALID_ARGUMENT, "an address needs a host, as in 127.0.0.1:7070");
  if (host.bytes >= sizeof name || memchr(host.data, 0, host.bytes))
    FAIL(err, LUMA_INVALID_ARGUMENT, "`%.*s` is not the name of a host", SLICE_ARG(host));
  memcpy(name, host.data, host.bytes);
  name[host.bytes] = 0;
  int failure = look_up(name, AI_NUMERICHOST, found, bytes);
  if (failure == EAI_NONAME) failure = look_up(name, AI_ADDRCONFIG, found, bytes);
  if (failure == 0) return LUMA_OK;
  if (failure == EAI_MEMORY)
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory is left to resolve `%s`", name);
  FAIL(err, LUMA_INVALID_ARGUMENT, "cannot resolve the host `%s`: %s", name, gai_strerror(failure));
}

status net_resolve(struct slice text, uint16_t default_port, struct net_address *address,
                   struct err *err) {
  struct parts parts;
  struct sockaddr_storage found = {0};
  socklen_t bytes;
  uint16_t port;
  TRY(split(text, &parts, err));
  TRY(read_port(&parts, default_port, &port, err));
  TRY(resolve_host(parts.host, &found, &bytes, err));
  TRY(net__from_system(&found, bytes, address, err));
  address->port = port;
  return LUMA_OK;
}

void net_format(const struct net_address *address, char out[NET_TEXT_BYTES]) {
  const char *before = address->is_ipv6 ? "[" : "", *after = address->is_ipv6 ? "]" : "";
  snprintf(out, NET_TEXT_BYTES, "%s%s%s:%u", before, address->host, after, (unsigned)address->port);
}

status net__to_system(const struct net_address *address, struct sockaddr_storage *system,
                      socklen_t *bytes, struct err *err) {
  if (look_up(address->host, AI_NUMERICHOST, system, bytes) != 0)
    FAIL(err, LUMA_INVALID_ARGUMENT, "`%s` is not a numeric address", address->host);
  if (address->is_ipv6)
    ((struct sockaddr_in6 *)system)->sin6_port = htons(address->port);
  else
    ((struct sockaddr_in *)system)->sin_port = htons(address->port);
  return LUMA_OK;
}

bool net_is_loopback(const struct net_address *address) {
  struct in_addr four;
  struct in6_addr six;
  if (inet_pton(AF_INET, address->host, &four) == 1)
    return ntohl(four.s_addr) >> 24 == IN_LOOPBACKNET;
  if (inet_pton(AF_INET6, address->host, &six) != 1)
    return false; /* it has a scope: loopback needs none */
  if (IN6_IS_ADDR_LOOPBACK(&six)) return true;
  return IN6_IS_ADDR_V4MAPPED(&six) && six.s6_addr[12] == IN_LOOPBACKNET;
}
