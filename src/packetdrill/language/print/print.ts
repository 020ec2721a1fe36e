/** A script's tree as text again, one event a line, in one way only: what is parsed from it is the same tree. */

import type {
  Action,
  Call,
  Dialect,
  Event,
  EventTime,
  Expression,
  Field,
  Microseconds,
  Script,
  ScriptOption,
} from "../script/script.ts";
import { printPacket } from "./packets.ts";

/** The whole script, ended by a newline. */
export function printScript(script: Script): string {
  const lines = script.options.map(printOption);
  if (script.init !== undefined) lines.push(`\`${script.init.text}\``);
  for (const event of script.events) lines.push(printEvent(event, script.dialect));
  if (script.cleanup !== undefined) lines.push(`\`${script.cleanup.text}\``);
  return `${lines.join("\n")}\n`;
}

export function printEvent(event: Event, dialect: Dialect): string {
  const { time, action } = event;
  const end = action.kind === "call" && action.end !== undefined ? `...${printSeconds(action.end)}` : "";
  return `${printTime(time)}${end} ${printAction(action, dialect)}`;
}

export function printTime(time: EventTime): string {
  switch (time.form) {
    case "any":
      return "*";
    case "absolute":
      return printSeconds(time.start);
    case "relative":
      return `+${printSeconds(time.start)}`;
    case "absolute-range":
      return `${printSeconds(time.start)}~${printSeconds(time.end)}`;
    case "relative-range":
      return `+${printSeconds(time.start)}~+${printSeconds(time.end)}`;
  }
}

/** Seconds that are read as exactly these microseconds: reading cuts, so a digit more may be needed. */
export function printSeconds(time: Microseconds): string {
  const exact = (time / 1e6).toFixed(6);
  const text = Math.trunc(Number(exact) * 1e6) === time ? exact : `${exact}5`;
  return text.replace(/\.?0+$/, "");
}

function printAction(action: Action, dialect: Dialect): string {
  switch (action.kind) {
    case "packet":
      return printPacket(action, dialect);
    case "call":
      return printCall(action);
    case "command":
      return `\`${action.text}\``;
    case "code":
      return `%{ ${action.text} }%`;
  }
}

export function printCall(call: Call): string {
  const args = call.args.map(printExpression).join(", ");
  const errno = call.errno === undefined ? "" : ` ${call.errno}`;
  const note = call.note === undefined ? "" : ` (${call.note})`;
  return `${call.name}(${args}) = ${printExpression(call.result)}${errno}${note}`;
}

export function printExpression(expression: Expression): string {
  switch (expression.type) {
    case "ellipsis":
      return "...";
    case "null":
      return "NULL";
    case "integer":
      return String(expression.value);
    case "string":
      return `"${expression.text}"`;
    case "symbol":
      return expression.name;
    case "or":
      return expression.operands.map(printExpression).join("|");
    case "list":
      return `[${expression.items.map(printExpression).join(", ")}]`;
    case "conversion":
      return `${expression.name}(${printExpression(expression.argument)})`;
    case "buffer":
      return `{${printExpression(expression.base)}, ${printExpression(expression.length)}}`;
    case "struct":
      return `{${expression.fields.map(printField).join(", ")}}`;
  }
}

function printField(field: Field): string {
  const count = field.count === undefined ? "" : `(${printExpression(field.count)})`;
  return `${field.name}${count}=${printExpression(field.value)}`;
}

function printOption(option: ScriptOption): string {
  if (option.value === undefined) return `--${option.name}`;
  const bare =
    option.name === "define" || /^(-?\d+|\w+|[\d.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*)$/.test(option.value);
  return `--${option.name}=${bare ? option.value : `"${option.value}"`}`;
}
