/** The services of `up`, started on every address of the host. */
import { formatAddress } from "../base/address.ts";
import { chargenTcp, chargenUdp } from "../services/chargen.ts";
import { daytimeTcp, daytimeUdp } from "../services/daytime.ts";
import { discardTcp, discardUdp } from "../services/discard.ts";
import { echoTcp, echoUdp } from "../services/echo.ts";
import { httpServer } from "../services/http/server.ts";
import type { Service, ServiceAddress, ServiceHost } from "../services/service.ts";
import { TftpServer } from "../services/tftp/server.ts";
import type { Host } from "../stack/host.ts";
import type { ServiceWish } from "./arguments.ts";
import { directoryFiles } from "./directory.ts";
import { bytesText, printable } from "./render/quantities.ts";

/** Told of what services do, a line each. */
export type ServiceLog = (service: string, text: string) => void;

/** Starts everything or nothing. @throws UsageError for a bad directory, SocketError as bind and listen do. */
export function startServices(
  { host, serviceHost }: { readonly host: Host; readonly serviceHost: ServiceHost },
  wishes: readonly ServiceWish[],
  log: ServiceLog,
): Service[] {
  const addresses = host.interfaces
    .slice(1)
    .flatMap(({ addresses, index }) =>
      addresses.map(({ address }) => ({ address: formatAddress(address), scope: index })),
    );
  const started: Service[] = [];
  try {
    for (const wish of wishes)
      for (const { address, scope } of addresses)
        started.push(...start(serviceHost, host, wish, { address, scope, port: wish.port }, log));
    return started;
  } catch (error) {
    for (const service of started) service.close();
    throw error;
  }
}

function start(
  host: ServiceHost,
  { random }: Host,
  { name, directory }: ServiceWish,
  at: ServiceAddress,
  log: ServiceLog,
): Service[] {
  switch (name) {
    case "echo":
      return [echoTcp(host, at), echoUdp(host, at)];
    case "discard":
      return [discardTcp(host, at), discardUdp(host, at)];
    case "chargen":
      return [chargenTcp(host, at), chargenUdp(host, at, random.fork("chargen"))];
    case "daytime":
      return [daytimeTcp(host, at, daytime), daytimeUdp(host, at, daytime)];
    case "http":
      return [startHttp(host, at, directory!, log)];
    case "tftp":
      return [startTftp(host, at, directory!, log)];
  }
}

function startHttp(host: ServiceHost, at: ServiceAddress, directory: string, log: ServiceLog): Service {
  return httpServer(host, at, {
    files: directoryFiles(directory),
    date: () => new Date().toUTCString(),
    log: ({ method, path, status, length }) =>
      log("http", `${method} /${printable(path)} ${status} ${bytesText(length)}`),
  });
}

function startTftp(host: ServiceHost, at: ServiceAddress, directory: string, log: ServiceLog): Service {
  return new TftpServer(host, at, {
    files: directoryFiles(directory),
    log: ({ end, client, localPort, bytes, retransmissions }, file) =>
      log(
        "tftp",
        `${printable(file)} to ${client.address} port ${client.port} from port ${localPort}: ${end}, ${bytesText(bytes)}, ${retransmissions} sent again`,
      ),
  });
}

/** `Sunday, November 22, 2026 18:30:00-UTC`, as RFC 867 suggests. */
function daytime(): string {
  const now = new Date();
  const day = new Intl.DateTimeFormat("en-US", { dateStyle: "full", timeZone: "UTC" }).format(now);
  return `${day} ${now.toISOString().slice(11, 19)}-UTC`;
}
