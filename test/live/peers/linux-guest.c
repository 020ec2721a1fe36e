/*
 * The first and only process of a Linux guest: loads modules, sets up eth0, serves echo on port 7, and does what the console
 * tells it, a line at a time. It never forks: in a busy User Mode Linux fork(2) fails now and then.
 *   ports PROTOCOL connect|bind COUNT ADDRESS PORT   ->  ports: P P P
 *   fetch ADDRESS PORT BYTES                         ->  echoed: N
 *   quit
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

static struct sockaddr_in at(const char *address, int port) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_pton(AF_INET, address, &a.sin_addr);
  return a;
}

static void load_modules(void) {
  char name[128];
  FILE *list = fopen("/modules/order", "r");
  while (list && fscanf(list, "%127s", name) == 1) {
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || syscall(SYS_finit_module, fd, "", 0)) printf("no module %s: %m\n", name);
    close(fd);
  }
}

static void up(const char *name, const char *address) {
  int s = socket(AF_INET, SOCK_DGRAM, 0);
  struct ifreq r = {0};
  strcpy(r.ifr_name, name);
  if (address) {
    struct sockaddr_in a = at(address, 0), mask = at("255.255.255.0", 0);
    memcpy(&r.ifr_addr, &a, sizeof a);
    if (ioctl(s, SIOCSIFADDR, &r)) printf("%s: %m\n", name);
    memcpy(&r.ifr_netmask, &mask, sizeof mask);
    ioctl(s, SIOCSIFNETMASK, &r);
  }
  ioctl(s, SIOCGIFFLAGS, &r);
  r.ifr_flags |= IFF_UP;
  ioctl(s, SIOCSIFFLAGS, &r);
  close(s);
}

static void ports(const char *protocol, const char *call, int count, const char *address, int port) {
  int type = strcmp(protocol, "udp") ? SOCK_STREAM : SOCK_DGRAM;
  int number = strcmp(protocol, "sctp") ? 0 : IPPROTO_SCTP;
  printf("ports:");
  for (int i = 0; i < count; i++) {
    int s = socket(AF_INET, type | SOCK_NONBLOCK, number);
    struct sockaddr_in to = at(address, port), me = {.sin_family = AF_INET};
    socklen_t length = sizeof me;
    int failed = strcmp(call, "bind") ? connect(s, (void *)&to, sizeof to) && errno != EINPROGRESS
                                      : bind(s, (void *)&me, sizeof me);
    getsockname(s, (void *)&me, &length);
    if (failed) printf(" %s", strerrorname_np(errno));
    else printf(" %u", ntohs(me.sin_port));
    close(s);
  }
  puts("");
}

/* Sends bytes that count up and reads them back. */
static void fetch(const char *address, int port, int bytes) {
  int s = socket(AF_INET, SOCK_STREAM, 0), sent = 0, got = 0;
  struct sockaddr_in to = at(address, port);
  unsigned char out[1000], in[1000];
  if (connect(s, (void *)&to, sizeof to)) printf("connect: %m\n");
  while (got < bytes) {
    int n = bytes - sent < 1000 ? bytes - sent : 1000;
    for (int i = 0; i < n; i++) out[i] = sent + i;
    if (n > 0 && (n = write(s, out, n)) <= 0) break;
    sent += n;
    if ((n = read(s, in, sizeof in)) <= 0) break;
    for (int i = 0; i < n; i++)
      if (in[i] != (unsigned char)(got + i)) n = -1;
    if (n < 0) break;
    got += n;
  }
  printf("echoed: %d\n", got);
  close(s);
}

static void obey(char *line) {
  char protocol[8], call[8], address[32];
  int count, port;
  if (sscanf(line, "ports %7s %7s %d %31s %d", protocol, call, &count, address, &port) == 5)
    ports(protocol, call, count, address, port);
  else if (sscanf(line, "fetch %31s %d %d", address, &port, &count) == 3) fetch(address, port, count);
  else if (!strncmp(line, "quit", 4)) reboot(RB_POWER_OFF);
  else printf("not understood: %s\n", line);
}

int main(void) {
  mkdir("/proc", 0755);
  mount("none", "/proc", "proc", 0, "");
  setvbuf(stdout, NULL, _IOLBF, 0);
  struct termios console;
  if (!tcgetattr(0, &console)) {
    console.c_lflag &= ~ECHO;
    console.c_oflag &= ~ONLCR;
    tcsetattr(0, TCSANOW, &console);
  }
  load_modules();
  up("lo", NULL);
  up("eth0", getenv("address"));

  int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0), datagrams = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in echo = at("0.0.0.0", 7);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  bind(listener, (void *)&echo, sizeof echo);
  bind(datagrams, (void *)&echo, sizeof echo);
  listen(listener, 8);
  puts("ready");

  struct pollfd polls[32] = {{0, POLLIN, 0}, {listener, POLLIN, 0}, {datagrams, POLLIN, 0}};
  int open = 3;
  char line[256], buffer[4096];
  while (poll(polls, open, -1) >= 0 || errno == EINTR) {
    if (polls[0].revents && fgets(line, sizeof line, stdin)) obey(line);
    if (polls[1].revents && open < 32) polls[open++] = (struct pollfd){accept(listener, NULL, NULL), POLLIN, 0};
    if (polls[2].revents) {
      struct sockaddr_in from;
      socklen_t length = sizeof from;
      int n = recvfrom(datagrams, buffer, sizeof buffer, 0, (void *)&from, &length);
      if (n >= 0) sendto(datagrams, buffer, n, 0, (void *)&from, length);
    }
    for (int i = open - 1; i > 2; i--) {
      if (!polls[i].revents) continue;
      int n = read(polls[i].fd, buffer, sizeof buffer);
      if (n > 0 && write(polls[i].fd, buffer, n) == n) continue;
      close(polls[i].fd);
      polls[i] = polls[--open];
    }
  }
}
