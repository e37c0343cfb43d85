/** Runs every mutant until a seed notices it. */
import { type Mutant, MUTANTS } from "./mutants.ts";
import { runSeeds } from "./run-seeds.ts";

/** A mutant that this many seeds do not notice is not caught. */
const SEEDS_PER_MUTANT = 200;

export type Hunt = { readonly mutant: string; readonly caughtBySeed: number | null; readonly how: string };

export async function huntMutants(
  threads: number,
  say: (line: string) => void,
  seedsPerMutant = SEEDS_PER_MUTANT,
  mutants: readonly Mutant[] = MUTANTS,
): Promise<Hunt[]> {
  const hunts: Hunt[] = [];
  for (const mutant of mutants) {
    const hunt = await huntOne(mutant, threads, seedsPerMutant);
    hunts.push(hunt);
    say(
      hunt.caughtBySeed === null
        ? `UNNOTICED ${mutant.name}`
        : `caught ${mutant.name} by seed ${hunt.caughtBySeed}: ${hunt.how}`,
    );
  }
  return hunts;
}

async function huntOne(mutant: Mutant, threads: number, seedsPerMutant: number): Promise<Hunt> {
  const seeds = Array.from({ length: seedsPerMutant }, (_, n) => n + 1);
  const results = await runSeeds({ seeds, threads, mutant, onResult: ({ violations }) => violations.length === 0 });
  const caught = results.find(({ violations }) => violations.length > 0);
  const violation = caught?.violations[0];
  const how = violation === undefined ? "" : `${violation.subject}: ${violation.what.split("\n")[0] ?? ""}`;
  return { mutant: mutant.name, caughtBySeed: caught?.seed ?? null, how };
}
