/** The demo's clients: each opens a socket of its own, says something, and goes when it is told to. */
import { SocketError } from "../../base/errno.ts";
import { encodeLatin1 } from "../../base/text.ts";
import { connectStream } from "../../services/connect.ts";
import { type Conversation, conversation } from "../../services/nc.ts";
import type { ServiceHost } from "../../services/service.ts";
import type { Stream } from "../../services/stream.ts";
import type { EndpointName } from "../../stack/socket.ts";

export interface Target {
  readonly address: string;
  readonly port: number;
}

/** An open client. */
export interface Client {
  readonly protocol: "tcp" | "udp";
  readonly local: EndpointName;
  readonly remote: Target;
  /** The peer has closed its side. */
  readonly peerEnded: boolean;
  close(): void;
}

const greeting = encodeLatin1("ahoy\n");

/** @returns the client, or why it could not be opened. */
export function openTcp(host: ServiceHost, remote: Target, label: string): Client | SocketError {
  let peerEnded = false;
  try {
    const stream: Stream = connectStream(
      host,
      { remote, label },
      {
        connected: () => void stream.write(greeting),
        data: () => {},
        ended: () => {
          peerEnded = true;
        },
        closed: () => {},
      },
    );
    return {
      protocol: "tcp",
      local: stream.socket.localEndpoint(),
      remote,
      get peerEnded() {
        return peerEnded;
      },
      close: () => stream.end(),
    };
  } catch (error) {
    return expected(error);
  }
}

export function openUdp(host: ServiceHost, remote: Target, label: string): Client | SocketError {
  const nothing = (): void => {};
  const events = { data: nothing, ended: nothing, drained: nothing, closed: nothing };
  let local: EndpointName | undefined;
  const connected = (name: EndpointName): void => {
    local = name;
  };
  try {
    const talk: Conversation = conversation(host, "udp", { remote, label }, { ...events, connected });
    talk.write(greeting);
    return { protocol: "udp", local: local!, remote, peerEnded: false, close: () => talk.end() };
  } catch (error) {
    return expected(error);
  }
}

function expected(error: unknown): SocketError {
  if (error instanceof SocketError) return error;
  throw error;
}
