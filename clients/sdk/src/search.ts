import type { components, operations } from "./openapi.gen.ts";

export type SearchAnswer = components["schemas"]["SearchAnswer"];

/** All that a search may name beside its words. */
export type SearchFilter = Omit<NonNullable<operations["search"]["parameters"]["query"]>, "q">;
