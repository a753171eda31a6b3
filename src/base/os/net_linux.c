/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "base/os/net_int.h"
#include "base/os/os_linux_int.h"

enum { BACKLOG_DEFAULT = 1024 };

static const char *hint_for(int number) {
  switch (number) {
  case EADDRINUSE:
    return "something listens there already: stop it, or choose another port with --listen";
  case EADDRNOTAVAIL:
    return "this machine has no such address: 127.0.0.1 is for itself alone, 0.0.0.0 is every "
           "address it has";
  case EACCES: return "ports below 1024 need a privilege: choose a higher one";
  default: return NULL;
  }
}

static status fail_on(struct err *err, int number, const char *what,
                      const struct net_address *address) {
  char text[NET_TEXT_BYTES];
  net_format(address, text);
  status result = os__fail(err, number, what, text);
  if (hint_for(number)) err_hint(err, "%s", hint_for(number));
  return result;
}

static int set_option(int descriptor, int level, int option) {
  int on = 1;
  return setsockopt(descriptor, level, option, &on, sizeof on);
}

/* A port in TIME_WAIT is free for us; an IPv6 socket is one. */
static int prepare(int descriptor, const struct net_address *address, bool share_port) {
  if (set_option(descriptor, SOL_SOCKET, SO_REUSEADDR) != 0) return -1;
  if (share_port && set_option(descriptor, SOL_SOCKET, SO_REUSEPORT) != 0) return -1;
  return address->is_ipv6 ? set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY) : 0;
}

status net_listen(const struct net_address *address, const struct net_listen_options *options,
                  int *descriptor, struct err *err) {
  struct sockaddr_storage system = {0};
  socklen_t bytes;
  TRY(net__to_system(address, &system, &bytes, err));
  int opened = socket(system.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (opened < 0) return fail_on(err, errno, "open a socket for", address);
  int backlog = options->backlog ? options->backlog : BACKLOG_DEFAULT;
  bool is_listening = prepare(opened, address, options->share_port) == 0 &&
                      bind(opened, (const struct sockaddr *)&system, bytes) == 0 &&
                      listen(opened, backlog) == 0;
  if (!is_listening) {
    status result = fail_on(err, errno, "listen on", address);
    net_close(opened);
    return result;
  }
  *descriptor = opened;
  return LUMA_OK;
}

status net_local_address(int descriptor, struct net_address *address, struct err *err) {
  struct sockaddr_storage system = {0};
  socklen_t bytes = sizeof system;
  if (getsockname(descriptor, (struct sockaddr *)&system, &bytes) != 0)
    return os__fail(err, errno, "read the address of", "a socket");
  return net__from_system(&system, bytes, address, err);
}

/* Errors of a connection that died while it waited are nobody's: the next one is taken. */
static bool is_lost_connection(int number) {
  return number == EINTR || number == ECONNABORTED || number == EPROTO || number == ENETDOWN ||
         number == EHOSTUNREACH || number == ENETUNREACH;
}

status net_accept(int descriptor, int *connection, struct net_address *peer, struct err *err) {
  struct sockaddr_storage system = {0};
  socklen_t bytes;
  int taken;
  do {
    bytes = sizeof system;
    taken = accept4(descriptor, (struct sockaddr *)&system, &bytes, SOCK_CLOEXEC | SOCK_NONBLOCK);
  } while (taken < 0 && is_lost_connection(errno));
  if (taken < 0 && errno == EAGAIN) return LUMA_PENDING;
  if (taken < 0) return os__fail(err, errno, "accept", "a connection");
  set_option(taken, IPPROTO_TCP, TCP_NODELAY); /* slower without, never wrong */
  status result = peer ? net__from_system(&system, bytes, peer, err) : LUMA_OK;
  if (result != LUMA_OK)
    net_close(taken);
  else
    *connection = taken;
  return result;
}

void net_close(int descriptor) {
  close(descriptor);
}
