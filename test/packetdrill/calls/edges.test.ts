import { describe, expect, test } from "vitest";
import { runScript } from "../../../src/packetdrill/run/runner.ts";

const opening = `0   socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0  bind(3, ..., ...) = 0
+0  listen(3, 1) = 0
+0  < S 0:0(0) win 32000 <mss 1000>
+0  > S. 0:0(0) ack 1 <...>
+.1 < . 1:1(0) ack 1 win 32000
+0  accept(3, ..., ...) = 4
`;
const datagram = `0   socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3
+0  connect(3, ..., ...) = 0
+0  write(3, ..., 1) = 1
+0  > udp (1)
`;

/** The verdict and what is said of it, of one event after a beginning. */
function verdictOf(beginning: string, event: string): string {
  const { result, message } = runScript(`${beginning}${event}\n`, { dialect: "google" });
  return message === "" ? result : `${result}: ${message}`;
}

describe("on a connection", () => {
  test.each([
    ["+0 write(4, 0, 10) = -1 EFAULT (Bad address)", "pass"],
    ["+0 read(4, 0, 10) = -1 EFAULT (Bad address)", "pass"],
    ["+0 sendto(4, 0, 10, 0, ..., ...) = -1 EFAULT (Bad address)", "pass"],
    ["+0 sendto(4, ..., 10, 0, ..., ...) = 10", "pass"],
    [
      "+0 sendto(4, ..., 10, 0, AF_INET, ...) = 10",
      "unsupported: sendto() with an address of another family",
    ],
    ["+0 write(4, ..., 99999999999) = 1", "fail: runtime error in write call: a buffer of 99999999999 bytes"],
    [
      "+0 readv(4, [{..., 1}], 2) = 1",
      "fail: runtime error in readv call: iov has 1 entries and its count is 2",
    ],
    ["+0 fcntl(4, F_GETFL) = 2", "pass"],
    ["+0 fcntl(4, F_SETFL, O_NONBLOCK) = 0\n+0 fcntl(4, F_GETFL) = 2050", "pass"],
    ["+0 fcntl(4, 99) = 0", "unsupported: fcntl command 99"],
    ["+0 ioctl(4, SIOCOUTQ, [0]) = 0", "pass"],
    [
      "+0 ioctl(4, SIOCINQ, [7]) = 0",
      "fail: runtime error in ioctl call: Bad ioctl value: expected: 7 actual: 0",
    ],
    ["+0 ioctl(4, 12345) = 0", "unsupported: ioctl 12345"],
    ["+0 setsockopt(4, 99, 1, [1], 4) = -1 ENOPROTOOPT (none)", "pass"],
    ["+0 getsockopt(4, 99, 1, [1], [4]) = -1 ENOPROTOOPT (none)", "pass"],
    ["+0 setsockopt(4, SOL_SOCKET, SO_REUSEADDR, [1], 1) = -1 EINVAL (short)", "pass"],
    [
      "+0 setsockopt(4, SOL_SOCKET, SO_REUSEADDR, ..., 4) = 0",
      "fail: runtime error in setsockopt call: Bad setsockopt value",
    ],
    ["+0 getsockopt(4, SOL_SOCKET, SO_REUSEADDR, ..., [4]) = 0", "pass"],
    [
      "+0 getsockopt(4, SOL_SOCKET, SO_REUSEADDR, [0], [2]) = 0",
      "fail: runtime error in getsockopt call: Bad getsockopt optlen: expected: 2 actual: 4",
    ],
    ["+0 getsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=0, linger=0}, [8]) = 0", "pass"],
    [
      "+0 getsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, [8]) = 0",
      'fail: runtime error in getsockopt call: Bad getsockopt optval: expected: {"on":true,"seconds":0} actual: {"on":false,"seconds":0}',
    ],
    ["+0 getsockopt(4, IPPROTO_TCP, TCP_INFO, [1], [4]) = 0", "unsupported: an option that is no number"],
    ["+0 connect(4, AF_INET, ...) = 0", "unsupported: connect() to a family other than AF_UNSPEC"],
    ["+0 poll([{fd=9, events=POLLIN, revents=POLLNVAL}], 1, 0) = 1", "pass"],
    [
      "+0 poll([{fd=4, events=POLLIN}], 2, 0) = 0",
      "fail: runtime error in poll call: poll has 1 entries and its count is 2",
    ],
    [
      "+0 poll([{fd=4, events=POLLOUT, revents=POLLIN}], 1, 0) = 1",
      "fail: runtime error in poll call: Expected revents of POLLIN but got POLLOUT for pollfd 0",
    ],
  ])("%s: %s", (event, verdict) => {
    expect(verdictOf(opening, event)).toBe(verdict);
  });
});

