/** An SCTP parameter as nplab packetdrill writes it: `STATE_COOKIE[len=11, val=...]`. */
import { formatAddress, isV4 } from "../../base/address.ts";
import { decodeUtf8 } from "../../base/text.ts";
import { pad4 } from "../fields.ts";
import {
  emitSctpParameters,
  parseSctpParameters,
  type SctpParameter,
  sctpParameterLength,
  sctpParameterTypes,
} from "../sctp/parameters.ts";
import { sctpChunkName } from "../sctp/sctp.ts";

/** One the language has no name for is said in bytes. */
export function sctpParameterLine(parameter: SctpParameter): string {
  return namedText(parameter) ?? rawText(parameter);
}

function namedText(parameter: SctpParameter): string | undefined {
  switch (parameter.type) {
    case "HEARTBEAT-INFO":
      return `HEARTBEAT_INFORMATION[len=${sctpParameterLength(parameter)}, val=${byteList(parameter.value)}]`;
    case "IPV4-ADDRESS":
    case "IPV6-ADDRESS":
      return `${isV4(parameter.address) ? "IPV4" : "IPV6"}_ADDRESS[addr=${formatAddress(parameter.address)}]`;
    case "STATE-COOKIE":
      return `STATE_COOKIE[len=${sctpParameterLength(parameter)}, val=...]`;
    case "UNRECOGNIZED-PARAMETER":
      return unrecognized(parameter.value);
    case "COOKIE-PRESERVATIVE":
      return `COOKIE_PRESERVATIVE[incr=${parameter.word}]`;
    case "HOST-NAME-ADDRESS":
      return hostName(parameter.value);
    case "SUPPORTED-ADDRESS-TYPES":
      return `SUPPORTED_ADDRESS_TYPES[types=[${parameter.numbers.map(addressTypeName).join(", ")}]]`;
    case "ECN-CAPABLE":
      return "ECN_CAPABLE[]";
    case "FORWARD-TSN-SUPPORTED":
      return "FORWARD_TSN_SUPPORTED[]";
    case "ZERO-CHECKSUM-ACCEPTABLE":
      return `ZERO_CHECKSUM_ACCEPTABLE[edmid=${parameter.word}]`;
    case "PADDING":
      return `PAD[len=${sctpParameterLength(parameter)}, val=...]`;
    case "SUPPORTED-EXTENSIONS":
      return `SUPPORTED_EXTENSIONS[types=[${parameter.chunkTypes.map(chunkTypeName).join(", ")}]]`;
    case "ADAPTATION-LAYER-INDICATION":
      return `ADAPTATION_INDICATION[adaptation_code_point=${parameter.word}]`;
    default:
      return reconfigurationText(parameter);
  }
}

function reconfigurationText(parameter: SctpParameter): string | undefined {
  switch (parameter.type) {
    case "OUTGOING-SSN-RESET": {
      const head = `req_sn=${parameter.request >>> 0}, resp_sn=${parameter.response >>> 0}`;
      return `OUTGOING_SSN_RESET[${head}, last_tsn=${parameter.lastTsn >>> 0}${streamList(parameter.streams)}]`;
    }
    case "INCOMING-SSN-RESET":
      return `INCOMING_SSN_RESET[req_sn=${parameter.request >>> 0}${streamList(parameter.streams)}]`;
    case "SSN-TSN-RESET":
      return `SSN_TSN_RESET[req_sn=${parameter.word}]`;
    case "RE-CONFIG-RESPONSE": {
      const [sender, receiver] = parameter.nextTsns;
      const head = `resp_sn=${parameter.response >>> 0}, result=${parameter.result}`;
      if (sender === undefined || receiver === undefined) return `RECONFIG_RESPONSE[${head}]`;
      const next = `sender_next_tsn=${sender >>> 0}, receiver_next_tsn=${receiver >>> 0}`;
      return `RECONFIG_RESPONSE[${head}, ${next}]`;
    }
    case "ADD-OUTGOING-STREAMS":
    case "ADD-INCOMING-STREAMS": {
      const name = parameter.type.replaceAll("-", "_");
      return `${name}[req_sn=${parameter.request >>> 0}, number_of_new_streams=${parameter.streams}]`;
    }
    default:
      return undefined;
  }
}

function streamList(streams: readonly number[]): string {
  return streams.length === 0 ? "" : `, sids=[${streams.join(", ")}]`;
}

function rawText(parameter: SctpParameter): string {
  const length = sctpParameterLength(parameter);
  const bytes = new Uint8Array(pad4(length));
  emitSctpParameters([parameter], bytes, 0);
  const type = parameter.type === "UNKNOWN" ? parameter.number : sctpParameterTypes[parameter.type];
  return `PARAMETER[type=0x${type.toString(16)}, len=${length}, val=${byteList(bytes.subarray(4, length))}]`;
}

/** `[0x01, 0x02]`. */
export function byteList(bytes: Uint8Array): string {
  return `[${Array.from(bytes, (byte) => `0x${byte.toString(16).padStart(2, "0")}`).join(", ")}]`;
}

/** Parameters inside a parameter; deeper ones in bytes. */
function unrecognized(value: Uint8Array): string | undefined {
  const inner = parseSctpParameters(value, 0, value.length);
  if (typeof inner === "string") return undefined;
  const texts = inner.map((one) =>
    one.type === "UNRECOGNIZED-PARAMETER" ? rawText(one) : sctpParameterLine(one),
  );
  return `UNRECOGNIZED_PARAMETER[params=[${texts.join(", ")}]]`;
}

function hostName(value: Uint8Array): string | undefined {
  const name = decodeUtf8(value).replace(/\0+$/, "");
  return /^[\w.-]*$/.test(name) ? `HOSTNAME_ADDRESS[addr="${name}"]` : undefined;
}

const addressTypes: ReadonlyMap<number, string> = new Map([
  [sctpParameterTypes["IPV4-ADDRESS"], "IPv4"],
  [sctpParameterTypes["IPV6-ADDRESS"], "IPv6"],
  [sctpParameterTypes["HOST-NAME-ADDRESS"], "HOSTNAME"],
]);

function addressTypeName(type: number): string {
  return addressTypes.get(type) ?? String(type);
}

/** As the language spells chunk types: `RECONFIG`, `I_DATA`. */
export function chunkTypeName(type: number): string {
  const name = sctpChunkName(type);
  return name === undefined ? String(type) : name.replaceAll("-", "_").replace("RE_CONFIG", "RECONFIG");
}
