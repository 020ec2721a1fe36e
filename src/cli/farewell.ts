/** The last words of connections: a process takes its TCP along when it ends, which a kernel would go on with. */
import type { Host } from "../stack/host.ts";

/** States in which our user is done, and the peer has something left to acknowledge or to send. */
const unfinished: ReadonlySet<string> = new Set(["FIN-WAIT-1", "FIN-WAIT-2", "CLOSING", "LAST-ACK"]);

/** Resolves when every connection that is being closed is over, or after `limit` ms: the peer may keep its end open. */
export function farewell(host: Host, limit: number): Promise<void> {
  const over = (): boolean => !host.snapshot().sockets.some(({ state }) => unfinished.has(state));
  host.flush();
  return new Promise((resolve) => {
    if (over()) {
      resolve();
      return;
    }
    const impatience = setTimeout(resolve, limit);
    host.onSettled(() => {
      if (!over()) return;
      clearTimeout(impatience);
      resolve();
    });
  });
}
