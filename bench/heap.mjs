/** Bytes in use, after a collection that need not be asked for on the command line. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let collect;

export function heapBytes() {
  if (collect === undefined) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc");
  }
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
