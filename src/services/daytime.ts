/** Daytime (RFC 867): the date and time as a line of text, in whatever form the caller gives. */
import { encodeLatin1 } from "../base/text.ts";
import { DatagramServer } from "./datagram-server.ts";
import type { Service, ServiceAddress, ServiceHost } from "./service.ts";
import { StreamServer, type StreamServerOptions } from "./stream-server.ts";

/** The date and time as text of ASCII characters, without a line end. The core reads no clock on the wall. */
export type WallClockText = () => string;

/** Says the time and closes; what the peer says is thrown away. */
export function daytimeTcp(
  host: ServiceHost,
  at: ServiceAddress,
  text: WallClockText,
  limits: Partial<StreamServerOptions> = {},
): StreamServer {
  return new StreamServer(host, { name: "daytime", ...limits, at }, (stream) => {
    stream.write(encodeLatin1(`${text()}\r\n`));
    stream.end();
    return { data: () => {}, ended: () => stream.end() };
  });
}

export function daytimeUdp(host: ServiceHost, at: ServiceAddress, text: WallClockText): Service {
  return new DatagramServer(host, { name: "daytime", at }, () => encodeLatin1(`${text()}\r\n`));
}
