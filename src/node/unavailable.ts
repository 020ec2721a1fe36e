/** What is said when the machine cannot give a link: what is wrong, and what to do about it. */

/** The environment lacks something: a package, a device, a right. The CLI exits with 3 on it. */
export class LinkUnavailableError extends Error {
  override readonly name = "LinkUnavailableError";
  /** The system's or Node's error code, where there was one. */
  readonly code: string | undefined;
  /** What is wrong, in one clause. */
  readonly reason: string;
  /** What to do. */
  readonly hint: string;

  constructor(reason: string, hint: string, code?: string) {
    super(`${reason}; ${hint}`);
    this.reason = reason;
    this.hint = hint;
    this.code = code;
  }
}

/** The package versions that were measured and are asked for: `koffi.node.poll` is undocumented and may change. */
const versions = { koffi: "3.3.4", "raw-socket": "1.8.1" } as const;

export type OptionalPackage = keyof typeof versions;

/** Imports an optional package. @throws LinkUnavailableError with the command that installs it. */
export async function importOptional<Module>(
  name: OptionalPackage,
  load: () => Promise<{ default: Module }>,
): Promise<Module> {
  try {
    return (await load()).default;
  } catch (error) {
    throw packageUnavailable(name, error as NodeJS.ErrnoException);
  }
}

/** What an import that failed means (the texts are those Node 20, koffi 3.3.4 and raw-socket 1.8.1 were seen to give). */
export function packageUnavailable(
  name: OptionalPackage,
  error: NodeJS.ErrnoException,
): LinkUnavailableError {
  const wanted = `${name}@${versions[name]}`;
  const { code, message } = error;
  if (code === "ERR_DLOPEN_FAILED" && message.includes("self-register"))
    return new LinkUnavailableError(
      `${name} works in one thread only`,
      "open the link in the main thread",
      code,
    );
  if (message.includes("native Koffi module"))
    return new LinkUnavailableError(
      "koffi is here without its binary for this platform",
      `install it on this platform, optional packages included: npm install --include=optional ${wanted}`,
    );
  if (message.includes("raw.node"))
    return new LinkUnavailableError(
      "raw-socket is here but was not compiled",
      "install make, g++ and python3, then: npm rebuild raw-socket",
      code,
    );
  if (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND")
    return new LinkUnavailableError(
      `the package ${name} is not installed`,
      name === "koffi"
        ? `run: npm install ${wanted}`
        : `it is compiled as it is installed: with make, g++ and python3 present, run: npm install ${wanted}`,
      code,
    );
  return new LinkUnavailableError(`${name} does not load: ${message}`, `run: npm install ${wanted}`, code);
}

/** @throws LinkUnavailableError anywhere but on Linux. */
export function requireLinux(what: string, platform: string = process.platform): void {
  if (platform !== "linux")
    throw new LinkUnavailableError(
      `${what} needs Linux; this is ${platform}`,
      "use the links in memory here, or run in a Linux container or virtual machine",
    );
}
