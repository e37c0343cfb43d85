import type { z } from "zod";

/** The body as JSON of the given shape; null when it is too large, not JSON, or of another shape. */
export async function readJson<T>(request: Request, schema: z.ZodType<T>, maxBytes: number): Promise<T | null> {
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) return null;
  const text = await request.text();
  if (text.length > maxBytes) return null;
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null; // Not JSON.
  }
}
