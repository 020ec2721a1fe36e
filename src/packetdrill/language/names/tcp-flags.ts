/** TCP flags as scripts write them: letters, a dot for ACK, and the three ECN bits also as one digit (`P5.` or `P.5`). */
import { tcpFlags } from "../../../wire/tcp.ts";

const letters: Readonly<Record<string, number>> = {
  F: tcpFlags.FIN,
  S: tcpFlags.SYN,
  R: tcpFlags.RST,
  P: tcpFlags.PSH,
  ".": tcpFlags.ACK,
  U: tcpFlags.URG,
  E: tcpFlags.ECE,
  W: tcpFlags.CWR,
  A: tcpFlags.AE,
};

/** Letters of the ECN bits, or a second digit: neither goes with an ACE field. */
const ecnText = /[EWA]|\d.*\d/;

/** The bits of `SEWA.`, `P.5` or `-`; or the character that is no flag. */
export function parseTcpFlags(text: string): number | { readonly invalid: string } {
  if (text === "-") return 0;
  let bits = 0;
  for (const character of text) {
    const bit = letters[character];
    if (bit !== undefined) bits |= bit;
    else if (/[0-7]/.test(character) && !ecnText.test(text)) bits |= aceBits(Number(character));
    else return { invalid: character };
  }
  return bits;
}

/** AccECN's ACE field (RFC 9768, section 3.2.2): AE, CWR and ECE as one number. */
export function aceBits(ace: number): number {
  return (ace & 4 && tcpFlags.AE) | (ace & 2 && tcpFlags.CWR) | (ace & 1 && tcpFlags.ECE);
}

/** Flags as they are usually written: `S`, `S.`, `FP.`, `.`. */
export function formatTcpFlags(bits: number): string {
  const text = [..."FSRPEWAU"].filter((letter) => bits & letters[letter]!).join("");
  const acknowledged = bits & tcpFlags.ACK ? "." : "";
  return text + acknowledged || "-";
}
