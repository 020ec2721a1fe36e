import { expect, test } from "vitest";
import { testbed } from "../../src/testing/index.ts";

test.each([1, 2, 4])("a SYN goes out again and again, retry %i", (retries) => {
  const bed = testbed({
    sysctls: { "net.ipv4.tcp_syn_retries": retries, "net.ipv4.tcp_syn_linear_timeouts": 0 },
  });
  const socket = bed.socket();
  socket.connect();
  bed.expect.tcp({ flags: "S" });
  for (let retry = 0; retry < retries; retry++) bed.after(2 ** retry).expect.tcp({ flags: "S" });
  bed.wait(2 ** retries);
  expect(() => socket.send("too late")).toThrow("ETIMEDOUT");
});
