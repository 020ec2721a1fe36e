/** Socket calls and what they answer: `OK` or the name of an errno. Calls that take a while are waited for. */
import type { Socket, SocketAddress } from "../stack/socket.ts";
import type { DeviceUnderTest } from "./device.ts";

export type Answer = string;

/** What `call` answers. What is no answer of a socket is thrown on. */
export function answerOf(call: () => void): Answer {
  try {
    call();
    return "OK";
  } catch (error) {
    const code = errnoOf(error);
    if (code === undefined) throw error;
    return code;
  }
}

/** connect(2), waited for. EINPROGRESS where nobody says yes or no. */
export function connectAnswer(device: DeviceUnderTest, socket: Socket, to: SocketAddress): Answer {
  return finish(
    device,
    socket,
    to,
    answerOf(() => socket.connect(to)),
  );
}

/** As {@link connectAnswer}, by sendto(2) with MSG_FASTOPEN and no data. */
export function fastOpenAnswer(device: DeviceUnderTest, socket: Socket, to: SocketAddress): Answer {
  const began = answerOf(() => device.fastOpen(socket, new Uint8Array(0), String(to.address), to.port));
  return finish(device, socket, to, began);
}

/** As POSIX has it: a second connect(2) says how the first one went. */
function finish(device: DeviceUnderTest, socket: Socket, to: SocketAddress, began: Answer): Answer {
  if (began !== "EINPROGRESS") return began;
  device.settle(() => {
    const { writable, error, hangup } = socket.poll();
    return writable || error || hangup;
  });
  const ended = answerOf(() => socket.connect(to));
  return ended === "EALREADY" ? "EINPROGRESS" : ended;
}

/** Whether an answer is the one expected. Winsock's names are those of POSIX with WSA before them. */
export function meets(answer: Answer, expected: string): boolean {
  if (expected === "ANY") return true;
  if (expected === "ANY_ERROR") return answer !== "OK";
  return answer === expected || (expected.startsWith("WSA") && answer === expected.slice(3));
}

function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, syscall } = error as { code?: unknown; syscall?: unknown };
  return typeof code === "string" && typeof syscall === "string" ? code : undefined;
}