describe("on an epoll", () => {
  const epoll = `${opening}+0 epoll_create(1) = 5\n`;
  const added = `${epoll}+0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLOUT, fd=4}) = 0\n`;

  test.each([
    [added, "+0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN, fd=4}) = -1 EEXIST (known)", "pass"],
    [
      added,
      "+0 epoll_ctl(5, EPOLL_CTL_MOD, 4, {events=EPOLLIN, u64=9}) = 0\n+0 epoll_wait(5, {events=0, ptr=0}, 1, 0) = 0",
      "pass",
    ],
    [epoll, "+0 epoll_ctl(5, EPOLL_CTL_MOD, 4, {events=EPOLLIN, fd=4}) = -1 ENOENT (unknown)", "pass"],
    [
      added,
      "+0 epoll_ctl(5, EPOLL_CTL_DEL, 4, {events=0, fd=4}) = 0\n+0 epoll_wait(5, {events=0, ptr=0}, 1, 0) = 0",
      "pass",
    ],
    [epoll, "+0 epoll_ctl(5, EPOLL_CTL_DEL, 4, {events=0, fd=4}) = -1 ENOENT (unknown)", "pass"],
    [epoll, "+0 epoll_ctl(5, 9, 4, {events=0, fd=4}) = -1 EINVAL (what)", "pass"],
    [
      epoll,
      "+0 epoll_ctl(4, EPOLL_CTL_ADD, 4, {events=0, fd=4}) = 0",
      "fail: runtime error in epoll_ctl call: this fd is no epoll",
    ],
    [epoll, "+0 read(5, ..., 4) = 0", "fail: runtime error in read call: fd 5 is no socket"],
    [
      added,
      "+0 epoll_wait(5, {events=EPOLLIN, fd=4}, 1, 0) = 1",
      "fail: runtime error in epoll_wait call: epoll_event->events does not match script: expected: 0x1 actual: 0x4",
    ],
    [
      added,
      "+0 epoll_wait(5, {events=EPOLLOUT, fd=3}, 1, 0) = 1",
      "fail: runtime error in epoll_wait call: epoll_event->fd does not match script: expected: 3 actual: 4",
    ],
  ])("%#", (beginning, event, verdict) => {
    expect(verdictOf(beginning, event)).toBe(verdict);
  });

  test("no more events are told than were asked for", () => {
    const both = `${added}+0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 6\n+0 epoll_ctl(5, EPOLL_CTL_ADD, 6, {events=EPOLLOUT, fd=6}) = 0\n`;
    expect(verdictOf(both, "+0 epoll_wait(5, {events=EPOLLOUT, fd=4}, 1, 0) = 1")).toBe("pass");
    expect(verdictOf(both, "+0 epoll_wait(5, {events=EPOLLOUT, fd=4}, 2, 0) = 2")).toBe("pass");
  });
});

describe("on datagrams", () => {
  const message = (flags: string): string =>
    `{msg_name(...)=..., msg_iov(1)=[{..., 10}], msg_flags=${flags}}`;

  test.each([
    [`+0 < udp (30)\n+0 recvmsg(3, ${message("MSG_TRUNC")}, 0) = 10`, "pass"],
    [`+0 < udp (5)\n+0 recvmsg(3, ${message("0")}, 0) = 5`, "pass"],
    [`+0 recvmsg(3, ${message("0")}, MSG_DONTWAIT) = -1 EAGAIN (nothing)`, "pass"],
    [`+0 sendmsg(3, ${message("0")}, 0) = 10\n+0 > udp (10)`, "pass"],
    [
      `+0 sendmsg(3, ${message("MSG_DONTWAIT")}, 0) = 10`,
      "fail: runtime error in sendmsg call: sendmsg ignores msg_flags field in msghdr",
    ],
    ["+0 recvmsg(3, {msg_flags=0}, 0) = 10", "error: no struct begins with msg_flags"],
    ["+0 > udp (1)", "fail: Timed out waiting for packet"],
    ["+0 < udp 9 > 8 (5)\n+0 > icmp unreachable port_unreachable", "pass"],
  ])("%s: %s", (event, verdict) => {
    expect(verdictOf(datagram, event)).toBe(verdict);
  });
});

test.each([
  ["0 socket(AF_UNIX, SOCK_STREAM, 0) = 3", /^unsupported: sockets of/],
  ["0 socket(AF_INET6, SOCK_DGRAM, IPPROTO_UDP) = 3", /^pass$/],
  ["0 socket(AF_INET, 9, 0) = 3", /^unsupported: sockets of type 9$/],
  ["0 socket(AF_INET, SOCK_STREAM, IPPROTO_UDP) = -1 EPROTONOSUPPORT (none)", /^pass$/],
  ["0 > [flowlabel 0x1] . 1:1(0) ack 1", /^fail: Timed out/],
  ["0 < ipv4 1.2.3.4 > 5.6.7.8: . 1:1(0) win 1", /^unsupported: encapsulated packets$/],
])("%s: %s", (event, verdict) => {
  expect(verdictOf("", event)).toMatch(verdict);
});
