/** Waiting for what the kernel or another process does: by looking again, never for a fixed time. */

type Found<T> = T | undefined | false;

/** Resolves once `look` gives something other than undefined or false. @throws Error after `limit` ms */
export async function until<T>(
  what: string,
  look: () => Found<T> | Promise<Found<T>>,
  limit = 5000,
): Promise<T> {
  const end = performance.now() + limit;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`${what}: not within ${limit} ms`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
