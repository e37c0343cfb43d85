import type { JobView } from "../../../../shared/contracts/job.ts";

/** Nothing more happens to the job. */
export const hasEnded = ({ finishedAt }: JobView): boolean => finishedAt !== null;
