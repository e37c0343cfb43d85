/** Requests to an identity provider: a stranger's server that may be slow, send without end, or point elsewhere. */
import { mayAsk } from "./reachable.ts";

const TIMEOUT_MS = 10_000;
/** Far more than a discovery document or a set of keys has. */
const MAX_BYTES = 256 * 1024;

/** The provider does not answer, not in time, or not with anything of use; it may do so later. */
export class ProviderUnavailable extends Error {
  override readonly name = "ProviderUnavailable";
}

type Asked = {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: URLSearchParams | Uint8Array<ArrayBuffer> | string | null | undefined;
};

export type BoundedFetch = (url: string, asked: Asked) => Promise<Response>;

/**
 * Goes where `mayAsk` lets it, and follows no redirect: its answer is given back as it is. The whole answer arrives
 * within 10 s, in at most 256 KiB, or this throws `ProviderUnavailable`, as it does for 429 and for every 5xx.
 */
export const createBoundedFetch =
  (allowLoopback: boolean): BoundedFetch =>
  (url, asked) =>
    mayAsk(url, allowLoopback)
      ? boundedFetch(url, asked)
      : Promise.reject(new ProviderUnavailable("an address that no provider may have"));

async function boundedFetch(url: string, { method, headers: sent, body: given }: Asked): Promise<Response> {
  try {
    // `manual`: the runtime knows no `error`.
    const init = { method, headers: sent, body: given ?? null, redirect: "manual" } as const;
    const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const body = await bodyOf(answer);
    if (answer.status === 429 || answer.status >= 500) throw new ProviderUnavailable(`status ${answer.status}`);
    const headers = new Headers(answer.headers);
    // Of the body as it was sent; this one is unpacked.
    for (const name of ["content-encoding", "content-length", "transfer-encoding"]) headers.delete(name);
    return new Response(answer.status === 204 || answer.status === 304 ? null : body, {
      status: answer.status,
      headers,
    });
  } catch (error) {
    if (error instanceof ProviderUnavailable) throw error;
    throw new ProviderUnavailable(error instanceof Error ? error.name : "no answer", { cause: error });
  }
}

async function bodyOf(answer: Response): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  const reader = answer.body?.getReader();
  for (let read = await reader?.read(); read !== undefined && !read.done; read = await reader?.read()) {
    // SAFETY: the body of an answer is bytes; the runtime's types say `any`.
    const chunk = read.value as Uint8Array;
    sizeBytes += chunk.byteLength;
    if (sizeBytes > MAX_BYTES) {
      await reader?.cancel();
      throw new ProviderUnavailable("the answer is too long");
    }
    chunks.push(chunk);
  }
  const body = new Uint8Array(sizeBytes);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return body;
}
