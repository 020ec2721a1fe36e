/** The system calls of the language and how many arguments each takes. */
import type { Dialect } from "../script/script.ts";

export interface Signature {
  readonly least: number;
  readonly most: number;
}

/** `name count`, or `name least-most`. */
const both =
  "socket 3,bind 3,listen 2,accept 3,connect 3,read 3,write 3,readv 3,writev 3,recv 4,send 4,recvfrom 6,sendto 6," +
  "recvmsg 3,sendmsg 3,fcntl 2-3,ioctl 2-3,shutdown 2,close 1,getsockopt 5,setsockopt 5,poll 3,open 2-3,sendfile 4";

const google =
  "epoll_create 1,epoll_ctl 4,epoll_wait 4,pipe 1,splice 6,cap_set 1-3,psp_rx_assoc 2,psp_tx_assoc 2";

const nplab =
  "sctp_bindx 4,sctp_connectx 4,sctp_peeloff 2,sctp_getpaddrs 3,sctp_getladdrs 3,sctp_freepaddrs 1," +
  "sctp_freeladdrs 1,sctp_sendmsg 10,sctp_recvmsg 7,sctp_send 5,sctp_sendx 7,sctp_sendv 9,sctp_recvv 9";

const signatures: Readonly<Record<Dialect, ReadonlyMap<string, Signature>>> = {
  google: read(`${both},${google}`),
  nplab: read(`${both},${nplab}`),
};

export function signatureOf(dialect: Dialect, name: string): Signature | undefined {
  return signatures[dialect].get(name);
}

function read(text: string): ReadonlyMap<string, Signature> {
  const entries = text.split(",").map((entry): [string, Signature] => {
    const [name, count] = entry.split(" ");
    const [least, most] = count!.split("-");
    return [name!, { least: Number(least), most: Number(most ?? least) }];
  });
  return new Map(entries);
}
