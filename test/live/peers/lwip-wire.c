/* IP packets of lwIP in UDP datagrams of the machine below it: apart from lwip-peer.c, for the two have sockets of one name. */
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

static int wire;

void wire_open(int here, int there) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(here)};
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  wire = socket(AF_INET, SOCK_DGRAM, 0);
  bind(wire, (void *)&a, sizeof a);
  a.sin_port = htons(there);
  connect(wire, (void *)&a, sizeof a);
}

int wire_read(void *bytes, int size) { return read(wire, bytes, size); }

int wire_write(const void *bytes, int length) { return write(wire, bytes, length); }
