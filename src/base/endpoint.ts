/** An address with a port: one end of a flow. */
import { type Address, formatAddress, isV4 } from "./address.ts";

export interface Endpoint {
  readonly address: Address;
  /** 0 to 65535. */
  readonly port: number;
}

/** `192.0.2.1:80` or `[2001:db8::1]:80`. */
export function formatEndpoint({ address, port }: Endpoint): string {
  const text = formatAddress(address);
  return isV4(address) ? `${text}:${port}` : `[${text}]:${port}`;
}
