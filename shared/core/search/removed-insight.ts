/**
 * The kind of an insight that an analysis which was done again no longer has. It travels to the index like any other,
 * takes the place of what was there, whatever order the changes arrive in, and is found by nothing.
 */
export const REMOVED_KIND = "removed";
