/** IPv6 extension headers for people. */
import { u16 } from "../../base/bytes.ts";
import { ipv6OptionLength, readIpv6Option } from "../ip/ipv6-options.ts";
import { protocolName, protocols } from "../protocols.ts";
import {
  badField,
  dataFields,
  type Field,
  field,
  fieldsOf,
  hex,
  type Row,
  showHex32,
  showU8,
} from "./field.ts";

const nextRow: Row = ["Next header", 0, 1, (bytes, at) => `${protocolName(bytes[at]!)} (${bytes[at]!})`];

const lengthRow: Row = ["Length", 1, 1, (bytes, at) => String(8 + bytes[at]! * 8)];

const routingRows: readonly Row[] = [
  nextRow,
  lengthRow,
  ["Routing type", 2, 1, showU8],
  ["Segments left", 3, 1, showU8],
];

const fragmentRows: readonly Row[] = [
  nextRow,
  ["Fragment offset", 2, 2, (bytes, at) => String(u16(bytes, at) & 0xfff8)],
  ["More fragments", 3, 1, (bytes, at) => ((bytes[at]! & 1) !== 0 ? "yes" : "no")],
  ["Identification", 4, 4, showHex32],
];

/** The fields of the extension header in bytes[start, end), which is whole. */
export function extensionFields(protocol: number, bytes: Uint8Array, start: number, end: number): Field[] {
  if (protocol === protocols.fragment) return fieldsOf(fragmentRows, bytes, start, end);
  if (protocol === protocols.routing)
    return [...fieldsOf(routingRows, bytes, start, end), ...dataFields("Type-specific data", start + 4, end)];
  return [...fieldsOf([nextRow, lengthRow], bytes, start, end), ...optionFields(bytes, start + 2, end)];
}

function optionFields(bytes: Uint8Array, start: number, end: number): Field[] {
  const fields: Field[] = [];
  for (let at = start; at < end; ) {
    const option = readIpv6Option(bytes, at, end);
    if (typeof option === "string") return [...fields, badField("Option", option, at, end)];
    const length = ipv6OptionLength(option);
    const name = option.kind === "unknown" ? `Option ${hex(option.type, 2)}` : `Option: ${option.kind}`;
    const value = "value" in option ? String(option.value) : "length" in option ? String(option.length) : "";
    fields.push(field(name, value, at, at + length));
    at += length;
  }
  return fields;
}
