/** The two dialects of the language: their reserved words, and which of them a script is written in. */
import type { Dialect } from "./script/script.ts";

/** Words both dialects keep for themselves; none can name a symbol. */
const common =
  "sa_family sin_port sin_addr msg_name msg_iov msg_flags msg_control cmsg_level cmsg_type cmsg_data fd events " +
  "revents onoff linger htons ipv4 ipv6 icmp udp mtu id seq ack win urg eol nop mss wscale sack sackOK TS val ecr md5 " +
  "FO inet_addr noecn ect0 ect1 ect01 ce tos ttl flowlabel";

const google =
  "ee_errno ee_origin ee_type ee_code ee_info ee_data scm_sec scm_nsec u32 u64 ptr GREv0 gre raw sum off key none " +
  "checksum sequence# present encap psp spi mpls label tc inet6_addr FOEXP ECN e0b e1b ceb flags Flags";

const nplab =
  "sctp udplite htonl hlim class dscp bad_crc32c zero_checksum cmsg_len iov_base iov_len NULL ee0b eceb e1b " +
  "DATA INIT INIT_ACK HEARTBEAT HEARTBEAT_ACK ABORT SHUTDOWN SHUTDOWN_ACK ERROR COOKIE_ECHO COOKIE_ACK " +
  "SHUTDOWN_COMPLETE I_DATA PAD RECONFIG FORWARD_TSN I_FORWARD_TSN CHUNK PARAMETER CAUSE";

export const reservedWords: Readonly<Record<Dialect, ReadonlySet<string>>> = {
  google: new Set(`${common} ${google}`.split(" ")),
  nplab: new Set(`${common} ${nplab}`.split(" ")),
};

/** What only nplab's tool reads, outside comments and quotes. */
const onlyNplab =
  /^#ifdef\b|\bsctp\s*[:(/]|\budplite\s*\(|\bIPPROTO_SCTP\b|\bsctp_\w+\s*\(|\bAccECN[01]\b|\bexp-\w|\bgen-\d|\bhtonl\s*\(|\bmsg_control\s*\(|\biov_base\s*=|--udp_encapsulation|--tcp_md5_secret|ipv4_mapped_ipv6/m;

/** What only Google's tool reads. */
const onlyGoogle =
  /\bepoll_\w+\s*\(|\bencap\s+psp\b|\bECN\s+e[01]b\b|--strict_segments|--mss\b|--is_anyip|--tcp_ts_ecr_scaled|--send_omit_free|\bmsg_control\s*=|\bFOEXP\b|\b(pipe|splice|sendfile|cap_set)\s*\(/;

/**
 * The dialect a script shows by what it uses; undefined when it could be either. Comments are not looked at.
 */
export function guessDialect(text: string): Dialect | undefined {
  const bare = withoutComments(text);
  if (onlyNplab.test(bare)) return "nplab";
  if (onlyGoogle.test(bare)) return "google";
  return undefined;
}

/** Linear also in a text of comments that never end. */
function withoutComments(text: string): string {
  const parts: string[] = [];
  let copied = 0;
  const opening = /\/\/|\/\*/g;
  for (let found = opening.exec(text); found !== null; found = opening.exec(text)) {
    const close = found[0] === "//" ? "\n" : "*/";
    const end = text.indexOf(close, found.index + 2);
    parts.push(text.slice(copied, found.index), "\n");
    if (end < 0) return parts.join("");
    copied = end + close.length;
    opening.lastIndex = copied;
  }
  parts.push(text.slice(copied));
  return parts.join("");
}
