/**
 * Results of earlier analyses of the same bytes, in the bucket, for one tenant:
 * `tenant/step-cache/<SHA-256 of the bytes>/<key>.json`, with the artifacts of an entry beside it.
 *
 * C1 An entry belongs to no asset: artifacts are copied into the cache and out of it, so that deleting an asset never
 *    leaves another one with a reference to nothing.
 * C2 Entries of one content share a prefix, so that they go with the purge of any asset that has it: what is left of
 *    a purged asset's bytes is nothing. Others that have the same bytes only find nothing to reuse.
 * C3 An entry that cannot be read is as good as none.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { NewInsight } from "../../shared/contracts/insight.ts";
import { Metadata } from "../../shared/contracts/media.ts";
import type { Step } from "../../shared/contracts/operations.ts";
import { type RecipeInput, stepRecipe } from "../../shared/core/analysis/step-recipe.ts";

const Entry = z.strictObject({ format: z.literal(1), metadata: Metadata, insights: z.array(NewInsight) });

export type StepFindings = { readonly metadata: Metadata; readonly insights: readonly NewInsight[] };

/** Larger results are not kept: reading them would cost what making them does. */
const MAX_ENTRY_CHARACTERS = 8_000_000;

export const cachePrefixOf = (tenant: string, sha256: string): string => `${tenant}/step-cache/${sha256}/`;

export class StepCache {
  readonly #bucket: R2Bucket;
  readonly #tenant: string;

  constructor(bucket: R2Bucket, tenant: string) {
    this.#bucket = bucket;
    this.#tenant = tenant;
  }

  /** What is known of these steps, by id. Artifacts are copied to `copyTo`. One listing, and a read for each hit. */
  async find(input: RecipeInput, steps: readonly Step[], copyTo: string): Promise<Map<string, StepFindings>> {
    const found = new Map<string, StepFindings>();
    const prefix = cachePrefixOf(this.#tenant, input.sha256);
    const listed = await this.#bucket.list({ prefix });
    const keys = new Set(listed.objects.map(({ key }) => key));
    for (const step of steps) {
      const key = this.#keyOf(input, step);
      if (!keys.has(`${key}.json`)) continue;
      const findings = await this.#read(`${key}.json`, `${copyTo}${step.id}/`);
      if (findings !== null) found.set(step.id, findings);
    }
    return found;
  }

  /** Repeating it writes the same objects. */
  async keep(input: RecipeInput, step: Step, findings: StepFindings): Promise<void> {
    const key = this.#keyOf(input, step);
    const insights = await this.#withCopies(findings.insights, `${key}/`);
    if (insights === null) return;
    const text = JSON.stringify({ format: 1, metadata: findings.metadata, insights } satisfies z.input<typeof Entry>);
    if (text.length <= MAX_ENTRY_CHARACTERS) await this.#bucket.put(`${key}.json`, text);
  }

  #keyOf(input: RecipeInput, step: Step): string {
    const key = createHash("sha256").update(stepRecipe(input, step)).digest("hex");
    return cachePrefixOf(this.#tenant, input.sha256) + key;
  }

  async #read(key: string, copyTo: string): Promise<StepFindings | null> {
    const object = await this.#bucket.get(key);
    const entry = Entry.safeParse(object === null ? null : await object.json().catch(() => null));
    if (!entry.success) return null;
    const insights = await this.#withCopies(entry.data.insights, copyTo);
    return insights === null ? null : { metadata: entry.data.metadata, insights };
  }

  /** The same insights, their artifacts copied to `prefix`; null when one of these is not there. */
  async #withCopies(insights: readonly NewInsight[], prefix: string): Promise<NewInsight[] | null> {
    const copies = new Map<string, string>();
    for (const { artifact } of insights) {
      if (artifact === null || copies.has(artifact.key)) continue;
      const object = await this.#bucket.get(artifact.key);
      if (object === null) return null;
      const copy = `${prefix}${copies.size}-${artifact.name}`;
      await this.#bucket.put(copy, object.body);
      copies.set(artifact.key, copy);
    }
    return insights.map((insight) => {
      const { artifact } = insight;
      const key = artifact === null ? undefined : copies.get(artifact.key);
      return artifact === null || key === undefined ? insight : { ...insight, artifact: { ...artifact, key } };
    });
  }
}
