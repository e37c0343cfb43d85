/** The promise's outcome, or that of `late` (which may throw) when it has none after `timeoutMs`. The promise itself goes on. */
export async function within<T, L>(timeoutMs: number, promise: Promise<T>, late: () => L): Promise<T | L> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const waited = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  try {
    return await Promise.race([promise, waited.then(late)]);
  } finally {
    clearTimeout(timer);
  }
}
