/** What a key may now, whose maker may not have everything any more that they gave it. Pure. */
import { allows, type Permission } from "./permissions.ts";

/** Of the maker's present permissions those that the key has, in the order of `PERMISSIONS`. A `*` of the key is all of them. */
export const boundedBy = (ofKey: readonly string[], ofMaker: readonly Permission[]): readonly Permission[] =>
  ofMaker.filter((each) => allows(ofKey, each));
