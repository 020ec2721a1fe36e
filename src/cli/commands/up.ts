/** `harbormaster up`: a host on a real interface, with real services, until a signal ends it. */
import { Command, Option } from "commander";
import type { Service } from "../../services/service.ts";
import { type ServiceWish, servicesArgument } from "../arguments.ts";
import { type Control, serveControl } from "../control.ts";
import { exitCodes, InterruptedError } from "../failure.ts";
import { examples } from "../help.ts";
import { addLinkOptions, type LinkOptions, planServer } from "../link-options.ts";
import { publish } from "../listings.ts";
import { type Monitor, monitorOn } from "../monitor.ts";
import { startServices } from "../serve.ts";
import { watchSignals } from "../signals.ts";
import { openStack, type Stack } from "../stack.ts";
import type { Terminal } from "../terminal.ts";

interface UpOptions extends LinkOptions {
  readonly serve?: readonly ServiceWish[];
  readonly control?: string;
  readonly json?: true;
}

export function upCommand(terminal: Terminal): Command {
  const command = new Command("up")
    .description("Bring a host up on a real interface and serve, until SIGINT or SIGTERM.")
    .option(
      "--serve <services>",
      "echo, discard, chargen, daytime, http=DIR, tftp=DIR, by commas; :PORT after a name for another port",
      servicesArgument,
    )
    .addOption(new Option("--control <path>", "answer harbormaster ss --control PATH on this unix socket"))
    .option("--json", "events as JSON lines on stdout");
  addLinkOptions(command);
  return command
    .addHelpText(
      "after",
      examples([
        [
          "sudo harbormaster up --tun hm0 --peer 10.9.0.1/24 --address 10.9.0.2/24 --serve echo,daytime,http=.",
          "a web server at http://10.9.0.2/, in this process",
        ],
        [
          "sudo harbormaster up --tun hm0 --peer fd00:9::1/64 --address fd00:9::2/64 --serve tftp=/srv/tftp --pcap up.pcapng",
          "over IPv6, with a capture",
        ],
        [
          "sudo harbormaster up --raw --address 127.7.7.7/8 --serve echo:7777",
          "beside the kernel, on loopback",
        ],
      ]),
    )
    .action((options: UpOptions) => up(terminal, options));
}

async function up(terminal: Terminal, options: UpOptions): Promise<void> {
  const stack = await openStack({ ...options, plan: planServer(options) });
  const signals = watchSignals();
  const monitor = monitorOn(terminal, stack.host, options.json ? "json" : "text");
  let services: readonly Service[] = [];
  let control: Control | undefined;
  try {
    services = startServices(stack, options.serve ?? [], monitor.log);
    if (options.control !== undefined)
      control = await serveControl(options.control, () => publish(stack.host));
    monitor.ready(stack.interface, services);
    const signal = await signals.came;
    monitor.stopping(signal);
    if (signal === "SIGINT") process.exitCode = exitCodes.interrupted;
    if (signal === "SIGINT") throw new InterruptedError(signal);
  } finally {
    await takeDown(stack, services, control, monitor);
    signals.stop();
  }
}

/** Everything that was opened, in the other order: what waits to be sent goes out before the link closes. */
async function takeDown(
  stack: Stack,
  services: readonly Service[],
  control: Control | undefined,
  monitor: Monitor,
): Promise<void> {
  monitor.stop();
  await control?.close();
  for (const service of services) service.close();
  stack.host.flush();
  await stack.close();
}
