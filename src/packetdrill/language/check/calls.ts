/** Whether a system call is one, with arguments that mean something. */
import { signatureOf } from "../names/call-signatures.ts";
import { structOf } from "../names/structs.ts";
import { symbolValue } from "../names/symbols.ts";
import type { Call, Expression } from "../script/script.ts";
import type { CheckContext } from "./context.ts";

export function checkCall(call: Call, context: CheckContext): void {
  const signature = signatureOf(context.dialect, call.name);
  if (signature === undefined) context.report("runtime", call.at, `unknown system call ${call.name}`);
  else if (call.args.length < signature.least || call.args.length > signature.most) {
    const { least, most } = signature;
    const wanted = least === most ? `${least}` : `${least} to ${most}`;
    context.report("runtime", call.at, `${call.name} has ${wanted} arguments, here are ${call.args.length}`);
  }
  for (const argument of call.args) checkExpression(argument, context);
  checkExpression(call.result, context);
  if (call.errno !== undefined && symbolValue(context.platform, call.errno) === undefined) {
    context.report("runtime", call.at, unknown(call.errno, context));
  }
}

function checkExpression(expression: Expression, context: CheckContext): void {
  switch (expression.type) {
    case "symbol":
      if (symbolValue(context.platform, expression.name) === undefined) {
        context.report("runtime", expression.at, unknown(expression.name, context));
      }
      return;
    case "or":
      for (const operand of expression.operands) checkOperand(operand, context);
      return;
    case "list":
      for (const item of expression.items) checkExpression(item, context);
      return;
    case "conversion":
      checkConversion(expression, context);
      return;
    case "buffer":
      checkExpression(expression.base, context);
      checkExpression(expression.length, context);
      return;
    case "struct":
      checkStruct(expression, context);
      return;
    default:
      return;
  }
}

function unknown(name: string, context: CheckContext): string {
  return `unknown symbol ${name} on ${context.platform}`;
}

function checkOperand(operand: Expression, context: CheckContext): void {
  if (operand.type === "integer" || operand.type === "symbol") checkExpression(operand, context);
  else context.report("runtime", operand.at, "only numbers and symbols can be joined by |");
}

function checkConversion(
  expression: Extract<Expression, { type: "conversion" }>,
  context: CheckContext,
): void {
  const { name, argument } = expression;
  const wanted = name.startsWith("inet") ? "string" : "integer";
  if (argument.type === wanted || (wanted === "integer" && argument.type === "symbol")) {
    checkExpression(argument, context);
  } else {
    const article = wanted === "string" ? "a string" : "a number";
    context.report("runtime", argument.at, `${name} is given ${article}`);
  }
}

/** Fields for TCP_NLA_… values stand alone; every other literal is one of structs.ts. */
function checkStruct(expression: Extract<Expression, { type: "struct" }>, context: CheckContext): void {
  const { fields } = expression;
  if (!fields.every((field) => field.name.startsWith("TCP_NLA_"))) {
    const found = structOf(context.dialect, fields);
    if (typeof found === "object") {
      const at = fields[found.field]?.at ?? expression.at;
      context.report("syntax", at, found.reason);
    }
  }
  for (const field of fields) {
    if (field.count !== undefined) checkExpression(field.count, context);
    checkExpression(field.value, context);
  }
}
