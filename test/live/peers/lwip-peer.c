/*
 * lwIP as a peer behind a wire of UDP datagrams, with echo on port 7.   lwip-peer ADDRESS HERE THERE
 * Commands as in linux-guest.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lwip/ip4_addr.h"
#include "lwip/netif.h"
#include "lwip/sockets.h"
#include "lwip/tcpip.h"

void wire_open(int here, int there);
int wire_read(void *bytes, int size);
int wire_write(const void *bytes, int length);

static struct netif netif;
static sys_sem_t ready;
static ip4_addr_t address, mask, gateway;

static err_t transmit(struct netif *by, struct pbuf *packet, const ip4_addr_t *to) {
  char bytes[2048];
  (void)by, (void)to;
  wire_write(bytes, pbuf_copy_partial(packet, bytes, sizeof bytes, 0));
  return ERR_OK;
}

static err_t initialize(struct netif *it) {
  it->name[0] = 'h';
  it->name[1] = 'm';
  it->mtu = 576;
  it->output = transmit;
  return ERR_OK;
}

static void receive(void *unused) {
  char bytes[2048];
  (void)unused;
  for (;;) {
    int length = wire_read(bytes, sizeof bytes);
    if (length <= 0) continue;
    struct pbuf *packet = pbuf_alloc(PBUF_RAW, length, PBUF_RAM);
    if (packet == NULL) continue;
    pbuf_take(packet, bytes, length);
    if (netif.input(packet, &netif) != ERR_OK) pbuf_free(packet);
  }
}

static void start(void *unused) {
  (void)unused;
  netif_add(&netif, &address, &mask, &gateway, NULL, initialize, tcpip_input);
  netif_set_default(&netif);
  netif_set_up(&netif);
  netif_set_link_up(&netif);
  sys_sem_signal(&ready);
}

static struct sockaddr_in at(const char *host, int port) {
  struct sockaddr_in a;
  memset(&a, 0, sizeof a);
  a.sin_family = AF_INET;
  a.sin_port = lwip_htons(port);
  a.sin_addr.s_addr = ipaddr_addr(host);
  return a;
}

static void ports(int type, int connects, int count, const char *host, int port) {
  printf("ports:");
  for (int i = 0; i < count; i++) {
    int s = lwip_socket(AF_INET, type, 0);
    struct sockaddr_in to = at(host, port), me = at("0.0.0.0", 0);
    socklen_t length = sizeof me;
    int failed = connects ? lwip_connect(s, (void *)&to, sizeof to) : lwip_bind(s, (void *)&me, sizeof me);
    lwip_getsockname(s, (void *)&me, &length);
    if (failed) printf(" failed");
    else printf(" %u", lwip_ntohs(me.sin_port));
    lwip_close(s);
  }
  puts("");
}

static void fetch(const char *host, int port, int bytes) {
  int s = lwip_socket(AF_INET, SOCK_STREAM, 0), sent = 0, got = 0;
  struct sockaddr_in to = at(host, port);
  unsigned char out[500], in[500];
  lwip_connect(s, (void *)&to, sizeof to);
  while (got < bytes) {
    int n = bytes - sent < 500 ? bytes - sent : 500;
    for (int i = 0; i < n; i++) out[i] = sent + i;
    if (n > 0 && (n = lwip_send(s, out, n, 0)) <= 0) break;
    sent += n;
    if ((n = lwip_recv(s, in, sizeof in, 0)) <= 0) break;
    for (int i = 0; i < n; i++)
      if (in[i] != (unsigned char)(got + i)) n = -1;
    if (n < 0) break;
    got += n;
  }
  printf("echoed: %d\n", got);
  lwip_close(s);
}

static void echo_stream(void *socket) {
  int s = (int)(long)socket, n;
  char bytes[2048];
  while ((n = lwip_recv(s, bytes, sizeof bytes, 0)) > 0) lwip_send(s, bytes, n, 0);
  lwip_close(s);
}

static void echo_streams(void *unused) {
  int listener = lwip_socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in me = at("0.0.0.0", 7);
  (void)unused;
  lwip_bind(listener, (void *)&me, sizeof me);
  lwip_listen(listener, 4);
  for (;;) {
    int s = lwip_accept(listener, NULL, NULL);
    if (s >= 0) sys_thread_new("stream", echo_stream, (void *)(long)s, 8192, 1);
  }
}

static void echo_datagrams(void *unused) {
  int s = lwip_socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in me = at("0.0.0.0", 7), from;
  char bytes[2048];
  (void)unused;
  lwip_bind(s, (void *)&me, sizeof me);
  for (;;) {
    socklen_t length = sizeof from;
    int n = lwip_recvfrom(s, bytes, sizeof bytes, 0, (void *)&from, &length);
    if (n >= 0) lwip_sendto(s, bytes, n, 0, (void *)&from, length);
  }
}

int main(int count, char **words) {
  char line[256], protocol[8], call[8], host[32];
  int number, port;
  if (count < 4) return 2;
  setvbuf(stdout, NULL, _IOLBF, 0);
  ip4addr_aton(words[1], &address);
  ip4addr_aton("255.255.255.0", &mask);
  ip4_addr_set_any(&gateway);
  wire_open(atoi(words[2]), atoi(words[3]));
  sys_sem_new(&ready, 0);
  tcpip_init(start, NULL);
  sys_arch_sem_wait(&ready, 0);
  sys_thread_new("wire", receive, NULL, 8192, 1);
  sys_thread_new("streams", echo_streams, NULL, 8192, 1);
  sys_thread_new("datagrams", echo_datagrams, NULL, 8192, 1);
  puts("ready");
  while (fgets(line, sizeof line, stdin)) {
    if (sscanf(line, "ports %7s %7s %d %31s %d", protocol, call, &number, host, &port) == 5)
      ports(strcmp(protocol, "udp") ? SOCK_STREAM : SOCK_DGRAM, strcmp(call, "bind"), number, host, port);
    else if (sscanf(line, "fetch %31s %d %d", host, &port, &number) == 3) fetch(host, port, number);
    else printf("not understood: %s\n", line);
  }
  return 0;
}
