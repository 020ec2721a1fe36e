/** Signals that end a command in an orderly way. A second one ends it at once. */
import { exitCodes } from "./failure.ts";

export type EndSignal = "SIGINT" | "SIGTERM";

export interface SignalWatch {
  /** Resolves when the process is told to end. */
  readonly came: Promise<EndSignal>;
  /** Which one came, if any has. */
  readonly signal: EndSignal | undefined;
  /** Stops watching; the process ends by signals as before. */
  stop(): void;
}

export function watchSignals(): SignalWatch {
  let resolve: (signal: EndSignal) => void = () => {};
  const came = new Promise<EndSignal>((settle) => {
    resolve = settle;
  });
  let first: EndSignal | undefined;
  const onSignal = (signal: EndSignal): void => {
    if (first !== undefined) process.exit(signal === "SIGINT" ? exitCodes.interrupted : exitCodes.terminated);
    first = signal;
    resolve(signal);
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  return {
    came,
    get signal() {
      return first;
    },
    stop: () => void process.off("SIGINT", onSignal).off("SIGTERM", onSignal),
  };
}
