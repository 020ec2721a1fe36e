/** Response heads, and the short texts that go with a refusal. */

const reasons: Readonly<Record<number, string>> = {
  200: "OK",
  206: "Partial Content",
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  413: "Content Too Large",
  416: "Range Not Satisfiable",
  431: "Request Header Fields Too Large",
  501: "Not Implemented",
  505: "HTTP Version Not Supported",
};

export function responseHead(status: number, fields: readonly (readonly [string, string])[]): string {
  const lines = [
    `HTTP/1.1 ${status} ${reasons[status] ?? ""}`,
    "Server: harbormaster",
    ...fields.map(([name, value]) => `${name}: ${value}`),
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

export function refusalBody(status: number): string {
  return `${status} ${reasons[status] ?? ""}\n`;
}
