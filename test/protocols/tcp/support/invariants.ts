/** What holds of every TCB after every event, whatever the network or the user did. */
import { nextDeadline, type Tcb } from "../../../../src/protocols/tcp/connection.ts";

/** The promises that are broken, by name. */
export function broken(tcb: Tcb): string[] {
  const flight = (tcb.sndNxt - tcb.sndUna) | 0;
  const open = tcb.state !== "CLOSED" && tcb.state !== "SYN-SENT" && tcb.state !== "SYN-RECEIVED";
  const finAcked = tcb.finQueued && ((tcb.sndUna - tcb.sndEnd) | 0) > 0;
  const holds: Record<string, boolean> = {
    "SND.UNA =< SND.NXT": flight >= 0,
    "SND.NXT =< end of data and FIN": ((tcb.sndNxt - tcb.sndEnd) | 0) <= (tcb.finQueued ? 1 : 0),
    "SND.UNA =< HighRxt =< SND.NXT": between(tcb.sndUna, tcb.highRxt, tcb.sndNxt),
    "SND.UNA =< lostEnd =< SND.NXT": between(tcb.sndUna, tcb.lostEnd, tcb.sndNxt),
    "the send ring holds what is not acknowledged":
      !open || tcb.sendRing.length === ((tcb.sndEnd - tcb.sndUna) | 0) + (finAcked ? 1 : 0),
    "RCV.WND is not negative": tcb.rcvWnd >= 0,
    "what was promised fits the receive ring":
      tcb.rcvWnd + tcb.receiveRing.length <= tcb.receiveRing.capacity,
    "no more holes than allowed": (tcb.outOfOrder?.count ?? 0) <= tcb.config.outOfOrderLimit,
    "what waits lies in the window": waitsInWindow(tcb),
    "SACKed blocks are in flight": sackedInFlight(tcb),
    "cwnd is a segment at least, and finite": !open || (tcb.cwnd >= tcb.sndMss && tcb.cwnd <= 0x40000000),
    "ssthresh is two segments at least": !open || tcb.ssthresh >= 2 * tcb.config.minimumMss - 24,
    "RTO within its bounds": tcb.rto >= tcb.config.rtoMin && tcb.rto <= tcb.config.rtoMax,
    "deadlines are numbers": !Number.isNaN(nextDeadline(tcb)) && nextDeadline(tcb) > -Infinity,
    "data in flight is timed": tcb.state === "CLOSED" || flight === 0 || tcb.retransmitAt !== Infinity,
    "nothing is due in the end":
      (tcb.state !== "CLOSED" && tcb.state !== "TIME-WAIT") || nextDeadline(tcb) === Infinity,
    "no wish is left": tcb.wishes === 0,
  };
  return Object.keys(holds).filter((name) => !holds[name]);
}

function between(low: number, value: number, high: number): boolean {
  return ((value - low) | 0) >= 0 && ((high - value) | 0) >= 0;
}

function waitsInWindow({ outOfOrder, rcvNxt, rcvWnd }: Tcb): boolean {
  if (outOfOrder === undefined || outOfOrder.count === 0) return true;
  const end = (rcvNxt + rcvWnd) | 0;
  return (
    ((outOfOrder.start(0) - rcvNxt) | 0) > 0 && between(rcvNxt, outOfOrder.end(outOfOrder.count - 1), end)
  );
}

function sackedInFlight({ sacked, sndUna, sndNxt }: Tcb): boolean {
  if (sacked === undefined || sacked.count === 0) return true;
  return between(sndUna, sacked.start(0), sndNxt) && between(sndUna, sacked.end(sacked.count - 1), sndNxt);
}
