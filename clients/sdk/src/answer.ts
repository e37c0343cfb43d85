/** What an answer of the API comes to: its data, or its problem thrown. */
import type { Client } from "openapi-fetch";
import { errorOf } from "./aima-error.ts";
import type { paths } from "./openapi.gen.ts";

export type Http = Client<paths>;

type Answer<T> = { readonly data?: T; readonly error?: unknown; readonly response: Response };

/** The data of an answer, or its problem thrown. */
export function dataOf<T>({ data, error, response }: Answer<T>): T {
  if (!response.ok || data === undefined) throw errorOf(response, error);
  return data;
}

/** For answers without a body: the problem thrown, if there is one. */
export function checkDone({ error, response }: Answer<unknown>): void {
  if (!response.ok) throw errorOf(response, error);
}

/** The items of all pages, each asked for when it is reached; `next` of a page is the cursor of the one after it. */
export async function* overPages<T>(
  page: (cursor: {
    readonly cursor?: string;
  }) => Promise<{ readonly items: readonly T[]; readonly next: string | null }>,
): AsyncGenerator<T, void> {
  for (let cursor: string | null | undefined; cursor !== null;) {
    const { items, next } = await page(cursor === undefined ? {} : { cursor });
    yield* items;
    cursor = next;
  }
}
