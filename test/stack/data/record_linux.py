#!/usr/bin/env python3
"""Asks the running Linux kernel what random histories of socket calls answer, for histories.test.ts.

    unshare -n python3 record_linux.py FIRST_SEED LAST_SEED > linux-socket-histories.json

Needs root: each history runs in a network namespace of its own, so that nothing of the last one rests in TIME-WAIT.
"""
import ctypes, errno, json, os, random, select, socket, struct, sys, time

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
MSG_DONTWAIT, MSG_NOSIGNAL, MSG_PEEK = 0x40, 0x4000, 2
LINGER_NOW = struct.pack("ii", 1, 0)
OPTIONS = {
    "SO_REUSEADDR": (1, 2, 1),
    "SO_REUSEPORT": (1, 15, 1),
    "SO_LINGER": (1, 13, LINGER_NOW),
    "IPV6_V6ONLY": (41, 26, 1),
    "IP_BIND_ADDRESS_NO_PORT": (0, 24, 1),
    "TCP_MAXSEG": (6, 2, 1000),
}


def history(seed):
    r = random.Random(seed)
    calls, made = [], 0
    v4 = ["127.0.0.1", "0.0.0.0", "127.0.0.2", "192.0.2.1"]
    v6 = ["::1", "::", "::ffff:127.0.0.1", "2001:db8::1", "::ffff:0.0.0.0", "127.0.0.1"]
    near = ["127.0.0.1", "127.0.0.1", "::1", "::ffff:127.0.0.1", "0.0.0.0", "::"]
    any_address = lambda odds: r.choice(v4 if r.random() < 0.5 else v6) if r.random() < odds else r.choice(near)
    verbs = "bind bind listen connect connect connect accept accept send send sendTo recv recv shutdown close option names poll poll error dissolve".split()
    for _ in range(r.randint(8, 30)):
        if made == 0 or (r.random() < 0.15 and made < 7):
            calls.append(["socket", made, r.choice(["AF_INET", "AF_INET6"]), r.choice(["SOCK_STREAM", "SOCK_STREAM", "SOCK_DGRAM"])])
            made += 1
            continue
        which, verb = r.randrange(made), r.choice(verbs)
        port = r.choice([7001, 7001, 7002, 7003])
        if verb == "bind":
            calls.append([verb, which, any_address(0.3), r.choice([0, 7001, 7001, 7002, 7003])])
        elif verb == "listen":
            calls.append([verb, which, r.choice([0, 1, 5])])
        elif verb == "connect":
            calls.append([verb, which, any_address(0.2), port])
        elif verb == "accept":
            if made < 9:
                calls.append([verb, which, made])
                made += 1
        elif verb == "send":
            calls.append([verb, which, r.choice([0, 1, 100, 5000])])
        elif verb == "sendTo":
            calls.append([verb, which, any_address(0.3), r.choice([7001, 7002, 0]), r.choice([0, 10, 70000])])
        elif verb == "recv":
            calls.append([verb, which, r.choice([10, 10000]), r.choice(["take", "take", "peek"])])
        elif verb == "shutdown":
            calls.append([verb, which, r.choice(["SHUT_RD", "SHUT_WR", "SHUT_RDWR"])])
        elif verb == "option":
            calls.append([verb, which, r.choice(sorted(OPTIONS))])
        else:
            calls.append([verb, which])
    return calls


def name_of(number):
    return {"ENOTSUP": "EOPNOTSUPP"}.get(errno.errorcode[number], errno.errorcode[number])


def answer(call):
    try:
        result = call()
        return "ok" if result is None else result
    except OSError as error:
        return name_of(error.errno)


def of_libc(result):
    return name_of(ctypes.get_errno()) if result < 0 else result


def sockaddr(address, port):
    if ":" in address:
        return struct.pack("<H", 10) + struct.pack(">HI", port, 0) + socket.inet_pton(10, address) + b"\0" * 4
    return struct.pack("<H", 2) + struct.pack(">H", port) + socket.inet_aton(address) + b"\0" * 8


def endpoint(name):
    """Ephemeral ports are the system's own choice."""
    return f"{name[0]}:{name[1] if name[1] < 8000 else '*'}"


def ready(s):
    poll = select.poll()
    poll.register(s, 0x2FFF)
    found = poll.poll(0)
    bits = found[0][1] if found else 0
    names = [("IN", 1), ("OUT", 4), ("ERR", 8), ("HUP", 16), ("RDHUP", 0x2000)]
    return "|".join(name for name, bit in names if bits & bit) or "0"


def send(s, length, to=b""):
    return of_libc(libc.sendto(s.fileno(), b"x" * length, length, MSG_NOSIGNAL | MSG_DONTWAIT, to or None, len(to)))


def do(sockets, verb, which, *rest):
    if verb == "socket":
        domain, kind = rest
        s = socket.socket(2 if domain == "AF_INET" else 10, 1 if kind == "SOCK_STREAM" else 2)
        s.setblocking(False)
        sockets[which] = s
        return "ok"
    s = sockets.get(which)
    if s is None:
        return "none"
    if verb == "bind" or verb == "connect":
        to = sockaddr(*rest)
        result = of_libc(getattr(libc, verb)(s.fileno(), to, len(to)))
        return "ok" if result == 0 else result
    if verb == "dissolve":
        return "ok" if of_libc(libc.connect(s.fileno(), b"\0" * 16, 16)) == 0 else name_of(ctypes.get_errno())
    if verb == "listen":
        return answer(lambda: s.listen(rest[0]))
    if verb == "accept":
        try:
            accepted, peer = s.accept()
        except OSError as error:
            return name_of(error.errno)
        accepted.setblocking(False)
        sockets[rest[0]] = accepted
        return endpoint(peer)
    if verb == "send":
        return send(s, rest[0])
    if verb == "sendTo":
        return send(s, rest[2], sockaddr(rest[0], rest[1]))
    if verb == "recv":
        flags = MSG_DONTWAIT | (MSG_PEEK if rest[1] == "peek" else 0)
        return of_libc(libc.recv(s.fileno(), ctypes.create_string_buffer(rest[0]), rest[0], flags))
    if verb == "shutdown":
        return answer(lambda: s.shutdown(["SHUT_RD", "SHUT_WR", "SHUT_RDWR"].index(rest[0])))
    if verb == "close":
        s.close()
        del sockets[which]
        return "ok"
    if verb == "option":
        return answer(lambda: s.setsockopt(*OPTIONS[rest[0]]))
    if verb == "names":
        return answer(lambda: endpoint(s.getsockname())) + " " + answer(lambda: endpoint(s.getpeername()))
    if verb == "poll":
        return ready(s)
    error = s.getsockopt(1, 4)
    return name_of(error) if error else 0


def run(calls):
    libc.unshare(CLONE_NEWNET)
    os.system("ip link set lo up")
    sockets, answers = {}, []
    for call in calls:
        answers.append(do(sockets, *call))
        time.sleep(0.002)
    for s in sockets.values():
        s.close()
    return answers


if __name__ == "__main__":
    histories = []
    for seed in range(int(sys.argv[1]), int(sys.argv[2])):
        calls = history(seed)
        histories.append({"seed": seed, "calls": [[*call, got] for call, got in zip(calls, run(calls))]})
    lines = ",\n".join(json.dumps(each, separators=(",", ":")) for each in histories)
    print(f'{{"kernel":"{os.uname().release.split("-")[0]}","histories":[\n{lines}\n]}}')
