/**
 * How project code is loaded into a simulation: the platform's module is replaced, and a mutant's lines with it. To be registered before anything of the project is imported.
 */
import { registerHooks } from "node:module";
import type { Mutant } from "../mutants.ts";

const ROOT = new URL("../../../", import.meta.url);
const PLATFORM = new URL("./cloudflare-workers.ts", import.meta.url).href;

/** Throws, while loading, when a mutant's text does not stand exactly once in its file. */
export function registerProjectHooks(mutant: Mutant | null): { assertMutated(): void } {
  const mutated = new Set<string>();
  registerHooks({
    resolve: (specifier, context, next) => {
      if (specifier === "cloudflare:workers") return { url: PLATFORM, shortCircuit: true };
      return next(specifier, context);
    },
    load: (url, context, next) => {
      const loaded = next(url, context);
      const edits = mutant?.edits.filter(({ file }) => new URL(file, ROOT).href === url) ?? [];
      if (edits.length === 0) return loaded;
      let source = String(typeof loaded.source === "string" ? loaded.source : Buffer.from(loaded.source as Uint8Array));
      for (const { file, find, replace } of edits) {
        const times = source.split(find).length - 1;
        if (times !== 1) {
          throw new Error(`Mutant ${mutant?.name ?? ""}: its text stands ${times} times in ${file}`);
        }
        source = source.replace(find, () => replace);
        mutated.add(file);
      }
      return { ...loaded, source };
    },
  });
  return {
    assertMutated: () => {
      const missed = mutant?.edits.filter(({ file }) => !mutated.has(file)) ?? [];
      if (missed.length > 0) throw new Error(`Mutant ${mutant?.name ?? ""} was never loaded`);
    },
  };
}
